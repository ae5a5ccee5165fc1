package domain

import (
	"strings"
	"testing"
)

// A group error that leaves open whether the order was made settles nothing: the same cart is checked out again, which the vendor
// documents as safe, until it has said so often enough. Before the line counts as not bought, the vendor's lists are asked.
func TestUnclearGroupError(t *testing.T) {
	t.Parallel()
	unclear := CheckedOut{Answer: done, Errors: []GroupError{{
		Trouble: Trouble{Code: "order_not_created", Detail: "Order may have been created all the same."}, Unclear: true,
	}}}
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	s.answer(CartCheckout, unclear).want(OutcomeUnknown, EventOutcomeUnknown)
	for n := 1; s.d.Calls[0].Operation == CartCheckout; n++ {
		if c := s.call(CartCheckout); c.Body.Cart != "cart" || n > maxBlind {
			t.Fatalf("checkout %d is of %q", n, c.Body.Cart)
		}
		s.answer(CartCheckout, unclear)
	}
	s.looks(Found{Answer: done})
	l := s.d.Order.Lines[0]
	if s.d.Order.Status != Failed || strings.Contains(l.Trouble.Detail, "may have been created") || s.now.Sub(start) < ListLag {
		t.Errorf("%v: %+v", s.d.Order.Status, l.Trouble)
	}
}

// The vendor makes the order when it is asked again.
func TestUnclearGroupErrorComesTrue(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	s.answer(CartCheckout, CheckedOut{Answer: done, Errors: []GroupError{{Trouble: Trouble{Code: "c", Detail: "D."}, Unclear: true}}})
	s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{{ID: "order", Status: "completed", Lines: []VendorLine{
		{Item: "P:S:A", Quantity: 3, Name: s.mark(), Subscription: "sub"},
	}}}}).want(Completed, EventFinished)
}
