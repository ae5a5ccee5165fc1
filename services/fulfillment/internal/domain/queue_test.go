package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// town is some orders about the same two subscriptions, with one vendor and one clock.
type town struct {
	worlds []*world
	orders []*orderv1.Order
	queues Queues
	joined map[string][]string // who came to a queue, in order, and has not left
}

func newTown(t *rapid.T) *town {
	c := &town{queues: Queues{}, joined: map[string][]string{}}
	v := newVendor()
	for i := range rapid.IntRange(2, 5).Draw(t, "orders") {
		w := newWorld(t)
		w.v, w.queues, w.post = v, c.queues, c.post
		o := &orderv1.Order{Id: fmt.Sprintf("01900000-0000-7000-8000-%012d", i), Number: fmt.Sprint("ORD-", i), Customer: &orderv1.Customer{TenantId: "t"}}
		for n := range rapid.IntRange(1, 2).Draw(t, "lines") {
			l := &orderv1.Line{Number: int32(n + 1), Product: "Microsoft 365 E5", CatalogItem: "P:S:A"}
			drawChange(t, l)
			o.Lines = append(o.Lines, l)
		}
		c.worlds, c.orders = append(c.worlds, w), append(c.orders, o)
	}
	return c
}

// post brings a call to the order that it is for.
func (c *town) post(of Call) {
	for i, o := range c.orders {
		if o.Id == of.Order {
			c.worlds[i].calls = append(c.worlds[i].calls, &call{Call: of})
		}
	}
}

func (c *town) draw(t *rapid.T) *world { return rapid.SampledFrom(c.worlds).Draw(t, "order") }

func (c *town) order(w *world) *orderv1.Order { return c.orders[slices.Index(c.worlds, w)] }

// pass lets time go on for all.
func (c *town) pass(limit time.Duration) {
	now := c.worlds[0].now
	next := now.Add(limit)
	for _, w := range c.worlds {
		for _, call := range w.calls {
			if call.state == planned && call.Due.After(now) && call.Due.Before(next) {
				next = call.Due
			}
		}
	}
	for _, w := range c.worlds {
		w.now = next
		w.fire()
	}
}

// check holds after every step: who is in a queue keeps the order of arrival, only the first one changes anything, and
// whoever waits is driven.
func (c *town) check(t *rapid.T) {
	for key, q := range c.queues {
		var now []string
		for _, p := range q.Waiting {
			now = append(now, p.Order)
		}
		stayed := slices.DeleteFunc(slices.Clone(c.joined[key]), func(id string) bool { return !slices.Contains(now, id) })
		if len(now) < len(stayed) || !slices.Equal(stayed, now[:len(stayed)]) {
			t.Fatalf("%s: %v were waiting, now %v are", key, c.joined[key], now)
		}
		c.joined[key] = now
	}
	for _, w := range c.worlds {
		w.check()
		if w.o == nil {
			continue
		}
		for i := range w.o.Lines {
			l := &w.o.Lines[i]
			key := QueueKey(w.o.wish(l.Number))
			if l.Status > LineHeld && !l.Status.Settled() && c.queues[key].place(w.o.ID) != 0 {
				t.Fatalf("line %d of %s is %v while %v wait for %s", l.Number, w.o.ID, l.Status, c.queues[key].Waiting, key)
			}
		}
	}
}

// Of all orders about a subscription the first one that came changes it, then the next one; whatever happens to one of them,
// nobody waits for ever.
func TestQueue(t *testing.T) {
	t.Parallel()
	for range rounds {
		rapid.Check(t, queueing)
	}
}

func queueing(t *rapid.T) {
	c := newTown(t)
	t.Repeat(map[string]func(*rapid.T){
		"grant": func(t *rapid.T) {
			w := c.draw(t)
			w.take(Grant(w.o, c.order(w), true, w.waitingFor(c.order(w)), 0, w.now))
		},
		"call":   func(t *rapid.T) { c.draw(t).claim(t) },
		"finish": func(t *rapid.T) { w := c.draw(t); w.finish(t, w.pick(t, isClaimed)) },
		"both":   func(t *rapid.T) { w := c.draw(t); w.finish(t, w.claim(t)) },
		"ghost":  func(t *rapid.T) { c.draw(t).haunt(t) },
		"late":   func(t *rapid.T) { c.draw(t).answerLate(t) },
		"again":  func(t *rapid.T) { c.draw(t).answerAgain(t) },
		"retry":  func(t *rapid.T) { c.draw(t).retry(t) },
		"cancel": func(t *rapid.T) { c.draw(t).cancel(t) },
		"time":   func(*rapid.T) { c.pass(time.Minute) },
		"":       func(t *rapid.T) { c.check(t) },
	})
	c.calm(t)
	for _, w := range c.worlds {
		for i := range w.o.Lines {
			w.judgeLine(&w.o.Lines[i])
		}
	}
	for key, q := range c.queues {
		if len(q.Waiting) > 0 {
			t.Fatalf("all have come to their end, and %v wait for %s", q.Waiting, key)
		}
	}
}

