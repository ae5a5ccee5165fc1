package domain

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

var john = Person{Name: "John Smith", Role: int32(orderv1.Role_ROLE_ADMIN)}

func saidBought(order string) Said {
	return Said{Done: true, Order: order, Note: "the invoice", By: john, At: start}
}

func saidNot() Said { return Said{Note: "Microsoft's support", By: john, At: start} }

// settle has a person speak, who may.
func (s *story) settle(said Said, lines ...int32) *story {
	s.t.Helper()
	d, err := Settle(s.d.Order, lines, said, s.lag, everybody, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.d = d
	return s
}

// refuses has a person speak, who may not.
func (s *story) refuses(said Said, droppable func(string) bool, code, field string, lines ...int32) {
	s.t.Helper()
	d, err := Settle(s.d.Order, lines, said, s.lag, droppable, s.now)
	if f := fault.As(err); f == nil || f.Code != code || f.Field != field || d.Order != nil {
		s.t.Errorf("settled with %v, %+v; want %s", err, d, code)
	}
}

// untold is an order whose cart was submitted and of which the lists show nothing.
func untold(t *testing.T, lines ...*orderv1.Line) *story {
	t.Helper()
	if lines == nil {
		lines = append(lines, buying(1))
	}
	s := tell(t, lines...).answer(CartCreate, made("cart-7")).answer(CartCheckout, submitted)
	s.looks(Found{Answer: done})
	return s.want(OutcomeUnknown, EventOutcomeUnknown)
}

// unread is an order whose cart was submitted, while the lists cannot be read.
func unread(t *testing.T) *story {
	t.Helper()
	s := tell(t, buying(1)).answer(CartCreate, made("cart-7")).answer(CartCheckout, submitted)
	return s.answer(PurchasesList, Found{Answer: refused("403")}).want(OutcomeUnknown, EventOutcomeUnknown)
}

func (s *story) marked(status, subscription string) OrderSeen {
	o := ordered(status, subscription)
	o.Lines[0].Name = s.mark()
	return OrderSeen{Answer: done, Order: o}
}

// What carries the line's mark is taken at a person's word, and looked after like any other; whoever says otherwise later is told
// who spoke first.
func TestSettledAsBought(t *testing.T) {
	t.Parallel()
	s := unread(t)
	planned := s.call(PurchasesList).ID
	s.settle(saidBought("order"), 1).want(OutcomeUnknown, EventOutcomeUnknown)
	if sentence, _ := s.d.Order.Sentence(); !strings.HasPrefix(sentence, "John Smith says that it was bought, as order order: the invoice. ") {
		t.Errorf("it says %q", sentence)
	}
	if s.d.By != john || len(s.d.Drops) != 1 || s.d.Drops[0] != planned || s.call(OrderGet).Body.Order != "order" || s.call(OrderGet).Priority != Urgent {
		t.Errorf("%+v", s.d)
	}
	s.refuses(saidNot(), everybody, "said_before", "lines", 1)
	s.answer(OrderGet, s.marked("pending", "")).want(Processing, EventStarted)
	if w := s.wait(OrderGet); !about(w, 5*time.Second) || s.d.Order.Cart.Track.Call != "" {
		t.Errorf("looks again in %v", w)
	}
	s.refuses(saidNot(), everybody, "said_before", "lines", 1)
	if d, err := Settle(s.d.Order, []int32{1}, saidBought("ORDER"), 0, everybody, s.now); err != nil || d.Order != nil {
		t.Errorf("the same again: %+v, %v", d, err)
	}
	s.answer(OrderGet, s.marked("completed", "sub")).want(Completed, EventFinished)
}

// What carries no mark is taken if it fits, and nothing else carries the mark.
func TestSettledAsBoughtWithoutMark(t *testing.T) {
	t.Parallel()
	seen := OrderSeen{Answer: done, Order: ordered("completed", "sub")}
	s := untold(t).settle(saidBought("order"), 1).answer(OrderGet, seen)
	s.answer(PurchasesList, Found{Answer: done}).answer(OrderGet, seen).want(Completed, EventFinished)
	if l := s.line(); l.VendorOrder != "order" || l.Subscription != "sub" || s.queues["bought/order"].place(s.d.Order.ID) != 0 {
		t.Errorf("%+v, %+v", l, s.queues)
	}
	s = untold(t).settle(saidBought("order"), 1).answer(OrderGet, seen)
	other := shown(s.mark())
	other.Orders[0].ID = "order-2"
	s.answer(PurchasesList, other).want(Completed, EventFinished)
	if l := s.line(); l.VendorOrder != "order-2" || l.Trouble.Code != "bought_after_all" {
		t.Errorf("%+v", l)
	}
	s = unread(t).settle(saidBought("order"), 1).answer(OrderGet, seen)
	if w := s.wait(PurchasesList); w < ListLag {
		t.Errorf("the lists are read after %v, before they can show it", w)
	}
	s.answer(PurchasesList, Found{Answer: refused("403")}).want(OutcomeUnknown, EventOutcomeUnknown)
	if !s.line().Trouble.Person || s.line().Said != nil || !about(s.wait(CartGet), time.Hour) {
		t.Errorf("%+v", s.line())
	}
}

// What does not fit is not taken: the order says why, and waits for a person again.
func TestSettledWrongly(t *testing.T) {
	t.Parallel()
	with := func(change func(*OrderSeen)) OrderSeen {
		a := OrderSeen{Answer: done, Order: ordered("completed", "sub")}
		a.Order.CreatedAt = start
		change(&a)
		return a
	}
	for why, a := range map[string]OrderSeen{
		"older than this order":      with(func(a *OrderSeen) { a.Order.CreatedAt = start.Add(-time.Hour) }),
		"there is 4 × p:s":           with(func(a *OrderSeen) { a.Order.Lines[0].Quantity = 4 }),
		"there is 3 × p:other":       with(func(a *OrderSeen) { a.Order.Lines[0].Item = "p:other:x" }),
		"there is 3 × p:s P3Y":       with(func(a *OrderSeen) { a.Order.Lines[0].Term = "P3Y" }),
		"[SF-00000000]":              with(func(a *OrderSeen) { a.Order.Lines[0].Name = "E5 [SF-00000000]" }),
		"order ORD-7 has bought":     with(func(a *OrderSeen) { a.Holders = []Place{{Order: "other", Number: "ORD-7"}} }),
		"status is cancelled":        with(func(a *OrderSeen) { a.Order.Status = "cancelled" }),
		"cannot read that order":     {Answer: refused("20000")},
		"subscription sub-9, there":  with(func(*OrderSeen) {}),
		"there is none":              with(func(a *OrderSeen) { a.Order.Lines = nil }),
		"subscription sub-9, there ": with(func(a *OrderSeen) { a.Order.Lines[0].Subscription = "" }),
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			s := untold(t)
			s.d.Order.Approved.PlacedAt = a.placed()
			said := saidBought("order")
			if strings.Contains(why, "sub-9") {
				said.Subscription = "sub-9"
			}
			s.settle(said, 1).answer(OrderGet, a).want(OutcomeUnknown, EventOutcomeUnknown)
			if l := s.line(); !strings.Contains(l.Trouble.Detail, why) || !strings.Contains(l.Trouble.Detail, "cart-7") || !l.Trouble.Person ||
				!l.AskedSince.Equal(s.now) || l.VendorOrder != "" {
				t.Errorf("%+v", l)
			}
			first := s.line().Trouble
			said.Note, said.Order = "the bill"+notCounted+knownBefore, "order"+knownBefore+"x"
			s.settle(said, 1).answer(OrderGet, a).want(OutcomeUnknown, EventOutcomeUnknown)
			said.Note, said.Order = "the invoice", "order"
			s.settle(said, 1).answer(OrderGet, a).want(OutcomeUnknown, EventOutcomeUnknown)
			if again := s.line().Trouble; again.Detail != first.Detail || again.Code != first.Code || again.Hint != first.Hint {
				t.Errorf("after three words it says %+v, after one %+v", again, first)
			}
			s.settle(saidNot(), 1) // and now says something else
		})
	}
}

