package domain

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// world drives one order against the vendor's model through a model of the engine: calls are planned, begun, answered,
// answered late, or lost; anything may be repeated.
type world struct {
	t     *rapid.T
	v     *vendor
	now   time.Time
	o     *Order
	due   time.Time
	calls []*call
	first map[string]int64 // seats before anything
	begun bool
	// unclear are the subscriptions that were handed to a person, who then has to look.
	unclear map[string]bool
}

// call is a call as the engine keeps it.
type call struct {
	Call
	state   callState
	settled time.Time
	// ghost says that its bytes may still take effect, until settled, though nobody waits for them; late that an answer to
	// it may still come.
	ghost, late bool
	answer      any
}

type callState int

const (
	planned callState = iota
	claimed           // its bytes may be on their way
	open              // unanswered
	closed
)

const effectTime = 200 * time.Second

// TestNeverTwice is the service's reason to exist: whatever happens on the way, what is fulfilled was bought once, and
// what is not was not bought.
func TestNeverTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
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
	})
}

func newWorld(t *rapid.T) *world {
	return &world{t: t, v: newVendor(), now: time.Unix(1_800_000_000, 0), first: map[string]int64{}, unclear: map[string]bool{}}
}

// draw makes an order of up to four lines, some about the same subscription.
func (w *world) draw() *orderv1.Order {
	o := &orderv1.Order{Id: "01900000-0000-7000-8000-000000000001", Customer: &orderv1.Customer{TenantId: "tenant", Name: "Contoso"}}
	for _, s := range []string{"s1", "s2"} {
		w.v.seats[s] = 10
		w.first[s] = 10
	}
	for i := range rapid.IntRange(1, 4).Draw(w.t, "lines") {
		s := rapid.SampledFrom([]string{"s1", "s2"}).Draw(w.t, "subscription")
		l := &orderv1.Line{Number: int32(i + 1), Product: "Microsoft 365 E5", CatalogItem: "P:S:A"}
		switch rapid.IntRange(0, 3).Draw(w.t, "change") {
		case 0, 1:
			l.Change = buy(3)
		case 2:
			l.Change = add(s, 5)
		case 3:
			l.Change = remove(s, 2)
		}
		o.Lines = append(o.Lines, l)
	}
	if rapid.IntRange(0, 4).Draw(w.t, "scheduled") == 0 {
		o.ScheduledFor = timestamppb.New(w.now.Add(time.Hour))
	}
	return o
}

// take commits a decision as the engine would.
func (w *world) take(d Decision) {
	for _, id := range d.Settled {
		w.closeCall(id)
	}
	if d.Order == nil {
		return
	}
	before := Status(0)
	if w.o != nil && w.o.Arrived() {
		before = w.o.Status
	}
	if d.Order.Arrived() && !before.May(d.Order.Status) {
		w.t.Fatalf("the order went from %v to %v", before, d.Order.Status)
	}
	if before != d.Order.Status && d.Event == NoEvent && d.Order.Arrived() && d.Order.Status != Processing {
		w.t.Fatalf("nobody was told of %v after %v", d.Order.Status, before)
	}
	w.o, w.due = d.Order, d.Due
	for i := range w.o.Lines {
		if l := &w.o.Lines[i]; l.Trouble.Code == "quantity_unclear" {
			w.unclear[l.Subscription] = true
		}
	}
	for _, id := range d.Drops {
		i := slices.IndexFunc(w.calls, func(c *call) bool { return c.ID == id })
		if i < 0 || w.calls[i].state != planned {
			w.t.Fatalf("dropped a call that had begun: %v", id)
		}
		w.calls[i].state = closed
	}
	for _, c := range d.Calls {
		if slices.ContainsFunc(w.calls, func(o *call) bool { return o.ID == c.ID }) {
			w.t.Fatalf("call id %s used twice", c.ID)
		}
		w.calls = append(w.calls, &call{Call: c})
	}
}

func (w *world) closeCall(id string) {
	for _, c := range w.calls {
		if c.ID == id {
			c.state = closed
		}
	}
}

// deliver hands an outcome to the domain.
func (w *world) deliver(c *call, unanswered bool, answer any) {
	out := Outcome{ID: c.ID, Unanswered: unanswered, SettledAt: c.settled}
	if !unanswered {
		c.state = closed
	}
	w.take(decide(w.o, c.Operation, out, answer, w.now))
}

func decide(o *Order, op Operation, out Outcome, answer any, now time.Time) Decision {
	switch op {
	case CartCreate:
		a, _ := answer.(CartMade)
		return CartCreated(o, out, a, now)
	case CartCheckout:
		a, _ := answer.(CheckedOut)
		return CartCheckedOut(o, out, a, now)
	case CartGet:
		a, _ := answer.(CartSeen)
		return CartInspected(o, out, a, now)
	case OrderGet:
		a, _ := answer.(OrderSeen)
		return Polled(o, out, a, now)
	case SubscriptionGet:
		a, _ := answer.(SubscriptionSeen)
		return SubscriptionRead(o, out, a, now)
	default:
		a, _ := answer.(SeatsSet)
		return SeatsChanged(o, out, a, now)
	}
}

