package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// street is some orders of one customer, whose calls are played one after the other.
type street struct {
	t      *testing.T
	now    time.Time
	orders map[string]*Order
	calls  []Call
	queues Queues
}

func newStreet(t *testing.T) *street {
	t.Helper()
	return &street{t: t, now: start, orders: map[string]*Order{}, queues: Queues{}}
}

func (s *street) take(of string, d Decision) {
	if d.Order != nil {
		s.orders[of] = d.Order
	}
	for key, q := range d.Queues {
		s.queues[key] = q
	}
	s.calls = slices.DeleteFunc(s.calls, func(c Call) bool { return slices.Contains(d.Drops, c.ID) })
	for _, c := range d.Calls {
		if c.Order == "" {
			c.Order = of
		}
		s.calls = append(s.calls, c)
	}
}

func (s *street) grant(n int, lines ...*orderv1.Line) string {
	id := fmt.Sprintf("01900000-0000-7000-8000-%012d", n)
	o := &orderv1.Order{Id: id, Number: fmt.Sprint("ORD-", n), Customer: &orderv1.Customer{TenantId: "tenant"}, Lines: lines}
	s.take(id, Grant(nil, o, false, nil, 0, s.now))
	return id
}

// answer ends an order's next call of an operation; turns are made first, as they ask nobody.
func (s *street) answer(of string, op Operation, a any) {
	s.t.Helper()
	for op != Turn && s.next("", Turn) >= 0 {
		s.answer(s.calls[s.next("", Turn)].Order, Turn, nil)
	}
	i := s.next(of, op)
	if i < 0 {
		s.t.Fatalf("%s has no %s to be answered: %+v", of, op, s.calls)
	}
	c := s.calls[i]
	s.calls = slices.Delete(s.calls, i, i+1)
	out := Outcome{ID: c.ID, Unanswered: a == nil && op != Turn, SettledAt: s.now.Add(effectTime), Queues: s.queues.at(&c)}
	s.take(of, decide(s.orders[of], op, out, a, s.now))
}

func (s *street) next(of string, op Operation) int {
	return slices.IndexFunc(s.calls, func(c Call) bool { return c.Operation == op && (of == "" || c.Order == of) })
}

func (s *street) turns() {
	for s.next("", Turn) >= 0 {
		s.answer(s.calls[s.next("", Turn)].Order, Turn, nil)
	}
}

func (s *street) want(of string, status Status, line LineStatus) {
	s.t.Helper()
	s.turns()
	if o := s.orders[of]; o.Status != status || o.Lines[0].Status != line {
		s.t.Fatalf("%s is %v with %+v", of, o.Status, o.Lines)
	}
}

// While it is not known what became of a purchase, an equal one of the same customer waits, and says for whom; others go on. It
// goes on without being asked once the first is settled.
func TestEqualIntents(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	first, second, third := s.grant(1, buying(1)), s.grant(2, buying(1)), s.grant(3, buying(1))
	another := s.grant(4, &orderv1.Line{Number: 1, Product: "Power BI Pro", CatalogItem: "P:T:A", Change: buy(3)})
	s.answer(first, CartCreate, made("cart-1"))
	s.answer(first, CartCheckout, nil)
	s.want(first, OutcomeUnknown, LineUnknown)
	for _, id := range []string{second, third} {
		s.answer(id, CartCreate, made("cart"))
		s.want(id, Processing, LineHeld)
		if s.next(id, CartCheckout) >= 0 || s.orders[id].Cart.ID != "" || s.orders[id].Deadline().IsZero() {
			t.Fatalf("%+v", s.orders[id])
		}
	}
	if sentence, _ := s.orders[second].Sentence(); !strings.Contains(sentence, "order ORD-1, which buys the same") {
		t.Error(sentence)
	}
	s.answer(another, CartCreate, made("cart-4"))
	four := bought("completed", "sub-4")
	four.Orders[0].Lines[0].Item = "P:T:A"
	s.answer(another, CartCheckout, four)
	s.want(another, Completed, LineFulfilled)

	s.answer(first, CartCheckout, bought("completed", "sub-1"))
	s.want(first, Completed, LineFulfilled)
	s.want(second, Processing, LineInFlight)
	s.want(third, Processing, LineInFlight)
	for _, id := range []string{second, third} {
		s.answer(id, CartCreate, made("cart-"+id))
		s.answer(id, CartCheckout, bought("completed", "sub-"+id))
		s.want(id, Completed, LineFulfilled)
	}
	for key, q := range s.queues {
		if len(q.Waiting) > 0 {
			t.Errorf("%s: %+v", key, q)
		}
	}
}

// Who waits can be cancelled, with all of its cart, and nobody behind it waits for it any more.
func TestEqualCancelled(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	first, second, third := s.grant(1, buying(1)), s.grant(2, buying(1), line(2, &orderv1.Line{Change: buy(7)})), s.grant(3, buying(1))
	s.answer(first, CartCreate, made("cart-1"))
	s.answer(first, CartCheckout, nil)
	s.want(first, OutcomeUnknown, LineUnknown)
	s.answer(second, CartCreate, made("cart-2"))
	s.answer(third, CartCreate, made("cart-3"))
	d, err := Cancel(s.orders[second], Person{}, "", nobody, s.now)
	if err != nil {
		t.Fatal(err)
	}
	s.take(second, d)
	s.want(second, Cancelled, LineCancelled)
	s.want(third, Processing, LineHeld)
	s.answer(first, CartCheckout, bought("completed", "sub-1"))
	s.want(third, Processing, LineInFlight)
	if s.next(third, CartCreate) < 0 {
		t.Errorf("%+v", s.calls)
	}
}