// What was not bought fails once the lists have shown it too, and is bought anew under another mark; the old cart is left alone.
func TestSettledAsNotBought(t *testing.T) {
	t.Parallel()
	s := untold(t).settle(saidNot(), 1)
	token := s.line().Token
	if c := s.call(PurchasesList); !c.Due.IsZero() || len(c.Body.Lines) != 1 {
		t.Errorf("%+v", c)
	}
	s.answer(PurchasesList, Found{Answer: done}).want(Failed, EventFailed)
	if sentence, hint := s.d.Order.Sentence(); sentence != "Not bought: John Smith says that it was not bought: Microsoft's support." || !strings.Contains(hint, "Retry") {
		t.Errorf("it says %q, %q", sentence, hint)
	}
	s.refuses(saidBought("order"), everybody, "said_before", "lines", 1)
	var err error
	if s.d, err = Retry(s.d.Order, john, s.now); err != nil {
		t.Fatal(err)
	}
	if s.line().Token == token || s.line().Said != nil || s.d.Order.Cart.ID != "" {
		t.Errorf("%+v", s.d.Order)
	}
	s.answer(CartCreate, made("cart-8"))
	if c := s.call(CartCheckout); c.Body.Cart != "cart-8" {
		t.Errorf("%+v", c)
	}

	s = unread(t).settle(saidNot(), 1)
	if w := s.wait(PurchasesList); w < ListLag {
		t.Errorf("the lists are read after %v, before they can show it", w)
	}
	if d, err := Nudge(s.d.Order, john, everybody, s.now); err != nil || len(d.Calls) != 0 {
		t.Errorf("brought forward: %+v, %v", d, err)
	}
	s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)
	if l := s.line(); l.VendorOrder != "order" || !strings.Contains(l.Trouble.Detail, "though John Smith says that it was not bought") {
		t.Errorf("%+v", l)
	}
}