// calm lets all come to their end without further faults.
func (c *town) calm(t *rapid.T) {
	for _, w := range c.worlds {
		if w.o == nil {
			w.take(Grant(nil, c.order(w), true, w.waitingFor(c.order(w)), 0, w.now))
		}
	}
	for range 1000 {
		busy, made := false, false
		for _, w := range c.worlds {
			did := w.step()
			made = made || did
			busy = busy || w.busy()
		}
		c.check(t)
		switch {
		case !busy:
			return
		case !made:
			c.pass(24 * time.Hour)
		}
	}
	t.Fatal("somebody waits for ever")
}

// behind tells a story whose order comes while another one changes the subscription.
func behind(t *testing.T, lines ...*orderv1.Line) *story {
	t.Helper()
	s := &story{t: t, now: start, queues: Queues{"s1": {Waiting: []Place{{Order: "other", Number: "ORD-2026-00147"}}}}}
	o := &orderv1.Order{Id: "01900000-0000-7000-8000-000000000001", Customer: &orderv1.Customer{TenantId: "tenant"}, Lines: lines}
	s.d = Grant(nil, o, false, s.queues, 0, start)
	s.queues = s.d.Queues
	return s
}

// An order that waits says for whom; when its turn comes it goes on.
func TestHeldByOrder(t *testing.T) {
	t.Parallel()
	s := behind(t, adding(1)).want(Processing, EventStarted)
	if got, _ := s.d.Order.Sentence(); s.line().Status != LineHeld || got != "Waiting until order ORD-2026-00147 has changed the same subscription…" {
		t.Errorf("%v: %s", s.line().Status, got)
	}
	turn := Call{ID: "x", Operation: Turn, Body: Body{Subscription: "S1"}}
	s.outcome(turn, false, nil).want(Processing, NoEvent) // too early
	s.queues = Queues{"s1": {Waiting: s.queues["s1"].Waiting[1:]}}
	s.outcome(turn, true, nil).want(Processing, EventStarted)
	s.answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, sent(25)).want(Completed, EventFinished)
	if q := s.queues["s1"]; len(q.Waiting) != 0 {
		t.Errorf("still waiting: %v", q)
	}
}

// Whoever leaves tells the next one, with the decision itself; a command, which has no queue at hand, has the order look.
func TestTurnIsPassedOn(t *testing.T) {
	t.Parallel()
	next := Place{Order: "01900000-0000-7000-8000-000000000002"}
	for name, leave := range map[string]func(s *story) Decision{
		"fulfilled": func(s *story) Decision {
			return s.answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, sent(25)).d
		},
		"failed": func(s *story) Decision {
			return s.answer(SubscriptionGet, Seen{Answer: refused("404")}).d
		},
		"cancelled": func(s *story) Decision {
			d, err := Cancel(s.d.Order, Person{}, "", nobody, s.now)
			if err != nil || len(d.Calls) != 1 || d.Calls[0].Operation != Turn || d.Calls[0].Order != s.d.Order.ID || d.Queues != nil {
				t.Fatalf("%+v, %v", d, err)
			}
			return TurnCame(d.Order, Outcome{Queues: s.queues}, Answer{}, s.now)
		},
		"gone": func(s *story) Decision { return Missing(s.d.Order.ID, Outcome{Queues: s.queues}) },
	} {
		s := tell(t, adding(1))
		s.queues["s1"] = Queue{Waiting: append(slices.Clone(s.queues["s1"].Waiting), next)}
		d := leave(s)
		if q := d.Queues["s1"]; !slices.Equal(q.Waiting, []Place{next}) {
			t.Errorf("%s: %v wait", name, q)
		}
		if c := d.Calls; len(c) != 1 || c[0].Operation != Turn || c[0].Order != next.Order || !slices.Equal(c[0].Body.Queues(Turn), []string{"s1"}) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// A retry comes after those who wait.
func TestRetryJoinsLast(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1)).answer(SubscriptionGet, Seen{Answer: refused("404")}).want(Failed, EventFailed)
	s.queues = Queues{"s1": {Waiting: []Place{{Order: "other"}}}}
	d, err := Retry(s.d.Order, Person{}, s.now)
	if err != nil {
		t.Fatal(err)
	}
	s.d = d
	s.answer(Turn, nil).want(Processing, EventStarted)
	if q := s.queues["s1"].Waiting; len(q) != 2 || q[1].Order != s.d.Order.ID || !strings.Contains(s.line().Trouble.Detail, "another order") {
		t.Errorf("%v, %+v", q, s.line())
	}
}
