package domain

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// story plays one order step by step: each answer goes to the last call that was planned.
type story struct {
	t   *testing.T
	now time.Time
	d   Decision // the last one that changed something

	queues Queues
	lag    time.Duration
}

func tell(t *testing.T, lines ...*orderv1.Line) *story {
	t.Helper()
	o := &orderv1.Order{Id: "01900000-0000-7000-8000-000000000001", Customer: &orderv1.Customer{TenantId: "tenant"}, Lines: lines}
	at := Queues{}
	for _, l := range lines {
		if key := QueueKey(l); key != "" {
			at[key] = Queue{}
		}
	}
	s := &story{t: t, now: start, queues: Queues{}, d: Grant(nil, o, false, at, 0, start)}
	maps.Copy(s.queues, s.d.Queues)
	return s
}

func line(n int32, l *orderv1.Line) *orderv1.Line {
	l.Number, l.Product, l.CatalogItem = n, "Microsoft 365 E5", "P:S:A"
	return l
}

func buying(n int32) *orderv1.Line { return line(n, &orderv1.Line{Change: buy(3)}) }

func adding(n int32) *orderv1.Line { return line(n, &orderv1.Line{Change: add("s1", 15)}) }

// call is the one call that the last decision made, which must be this operation.
func (s *story) call(op Operation) Call {
	s.t.Helper()
	if len(s.d.Calls) != 1 || s.d.Calls[0].Operation != op {
		s.t.Fatalf("the next calls are %+v; want one %s", s.d.Calls, op)
	}
	return s.d.Calls[0]
}

// answer moves the time to the planned call of an operation and answers it.
func (s *story) answer(op Operation, a any) *story {
	s.t.Helper()
	return s.outcome(s.call(op), false, a)
}

func (s *story) silence(op Operation) *story {
	s.t.Helper()
	return s.outcome(s.call(op), true, nil)
}

func (s *story) outcome(c Call, unanswered bool, a any) *story {
	s.t.Helper()
	if c.Due.After(s.now) {
		s.now = c.Due
	}
	d := decide(s.d.Order, c.Operation, Outcome{
		ID: c.ID, Unanswered: unanswered, SettledAt: s.now.Add(effectTime), Queues: s.queues.at(&c), Lag: s.lag,
	}, a, s.now)
	maps.Copy(s.queues, d.Queues)
	if d.Order == nil {
		s.t.Fatalf("the answer to %s changed nothing", c.Operation)
	}
	// Looks at the queue of equal purchases are another test's.
	d.Calls = slices.DeleteFunc(d.Calls, func(c Call) bool { return c.Operation == Turn && strings.HasPrefix(c.Body.Subscription, equalTo) })
	s.d = d
	return s
}

func (s *story) want(status Status, event Event) *story {
	s.t.Helper()
	if s.d.Order.Status != status || s.d.Event != event {
		s.t.Fatalf("the order is %v with event %d; want %v with %d: %+v", s.d.Order.Status, s.d.Event, status, event, s.d.Order.Lines)
	}
	return s
}

func (s *story) line() Line { return s.d.Order.Lines[0] }

// wait is how long until the planned call.
func (s *story) wait(op Operation) time.Duration {
	s.t.Helper()
	return s.call(op).Due.Sub(s.now)
}

func made(cart string) CartMade { return CartMade{Answer: done, Cart: cart} }

func ordered(status, subscription string) VendorOrder {
	return VendorOrder{ID: "order", Status: status, Lines: []VendorLine{{Item: "p:s:other", Quantity: 3, Subscription: subscription}}}
}

func bought(status, subscription string) CheckedOut {
	return CheckedOut{Answer: done, Orders: []VendorOrder{ordered(status, subscription)}}
}

func seen(n int64) Seen {
	return Seen{Answer: done, Subscription: SubscriptionState{Status: "active", Quantity: n, Renews: true, NextTerm: "P1Y annual"}}
}

func sent(n int64) Sent { return Sent{Seen: seen(n)} }

func about(wait, want time.Duration) bool { return wait >= want-want/10 && wait <= want+want/10 }

func buy(n int32) *orderv1.Line_NewSubscription {
	return &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
		Quantity: n, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
	}}
}

func addOn(n int32) *orderv1.Line_AddOn {
	return &orderv1.Line_AddOn{AddOn: &orderv1.AddOn{
		ParentSubscriptionId: "s1", Quantity: n, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
	}}
}

func add(s string, n int32) *orderv1.Line_AddSeats {
	return &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: s, Quantity: n}}
}

func remove(s string, n int32) *orderv1.Line_RemoveSeats {
	return &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: s, Quantity: n}}
}
