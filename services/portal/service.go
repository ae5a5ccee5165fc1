// Package portal is Seatflow's door for people and programs: the HTTP API and its documentation.
//
// Model: it keeps no state. A request is authenticated, checked, turned into one or more questions to the services over
// NATS, and answered. What it knows about orders it asks intake's order book; decisions go to the service that owns the
// order.
//
// Guarantees: any number of replicas may run at once. Stopping lets requests in flight finish.
//
// Failures: Run fails when the settings make no sense, NATS cannot be reached or the address is taken. Later losses of
// NATS make it not ready and its answers 503, until the connection is back.
package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/portal/internal/api"
	"github.com/seatflow/seatflow/services/portal/internal/auth"
	"github.com/seatflow/seatflow/services/portal/internal/docs"
	"github.com/seatflow/seatflow/services/portal/internal/edge"
	"github.com/seatflow/seatflow/services/portal/issuer"
)

const (
	// grace bounds the stop; drain is the part of it that requests in flight get.
	grace = 15 * time.Second
	drain = 10 * time.Second

	headerTimeout  = 5 * time.Second
	readTimeout    = 20 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
	keysTimeout    = 15 * time.Second
)

var (
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
)

// Run serves the portal until ctx ends. ready is called with its URL when it takes requests.
func Run(ctx context.Context, cfg Config, env service.Env, ready func(baseURL string)) error {
	if err := errors.Join(cfg.Validate()...); err != nil {
		return fmt.Errorf("portal: %w", err)
	}
	p := &portal{cfg: cfg, env: env}
	p.env.Log = env.Log.With("service", string(contract.Portal))
	if err := p.prepare(); err != nil {
		return fmt.Errorf("portal: %w", err)
	}
	env.Health.Set("portal", errStarting)
	return app.Run(ctx, p.env.Log, grace,
		app.Part{Name: "portal nats", Run: p.nats},
		app.Part{Name: "portal issuers", Run: func(ctx context.Context, up func()) error {
			up()
			p.door.Run(ctx)
			return nil
		}},
		app.Part{Name: "portal http", Run: func(ctx context.Context, up func()) error {
			return p.http(ctx, func(base string) {
				env.Health.Set("portal", nil)
				up()
				ready(base)
			})
		}},
	)
}

// portal carries what one part makes for the next.
type portal struct {
	cfg    Config
	env    service.Env
	local  *issuer.Issuer // nil when there is none
	door   *auth.Door
	client *rpc.Client
}

// prepare makes the door; no connection is opened yet.
func (p *portal) prepare() error {
	if p.cfg.LocalIssuer != "" {
		var err error
		if p.local, err = issuer.New(p.cfg.LocalIssuer); err != nil {
			return err
		}
	}
	p.door = auth.New(p.cfg.door(p.local), &http.Client{Timeout: keysTimeout}, p.env.Log)
	return nil
}

func (p *portal) nats(ctx context.Context, ready func()) error {
	nc, err := bus.Connect(ctx, bus.Config{URL: p.cfg.NATS.URL.Reveal(), User: string(contract.Portal), SeedFile: p.cfg.NATS.KeyFile},
		p.env.Log, func(lost error) { p.env.Health.Set("portal nats", lost) })
	if err != nil {
		return err
	}
	defer nc.Close()
	p.client = rpc.NewClient(nc)
	ready()
	<-ctx.Done()
	return nil
}

func (p *portal) http(ctx context.Context, ready func(base string)) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.cfg.Listen)
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	handler, err := p.handler(p.client, base)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(p.env.Log.Handler(), slog.LevelWarn),
		// Requests in flight outlive the signal to stop; Shutdown waits for them.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ready(base)
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	p.env.Health.Set("portal", errStopping)
	stop, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), drain, errors.New("portal: requests did not finish in time"))
	defer cancel()
	err = server.Shutdown(stop)
	if err != nil {
		err = errors.Join(context.Cause(stop), server.Close())
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// handler joins the operations, the documents and the edge.
func (p *portal) handler(caller api.Caller, base string) (http.Handler, error) {
	mux := http.NewServeMux()
	operations := api.New(mux, caller, p.door, p.env.Log, version())
	if err := docs.Register(mux, operations.OpenAPI(), base); err != nil {
		return nil, err
	}
	if p.local != nil {
		mux.Handle("GET /.well-known/openid-configuration", p.local.Handler())
		mux.Handle("GET /keys", p.local.Handler())
	}
	return edge.New(mux, operations.Write, p.cfg.MaxInFlight, p.env.Metrics, p.env.Log)
}

// version is the program's own, as the build recorded it.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "development"
}
