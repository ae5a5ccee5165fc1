package engine

import (
	"context"
	"encoding/json"
	"flag"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/testkit"
)

// histories is how many random histories a plain run goes through; each starts servers'
// worth of processes. -rapid.checks on the command line wins.
const histories = "10"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", histories); err != nil {
		panic(err)
	}
	testkit.Main(m)
}

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
		Operations: tallyOperations(b), Timers: tallyTimers,
	}
}

func tallyOperations(b *bell) []Operation {
	return []Operation{{
		Name: "ring", Timeout: 2 * time.Second, Resource: "bells",
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
	}}
}

var tallyTimers = []TimerRoute{{Kind: tallyKind, Decide: func(t *Turn) error {
	s, _ := Get[tally1](t, t.Refs[0])
	s.Fired++
	Put(t, t.Refs[0], s)
	t.Due(t.Refs[0], time.Time{})
	return nil
}}}

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
