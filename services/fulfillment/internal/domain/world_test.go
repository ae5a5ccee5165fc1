package domain

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	// unclear are the subscriptions and lines that were handed to a person, who then has to look.
	unclear map[string]bool
	// queues are everybody's; post takes the calls that are for another order.
	queues Queues
	post   func(Call)
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

func newWorld(t *rapid.T) *world {
	return &world{t: t, v: newVendor(), now: time.Unix(1_800_000_000, 0), first: map[string]int64{}, unclear: map[string]bool{}, queues: Queues{}}
}

// draw makes an order of up to four lines, some about the same subscription.
func (w *world) draw() *orderv1.Order {
	o := &orderv1.Order{Id: "01900000-0000-7000-8000-000000000001", Customer: &orderv1.Customer{TenantId: "tenant", Name: "Contoso"}}
	for s, sub := range w.v.subs {
		w.first[s] = sub.Quantity
	}
	for i := range rapid.IntRange(1, 4).Draw(w.t, "lines") {
		l := &orderv1.Line{Number: int32(i + 1), Product: "Microsoft 365 E5", CatalogItem: "P:S:A"}
		if rapid.IntRange(0, 2).Draw(w.t, "change") == 0 {
			l.Change = buy(3)
			if rapid.IntRange(0, 3).Draw(w.t, "addon") == 0 {
				l.Change = addOn(3)
			}
		} else {
			drawChange(w.t, l)
		}
		o.Lines = append(o.Lines, l)
	}
	if rapid.IntRange(0, 4).Draw(w.t, "scheduled") == 0 {
		o.ScheduledFor = timestamppb.New(w.now.Add(time.Hour))
	}
	return o
}

// drawChange makes a line change one of the vendor's two subscriptions, or cancel its purchase.
func drawChange(t *rapid.T, l *orderv1.Line) {
	s := rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "subscription")
	switch rapid.SampledFrom(Changes()[2:]).Draw(t, "kind") {
	case RemoveSeats:
		l.Change = remove(s, 2)
	case Suspend:
		l.Change = &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: s}}
	case Reactivate:
		l.Change = &orderv1.Line_Reactivate{Reactivate: &orderv1.Reactivate{SubscriptionId: s}}
	case CancelSubscription:
		l.Change = &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: s}}
	case CancelPurchase:
		l.Change = &orderv1.Line_CancelPurchase{CancelPurchase: &orderv1.CancelPurchase{VendorOrderId: "o1",
			VendorLines: rapid.SampledFrom([][]int32{nil, {0}, {1}}).Draw(t, "rows")}}
	case SetAutoRenew:
		l.Change = &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{SubscriptionId: s, Enabled: rapid.Bool().Draw(t, "on")}}
	case ChangeTerm:
		l.Change = &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{SubscriptionId: s, Term: "P3Y"}}
	case ChangeProduct:
		l.Change = &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{SubscriptionId: s,
			Quantity: rapid.SampledFrom([]int32{0, 4}).Draw(t, "moving")}}
	default:
		l.Change = add(s, 5)
	}
}

// take commits a decision as the engine would.
func (w *world) take(d Decision) {
	for _, id := range d.Settled {
		w.closeCall(id)
	}
	maps.Copy(w.queues, d.Queues)
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
		if l := &w.o.Lines[i]; strings.HasSuffix(l.Trouble.Code, "_unclear") {
			w.unclear[l.Subscription], w.unclear[mark(w.o, l.Number)] = true, true
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
		if c.Order != "" && c.Order != w.o.ID {
			w.post(c)
			continue
		}
		w.calls = append(w.calls, &call{Call: c})
	}
}

// mark is an order's line in the vendor's ledger.
func mark(o *Order, line int32) string { return fmt.Sprint(o.ID, "/", line) }

// execute has the vendor do what a call asks for.
func (w *world) execute(c *call, m mood) any {
	w.v.now, w.v.by = w.now, mark(w.o, c.Body.Line)
	return w.v.execute(c.Call, m)
}

// at is the queue that a call is about.
func (q Queues) at(c *Call) Queues {
	keys := c.Body.Queues(c.Operation)
	if len(keys) == 0 {
		return nil
	}
	found := Queues{}
	for _, key := range keys {
		found[key] = q[key]
	}
	return found
}

func (w *world) closeCall(id string) {
	for _, c := range w.calls {
		if c.ID == id && c.state != claimed { // what has begun goes on
			c.state = closed
		}
	}
}

// deliver hands an outcome to the domain.
func (w *world) deliver(c *call, unanswered bool, answer any) {
	out := Outcome{ID: c.ID, Unanswered: unanswered, SettledAt: c.settled, Queues: w.queues.at(&c.Call)}
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
	case PurchasesList:
		a, _ := answer.(Found)
		return CartSearched(o, out, a, now)
	case AttachmentPost, AttachmentsGet:
		a, _ := answer.(Attached)
		return Uploaded(o, out, a, now)
	case Turn:
		return TurnCame(o, out, Answer{}, now)
	case SubscriptionGet, TransitionCheck, TransitionGet, PurchaseGet:
		a, _ := answer.(Seen)
		return Looked(o, out, a, now)
	default:
		a, _ := answer.(Sent)
		return Changed(o, out, a, now)
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
	switch fate, kept := rapid.IntRange(0, 10).Draw(t, "fate"), heldBack(c.Operation); fate {
	case 0: // executed, answer lost
		c.answer = w.execute(c, m)
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
	case 5: // nor will there be
		if c.state = planned; kept != nil {
			w.deliver(c, false, kept)
		}
	default:
		c.answer = w.execute(c, m)
		w.deliver(c, false, c.answer)
	}
}

// expire lets the vendor forget a cart, bought or not.
func (w *world) expire(t *rapid.T) {
	if w.o == nil || w.o.Cart.ID == "" || rapid.IntRange(0, 5).Draw(t, "expire") > 0 {
		return
	}
	w.v.carts[w.o.Cart.ID].gone = true
}

func (w *world) nudge(t *rapid.T) {
	if w.o == nil || !w.o.Arrived() || rapid.IntRange(0, 3).Draw(t, "nudge") > 0 {
		return
	}
	d, err := Nudge(w.o, Person{Name: "John"}, w.droppable, w.now)
	if may := w.o.open() && w.o.Status != Scheduled; may != (err == nil) {
		t.Fatalf("nudge of an order that is %v: %v", w.o.Status, err)
	}
	w.take(d)
}

// meddle is somebody else's change of a subscription.
func (w *world) meddle(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "meddle") == 0 {
		s := rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "subscription")
		w.v.subs[s].Quantity += 100
		w.first[s] += 100
		if sub := w.v.subs[s]; w.v.logs && sub.Status == statusSuspended { // taken back: without the log it would be made again
			sub.Status = statusActive
		}
	}
}

// haunt lets a call take effect of which nobody has heard.
func (w *world) haunt(t *rapid.T) {
	c := w.pick(t, func(c *call) bool { return c.ghost && w.now.Before(c.settled) })
	if c == nil {
		return
	}
	c.ghost = false
	c.answer = w.execute(c, moods.Draw(t, "mood"))
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
		w.take(decide(w.o, c.Operation, Outcome{ID: c.ID, SettledAt: c.settled, Queues: w.queues.at(&c.Call)}, c.answer, w.now))
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
	if may := w.o.Status == Failed || w.o.Status == CompletedWithErrors || w.o.Cart.Track.parked(); may != (err == nil) {
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
