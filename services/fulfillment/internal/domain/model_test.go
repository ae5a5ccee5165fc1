package domain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// TestNeverTwice is the service's reason to exist: whatever happens on the way, what is fulfilled was bought once, and
// what is not was not bought.
func TestNeverTwice(t *testing.T) {
	t.Parallel()
	for range rounds {
		rapid.Check(t, neverTwice)
	}
}

// rounds makes the usual hundred random stories of a test into some thousands.
const rounds = 30

func neverTwice(t *rapid.T) {
	w := newWorld(t)
	order := w.draw()
	w.v.strict = rapid.IntRange(0, 5).Draw(t, "strict") == 0
	w.v.logs = rapid.Bool().Draw(t, "logs")
	t.Repeat(map[string]func(*rapid.T){
		"grant": func(*rapid.T) { w.take(Grant(w.o, order, true, w.waitingFor(order), 0, w.now)) },
		"early": func(t *rapid.T) {
			if w.o == nil && rapid.IntRange(0, 9).Draw(t, "tombstone") == 0 {
				w.take(Tombstone(order.GetId(), Person{Name: "John"}, "too soon"))
			}
		},
		"call":   func(t *rapid.T) { w.claim(t) },
		"finish": func(t *rapid.T) { w.finish(t, w.pick(t, isClaimed)) },
		"both":   func(t *rapid.T) { w.finish(t, w.claim(t)) },
		"nudge":  func(t *rapid.T) { w.nudge(t) },
		"expire": func(t *rapid.T) { w.expire(t) },
		"others": func(t *rapid.T) { w.meddle(t) },
		"ghost":  func(t *rapid.T) { w.haunt(t) },
		"late":   func(t *rapid.T) { w.answerLate(t) },
		"again":  func(t *rapid.T) { w.answerAgain(t) },
		"time":   func(*rapid.T) { w.pass() },
		"settle": func(t *rapid.T) { w.settle(t) },
		"retry":  func(t *rapid.T) { w.retry(t) },
		"cancel": func(t *rapid.T) { w.cancel(t) },
		"":       func(*rapid.T) { w.check() },
	})
	w.calm(order)
	w.judge()
}

// check holds after every step.
func (w *world) check() {
	if w.o == nil || !w.o.Arrived() {
		return
	}
	if (w.o.Status == Scheduled) != !w.due.IsZero() {
		w.t.Fatalf("%v with due time %v", w.o.Status, w.due)
	}
	if w.o.Status == Scheduled {
		if len(w.o.Lines) > 0 && w.begun {
			w.t.Fatal("a call was made before its time")
		}
		return
	}
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		if l.Status.Settled() {
			continue
		}
		if !w.driven(l) {
			w.t.Fatalf("line %d is %v and nothing drives it", l.Number, l.Status)
		}
	}
	if w.o.open() && w.o.Deadline().IsZero() && !w.o.Fresh() {
		w.t.Fatalf("%v has no deadline: %+v", w.o.Status, *w.o)
	}
	for token, n := range w.v.bought {
		if n > 1 {
			w.t.Fatalf("%s was bought %d times", token, n)
		}
	}
}

// driven says whether a call that has not come to its end is current for the line.
func (w *world) driven(l *Line) bool {
	var t *Track
	switch {
	case l.Status == LineHeld:
		return w.heldFor(l)
	case QueueKey(w.o.wish(l.Number)) != "", l.told():
		t = &l.Track
	case l.VendorOrder != "":
		i := slices.IndexFunc(w.o.Polls, func(p Poll) bool { return p.VendorOrder == l.VendorOrder })
		if i < 0 {
			return false
		}
		t = &w.o.Polls[i].Track
	default:
		if w.rests() {
			return true
		}
		t = &w.o.Cart.Track
	}
	if t.parked() { // then a person is told, and may have it looked at again
		return l.Status == LineUnknown && l.Trouble.Person
	}
	return slices.ContainsFunc(w.calls, func(c *call) bool { return c.ID == t.Call && c.state <= claimed })
}

