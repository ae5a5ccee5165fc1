package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// The service under test pretends to be approval: an order submitted is granted
// and rings a bell outside; Approve counts up; a timer fires once.

const tallyKind = "tally"

type tally1 struct {
	Status string `json:"status"`
	Count  int    `json:"count"`  // Approve commands
	Rung   int    `json:"rung"`   // bells known to have rung
	CallID string `json:"call"`   // the bell under way
	Fired  int    `json:"fired"`  // timers
	Doubts int    `json:"doubts"` // outcomes that were unknown
}

var tallyTable = Table[tally1]{
	Kind:   tallyKind,
	Select: `select id::text, version, sequence, due_at, body from tallies where id = any($1::text[]::uuid[])`,
	Scan: func(r pgx.Rows) (row Row[tally1], err error) {
		var due *time.Time
		var body []byte
		if err = r.Scan(&row.ID, &row.Version, &row.Sequence, &due, &body); err != nil {
			return row, err
		}
		if due != nil {
			row.Due = *due
		}
		return row, json.Unmarshal(body, &row.State)
	},
	Upsert: `insert into tallies (id, version, sequence, due_at, status, body)
		select * from unnest($1::text[]::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bytea[])
		on conflict (id) do update set version = excluded.version, sequence = excluded.sequence, due_at = excluded.due_at,
			status = excluded.status, body = excluded.body where tallies.version = excluded.version - 1`,
	Args: func(rows []Row[tally1]) []any {
		n := len(rows)
		ids, vs, seqs, dues, sts, bodies := make([]string, n), make([]int64, n), make([]int64, n), make([]*time.Time, n), make([]string, n), make([][]byte, n)
		for i, r := range rows {
			ids[i], vs[i], seqs[i], dues[i], sts[i] = r.ID, r.Version, r.Sequence, NullTime(r.Due), r.State.Status
			bodies[i], _ = json.Marshal(r.State)
		}
		return []any{ids, vs, seqs, dues, sts, bodies}
	},
	SelectDue: `select id::text from tallies where due_at <= clock_timestamp() order by due_at limit $1`,
	NextDue:   `select min(due_at) from tallies`,
}

const tallySchema = `create table tallies (id uuid primary key, version bigint not null, sequence bigint not null, due_at timestamptz,
	status text not null check (status in ('granted', 'refused')), body bytea not null)`

// bell is the world outside: it remembers who rang.
type bell struct {
	mu    sync.Mutex
	rings map[string]int
	mute  atomic.Bool // rings, but the answer is lost
}

func (b *bell) ring(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings[id]++
}

func ref(id string) Ref { return Ref{tallyKind, id} }

