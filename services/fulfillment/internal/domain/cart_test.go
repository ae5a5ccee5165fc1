package domain

import (
	"strings"
	"testing"
	"time"
)

// The shortest way tells one thing: finished.
func TestShortestWay(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).want(Processing, NoEvent)
	c := s.call(CartCreate)
	if l := c.Body.Lines[0]; !strings.HasPrefix(l.Name, "Microsoft 365 E5 [SF-") || l.Quantity != 3 || l.Cycle != "annual" || c.Body.Customer != "tenant" {
		t.Errorf("the cart is to hold %+v", l)
	}
	s.answer(CartCreate, made("cart")).want(Processing, NoEvent)
	s.answer(CartCheckout, bought("completed", "sub")).want(Completed, EventFinished)
	if l := s.line(); l.Subscription != "sub" || l.VendorOrder != "order" || len(s.d.Calls) != 0 || s.d.Ended[0] != (Ended{NewSubscription, LineFulfilled}) {
		t.Errorf("%+v, calls %v, ended %v", l, s.d.Calls, s.d.Ended)
	}
}

// What each word of the vendor's on an order means.
func TestVendorStatuses(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]struct {
		sub    string
		status Status
		event  Event
		poll   time.Duration
	}{
		"completed":          {"sub", Completed, EventFinished, 0},
		"":                   {"sub", Completed, EventFinished, 0},
		"suspended":          {"sub", Completed, EventFinished, 0},
		"completed ":         {"", Processing, EventStarted, 5 * time.Second},
		"pending":            {"", Processing, EventStarted, 5 * time.Second},
		"unknown":            {"", Processing, EventStarted, 5 * time.Second},
		"a_new_word":         {"sub", Processing, EventStarted, 5 * time.Second},
		"pending_review":     {"", WaitingOnVendor, EventWaiting, time.Hour},
		"pending_po_upload":  {"", WaitingOnVendor, EventWaiting, time.Hour},
		"po_upload_complete": {"", WaitingOnVendor, EventWaiting, time.Hour},
		"po_review_rejected": {"", Failed, EventFailed, 0},
		"error":              {"", Failed, EventFailed, 0},
		"cancelled":          {"", Failed, EventFailed, 0},
		"partial_success":    {"", Processing, EventStarted, 5 * time.Second},
		"partial_success ":   {"sub", Completed, EventFinished, 0},
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			s := tell(t, buying(1)).answer(CartCreate, made("cart"))
			s.answer(CartCheckout, bought(strings.TrimSpace(word), want.sub)).want(want.status, want.event)
			if want.poll > 0 && !about(s.wait(OrderGet), want.poll) {
				t.Errorf("the next look is in %v", s.wait(OrderGet))
			}
			if sentence, _ := s.d.Order.Sentence(); sentence == "" {
				t.Error("nothing is said about it")
			}
		})
	}
}

// Polls come at 5, 15, 30 and 60 s and then more rarely, until the subscription is there: at most eight requests in the first
// hour, the ones for the lines' provisioning among them.
func TestPolling(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, bought("pending", ""))
	requests := 0
	for _, seconds := range []int{5, 10, 15, 30, 420, 1020, 2700, 1200, 1200} {
		want := time.Duration(seconds) * time.Second
		if got := s.wait(OrderGet); !about(got, want) {
			t.Fatalf("waits %v; want about %v", got, want)
		}
		asked := s.call(OrderGet)
		s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("pending", "")})
		if s.now.Sub(start) > time.Hour {
			continue
		}
		if requests++; asked.Body.Deep {
			requests++
		}
	}
	t.Logf("a pending order costs %d requests in its first hour", requests)
	if requests != 8 {
		t.Errorf("%d requests in the first hour", requests)
	}
	var soonest time.Duration // whatever the spread
	for _, wait := range polls[:7] {
		soonest += wait - wait/10
	}
	if soonest < time.Hour {
		t.Errorf("the ninth request may come after %v", soonest)
	}
	s.answer(OrderGet, OrderSeen{Answer: refused("20000")})
	s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("pending_po_upload", "")}).want(WaitingOnVendor, EventWaiting)
	s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("po_upload_complete", "")}).want(WaitingOnVendor, EventWaiting)
	s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("po_upload_complete", "")}).want(WaitingOnVendor, NoEvent)
	s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("completed", "sub")}).want(Completed, EventFinished)
	if len(s.d.Order.Polls) != 0 || len(s.d.Calls) != 0 {
		t.Errorf("polls go on: %+v", s.d)
	}
}

// The same cart again, with the same request id as long as no answer has come.
func TestCheckoutUnanswered(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	first := s.call(CartCheckout)
	s.silence(CartCheckout).want(OutcomeUnknown, EventOutcomeUnknown)
	second := s.call(CartCheckout)
	if second.Body.Cart != "cart" || second.ID == first.ID || second.Body.Request != first.ID || !about(s.wait(CartCheckout), 2*time.Second) {
		t.Errorf("the second checkout is %+v after %+v", second, first)
	}
	s.answer(CartCheckout, CheckedOut{Answer: Answer{Answered: true}}).want(OutcomeUnknown, NoEvent)
	if third := s.call(CartCheckout); third.Body.Request != "" {
		t.Errorf("an answer came, and the request id %s was kept", third.Body.Request)
	}
	// The answer to the first comes late and settles it; the engine's rows are closed.
	s.outcome(first, false, CheckedOut{Answer: Answer{Verdict: Done, Body: first.Body}, Orders: []VendorOrder{ordered("completed", "sub")}})
	s.want(Completed, EventFinished)
	if len(s.d.Settled) != 3 { // the current call, which is not made, and the two without an answer
		t.Errorf("settled %v", s.d.Settled)
	}
}

