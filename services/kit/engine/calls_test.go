package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/testkit"
)

// till is a budget that the test fills.
type till struct {
	mu          sync.Mutex
	left, taken int
	asked       chan struct{} // somebody was turned away
}

func newTill(tokens int) *till { return &till{left: tokens, asked: make(chan struct{}, 1)} }

func (l *till) Lease(_ context.Context, _ string, n int) (Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == 0 {
		select {
		case l.asked <- struct{}{}:
		default:
		}
		return Lease{Wait: 5 * time.Millisecond}, nil
	}
	n = min(n, l.left)
	l.left -= n
	l.taken += n
	return Lease{Tokens: n, Until: time.Now().Add(time.Minute)}, nil
}

func (l *till) fill(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left += n
}

func (l *till) used() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}

// made is a list of the calls that were made, in their order.
type made struct {
	mu    sync.Mutex
	calls []Call
}

func (m *made) add(c Call) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, c)
	return len(m.calls)
}

func (m *made) list() []Call {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

// urgency is tallySpec with calls of the priority that an order's note asks for.
func urgency(w *world, run func(ctx context.Context, c Call) Result) Spec {
	spec := tallySpec(w.bell)
	spec.Events[0].Decide = func(t *Turn) error {
		o := t.Body.(*eventv1.OrderSubmitted).GetOrder()
		if _, ok := Get[tally1](t, ref(o.GetId())); ok {
			return nil
		}
		p, _ := strconv.Atoi(strings.TrimPrefix(o.GetNote(), "priority ")) // none is 0
		id := t.Do(Call{Ref: ref(o.GetId()), Operation: "ring", Order: o.GetId(), Priority: int16(p)})
		Put(t, ref(o.GetId()), tally1{Status: "granted", CallID: id})
		t.Emit(ref(o.GetId()), contract.ApprovalGranted, granted(o))
		return nil
	}
	spec.Operations[0].Run = run
	return spec
}

// TestBudgetPaces: never more calls than tokens, no token is thrown away by looking, and each is used in the end.
func TestBudgetPaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, m := newTill(5), &made{}
	cfg := testConfig(nil)
	cfg.Budget = l
	r := w.startConfig(urgency(w, func(_ context.Context, c Call) Result {
		if n := m.add(c); n > l.used() {
			t.Errorf("call %d with %d tokens", n, l.used())
		}
		return Result{Value: "rang"}
	}), cfg)
	orders := map[string]int{}
	submit := func() {
		id := newOrder()
		orders[id] = 0
		w.submit(id, "", 0)
	}
	for i := range 5 { // one after the other, so that the engine looks for planned calls in between
		submit()
		w.await("the next bell", func() bool { return len(m.list()) == i+1 })
	}
	for range 8 {
		submit()
	}
	testkit.Wait(t, "the till's being empty", l.asked)
	w.await("all orders", func() bool { return len(w.tallies()) == len(orders) })
	if n := len(m.list()); n != 5 {
		t.Errorf("%d calls with 5 tokens", n)
	}
	l.fill(3)
	w.await("three more bells", func() bool { return len(m.list()) == 8 })
	l.fill(100)
	w.settled(orders)
	if n := l.used(); n != len(orders) {
		t.Errorf("%d tokens for %d calls", n, len(orders))
	}
	r.stop()
	w.check(orders)
}

// TestLocalCalls: calls that ask nobody outside are made at once and when they are due, without a token.
func TestLocalCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newTill(0)
	cfg := testConfig(nil)
	cfg.Budget = l
	spec := urgency(w, func(context.Context, Call) Result { return Result{Value: "rang"} })
	spec.Operations[0].Local, spec.Operations[0].Resource = true, ""
	decide := spec.Events[0].Decide
	spec.Events[0].Decide = func(t *Turn) error {
		err := decide(t)
		for i := range t.calls {
			if t.Body.(*eventv1.OrderSubmitted).GetOrder().GetNote() == "later" {
				t.calls[i].Due = t.Now.Add(20 * time.Millisecond)
			}
		}
		return err
	}
	r := w.startConfig(spec, cfg)
	orders := map[string]int{}
	for _, note := range []string{"", "later"} {
		id := newOrder()
		orders[id] = 0
		w.submit(id, note, 0)
	}
	w.settled(orders)
	if n := l.used(); n != 0 {
		t.Errorf("%d tokens were taken", n)
	}
	r.stop()
	w.check(orders)
}

