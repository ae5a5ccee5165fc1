package domain

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// TestSettledOnce: an answer is lost, the vendor does not let us look what became of it, persons say what did, rightly and
// wrongly, and nothing is bought twice.
func TestSettledOnce(t *testing.T) {
	t.Parallel()
	for range rounds {
		rapid.Check(t, settledOnce)
	}
}

func settledOnce(t *rapid.T) {
	w := newWorld(t)
	order := &orderv1.Order{Id: "01900000-0000-7000-8000-000000000001", Customer: &orderv1.Customer{TenantId: "tenant"}}
	for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
		l := buying(int32(i + 1))
		if rapid.IntRange(0, 3).Draw(t, "change") == 0 {
			l.Change = add("s1", 5)
		}
		order.Lines = append(order.Lines, l)
	}
	w.first["s1"], w.first["s2"] = 10, 10
	w.take(Grant(nil, order, true, Queues{}, 0, w.now))
	w.lose(t)
	t.Repeat(map[string]func(*rapid.T){
		"settle": func(t *rapid.T) { w.settle(t) },
		"word":   func(t *rapid.T) { w.settle(t) },
		"call":   func(t *rapid.T) { w.claim(t) },
		"finish": func(t *rapid.T) { w.finish(t, w.pick(t, isClaimed)) },
		"both":   func(t *rapid.T) { w.finish(t, w.claim(t)) },
		"nudge":  func(t *rapid.T) { w.nudge(t) },
		"expire": func(t *rapid.T) { w.expire(t) },
		"ghost":  func(t *rapid.T) { w.haunt(t) },
		"late":   func(t *rapid.T) { w.answerLate(t) },
		"time":   func(*rapid.T) { w.pass() },
		"blind": func(t *rapid.T) {
			w.v.blind, w.v.strict = rapid.Bool().Draw(t, "blind"), rapid.Bool().Draw(t, "strict")
		},
		"retry": func(t *rapid.T) { w.retry(t) },
		"":      func(*rapid.T) { w.check() },
	})
	w.v.blind = false
	w.calm(order)
	w.judge()
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		for intent := range l.Intent {
			if n := w.v.bought[tokenOf(w.o.ID, l.Number, intent)+"]"]; n != 0 {
				t.Fatalf("line %d was bought %d times before it was bought anew: %+v", l.Number, n, l)
			}
		}
	}
}

// lose plays the order until a line is handed to a person: the answer to whatever changes something is lost, done or not, and
// the vendor shows nothing of it.
func (w *world) lose(t *rapid.T) {
	w.v.strict = rapid.IntRange(0, 3).Draw(t, "strict") > 0
	if rapid.Bool().Draw(t, "hand") { // somebody else buys the same
		w.v.orders[byHand] = &VendorOrder{ID: byHand, Status: "completed", CreatedAt: w.now, Lines: []VendorLine{{Item: "p:s:other", Quantity: 3, Subscription: "sub-hand"}}}
	}
	for range 60 {
		if slices.ContainsFunc(w.o.Lines, func(l Line) bool { return l.handedOver() }) {
			return
		}
		c := w.claim(t)
		switch {
		case c == nil:
			w.until(w.now.Add(time.Hour))
		case c.Operation.Effect():
			w.v.blind = true
			w.expire(t)
			c.state = open
			if rapid.Bool().Draw(t, "done") {
				c.answer = w.execute(c, moods.Draw(t, "mood"))
			}
			w.deliver(c, true, nil)
		default:
			c.state = open
			w.deliver(c, false, w.execute(c, fine))
		}
		w.check()
	}
}

// byHand is a vendor's order that Seatflow did not make.
const byHand = "by-hand"

// settle has a person say what became of a line, if they may: what is so, or of a purchase also what is not.
func (w *world) settle(t *rapid.T) {
	if w.o == nil || !w.o.Arrived() || len(w.o.Lines) == 0 {
		return
	}
	l := &w.o.Lines[rapid.IntRange(0, len(w.o.Lines)-1).Draw(t, "line")]
	said := w.truth(l)
	if _, buys := purchaseOf(w.o.wish(l.Number)); buys && rapid.Bool().Draw(t, "mistaken") {
		said.Done, said.Order = false, ""
		if rapid.Bool().Draw(t, "claims") {
			said.Done, said.Order = true, rapid.SampledFrom(slices.Sorted(maps.Keys(w.v.orders))).Draw(t, "order")
		}
	}
	w.say(l, said)
}

// truth is what became of a line by now.
func (w *world) truth(l *Line) Said {
	said := Said{By: Person{Name: "John", Role: 4}, At: w.now, Note: "from the invoice"}
	if _, buys := purchaseOf(w.o.wish(l.Number)); buys {
		said.Order = w.v.orderOf(l.Token)
		if said.Order == "" && w.v.orders[byHand] != nil && !slices.ContainsFunc(w.o.Lines, func(l Line) bool { return l.VendorOrder == byHand }) {
			said.Order = byHand // it was bought by other means
		}
		said.Done = said.Order != ""
	} else {
		said.Done = w.v.effects[mark(w.o, l.Number)] > 0
	}
	return said
}

// say takes a word in, which counts only if the line was handed to a person.
func (w *world) say(l *Line, said Said) {
	if ChangeOf(w.o.wish(l.Number)) == ChangeProduct {
		return // whether a move that has begun comes to its end nobody can say
	}
	d, err := Settle(w.o, []int32{l.Number}, said, 0, w.droppable, w.now)
	var f *fault.Error
	if err != nil && (!errors.As(err, &f) || f.Kind != fault.Conflict || f.Field != "lines") {
		w.t.Fatalf("settled: %v", err)
	}
	if d.Order != nil && !l.handedOver() {
		w.t.Fatalf("a person settled line %d, which is %v: %+v", l.Number, l.Status, l.Trouble)
	}
	w.take(d)
}

// admit has the truth said of every line that is handed to a person.
func (w *world) admit() {
	for i := range w.o.Lines {
		if l := &w.o.Lines[i]; l.handedOver() {
			w.say(l, w.truth(l))
		}
	}
}

// orderOf is the vendor's order that has a mark; empty if none has.
func (v *vendor) orderOf(token string) string {
	for id, o := range v.orders {
		if token != "" && slices.ContainsFunc(o.Lines, func(l VendorLine) bool { return strings.Contains(l.Name, "["+token+"]") }) {
			return id
		}
	}
	return ""
}

// rests says whether the cart waits until a person's word about one of its lines has been looked into.
func (w *world) rests() bool {
	return w.o.Cart.Track.Step == 0 && slices.ContainsFunc(w.o.Lines, func(l Line) bool { return w.o.inCart(&l) && l.told() && w.driven(&l) })
}
