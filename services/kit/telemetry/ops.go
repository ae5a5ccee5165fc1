package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seatflow/seatflow/services/kit/fault"
)

const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 2 * time.Minute
	shutdownTimeout   = 5 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Handler serves an operator: /metrics, /healthz (the process answers), /readyz (it can do its work) and /debug/pprof.
// It gives away the inside of the process, so it belongs on an address that only operators reach.
func Handler(g prometheus.Gatherer, h *Health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		err := fault.As(h.Ready())
		if err == nil {
			say(w, http.StatusOK, "ready")
			return
		}
		lines := []string{err.Message}
		for _, v := range err.Violations {
			lines = append(lines, v.String())
		}
		say(w, fault.HTTPStatus(err.Kind), strings.Join(lines, "\n"))
	})
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // the caller went away; nobody is left to tell
}

// Serve listens on addr ("host:port"; port 0 takes a free one) and serves until ctx ends. ready, if not nil, is called
// once with the address it listens on. After ctx ends it takes no new connection, lets requests finish for 5 seconds, cuts
// the rest off and returns nil. Requests' contexts outlive ctx until then. An address that cannot be had, and a listener
// that dies, come back as a fault of kind Unavailable.
func Serve(ctx context.Context, addr string, handler http.Handler, ready func(net.Addr)) error {
	failed := fault.New(fault.Unavailable, "cannot_listen", "The address "+addr+" cannot be served.").In("telemetry.serve")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return failed.Because(err)
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if ready != nil {
		ready(listener.Addr())
	}
	select {
	case err := <-served:
		return failed.Because(err)
	case <-ctx.Done():
	}
	last, done := context.WithTimeoutCause(base, shutdownTimeout, errors.New("telemetry: shutdown timeout"))
	defer done()
	if server.Shutdown(last) != nil { // requests are still running: cut them off
		cancel()
		_ = server.Close() // closing twice is the only fault it knows here
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return failed.Because(err)
	}
	return nil
}
