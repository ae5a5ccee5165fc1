package engine

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// Migrations are the engine's own tables; VersionTable is where goose counts them.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// VersionTable keeps the engine's migrations apart from the service's.
const VersionTable = "engine_migrations"

// Config tunes an engine. Every zero field has a working default.
type Config struct {
	// Lease is how long a silent writer is believed to live.
	Lease time.Duration
	// Batch is the most inputs decided and committed together.
	Batch int
	// Beat is the least time between two batches while inputs come in crowds.
	Beat time.Duration
	// Backlog is how many events may wait for the stream before new work is refused.
	Backlog int
	// Calls run at once; Queue more may be claimed and wait for their turn.
	Calls, Queue int
	// SendBefore is how long after the claim a call's first byte may leave.
	SendBefore time.Duration
	// Settle is the margin after which an unanswered call can no longer take effect.
	Settle time.Duration
	// Budget paces the calls of operations with a resource; nil means no limit.
	Budget Budget
	// KeepJournal is how long published events stay: twice what the streams keep.
	KeepJournal time.Duration
	// HealHold is how long one replica has the check of the stream to itself.
	HealHold time.Duration
	// Drain bounds the graceful stop.
	Drain time.Duration

	// probe is called at each step; tests crash or pause the engine there.
	probe func(point string) error
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	num := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	def(&c.Lease, 10*time.Second)
	def(&c.Beat, 8*time.Millisecond)
	def(&c.SendBefore, 10*time.Second)
	def(&c.Settle, 5*time.Second)
	def(&c.KeepJournal, 14*24*time.Hour)
	def(&c.HealHold, time.Minute)
	def(&c.Drain, 15*time.Second)
	num(&c.Batch, 256)
	num(&c.Backlog, 50_000)
	num(&c.Calls, 64)
	num(&c.Queue, 512)
	if c.probe == nil {
		c.probe = func(string) error { return nil }
	}
	return c
}

// Engine runs one service's state.
type Engine struct {
	spec    Spec
	cfg     Config
	pool    *pgxpool.Pool
	nc      *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	metrics *metrics
	routes  routes
	kinds   []Kind

	urgent   chan *Input // commands and outcomes
	messages chan *Input
	timers   chan *Input
	stopping chan struct{} // closed when no new work is taken
	ended    chan struct{} // closed when the work loop has ended
	rejoined chan struct{} // NATS is back

	identityMu sync.Mutex
	streamMu   sync.Mutex
	streamBorn time.Time
	writer     writer
	publisher  *publisher
	callers    *callers
	due        dueTimes
	watchers   watchers
	firing     sync.Map     // aggregates whose timer is being decided, or failed and rests
	running    atomic.Int64 // how many these are
	healAgain  time.Time    // when care checks the stream once more; its own
	last       lastBatch    // of the work loop alone
	abandon    atomic.Bool  // the writer may hold calls that nobody remembers: take a new one
	back       broadcast    // NATS is back
}

// New checks the spec and prepares an engine; Run starts it.
func New(spec Spec, cfg Config, pool *pgxpool.Pool, nc *nats.Conn, log *slog.Logger, reg prometheus.Registerer) (*Engine, error) {
	r, err := newRoutes(spec)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(4*publishWindow), jetstream.WithPublishAsyncTimeout(publishTimeout))
	if err != nil {
		return nil, err
	}
	e := &Engine{
		spec: spec, cfg: cfg, pool: pool, nc: nc, js: js, log: log, metrics: newMetrics(reg), routes: r,
		kinds:    append([]Kind{letterTable, pauseTable}, spec.Kinds...),
		urgent:   make(chan *Input, 4*cfg.Batch),
		messages: make(chan *Input, 2*cfg.Batch),
		timers:   make(chan *Input, cfg.Batch),
		stopping: make(chan struct{}),
		ended:    make(chan struct{}),
		rejoined: make(chan struct{}, 1),
	}
	e.due.wake = make(chan struct{}, 1)
	e.publisher = newPublisher(e)
	e.callers = newCallers(e)
	e.metrics.watch(reg, e)
	return e, nil
}

// errCrashed is what a test's probe returns to make the engine stop where it stands,
// cleaning nothing up.
var errCrashed = errors.New("engine: crashed by a probe")

// Run takes inputs until ctx ends, then lets what is under way finish, publishes
// what is committed and gives its writer back. ready is called once it takes inputs.
func (e *Engine) Run(ctx context.Context, ready func()) error {
	// What is under way outlives ctx by the drain time.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	if err := e.register(ctx); err != nil {
		return err
	}
	e.publisher.doubt()
	e.heal(work, "start")
	e.keepDays(work)

	g, work := errgroup.WithContext(work)
	defer e.callers.stopNow()
	g.Go(func() error {
		defer close(e.ended)
		defer e.turnAway()
		return e.work(work)
	})
	g.Go(func() error { return e.publisher.run(work, e.ended) })
	e.callers.start(work, g, e.ended)
	for _, c := range e.consumers() {
		g.Go(func() error { return e.consume(work, c) })
	}
	g.Go(func() error { return e.sweep(work) })
	g.Go(func() error { return e.care(work) })
	g.Go(func() error {
		select {
		case <-ctx.Done():
			close(e.stopping)
		case <-work.Done():
			return nil
		}
		select {
		case <-e.ended:
		case <-work.Done():
		case <-time.After(e.cfg.Drain):
			stop(errors.New("engine: the drain time is over"))
		}
		return nil
	})
	ready()
	err := g.Wait()
	if errors.Is(err, errCrashed) {
		return err
	}
	e.handBackRest()
	return errors.Join(err, e.retire(context.WithoutCancel(ctx)))
}

// Disconnected tells the engine that NATS is away. What the broker acknowledged
// before is in doubt from now on, until a check has found it there.
func (e *Engine) Disconnected() { e.publisher.doubt() }

// Reconnected tells the engine that NATS is back, so that it checks what the broker kept.
func (e *Engine) Reconnected() {
	e.back.fire()
	select {
	case e.rejoined <- struct{}{}:
	default:
	}
}

// Pool is the service's database, for queries.
func (e *Engine) Pool() *pgxpool.Pool { return e.pool }

func newID() string { return uuid.Must(uuid.NewV7()).String() }
