// Package callbacks hears what Partner Center's webhook sends, and keeps the webhook registered.
//
// Model: a [Receiver] listens for callbacks, has each verified, and hands it on; a [Registration] tells the vendor where to send
// them. What a callback says is a hint: it brings looks forward and decides nothing.
//
// Guarantees: a callback is answered with 200 once it is stored, or known as a repeat; until then the vendor sends it again.
// Nothing of one that is not verified is used, and bodies are not logged. Sizes, times and the number at once have limits.
//
// Failures: a refused callback is answered in plain words: 401 not the vendor's, 400 unreadable, 405, 413, 503 not now. An
// address that cannot be listened at ends Run. A registration that fails is told in the log and by a metric, and tried again.
package callbacks

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter/webhook"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Path is where callbacks are taken.
const Path = "/webhooks/partner-center"

const (
	maxHeader     = 16 << 10 // bytes
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second // verifying may fetch a certificate
	idleTimeout   = time.Minute
	takeTimeout   = 5 * time.Second
	drain         = 5 * time.Second
	mostAtOnce    = 64
)

// Receiver takes the vendor's callbacks.
type Receiver struct {
	// Listen is the address.
	Listen string
	// Verify tells whether a callback is the vendor's and what it says.
	Verify func(ctx context.Context, headers http.Header, body []byte) (webhook.Event, error)
	// Take returns once the event is stored.
	Take func(ctx context.Context, e webhook.Event) error
	// Refused hears of each callback that was not taken: "unverified", "unreadable" or "unavailable".
	Refused func(outcome string)
	Log     *slog.Logger
}

// Run listens until ctx ends.
func (r *Receiver) Run(ctx context.Context, ready func()) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", r.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: r.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(r.Log.Handler(), slog.LevelDebug),
		// Callbacks in flight outlive the signal to stop; Shutdown waits for them.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	r.Log.InfoContext(ctx, "listening for the vendor's webhook", "address", listener.Addr().String())
	ready()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), drain, errors.New("callbacks: requests did not finish in time"))
	defer cancel()
	if err = server.Shutdown(stop); err != nil {
		err = errors.Join(context.Cause(stop), server.Close())
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// Handler takes callbacks at Path.
func (r *Receiver) Handler() http.Handler {
	slots := make(chan struct{}, mostAtOnce)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, func(w http.ResponseWriter, req *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			r.answer(w, r.take(req, w))
		default:
			r.answer(w, fault.New(fault.Unavailable, "busy", "Too many callbacks at once. Send it again later."))
		}
	})
	return mux
}

var errTooLong = errors.New("callbacks: body too long")

func (r *Receiver) take(req *http.Request, w http.ResponseWriter) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, webhook.MaxBody))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return errTooLong
	}
	if err != nil {
		return fault.New(fault.Invalid, "callback_unreadable", "The callback did not come whole.").Because(err)
	}
	event, err := r.Verify(req.Context(), req.Header, body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(req.Context(), takeTimeout, errors.New("callbacks: take timeout"))
	defer cancel()
	return r.Take(ctx, event)
}

// answer tells the vendor what became of its callback.
func (r *Receiver) answer(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	status, outcome, words := http.StatusServiceUnavailable, "unavailable", "The callback cannot be taken now. Send it again later."
	switch f := fault.As(err); {
	case errors.Is(err, errTooLong):
		status, outcome, words = http.StatusRequestEntityTooLarge, "unreadable", "The callback is too long."
	case f.Kind == fault.Unauthenticated:
		status, outcome, words = http.StatusUnauthorized, "unverified", f.Message
	case f.Kind == fault.Invalid:
		status, outcome, words = http.StatusBadRequest, "unreadable", f.Message
	case f.Kind != fault.Unavailable && f.Kind != fault.TooMany:
		r.Log.Error("a callback could not be taken", "error", err)
	}
	r.Refused(outcome)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, words+"\n") //nolint:gosec // G705: our own words, as plain text; whoever has gone misses them
}
