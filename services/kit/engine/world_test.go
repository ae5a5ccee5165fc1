package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

// world is one Postgres database and one NATS server.
type world struct {
	t    testing.TB
	url  string
	nats *natstest.Server
	pool *pgxpool.Pool
	nc   *nats.Conn
	js   jetstream.JetStream
	bell *bell
	// budget, if there is one, is that of each replica without one of its own.
	budget Budget
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, natstest.Options{})
}

// newWorldOn is a world with a NATS server of a certain kind.
func newWorldOn(t testing.TB, o natstest.Options) *world {
	t.Helper()
	url := testkit.PostgresFrom(t, "engine", func(ctx context.Context, url string) error {
		pool, err := postgres.Open(ctx, postgres.Config{URL: configURL(url)})
		if err != nil {
			return err
		}
		defer pool.Close()
		sub, err := migrationsDir()
		if err != nil {
			return err
		}
		if err := postgres.Migrate(ctx, pool, sub, VersionTable); err != nil {
			return err
		}
		_, err = pool.Exec(ctx, tallySchema)
		return err
	})
	w := &world{t: t, url: url, nats: natstest.Start(t, o), bell: &bell{rings: map[string]int{}}}
	var err error
	if w.pool, err = postgres.Open(t.Context(), postgres.Config{URL: configURL(url)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	w.connect()
	w.createStreams()
	return w
}

// createStreams makes the topology, with a short wait before a message that a dead
// process holds is delivered again.
func (w *world) createStreams() {
	w.t.Helper()
	ctx := w.t.Context()
	if err := bus.Create(ctx, w.js, 1); err != nil {
		w.t.Fatal(err)
	}
	for _, c := range contract.ConsumersOf(contract.Approval) {
		cons, err := w.js.Consumer(ctx, c.Stream, c.Name)
		if err != nil {
			w.t.Fatal(err)
		}
		cfg := cons.CachedInfo().Config
		cfg.AckWait = time.Second
		if _, err := w.js.UpdateConsumer(ctx, c.Stream, cfg); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) connect() {
	w.t.Helper()
	var err error
	if w.nc, err = bus.Connect(w.t.Context(), bus.Config{URL: w.nats.URL(), User: "test"}, quiet(), nil); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.nc.Close)
	if w.js, err = jetstream.New(w.nc); err != nil {
		w.t.Fatal(err)
	}
}

func quiet() *slog.Logger {
	if testing.Verbose() && os.Getenv("SEATFLOW_TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.DiscardHandler)
}

// replica is one process of the service.
type replica struct {
	w      *world
	eng    *Engine
	cancel context.CancelFunc
	done   chan error
}

// start runs a replica; plan, if not nil, is asked at each step of it.
func (w *world) start(plan func(point string) error) *replica {
	w.t.Helper()
	return w.startSpec(tallySpec(w.bell), plan)
}

func (w *world) startSpec(spec Spec, plan func(point string) error) *replica {
	w.t.Helper()
	return w.startConfig(spec, testConfig(plan))
}

func (w *world) startConfig(spec Spec, cfg Config) *replica {
	w.t.Helper()
	r := &replica{w: w, done: make(chan error, 1)}
	if cfg.Budget == nil {
		cfg.Budget = w.budget
	}
	pool, err := postgres.Open(w.t.Context(), postgres.Config{URL: configURL(w.url), Conns: 4})
	if err != nil {
		w.t.Fatal(err)
	}
	var eng atomic.Pointer[Engine]
	nc, err := bus.Connect(w.t.Context(), bus.Config{URL: w.nats.URL(), User: "approval"}, quiet(), func(err error) {
		switch e := eng.Load(); {
		case e == nil:
		case err == nil:
			e.Reconnected()
		default:
			e.Disconnected()
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if r.eng, err = New(spec, cfg, pool, nc, quiet(), prometheus.NewRegistry()); err != nil {
		w.t.Fatal(err)
	}
	eng.Store(r.eng)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	up, done := make(chan struct{}), r.done // dead may put another channel in its place
	go func() {
		err := r.eng.Run(ctx, func() { close(up) })
		nc.Close()
		pool.Close()
		done <- err
		close(done)
	}()
	w.t.Cleanup(func() {
		cancel()
		if err := <-r.done; err != nil && !errors.Is(err, errCrashed) {
			w.t.Errorf("a replica ended with %v", err)
		}
	})
	select {
	case <-up:
	case err := <-r.done:
		w.t.Fatalf("the replica did not start: %v", err)
	case <-time.After(20 * time.Second):
		w.t.Fatal("the replica did not start in time")
	}
	return r
}

// testConfig has short times, and dies for good at the first step at which the plan says so.
func testConfig(plan func(point string) error) Config {
	var dead atomic.Bool
	return Config{
		Lease: 700 * time.Millisecond, Calls: 4, Queue: 64, Settle: 50 * time.Millisecond, Drain: 5 * time.Second,
		probe: func(point string) error {
			if dead.Load() {
				return errCrashed
			}
			if plan == nil {
				return nil
			}
			err := plan(point)
			if err != nil {
				dead.Store(true)
			}
			return err
		},
	}
}

// stop ends a replica in good order.
func (r *replica) stop() {
	r.w.t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		r.w.t.Fatalf("stop: %v", err)
	}
}

// submitted is an order.submitted event as intake would publish it.
func submitted(id, note string) *nats.Msg {
	body, err := proto.Marshal(&eventv1.OrderSubmitted{
		View: &orderv1.View{Status: orderv1.Status_STATUS_RECEIVED},
		Order: &orderv1.Order{
			Id: id, Number: "ORD-2026-00001", Note: note,
			Customer:  &orderv1.Customer{TenantId: id, Name: "Contoso Corp"},
			Requester: &orderv1.Person{Issuer: "test", Subject: "emily"},
			Lines: []*orderv1.Line{{Number: 1, Product: "Microsoft 365 E5", Change: &orderv1.Line_NewSubscription{
				NewSubscription: &orderv1.NewSubscription{Quantity: 1, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL}}}},
		},
	})
	if err != nil {
		panic(err)
	}
	h := bus.Head{ID: id + ".intake.1", Source: "intake", Type: contract.OrderSubmitted.Type, Subject: id, Sequence: 1, Time: time.Now()}
	return &nats.Msg{Subject: contract.OrderSubmitted.Subject, Header: h.Header(), Data: body}
}

// submit publishes an order; again makes it a repeat that the broker does not drop.
func (w *world) submit(id, note string, again int) {
	w.t.Helper()
	m := submitted(id, note)
	if again > 0 {
		m.Header[nats.MsgIdHdr] = []string{fmt.Sprintf("%s.%d", id, again)}
	}
	if _, err := w.js.PublishMsg(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
}

// approve sends a command to one replica.
func (r *replica) approve(id, key string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(r.w.t.Context(), timeout)
	defer cancel()
	_, err := r.eng.Submit(ctx, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: id}, rpc.Meta{
		Caller: rpc.Caller{Issuer: "test", Subject: "john", Role: orderv1.Role_ROLE_ADMIN}, Key: key,
	})
	return err
}

// tallies reads every aggregate.
func (w *world) tallies() map[string]Row[tally1] {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `select id::text, version, sequence, due_at, body from tallies`)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]Row[tally1]{}
	for rows.Next() {
		row, err := tallyTable.Scan(rows)
		if err != nil {
			w.t.Fatal(err)
		}
		out[row.ID] = row
	}
	return out
}

// await waits until a condition over the database holds. It looks again each time a
// replica may have committed something.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	testkit.Until(w.t, what, tick.C, holds)
}

// count runs a query that returns one number.
func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	if err := w.pool.QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func newOrder() string { return uuid.Must(uuid.NewV7()).String() }

// exec runs a statement.
func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}
