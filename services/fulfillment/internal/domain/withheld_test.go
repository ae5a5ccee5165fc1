package domain

import (
	"strings"
	"testing"
	"time"
)

// held is the answer of a dry run.
var held = Answer{Verdict: Conflict, Withheld: true, Wait: 5 * time.Minute, Trouble: Trouble{
	Code: "dry_run", Detail: "Dry run: nothing was sent.", Hint: "Switch it off.", Owner: OwnerPartner,
}}

// told says whether the order, and its line, say that nothing was sent.
func (s *story) toldDry() *story {
	s.t.Helper()
	l := s.line()
	if text, hint := s.d.Order.Sentence(); s.d.Order.Status != WaitingOnVendor || text != held.Trouble.Detail || hint == "" ||
		l.Trouble != held.Trouble || l.WaitsFor() != OwnerPartner {
		s.t.Fatalf("the order is %v and says %q: %+v", s.d.Order.Status, text, s.line())
	}
	return s
}

// A dry run's order says that nothing was sent, for as long as it lasts, and goes on by itself afterwards.
func TestDryRunOfACart(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, CartMade{Answer: held}).want(WaitingOnVendor, EventWaiting).toldDry()
	for range 2 * maxTries {
		s.answer(CartCreate, CartMade{Answer: held}).want(WaitingOnVendor, NoEvent).toldDry()
	}
	if wait := s.wait(CartCreate); !about(wait, 5*time.Minute) {
		t.Errorf("asked again after %v", wait)
	}
	s.answer(CartCreate, made("cart")).want(Processing, EventStarted)
	for range 2 * maxTries {
		s.answer(CartCheckout, CheckedOut{Answer: held}).toldDry()
	}
	s.answer(CartCheckout, bought("completed", "sub")).want(Completed, EventFinished)
	if text, _ := s.d.Order.Sentence(); strings.Contains(text, "Dry run") {
		t.Errorf("the order says %q", text)
	}
}

// What can never be bought is said at once, dry run or not.
func TestDryRunOfALineThatIsRefused(t *testing.T) {
	t.Parallel()
	why := Trouble{Code: "product_not_available", Detail: "Product not available."}
	s := tell(t, buying(1), buying(2)).answer(CartCreate, CartMade{Answer: held, Refused: map[int32]Trouble{1: why}}).want(WaitingOnVendor, EventWaiting)
	if l := s.d.Order.Lines; l[0].Status != LineFailed || l[0].Trouble != why || l[1].Trouble != held.Trouble {
		t.Errorf("%+v", l)
	}
	if lines := s.call(CartCreate).Body.Lines; len(lines) != 1 || lines[0].Number != 2 {
		t.Errorf("the next cart has %+v", lines)
	}
}

// After a dry run a checkout without an answer is as unknown as ever, and the line waits for nobody.
func TestDryRunThenNoAnswer(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, CheckedOut{Answer: held}).toldDry()
	s.silence(CartCheckout).want(OutcomeUnknown, EventOutcomeUnknown)
	if l := s.line(); l.Waiting || l.Trouble.Code == "dry_run" {
		t.Errorf("%+v", l)
	}
	// A dry run that begins now changes nothing about that.
	s.answer(CartCheckout, CheckedOut{Answer: held}).want(OutcomeUnknown, NoEvent)
	if l := s.line(); l.Waiting || l.Trouble.Code == "dry_run" {
		t.Errorf("%+v", l)
	}
}

// A change is read and then held back.
func TestDryRunOfAChange(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1)).answer(SubscriptionGet, seen(10))
	for range 2 * maxTries {
		s.answer(SubscriptionPatch, Sent{Seen: Seen{Answer: held, Subscription: seen(10).Subscription}}).toldDry()
	}
	if d, err := Cancel(s.d.Order, Person{Name: "John"}, "", everybody, s.now); err != nil || d.Order.Status != Cancelled {
		t.Errorf("cancel in a dry run: %+v, %v", d, err)
	}
	s.answer(SubscriptionPatch, sent(25)).want(Completed, EventFinished)
}

// While Microsoft refuses the partner account's sign-in, orders say so, fail not, and go on by themselves when it is mended.
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	refused := held
	refused.Wait, refused.Trouble = time.Minute, Trouble{Code: "sign_in_refused", Detail: "Microsoft refused the sign-in.", Hint: "Check it.", Owner: OwnerPartner}
	s := tell(t, adding(1)).answer(SubscriptionGet, Seen{Answer: refused}).want(WaitingOnVendor, EventWaiting)
	for range 2 * maxTries {
		s.answer(SubscriptionGet, Seen{Answer: refused}).want(WaitingOnVendor, NoEvent)
	}
	if l := s.line(); l.Trouble != refused.Trouble || l.WaitsFor() != OwnerPartner {
		t.Errorf("%+v", l)
	}
	s.answer(SubscriptionGet, seen(10)).want(Processing, EventStarted)
	s.silence(SubscriptionPatch).want(OutcomeUnknown, EventOutcomeUnknown)
	unknown := s.line().Trouble
	for range 2 * maxTries { // what is unknown stays so, and says so
		s.answer(SubscriptionGet, Seen{Answer: refused}).want(OutcomeUnknown, NoEvent)
	}
	if l := s.line(); l.Trouble != unknown || l.Waiting {
		t.Errorf("%+v", l)
	}
	s.answer(SubscriptionGet, seen(25)).want(Completed, EventFinished)
}

// heldBack is the answer to a call of which this side sends nothing; nil if it is given back instead.
func heldBack(op Operation) any {
	switch op {
	case CartCreate:
		return CartMade{Answer: held}
	case CartCheckout:
		return CheckedOut{Answer: held}
	case SubscriptionGet, TransitionCheck, PurchaseGet:
		return Seen{Answer: held}
	case SubscriptionPatch, TransitionCreate, PurchaseCancel:
		return Sent{Seen: Seen{Answer: held}}
	default:
		return nil
	}
}