// heldFor says whether an earlier line, another order or a call will let a held line go.
func (w *world) heldFor(l *Line) bool {
	key := QueueKey(w.o.wish(l.Number))
	if key == "" {
		key = w.o.equalKey(l)
	}
	return w.queues[key].place(w.o.ID) > 0 ||
		slices.ContainsFunc(w.o.Lines, func(o Line) bool {
			return o.Number < l.Number && !o.Status.Settled() && QueueKey(w.o.wish(o.Number)) == key
		}) ||
		slices.ContainsFunc(w.calls, func(c *call) bool {
			return c.Operation == Turn && slices.Contains(c.Body.Queues(Turn), key) && c.state <= claimed
		})
}

// waitingFor are the queues that an order's lines wait in.
func (w *world) waitingFor(o *orderv1.Order) Queues {
	at := Queues{}
	for _, l := range o.GetLines() {
		if key := QueueKey(l); key != "" {
			at[key] = w.queues[key]
		}
	}
	return at
}

// calm lets everything come to its end without further faults.
func (w *world) calm(order *orderv1.Order) {
	if w.o == nil || !w.o.Arrived() {
		w.take(Grant(w.o, order, true, w.waitingFor(order), 0, w.now))
	}
	w.v.strict = false
	for range 1000 {
		if !w.busy() {
			break
		}
		made := w.step()
		if w.o.Cart.Track.parked() {
			w.retry(w.t)
		} else if !made {
			if w.o.Cart.Sealed || w.v.orders[byHand] != nil {
				w.admit()
			}
			w.until(w.now.Add(24 * time.Hour))
		}
		w.check()
	}
	if w.o.open() {
		w.t.Fatalf("the order stays %v: %+v", w.o.Status, *w.o)
	}
}

// busy says whether anything is left to come.
func (w *world) busy() bool {
	return w.o.open() || slices.ContainsFunc(w.calls, func(c *call) bool { return c.Operation == Turn && c.state <= claimed })
}

// step makes all calls that are due, well.
func (w *world) step() (made bool) {
	for _, c := range slices.Clone(w.calls) {
		if w.isDue(c) || isClaimed(c) {
			c.state, c.settled, made = open, w.now.Add(effectTime), true
			c.answer = w.execute(c, fine)
			w.deliver(c, false, c.answer)
		}
	}
	return made
}

// judge compares what the order says with what the vendor has done.
func (w *world) judge() {
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		w.judgeLine(l)
		if id, by := subscriptionOf(w.o.wish(l.Number)), seatsBy(w.o.wish(l.Number)); l.Status == LineFulfilled {
			w.first[id] += by
			if ChangeOf(w.o.wish(l.Number)) == ChangeProduct {
				w.first[id] -= l.Target
			}
		}
	}
	for id, s := range w.v.subs {
		if !w.unclear[id] && s.Quantity != w.first[id] {
			w.t.Fatalf("the lines say %d seats of %s, the vendor has %d: %+v", w.first[id], id, s.Quantity, w.o.Lines)
		}
	}
	for key, q := range w.queues {
		if q.place(w.o.ID) >= 0 && !strings.HasPrefix(key, claims) {
			w.t.Fatalf("the order has come to its end and still waits for %s", key)
		}
	}
}

// judgeLine counts the effects of a line. A state that is there already needs none.
func (w *world) judgeLine(l *Line) {
	switch change := ChangeOf(w.o.wish(l.Number)); change {
	case OtherChange:
	case NewSubscription, AddOn:
		want := 0
		if l.Status == LineFulfilled {
			want = 1
		}
		got := w.v.bought[tokenOf(w.o.ID, l.Number, l.Intent)+"]"]
		if l.VendorOrder == byHand {
			got++
		}
		if got != want {
			w.t.Fatalf("line %d is %v (%+v) and was bought %d times", l.Number, l.Status, l.Trouble, got)
		}
	default:
		least, most := 0, 0
		if l.Status == LineFulfilled {
			most = 1
			if change == AddSeats || change == RemoveSeats || change == ChangeProduct {
				least = 1
			}
		}
		if got := w.v.effects[mark(w.o, l.Number)]; !w.unclear[mark(w.o, l.Number)] && (got < least || got > most) {
			w.t.Fatalf("line %d (%s) is %v (%+v) and changed something %d times", l.Number, change, l.Status, l.Trouble, got)
		}
	}
}