// Once somebody has spoken about a line, its cart is not checked out again, whatever it shows: the other lines are looked for, or
// bought by a new cart if the old one has bought nothing.
func TestSettledInPart(t *testing.T) {
	t.Parallel()
	s := untold(t, buying(1), buying(2)).settle(saidNot(), 1).answer(PurchasesList, Found{Answer: done})
	s.want(OutcomeUnknown, EventLineSettled)
	before := s.d
	s.d.Order.Cart.Track.Tries = 0 // many would have the lists asked anyway
	s.answer(CartGet, CartSeen{Answer: done, State: CartOrdered})
	s.call(PurchasesList)

	s.d = before
	s.answer(CartGet, CartSeen{Answer: done, State: CartActive})
	if c := s.call(CartCreate); len(c.Body.Lines) != 1 || c.Body.Lines[0].Number != 2 || s.d.Order.Cart.ID != "" {
		t.Errorf("%+v", c)
	}
}

// Nobody speaks before the line is handed to them, about what cannot be, or while an attempt may be on its way.
func TestNotToBeSettled(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), adding(2))
	s.refuses(saidNot(), everybody, "outcome_known", "lines", 1)
	s = untold(t)
	s.refuses(saidNot(), everybody, "no_such_line", "lines", 3)
	s.refuses(saidBought(""), everybody, "vendor_order_missing", "vendor_order_id", 1)
	s.refuses(Said{Order: "order", Note: "n"}, everybody, "no_vendor_order", "vendor_order_id", 1)
	s.refuses(Said{Done: true, Order: "order", Subscription: "sub"}, everybody, "one_line_only", "vendor_subscription_id", 1, 2)
	s.answer(CartGet, CartSeen{Answer: done, State: CartOrdered})
	s.refuses(saidNot(), nobody, "attempt_under_way", "lines", 1)
	s.settle(saidNot(), 1)
	if w := s.wait(PurchasesList); w < ListLag {
		t.Errorf("the lists are read after %v, though the cart was to be checked out", w)
	}
	gone(t).refuses(saidNot(), everybody, "still_looking", "lines", 1)
}

// Of a change that the vendor does not show, a person's word counts; a retry looks first, and takes nobody else's change for its own.
func TestSettledChange(t *testing.T) {
	t.Parallel()
	unread := func() *story {
		s := tell(t, adding(1)).answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch)
		return s.answer(SubscriptionGet, Seen{Answer: refused("403")}).want(OutcomeUnknown, EventOutcomeUnknown)
	}
	s := unread().settle(Said{Done: true, Note: "the portal shows 25", By: john}, 1)
	s.answer(SubscriptionGet, Seen{Answer: refused("403")}).want(Completed, EventFinished)
	if sentence, _ := s.d.Order.Sentence(); sentence != "Changed: John Smith says that it was changed: the portal shows 25." {
		t.Errorf("it says %q", sentence)
	}
	unread().settle(saidNot(), 1).answer(SubscriptionGet, seen(25)).want(Completed, EventFinished)

	for seats, want := range map[int64]Status{10: Processing, 25: Failed, 40: Failed} {
		s = unread().settle(saidNot(), 1).answer(SubscriptionGet, Seen{Answer: refused("403")}).want(Failed, EventFailed)
		var err error
		if s.d, err = Retry(s.d.Order, john, s.now); err != nil {
			t.Fatal(err)
		}
		s.answer(Turn, nil).answer(SubscriptionGet, seen(seats))
		if s.d.Order.Status != want || want == Processing && s.call(SubscriptionPatch).Body.Target != 25 {
			t.Errorf("with %d seats: %+v", seats, s.d)
		}
	}
}

// placed is when an order was placed that the vendor's may have come of; nil if nothing is known.
func (a *OrderSeen) placed() *timestamppb.Timestamp {
	if a.Order.CreatedAt.IsZero() {
		return nil
	}
	return timestamppb.New(start)
}
