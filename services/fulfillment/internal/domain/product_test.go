package domain

import (
	"strings"
	"testing"
)

// offered is a look before a change of product; moves are those that were there before.
func offered(n int64, moves ...Move) Seen {
	a := seen(n)
	a.Offer, a.Moves = Offer{Item: "P:S:B", Way: "transition_only"}, moves
	return a
}

func history(n int64, moves ...Move) Seen {
	a := seen(n)
	a.Moves = moves
	return a
}

func begun(m Move) Sent {
	return Sent{Seen: Seen{Answer: done, Moves: []Move{m}}, Later: m.State == MoveStarted}
}

// The seats move when the vendor says so, and the order names where they are.
func TestChangeProduct(t *testing.T) {
	t.Parallel()
	s := tell(t, moving(4)).answer(TransitionCheck, offered(10, Move{ID: "old", State: MoveCompleted}))
	if b := s.call(TransitionCreate).Body; b.Item != "P:S:B" || b.Target != 4 || b.To != "transition_only" {
		t.Fatalf("%+v", b)
	}
	s.answer(TransitionCreate, begun(Move{ID: "new"})).want(Processing, EventStarted)
	s.answer(TransitionGet, history(10, Move{ID: "new"}, Move{ID: "old", State: MoveCompleted})).want(Processing, NoEvent)
	s.answer(TransitionGet, history(6, Move{ID: "new", State: MoveCompleted, Subscription: "s9"})).want(Completed, EventFinished)
	if l := s.line(); l.Subscription != "s9" {
		t.Errorf("%+v", l)
	}
}

// Somebody else's move of other seats to the same product is not ours.
func TestMoveOfOthers(t *testing.T) {
	t.Parallel()
	other := Move{ID: "other", State: MoveCompleted, Quantity: 2}
	s := tell(t, moving(4)).answer(TransitionCheck, offered(10)).silence(TransitionCreate)
	s.answer(TransitionGet, history(8, other)).answer(TransitionGet, history(8, other)).want(Failed, EventFailed)

	s = tell(t, moving(4)).answer(TransitionCheck, offered(10)).silence(TransitionCreate)
	s.answer(TransitionGet, history(4, other, Move{ID: "new", State: MoveCompleted, Quantity: 4, Subscription: "s9"})).want(Completed, EventFinished)
	if l := s.line(); l.Subscription != "s9" {
		t.Errorf("%+v", l)
	}
}

// What the vendor says is under way does not fail, however long it takes: it would be moved a second time.
func TestSlowMove(t *testing.T) {
	t.Parallel()
	s := tell(t, moving(4)).answer(TransitionCheck, offered(10)).answer(TransitionCreate, begun(Move{ID: "new"}))
	for range 2 * maxAwait {
		s.answer(TransitionGet, history(10, Move{ID: "new"}))
	}
	if l := s.line(); s.d.Order.Status != WaitingOnVendor || l.Trouble.Code != "vendor_slow" || !l.Trouble.Person {
		t.Errorf("the order is %v, the line %+v", s.d.Order.Status, l)
	}
	s.answer(TransitionGet, history(6, Move{ID: "new", State: MoveCompleted, Subscription: "s9"})).want(Completed, EventFinished)
}

// A change that the vendor gives up fails with the vendor's reason.
func TestChangeProductFails(t *testing.T) {
	t.Parallel()
	s := tell(t, moving(0)).answer(TransitionCheck, offered(10)).answer(TransitionCreate, begun(Move{ID: "new"}))
	s.answer(TransitionGet, history(10, Move{ID: "new", State: MoveFailed, Trouble: Trouble{Code: "x", Detail: "No."}})).want(Failed, EventFailed)
	if got, _ := s.d.Order.Sentence(); got != "No." {
		t.Error(got)
	}
}

// Without an answer nothing is sent again before the history has had its time to show what was made. What it shows then
// counts; what was there before does not.
func TestUnansweredChangeOfProduct(t *testing.T) {
	t.Parallel()
	old := Move{ID: "old", State: MoveCompleted}
	unanswered := func() *story {
		s := tell(t, moving(4)).answer(TransitionCheck, offered(10, old)).silence(TransitionCreate).want(OutcomeUnknown, EventOutcomeUnknown)
		return s.answer(TransitionGet, history(10, old)).want(OutcomeUnknown, NoEvent)
	}
	s := unanswered()
	if w := s.wait(TransitionGet); w < historyLag {
		t.Fatalf("looks again after %v", w)
	}
	s.answer(TransitionGet, history(6, old, Move{State: MoveCompleted, Subscription: "s9"})).want(Completed, EventFinished)

	s = unanswered().answer(TransitionGet, history(10, old))
	s.call(TransitionCreate)
	s.silence(TransitionCreate).answer(TransitionGet, history(10, old))
	if w := s.wait(TransitionGet); w < historyLag {
		t.Errorf("the second time it looks again after %v", w)
	}

	s = unanswered().answer(TransitionGet, history(6, old)).want(Failed, EventFailed)
	if got := s.line().Trouble; got.Code != "quantity_unclear" || !strings.Contains(got.Detail, "the move of 4 seats to Microsoft 365 E5") {
		t.Errorf("%+v", got)
	}

	s = unanswered().answer(TransitionGet, history(10, old, Move{ID: "new"})).want(Processing, EventStarted)
	s.answer(TransitionGet, history(6, old, Move{ID: "new", State: MoveCompleted})).want(Completed, EventFinished)
}

// Lines of a purchase are cancelled by their own, the whole by its status; without an answer the order is looked at.
func TestCancelPurchase(t *testing.T) {
	t.Parallel()
	order := func(status string, quantities ...int64) Seen {
		o := VendorOrder{ID: "o1", Status: status}
		for i, n := range quantities {
			o.Lines = append(o.Lines, VendorLine{Number: i, Quantity: n})
		}
		return Seen{Answer: done, Order: o}
	}
	s := tell(t, revoking(1)).answer(PurchaseGet, order("completed", 2, 1))
	if b := s.call(PurchaseCancel).Body; b.Order != "o1" || len(b.Rows) != 1 || b.Rows[0] != 1 {
		t.Fatalf("%+v", b)
	}
	s.silence(PurchaseCancel).want(OutcomeUnknown, EventOutcomeUnknown)
	s.answer(PurchaseGet, order("completed", 2, 1)).want(Processing, EventStarted) // not executed
	s.answer(PurchaseCancel, Sent{Seen: order("completed", 2, 0)}).want(Completed, EventFinished)

	s = tell(t, revoking()).answer(PurchaseGet, order("completed", 2, 1))
	s.answer(PurchaseCancel, Sent{Seen: order("completed", 2, 1)}).want(Processing, EventStarted) // not yet
	s.answer(PurchaseGet, order("cancelled", 0, 0)).want(Completed, EventFinished)

	s = tell(t, revoking()).answer(PurchaseGet, order("completed", 1))
	why := refused("cancel_its_subscription")
	why.Trouble.Hint = "Order cancel_subscription."
	s.answer(PurchaseCancel, Sent{Seen: Seen{Answer: why}}).want(Failed, EventFailed)
	if _, hint := s.d.Order.Sentence(); hint != "Order cancel_subscription." {
		t.Error(hint)
	}
}