// pick chooses a call that fits.
func (w *world) pick(t *rapid.T, fits func(*call) bool) *call {
	var found []*call
	for _, c := range w.calls {
		if fits(c) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found[rapid.IntRange(0, len(found)-1).Draw(t, "which")]
}

func (w *world) isDue(c *call) bool { return c.state == planned && !c.Due.After(w.now) }

func isClaimed(c *call) bool { return c.state == claimed }

// claim begins a planned call.
func (w *world) claim(t *rapid.T) *call {
	c := w.pick(t, w.isDue)
	if c != nil {
		c.state, c.settled, w.begun = claimed, w.now.Add(effectTime), true
	}
	return c
}

// finish ends a call that has begun, in one of all the ways in which that can happen.
func (w *world) finish(t *rapid.T, c *call) {
	if c == nil {
		return
	}
	c.state = open
	m := moods.Draw(t, "mood")
	switch rapid.IntRange(0, 9).Draw(t, "fate") {
	case 0: // executed, answer lost
		c.answer = w.v.execute(c.Call, m)
		w.deliver(c, true, nil)
	case 1: // not executed, no answer
		w.deliver(c, true, nil)
	case 2: // no answer yet, executed later or never
		c.ghost = true
		w.deliver(c, true, nil)
	case 3: // its process is believed dead, but the answer may come late
		c.ghost, c.late = true, true
		w.deliver(c, true, nil)
	case 4: // not a byte was sent
		c.state = planned
	default:
		c.answer = w.v.execute(c.Call, m)
		w.deliver(c, false, c.answer)
	}
}

// meddle is somebody else's change of a subscription.
func (w *world) meddle(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "meddle") == 0 {
		s := rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "subscription")
		w.v.seats[s] += 100
		w.first[s] += 100
	}
}

// haunt lets a call take effect of which nobody has heard.
func (w *world) haunt(t *rapid.T) {
	c := w.pick(t, func(c *call) bool { return c.ghost && w.now.Before(c.settled) })
	if c == nil {
		return
	}
	c.ghost = false
	c.answer = w.v.execute(c.Call, moods.Draw(t, "mood"))
}

func (w *world) answerLate(t *rapid.T) {
	c := w.pick(t, func(c *call) bool { return c.late && !c.ghost && c.answer != nil })
	if c == nil {
		return
	}
	c.late = false
	w.deliver(c, false, c.answer)
}

// answerAgain repeats an outcome.
func (w *world) answerAgain(t *rapid.T) {
	if c := w.pick(t, func(c *call) bool { return c.state == closed && !c.late && c.answer != nil }); c != nil {
		w.take(decide(w.o, c.Operation, Outcome{ID: c.ID, SettledAt: c.settled}, c.answer, w.now))
	}
}

// pass lets time go to the next thing that is due, and a little further.
func (w *world) pass() {
	w.until(w.now.Add(time.Minute))
}

// until lets time go to the next thing that is due, at most to limit.
func (w *world) until(next time.Time) {
	for _, c := range w.calls {
		if c.state == planned && c.Due.After(w.now) && c.Due.Before(next) {
			next = c.Due
		}
	}
	w.now = next
	w.fire()
}

func (w *world) fire() {
	if w.o != nil && !w.due.IsZero() && !w.due.After(w.now) {
		w.take(Fire(w.o, w.now))
	}
}

func (w *world) retry(t *rapid.T) {
	if w.o == nil || !w.o.Arrived() {
		return
	}
	d, err := Retry(w.o, Person{Name: "John"}, w.now)
	if failed := w.o.Status == Failed || w.o.Status == CompletedWithErrors; failed != (err == nil) {
		t.Fatalf("retry of an order that is %v: %v", w.o.Status, err)
	}
	w.take(d)
}

func (w *world) cancel(t *rapid.T) {
	if w.o == nil || rapid.IntRange(0, 5).Draw(t, "cancel") > 0 {
		return
	}
	d, err := Cancel(w.o, Person{Name: "John"}, "", w.droppable, w.now)
	var f *fault.Error
	if err != nil && (!errors.As(err, &f) || f.Kind != fault.Conflict) {
		t.Fatalf("cancel: %v", err)
	}
	w.take(d)
}

func (w *world) droppable(id string) bool {
	return slices.ContainsFunc(w.calls, func(c *call) bool { return c.ID == id && c.state == planned })
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
		if !made {
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
			if got := w.v.bought["["+tokenOf(w.o.ID, l.Number)+"]"]; got != want {
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

func buy(n int32) *orderv1.Line_NewSubscription {
	return &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
		Quantity: n, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
	}}
}

func add(s string, n int32) *orderv1.Line_AddSeats {
	return &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: s, Quantity: n}}
}

func remove(s string, n int32) *orderv1.Line_RemoveSeats {
	return &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: s, Quantity: n}}
}