// tallySpec is the service's whole logic.
func tallySpec(b *bell) Spec {
	return Spec{
		Service: contract.Approval, Kinds: []Kind{tallyTable},
		Events: []EventRoute{{
			Event: contract.OrderSubmitted,
			Refs:  func(m proto.Message, _ Meta) []Ref { return []Ref{ref(m.(*eventv1.OrderSubmitted).GetOrder().GetId())} },
			Decide: func(t *Turn) error {
				o := t.Body.(*eventv1.OrderSubmitted).GetOrder()
				if _, ok := Get[tally1](t, ref(o.GetId())); ok {
					return nil
				}
				switch o.GetNote() {
				case "hopeless":
					return fault.New(fault.Invalid, "hopeless", "It cannot be.")
				case "panic":
					panic("boom")
				}
				s := tally1{Status: "granted"}
				if o.GetNote() == "bad state" {
					s.Status = "nonsense" // the database refuses it
				}
				if o.GetNote() == "later" {
					t.Due(ref(o.GetId()), t.Now.Add(30*time.Millisecond))
				}
				s.CallID = t.Do(Call{Ref: ref(o.GetId()), Operation: "ring", Order: o.GetId()})
				Put(t, ref(o.GetId()), s)
				t.Emit(ref(o.GetId()), contract.ApprovalGranted, granted(o))
				return nil
			},
		}},
		Commands: append([]CommandRoute{{
			Method:    contract.ApproveOrder,
			WithCalls: true,
			Refs: func(m proto.Message, _ Meta) ([]Ref, error) {
				return []Ref{ref(m.(*approvalv1.ApproveRequest).GetOrderId())}, nil
			},
			Decide: func(t *Turn) error {
				id := t.Body.(*approvalv1.ApproveRequest).GetOrderId()
				s, ok := Get[tally1](t, ref(id))
				if !ok {
					return fault.New(fault.NotFound, "no_such_order", "There is no such order.")
				}
				s.Count++
				Put(t, ref(id), s)
				t.Emit(ref(id), contract.ApprovalWithdrawn, &eventv1.ApprovalWithdrawn{View: &orderv1.View{}})
				t.Reply(&approvalv1.ApproveResponse{Position: &orderv1.Position{Owner: "approval", Sequence: t.Sequence(ref(id))}})
				return nil
			},
		}}, otherCommands()...),
		Operations: []Operation{{
			Name: "ring", Timeout: 2 * time.Second,
			Run: func(ctx context.Context, c Call) Result {
				b.ring(c.ID)
				if b.mute.Load() {
					return Result{Unknown: true}
				}
				return Result{Value: "rang"}
			},
			Decide: func(t *Turn) error {
				o := t.Body.(Outcome)
				s, ok := Get[tally1](t, o.Call.Ref)
				if !ok || s.CallID != o.Call.ID {
					return nil
				}
				if o.Unknown {
					s.Doubts++
					t.Settle(o.Call.ID)
				} else {
					s.Rung++
				}
				s.CallID = ""
				Put(t, o.Call.Ref, s)
				return nil
			},
		}},
		Timers: []TimerRoute{{Kind: tallyKind, Decide: func(t *Turn) error {
			s, _ := Get[tally1](t, t.Refs[0])
			s.Fired++
			Put(t, t.Refs[0], s)
			t.Due(t.Refs[0], time.Time{})
			return nil
		}}},
	}
}

// otherCommands makes rows for approval's other commands, which this test does not use.
func otherCommands() []CommandRoute {
	var out []CommandRoute
	for _, m := range []contract.Method{contract.RejectOrder, contract.WithdrawOrder, contract.SetRule} {
		out = append(out, CommandRoute{Method: m, Refs: func(proto.Message, Meta) ([]Ref, error) { return nil, nil }, Decide: func(*Turn) error { return nil }})
	}
	return out
}

func granted(o *orderv1.Order) *eventv1.ApprovalGranted {
	return &eventv1.ApprovalGranted{View: &orderv1.View{Status: orderv1.Status_STATUS_PROCESSING}, Order: o, Fingerprint: "f"}
}

// world is one Postgres database and one NATS server.
type world struct {
	t    testing.TB
	url  string
	nats *natstest.Server
	pool *pgxpool.Pool
	nc   *nats.Conn
	js   jetstream.JetStream
	bell *bell
}

func newWorld(t testing.TB) *world {
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
	w := &world{t: t, url: url, nats: natstest.Start(t, natstest.Options{}), bell: &bell{rings: map[string]int{}}}
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
	r := &replica{w: w, done: make(chan error, 1)}
	var dead atomic.Bool
	cfg := Config{
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
	pool, err := postgres.Open(w.t.Context(), postgres.Config{URL: configURL(w.url), Conns: 4})
	if err != nil {
		w.t.Fatal(err)
	}
	var eng atomic.Pointer[Engine]
	nc, err := bus.Connect(w.t.Context(), bus.Config{URL: w.nats.URL(), User: "approval"}, quiet(), func(err error) {
		if e := eng.Load(); err == nil && e != nil {
			e.Reconnected()
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
	up := make(chan struct{})
	go func() {
		err := r.eng.Run(ctx, func() { close(up) })
		nc.Close()
		pool.Close()
		r.done <- err
		close(r.done)
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
