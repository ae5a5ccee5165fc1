package domain

import (
	"strings"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// parts is an order of two lines as the vendor shows it; a word for each line is its subscription, or how far it is.
func parts(s *story, status string, words ...string) VendorOrder {
	o := VendorOrder{ID: "order", Status: status}
	for i, word := range words {
		v := VendorLine{Item: "P:S:A", Quantity: 3, Name: "x [" + s.d.Order.Lines[i].Token + "]"}
		if strings.HasPrefix(word, "sub") {
			v.Subscription = word
		} else {
			v.Provisioning = word
		}
		o.Lines = append(o.Lines, v)
	}
	return o
}

// A line of a partial success fails only when the vendor says that it was not fulfilled: until then it may still come, and a
// retry would buy it twice.
func TestPartialSuccess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then   VendorLine
		status Status
	}{
		"comes late":      {VendorLine{Subscription: "sub-2"}, Completed},
		"has no id":       {VendorLine{Provisioning: VendorFulfilled}, Completed},
		"did not come":    {VendorLine{Provisioning: VendorUnfulfilled}, CompletedWithErrors},
		"is still coming": {VendorLine{Provisioning: "prefulfillment_pending"}, Processing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, buying(1), buying(2)).answer(CartCreate, made("cart"))
			s.answer(CartCheckout, CheckedOut{Answer: done, Orders: []VendorOrder{parts(s, "partial_success", "sub-1", "")}})
			s.want(Processing, EventLineSettled)
			if _, err := Retry(s.d.Order, Person{}, s.now); err == nil {
				t.Fatal("a line that may still come was bought again")
			}
			o := parts(s, "partial_success", "sub-1", "")
			o.Lines[1].Subscription, o.Lines[1].Provisioning = c.then.Subscription, c.then.Provisioning
			s.answer(OrderGet, OrderSeen{Answer: done, Order: o})
			if s.d.Order.Status != c.status {
				t.Errorf("the order is %v: %+v", s.d.Order.Status, s.d.Order.Lines)
			}
		})
	}
}

// What neither comes nor fails for about a day is handed to a person, goes on being looked at, and is not failed.
func TestNeverTold(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]OrderSeen{
		"partial":   {Answer: done, Order: ordered("partial_success", "")},
		"completed": {Answer: done, Order: ordered("completed", "")},
		"silent":    {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, bought("pending", ""))
			for s.d.Order.Status == Processing {
				if s.now.Sub(start) > 36*time.Hour {
					t.Fatal("nobody is told for ever")
				}
				s.answer(OrderGet, a)
			}
			s.want(WaitingOnVendor, EventWaiting)
			if _, hint := s.d.Order.Sentence(); s.line().Status != LineProvisioning || !strings.HasPrefix(hint, "An admin") || s.now.Sub(start) < 12*time.Hour {
				t.Errorf("after %v: %+v", s.now.Sub(start), s.line())
			}
			s.answer(OrderGet, a).want(WaitingOnVendor, NoEvent)
			if !about(s.wait(OrderGet), time.Hour) {
				t.Errorf("looks again in %v", s.wait(OrderGet))
			}
			s.answer(OrderGet, OrderSeen{Answer: done, Order: ordered("completed", "sub")}).want(Completed, EventFinished)
		})
	}
}

// Looks that are refused come to an end of their silence: people are told that nobody can see how far it is, and who must act.
func TestRefusedLooks(t *testing.T) {
	t.Parallel()
	buy := tell(t, buying(1)).answer(CartCreate, made("cart")).answer(CartCheckout, bought("pending", ""))
	change := tell(t, line(1, &orderv1.Line{Change: add("s1", 15)})).answer(SubscriptionGet, seen(10)).
		answer(SubscriptionPatch, Sent{Seen: seen(0), Later: true})
	for name, c := range map[string]struct {
		s      *story
		op     Operation
		refuse any
		well   any
		end    any
	}{
		"order": {buy, OrderGet, OrderSeen{Answer: refused("403")},
			OrderSeen{Answer: done, Order: ordered("pending", "")}, OrderSeen{Answer: done, Order: ordered("completed", "sub")}},
		"subscription": {change, SubscriptionGet, Seen{Answer: refused("403")}, seen(10), seen(25)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.s
			for looks := 1; s.d.Order.Status == Processing; looks++ {
				if looks > 20 {
					t.Fatal("nobody is told for ever")
				}
				s.answer(c.op, c.refuse)
			}
			s.want(WaitingOnVendor, EventWaiting)
			sentence, hint := s.d.Order.Sentence()
			if s.line().Status != LineProvisioning || !strings.Contains(sentence, "cannot read how far") || !strings.Contains(sentence, "403") || !strings.HasPrefix(hint, "An admin") {
				t.Errorf("it says %q, %q", sentence, hint)
			}
			s.answer(c.op, c.refuse).want(WaitingOnVendor, NoEvent)
			if !about(s.wait(c.op), time.Hour) {
				t.Errorf("looks again in %v", s.wait(c.op))
			}
			s.answer(c.op, c.well).want(Processing, EventStarted)
			s.answer(c.op, c.end).want(Completed, EventFinished)
		})
	}
}

// A second line that needs a person is told of, also where the order stays as it was for the first one's sake.
func TestEachLineAsksForItself(t *testing.T) {
	t.Parallel()
	slow := Trouble{Code: "vendor_slow", Person: true}
	for status, want := range map[Status]Event{WaitingOnVendor: EventWaiting, OutcomeUnknown: EventOutcomeUnknown} {
		line := Line{Number: 1, Status: LineProvisioning, Waiting: true}
		if status == OutcomeUnknown {
			line.Status, line.Waiting = LineUnknown, false
		}
		first, second := line, line
		first.Trouble, first.AskedSince, second.Number = slow, start, 2
		o := &Order{ID: "o", Status: status, Approved: new(orderv1.Order), Lines: []Line{first, second}}
		w := own(o, start)
		w.o.Lines[1].Trouble = slow
		if d := w.end(); d.Event != want {
			t.Errorf("%v: event %v, not %v", status, d.Event, want)
		}
		if d := own(o, start).end(); d.Event != NoEvent {
			t.Errorf("%v: the same again is told as %v", status, d.Event)
		}
	}
}

// Since when a person is asked is told of the line for as long as it is so, and no longer.
func TestAskedSince(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1)).answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch).want(OutcomeUnknown, EventOutcomeUnknown)
	if !s.line().AskedSince.IsZero() {
		t.Error("a person is asked while Seatflow looks by itself")
	}
	s.answer(SubscriptionGet, Seen{Answer: refused("403")})
	since := s.line().AskedSince
	if !since.Equal(s.now) {
		t.Errorf("asked since %v, not %v", since, s.now)
	}
	s.answer(SubscriptionGet, Seen{Answer: refused("404")}).want(OutcomeUnknown, EventOutcomeUnknown)
	if !s.line().AskedSince.Equal(since) {
		t.Errorf("asked since %v, not %v", s.line().AskedSince, since)
	}
	if s.answer(SubscriptionGet, seen(25)).want(Completed, EventFinished); !s.line().AskedSince.IsZero() {
		t.Error("a person is asked about what is done")
	}
}
