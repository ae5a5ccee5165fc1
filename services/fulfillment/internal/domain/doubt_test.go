package domain

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// However often people ask, a purchase counts as not there only once the vendor's lists have had their time to show it: a new cart
// before that would buy it twice.
func TestNudgeHurriesNoList(t *testing.T) {
	t.Parallel()
	s := gone(t)
	begun := s.call(PurchasesList).Due
	for n := 0; s.d.Calls[0].Operation == PurchasesList; n++ {
		if n > 20 {
			t.Fatal("it is looked for in vain for ever")
		}
		s.answer(PurchasesList, Found{Answer: done})
		d, err := Nudge(s.d.Order, Person{}, everybody, s.now)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Calls) > 0 {
			s.d = d
		}
	}
	if s.call(CartCreate); s.now.Sub(begun) < ListLag {
		t.Errorf("bought anew after %v", s.now.Sub(begun))
	}
}

// silences leaves checkouts without an answer until something else is asked.
func (s *story) silences() *story {
	s.t.Helper()
	for n := 0; s.d.Calls[0].Operation == CartCheckout; n++ {
		if n > maxAwait {
			s.t.Fatal("the checkout is repeated for ever, and nothing else is looked at")
		}
		s.silence(CartCheckout)
	}
	return s
}

// A checkout that is never answered is looked for in the lists; what they do not show is for a person, who is asked once.
func TestNeverAnswered(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart-7")).silences()
	if late := s.now.Sub(start); late > time.Hour {
		t.Errorf("looked into the lists after %v", late)
	}
	s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)

	s = tell(t, buying(1)).answer(CartCreate, made("cart-7")).silences()
	s.looks(Found{Answer: done})
	s.want(OutcomeUnknown, EventOutcomeUnknown)
	if l := s.line(); !l.Trouble.Person || l.AskedSince.IsZero() {
		t.Errorf("%+v", l)
	}
	since := s.line().AskedSince
	s.answer(CartGet, CartSeen{Answer: done, State: CartOrdered}).silence(CartCheckout).want(OutcomeUnknown, NoEvent)
	if !s.line().AskedSince.Equal(since) {
		t.Error("a person is asked anew for the same silence")
	}
}

// A cart that was submitted while its checkout is refused ever after is looked for in the lists.
func TestOrderedAndRefused(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).silence(CartCheckout)
	for n := 0; s.d.Calls[0].Operation == CartCheckout; n++ {
		if n > maxAwait {
			t.Fatal("it is never looked for in the lists")
		}
		s.answer(CartCheckout, CheckedOut{Answer: refused("800075")})
		s.answer(CartGet, CartSeen{Answer: done, State: CartOrdered})
	}
	s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)
}

// A status of a cart that nobody knows says nothing, so the lists are asked.
func TestStrangeCart(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).silence(CartCheckout).answer(CartCheckout, CheckedOut{Answer: refused("800018")})
	for n := 0; s.d.Calls[0].Operation == CartGet; n++ {
		if n > maxAwait {
			t.Fatal("the cart is looked at for ever")
		}
		s.answer(CartGet, CartSeen{Answer: done})
	}
	s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)
}

// An answer that never tells what became of a line leads to the lists too.
func TestNeverAccounted(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	odd := CheckedOut{Answer: done, Orders: []VendorOrder{{ID: "order", Status: "completed", Lines: []VendorLine{{Item: "Q", Quantity: 9}}}}}
	for n := 0; s.d.Calls[0].Operation == CartCheckout; n++ {
		if n > maxAwait {
			t.Fatal("the checkout is repeated for ever")
		}
		s.answer(CartCheckout, odd)
	}
	s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)
}

// Looks that are never answered are told to a person in the end.
func TestLooksNeverAnswered(t *testing.T) {
	t.Parallel()
	for _, op := range []Operation{PurchasesList, CartGet} {
		s := gone(t)
		if op == CartGet {
			s = tell(t, buying(1)).answer(CartCreate, made("cart")).silence(CartCheckout).answer(CartCheckout, CheckedOut{Answer: refused("800018")})
		}
		for s.now.Sub(start) < 24*time.Hour && !s.line().Trouble.Person {
			s.silence(op)
		}
		if !s.line().Trouble.Person {
			t.Errorf("%s: nobody is asked", op)
		}
	}
}

// "Another request is at it" means that it may be bought at this moment, even if nobody here knows of the other one; it says too
// that this attempt has come to its end.
func TestAnotherIsAtIt(t *testing.T) {
	t.Parallel()
	for _, a := range []Answer{conflict, {Answered: true, Wait: 2 * time.Minute, Trouble: Trouble{Code: "order_in_progress"}}} {
		s := tell(t, buying(1)).answer(CartCreate, made("cart"))
		s.outcome(s.call(CartCheckout), a.Verdict == Unknown, CheckedOut{Answer: a, Running: true}).want(OutcomeUnknown, EventOutcomeUnknown)
		if _, err := Cancel(s.d.Order, Person{}, "", everybody, s.now); err == nil {
			t.Error("what is being bought was cancelled")
		}
		s.answer(CartCheckout, submitted)
		if wait := s.wait(PurchasesList); wait > 10*time.Second {
			t.Errorf("looks into the lists in %v, for an attempt that has ended", wait)
		}
		s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)
	}
}

// A part of the order of which the vendor says each time that it was not created is looked for before it counts as not bought.
func TestUnclearGroupErrorIsLookedFor(t *testing.T) {
	t.Parallel()
	unclear := CheckedOut{Answer: done, Errors: []GroupError{{Trouble: Trouble{Code: "order_not_created", Detail: "D."}, Unclear: true}}}
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	for n := 0; s.d.Order.Status != Failed && s.d.Calls[0].Operation == CartCheckout && n < 100; n++ {
		s.answer(CartCheckout, unclear)
	}
	s.answer(PurchasesList, shown(s.mark())).want(Completed, EventFinished)
}