// TestUrgentCallsFirst: of the calls that wait, those with the lowest number go first.
func TestUrgentCallsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, m := newTill(0), &made{}
	cfg := testConfig(nil)
	cfg.Budget, cfg.Calls = l, 1
	r := w.startConfig(urgency(w, func(_ context.Context, c Call) Result {
		m.add(c)
		return Result{Value: "rang"}
	}), cfg)
	orders := map[string]int{}
	for _, p := range []int{5, 1, 9, 3, 1, 7, 0, 4, 2, 8, 6} {
		id := newOrder()
		orders[id] = 0
		w.submit(id, "priority "+strconv.Itoa(p), 0)
	}
	w.await("all calls planned", func() bool {
		return w.count(`select count(*) from engine_calls where state = 'planned'`) == len(orders)
	})
	l.fill(4) // some now, the others later
	w.await("the first calls", func() bool { return len(m.list()) == 4 })
	l.fill(100)
	w.settled(orders)
	var got []int16
	for _, c := range m.list() {
		got = append(got, c.Priority)
	}
	if !slices.IsSorted(got) || len(got) != len(orders) {
		t.Errorf("made in the order %v", got)
	}
	r.stop()
	w.check(orders)
}

// TestNotSent: a call of which not a byte has left is planned again, without asking anybody, until it is made.
func TestNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := &made{}
	r := w.startConfig(urgency(w, func(_ context.Context, c Call) Result {
		if m.add(c) < 3 {
			return Result{NotSent: true, RetryAfter: 20 * time.Millisecond}
		}
		return Result{Value: "rang"}
	}), testConfig(nil))
	id := newOrder()
	w.submit(id, "", 0)
	w.settled(map[string]int{id: 0})
	calls := m.list()
	if len(calls) != 3 {
		t.Fatalf("it was tried %d times", len(calls))
	}
	for i, c := range calls {
		if c.ID != calls[0].ID || c.Attempt != i+1 || c.SendBefore.IsZero() || c.Order != id {
			t.Errorf("try %d is %+v", i+1, c)
		}
	}
	if row := w.tallies()[id]; row.State.Rung != 1 || row.State.Doubts != 0 || row.Version != 2 {
		t.Errorf("decided as %+v", row)
	}
	r.stop()
	w.check(map[string]int{id: 0})
}

// TestPanicOfAnOperation: what it did before is unknown.
func TestPanicOfAnOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.startConfig(urgency(w, func(context.Context, Call) Result { panic("a defect") }), testConfig(nil))
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the doubt", func() bool { return w.tallies()[id].State.Doubts == 1 })
	r.stop()
	w.check(map[string]int{id: 0})
}

// TestTokensForWhatCanBeMade: no token is taken for calls that only a newer version could make; they are that version's.
func TestTokensForWhatCanBeMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, m := newTill(100), &made{}
	cfg := testConfig(nil)
	cfg.Budget = l
	w.exec(`with t as (
		insert into engine_calls (id, kind, aggregate, order_id, operation, body, priority, state, attempt, due_at, traceparent, created_at, resource, lane, changes)
		select 'c' || i, 'tally', 'a', 'o', 'of a newer version', '', 0, 'planned', 0, clock_timestamp(), '', clock_timestamp(), 'bells', 'a', false
		from generate_series(1, 5) i returning *)` + enterLanes("t"))
	r := w.startConfig(urgency(w, func(_ context.Context, c Call) Result {
		m.add(c)
		return Result{Value: "rang"}
	}), cfg)
	for range 3 {
		id := newOrder()
		w.submit(id, "", 0)
		w.await("the bell", func() bool { return w.tallies()[id].State.Rung == 1 })
	}
	if n := l.used(); n != 3 {
		t.Errorf("%d tokens for %d calls", n, len(m.list()))
	}
	r.stop()
}
