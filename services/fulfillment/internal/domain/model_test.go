package domain

import (
	"fmt"
	"slices"
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
	t.Repeat(map[string]func(*rapid.T){
		"grant": func(*rapid.T) { w.take(Grant(w.o, order, true, w.now)) },
		"early": func(t *rapid.T) {
			if w.o == nil && rapid.IntRange(0, 9).Draw(t, "tombstone") == 0 {
				w.take(Tombstone(order.GetId(), Person{Name: "John"}, "too soon"))
			}
		},
		"call":   func(t *rapid.T) { w.claim(t) },
		"finish": func(t *rapid.T) { w.finish(t, w.pick(t, isClaimed)) },
		"both":   func(t *rapid.T) { w.finish(t, w.claim(t)) },
		"others": func(t *rapid.T) { w.meddle(t) },
		"ghost":  func(t *rapid.T) { w.haunt(t) },
		"late":   func(t *rapid.T) { w.answerLate(t) },
		"again":  func(t *rapid.T) { w.answerAgain(t) },
		"time":   func(*rapid.T) { w.pass() },
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
		id, _ := subscriptionOf(w.o.wish(l.Number))
		return slices.ContainsFunc(w.o.Lines, func(o Line) bool {
			other, _ := subscriptionOf(w.o.wish(o.Number))
			return o.Number < l.Number && other == id && !o.Status.Settled()
		})
	case l.VendorOrder != "":
		i := slices.IndexFunc(w.o.Polls, func(p Poll) bool { return p.VendorOrder == l.VendorOrder })
		if i < 0 {
			return false
		}
		t = &w.o.Polls[i].Track
	case ChangeOf(w.o.wish(l.Number)) == NewSubscription:
		t = &w.o.Cart.Track
	default:
		t = &l.Track
	}
	if t.parked() { // then a person is told, and may have it looked at again
		return l.Status == LineUnknown && l.Trouble.Person
	}
	return slices.ContainsFunc(w.calls, func(c *call) bool { return c.ID == t.Call && c.state <= claimed })
}

// calm lets everything come to its end without further faults.
func (w *world) calm(order *orderv1.Order) {
	if w.o == nil || !w.o.Arrived() {
		w.take(Grant(w.o, order, true, w.now))
	}
	w.v.strict = false
	for range 1000 {
		if !w.o.open() {
			break
		}
		made := false
		for _, c := range slices.Clone(w.calls) {
			if w.isDue(c) || isClaimed(c) {
				c.state, c.settled, made = open, w.now.Add(effectTime), true
				c.answer = w.v.execute(c.Call, fine)
				w.deliver(c, false, c.answer)
			}
		}
		if w.o.Cart.Track.parked() {
			w.retry(w.t)
		} else if !made {
			w.until(w.now.Add(24 * time.Hour))
		}
		w.check()
	}
	if w.o.open() {
		w.t.Fatalf("the order stays %v: %+v", w.o.Status, *w.o)
	}
}

// judge compares what the order says with what the vendor has done.
func (w *world) judge() {
	seats := map[string]int64{}
	for s, n := range w.first {
		seats[s] = n
	}
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		wish := w.o.wish(l.Number)
		if ChangeOf(wish) == NewSubscription {
			want := 0
			if l.Status == LineFulfilled {
				want = 1
			}
			if got := w.v.bought[tokenOf(w.o.ID, l.Number)+"]"]; got != want {
				w.t.Fatalf("line %d is %v (%+v) and was bought %d times", l.Number, l.Status, l.Trouble, got)
			}
			continue
		}
		if id, by := subscriptionOf(wish); l.Status == LineFulfilled {
			seats[id] += by
		}
	}
	for id := range w.unclear {
		delete(seats, id)
		delete(w.v.seats, id)
	}
	if fmt.Sprint(seats) != fmt.Sprint(w.v.seats) {
		w.t.Fatalf("the lines say %v seats, the vendor has %v: %+v", seats, w.v.seats, w.o.Lines)
	}
}
