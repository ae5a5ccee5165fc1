// Package service puts a service together, the same way each time: Postgres and
// its migrations, NATS and the check of its topology, the engine, the endpoints.
//
// Guarantees: parts start in that order and stop in reverse: endpoints first, then
// the engine, which lets its work finish and publishes what is committed, then the
// connections. While something is missing or differs the service is not ready and
// says what. Failures: a part that cannot start, or dies, ends Serve with its name.
package service

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// grace bounds the stop of a service, the engine's drain included.
const grace = 25 * time.Second

// Env is what a program hands to each service in it.
type Env struct {
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Health  *telemetry.Health
}

// Deps is what a service's parts are built from.
type Deps struct {
	Env
	Pool *pgxpool.Pool
	// Watch tells of the next change of an aggregate that this process commits.
	Watch func(ref engine.Ref) (changed <-chan struct{}, stop func())
	// Tell has a notice of the service's own decided; see engine.Engine.Tell. For use by Parts.Door.
	Tell func(ctx context.Context, name string, body any, refs ...engine.Ref) error
}

// Parts is what makes a service this service.
type Parts struct {
	Spec    engine.Spec
	Queries []rpc.Query
	// Budget paces the calls to what counts requests; nil means no limit.
	Budget engine.Budget
	// SendBefore and Settle are the engine's margins around a call to the outside; zero takes its own.
	SendBefore, Settle time.Duration
	// Door is what else the service listens at, or has to do at its start. It runs until ctx ends, starts when the endpoints
	// are there and stops before them. Optional.
	Door func(ctx context.Context, ready func()) error
}

// Serve runs a service until ctx ends. migrations are the service's own; build is
// called once the database is there. ready is called when it takes orders.
func Serve(ctx context.Context, s contract.Service, cfg Config, env Env, migrations fs.FS, build func(context.Context, Deps) (Parts, error), ready func()) error {
	env.Log = env.Log.With("service", string(s))
	r := &runner{service: s, cfg: cfg, env: env, migrations: migrations, build: build}
	r.env.Health.Set(string(s), errStarting)
	return app.Run(ctx, env.Log, grace,
		app.Part{Name: string(s) + " postgres", Run: r.postgres},
		app.Part{Name: string(s) + " nats", Run: r.nats},
		app.Part{Name: string(s) + " engine", Run: r.engine},
		app.Part{Name: string(s) + " endpoints", Run: r.endpoints},
		app.Part{Name: string(s) + " door", Run: func(ctx context.Context, up func()) error {
			return r.door(ctx, func() {
				r.env.Health.Set(string(s), nil)
				up()
				ready()
			})
		}},
	)
}

// runner carries what one part makes for the next.
type runner struct {
	service    contract.Service
	cfg        Config
	env        Env
	migrations fs.FS
	build      func(context.Context, Deps) (Parts, error)

	pool  *pgxpool.Pool
	nc    *nats.Conn
	eng   atomic.Pointer[engine.Engine] // read by NATS' callbacks
	parts Parts
}

func (r *runner) postgres(ctx context.Context, ready func()) error {
	cfg := r.cfg.Postgres
	cfg.Name = "seatflow-" + string(r.service)
	pool, err := postgres.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := postgres.Migrate(ctx, pool, migrationsOf(engine.Migrations), engine.VersionTable); err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, pool, migrationsOf(r.migrations), string(r.service)+"_migrations"); err != nil {
		return err
	}
	r.pool = pool
	ready()
	<-ctx.Done()
	return nil
}

// migrationsOf looks into the folder "migrations" if the files lie there.
func migrationsOf(f fs.FS) fs.FS {
	if sub, err := fs.Sub(f, "migrations"); err == nil {
		if _, err := fs.Stat(sub, "."); err == nil {
			return sub
		}
	}
	return f
}

func (r *runner) nats(ctx context.Context, ready func()) error {
	nc, err := bus.Connect(ctx, bus.Config{URL: r.cfg.NATS.URL.Reveal(), User: string(r.service), SeedFile: r.cfg.NATS.KeyFile}, r.env.Log, r.connection)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	if err := bus.Check(ctx, js, r.service); err != nil {
		return err
	}
	r.nc = nc
	ready()
	<-ctx.Done()
	return nil
}

// connection follows the connection's fate.
func (r *runner) connection(lost error) {
	r.env.Health.Set(string(r.service)+" nats", lost)
	switch eng := r.eng.Load(); {
	case eng == nil, errors.Is(lost, nats.ErrPermissionViolation): // the connection itself stands
	case lost == nil:
		eng.Reconnected()
	default:
		eng.Disconnected()
	}
}

func (r *runner) engine(ctx context.Context, ready func()) error {
	parts, err := r.build(ctx, Deps{
		Env: r.env, Pool: r.pool,
		Watch: func(ref engine.Ref) (<-chan struct{}, func()) { return r.eng.Load().Watch(ref) },
		Tell: func(ctx context.Context, name string, body any, refs ...engine.Ref) error {
			return r.eng.Load().Tell(ctx, name, body, refs...)
		},
	})
	if err != nil {
		return err
	}
	eng, err := engine.New(parts.Spec, engine.Config{
		Lease: r.cfg.Engine.Lease, Backlog: r.cfg.Engine.Backlog, Calls: r.cfg.Engine.Concurrency, Budget: parts.Budget,
		SendBefore: parts.SendBefore, Settle: parts.Settle,
	}, r.pool, r.nc, r.env.Log, r.env.Metrics)
	if err != nil {
		return err
	}
	r.parts = parts
	r.eng.Store(eng)
	return eng.Run(ctx, ready)
}

func (r *runner) endpoints(ctx context.Context, ready func()) error {
	handlers := map[string]rpc.Query{}
	for _, q := range append(r.parts.Queries, r.eng.Load().Endpoints()...) {
		handlers[q.Method.Name] = q
	}
	srv, err := rpc.Serve(context.WithoutCancel(ctx), r.nc, r.service, handlers, r.env.Log, r.env.Metrics)
	if err != nil {
		return err
	}
	ready()
	<-ctx.Done()
	r.env.Health.Set(string(r.service), errStopping)
	return srv.Stop()
}

// door runs the service's own door, if it has one.
func (r *runner) door(ctx context.Context, ready func()) error {
	if r.parts.Door != nil {
		return r.parts.Door(ctx, ready)
	}
	ready()
	<-ctx.Done()
	return nil
}