// Lines of the same product and quantity whose names the vendor did not keep: an order that a line has already is not another
// line's, and the line whose part was refused is not the one that was bought.
func TestRepeatedPartialCheckout(t *testing.T) {
	t.Parallel()
	first := VendorOrder{ID: "first", Status: "completed", Lines: []VendorLine{{Item: "P:S:A", Quantity: 3, Subscription: "sub-1"}}}
	second := VendorOrder{ID: "second", Status: "completed", Lines: []VendorLine{{Item: "P:S:A", Quantity: 3, Subscription: "sub-2"}}}
	broken := func(group string) []GroupError {
		return []GroupError{{Group: group, Trouble: Trouble{Code: "c", Detail: "D."}, Unclear: true}}
	}
	for _, group := range []string{"g1", "g2"} {
		s := tell(t, buying(1), buying(2))
		s.answer(CartCreate, CartMade{Answer: done, Cart: "cart", Groups: map[int32]string{1: "g1", 2: "g2"}})
		s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{first}, Errors: broken(group)})
		lost := map[string]int{"g1": 0, "g2": 1}[group]
		if l := s.d.Order.Lines; l[lost].Status != LineUnknown || l[1-lost].Status != LineFulfilled {
			t.Fatalf("%s was refused: %+v", group, l)
		}
		s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{first}, Errors: broken(group)}).want(OutcomeUnknown, NoEvent)
		s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{first, second}}).want(Completed, EventFinished)
		if l := s.d.Order.Lines; l[lost].Subscription != "sub-2" || l[1-lost].Subscription != "sub-1" {
			t.Errorf("%+v", l)
		}
	}
}

// A repeated checkout leaves the looks at an order that is known already in peace.
func TestRepeatedCheckoutLooksOnce(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), buying(2))
	s.answer(CartCreate, CartMade{Answer: done, Cart: "cart", Groups: map[int32]string{1: "g1", 2: "g2"}})
	first := VendorOrder{ID: "first", Status: "pending", Lines: []VendorLine{{Item: "P:S:A", Quantity: 3, Name: s.mark()}}}
	partly := CheckedOut{Answer: done, Orders: []VendorOrder{first}, Errors: []GroupError{{Group: "g2", Trouble: Trouble{Code: "c"}, Unclear: true}}}
	s.answer(CartCheckout, partly)
	poll := s.d.Order.Polls[0].Track.Call
	i := slices.IndexFunc(s.d.Calls, func(c Call) bool { return c.Operation == CartCheckout })
	s.outcome(s.d.Calls[i], false, partly)
	if p := s.d.Order.Polls; len(p) != 1 || p[0].Track.Call != poll {
		t.Errorf("looks anew: %+v", p)
	}
}

// The lists show that the vendor made an order which came to nothing: the line has failed, and is bought anew under another mark.
func TestFoundFailed(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, submitted)
	mark := s.mark()
	found := shown(mark)
	found.Orders[0].Status, found.Orders[0].Lines[0].Subscription = "error", ""
	s.looks(found)
	s.want(Failed, EventFailed)
	if l := s.line(); l.VendorOrder != "order" || l.Trouble.Code != "vendor_order_failed" {
		t.Errorf("%+v", l)
	}
	var err error
	if s.d, err = Retry(s.d.Order, Person{}, s.now); err != nil {
		t.Fatal(err)
	}
	if name := s.call(CartCreate).Body.Lines[0].Name; name == mark {
		t.Errorf("bought again as %s", name)
	}
}

// What the vendor shows a subscription of was bought, whatever its order says: to buy it again would be twice.
func TestFailedOrderWithSubscription(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	s.answer(CartCheckout, bought("error", "sub")).want(Completed, EventFinished)
}

// A line that is bought anew has nothing of what came to nothing.
func TestBoughtAnew(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, bought("cancelled", "old")).want(Failed, EventFailed)
	var err error
	if s.d, err = Retry(s.d.Order, Person{}, s.now); err != nil {
		t.Fatal(err)
	}
	if l := s.line(); l.Subscription != "" || l.VendorOrder != "" || l.Seats != 0 {
		t.Errorf("%+v", l)
	}
}

// A review of the account that comes to light after a silence is waited for like any other.
func TestAccountUnderReviewAfterSilence(t *testing.T) {
	t.Parallel()
	review := refused(accountUnderReview)
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).silence(CartCheckout).answer(CartCheckout, CheckedOut{Answer: review})
	s.answer(CartGet, CartSeen{Answer: done, State: CartActive}).want(WaitingOnVendor, EventWaiting)
	if s.call(CartCreate); !strings.Contains(s.line().Trouble.Hint, "goes on by itself") {
		t.Errorf("%+v", s.line())
	}
}

// The vendor may tell the lines of an order in another order each time, and keep no names.
func TestLinesChangePlaces(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), buying(2)).answer(CartCreate, made("cart"))
	one, two := VendorLine{Item: "P:S:A", Quantity: 3, Subscription: "sub-1"}, VendorLine{Number: 1, Item: "P:S:A", Quantity: 3, Subscription: "sub-2"}
	s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{{ID: "order", Status: "pending", Lines: []VendorLine{one, two}}}})
	s.answer(OrderGet, OrderSeen{Answer: done, Order: VendorOrder{ID: "order", Status: "completed", Lines: []VendorLine{two, one}}})
	if l := s.d.Order.Lines; l[0].Subscription != "sub-1" || l[1].Subscription != "sub-2" {
		t.Errorf("%+v", l)
	}
}