// A refusal after a silence counts only once the cart has been looked at, when nothing can be on its way any more.
func TestRefusedAfterSilence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seen   CartSeen
		status Status
		next   Operation
	}{
		"active":  {CartSeen{Answer: done, State: CartActive}, Failed, ""},
		"ordered": {CartSeen{Answer: done, State: CartOrdered}, OutcomeUnknown, CartCheckout},
		"unclear": {CartSeen{Answer: done}, OutcomeUnknown, CartGet},
		"gone":    {CartSeen{Answer: refused("800008")}, OutcomeUnknown, CartGet},
		"silent":  {CartSeen{}, OutcomeUnknown, CartGet},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, buying(1)).answer(CartCreate, made("cart")).silence(CartCheckout)
			s.answer(CartCheckout, CheckedOut{Answer: refused("800018")}).want(OutcomeUnknown, NoEvent)
			if at := s.call(CartGet).Due; at.Before(start.Add(effectTime)) {
				t.Fatalf("looks at %v, before the first attempt has settled", at)
			}
			s.answer(CartGet, c.seen)
			if s.d.Order.Status != c.status {
				t.Fatalf("the order is %v", s.d.Order.Status)
			}
			if c.next != "" {
				s.call(c.next)
				return
			}
			if s.line().Trouble.Code != "800018" {
				t.Errorf("the refusal is lost: %+v", s.line().Trouble)
			}
		})
	}
}

// Who has to act next is told when it changes, and only then.
func TestHandedToAPerson(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart-7"))
	s.outcome(s.call(CartCheckout), true, CheckedOut{Answer: Answer{Trouble: Trouble{Code: "no_answer", Detail: "No answer."}}})
	s.want(OutcomeUnknown, EventOutcomeUnknown)
	s.outcome(s.call(CartCheckout), true, CheckedOut{Answer: Answer{Trouble: Trouble{Code: "broken", Detail: "Broken."}}})
	s.want(OutcomeUnknown, NoEvent) // another word for the same silence
	s.answer(CartCheckout, CheckedOut{Answer: refused("800018")}).want(OutcomeUnknown, NoEvent)
	s.answer(CartGet, CartSeen{Answer: refused("gone")}).want(OutcomeUnknown, EventOutcomeUnknown)
	if sentence, hint := s.d.Order.Sentence(); !strings.Contains(sentence, "cart-7") || !strings.HasPrefix(hint, "An admin") {
		t.Errorf("it says %q, %q", sentence, hint)
	}
	if !about(s.wait(CartGet), time.Hour) {
		t.Errorf("looks again in %v", s.wait(CartGet))
	}
	s.answer(CartGet, CartSeen{Answer: refused("gone")}).want(OutcomeUnknown, NoEvent)

	s = tell(t, adding(1)).answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch).want(OutcomeUnknown, EventOutcomeUnknown)
	s.answer(SubscriptionGet, Seen{Answer: refused("403")}).want(OutcomeUnknown, EventOutcomeUnknown)
	s.answer(SubscriptionGet, Seen{Answer: refused("403")}).want(OutcomeUnknown, NoEvent)
	s.answer(SubscriptionGet, seen(25)).want(Completed, EventFinished)
}

// A vendor that is never ready fails the order for now; a retry takes the same cart.
func TestNeverReady(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1)).answer(CartCreate, made("cart"))
	for s.d.Order.Status == Processing {
		s.answer(CartCheckout, CheckedOut{Answer: conflict})
	}
	s.want(Failed, EventFailed)
	if d := s.line().Trouble.Detail; !strings.HasPrefix(d, "Partner Center: Conflict. Seatflow has stopped trying") {
		t.Error(d)
	}
	var err error
	if s.d, err = Retry(s.d.Order, Person{Name: "John"}, s.now); err != nil {
		t.Fatal(err)
	}
	s.want(Processing, EventStarted)
	if c := s.call(CartCheckout); c.Body.Cart != "cart" {
		t.Errorf("the retry checks out %q", c.Body.Cart)
	}
	s.answer(CartCheckout, CheckedOut{Answer: refused("800008")}).want(Failed, EventFailed)
	if s.d, err = Retry(s.d.Order, Person{Name: "John"}, s.now); err != nil {
		t.Fatal(err)
	}
	s.call(CartCreate) // refused for good: a new cart
}

// A cart can be asked for as often as it takes; that nothing came of it is certain.
func TestCartNeverMade(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1))
	for s.d.Order.Status == Processing {
		s.silence(CartCreate)
	}
	s.want(Failed, EventFailed)
	if s.line().Trouble.Detail == "" || s.line().Trouble.Hint == "" {
		t.Errorf("%+v", s.line().Trouble)
	}
}

// The same product twice, and names that the vendor did not keep: lines are told apart all the same.
func TestMatching(t *testing.T) {
	t.Parallel()
	s := tell(t, buying(1), buying(2)).answer(CartCreate, made("cart"))
	two := s.d.Order.Lines[1].Token
	s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{{ID: "order", Status: "completed", Lines: []VendorLine{
		{Item: "P:S:A", Quantity: 3, Subscription: "sub-2", Name: "Microsoft 365 E5 [" + two + "]"},
		{Item: "P:S:B", Quantity: 3, Subscription: "sub-1", Name: "renamed"},
		{Item: "P:S:A", Quantity: 4, Subscription: "sub-3", Name: "not ours"},
	}}}}).want(Completed, EventFinished)
	if l := s.d.Order.Lines; l[0].Subscription != "sub-1" || l[1].Subscription != "sub-2" {
		t.Errorf("%+v", l)
	}
}
