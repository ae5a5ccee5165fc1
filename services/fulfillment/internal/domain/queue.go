package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Queue is who may change a subscription, or cancel a purchase, in the order of their arrival. Only the first one does: a
// change builds on what it has read, and one without an answer can be settled only while no other is made.
//
//	granted ───────────────────────► join ─┐
//	its time has come, retry ─► turn ─► join ─┴─► held ─► first ─► … settled ─► leave ─► turn of the next one
//	cancelled ─► turn ─► leave ─► turn of the next one
//
// Where an input has the queue at hand, the order joins and leaves with the decision itself. Where it has not (a command, a due
// time), the decision makes a call, [Turn], whose outcome has; so does whoever leaves, for the one behind. These calls
// commit with the decisions, so nobody is forgotten; they ask nobody outside, so nobody waits for longer than that takes.
type Queue struct {
	Waiting []Place
}

// Place is an order in a queue.
type Place struct {
	Order string `json:"o,omitempty"`
	// Number is the order's, for people.
	Number string `json:"n,omitempty"`
}

// Queues are queues by their keys.
type Queues map[string]Queue

// QueueKey is the key of the queue that an approved line waits in; empty for a line that waits for nobody.
func QueueKey(l *orderv1.Line) string {
	return queueKey(subscriptionOf(l), l.GetCancelPurchase().GetVendorOrderId())
}

func queueKey(subscription, vendorOrder string) string {
	switch {
	case subscription != "":
		return strings.ToLower(subscription)
	case vendorOrder != "":
		return "order/" + strings.ToLower(vendorOrder)
	default:
		return ""
	}
}

// Queues are the keys of the queues that a call of this operation is about.
func (b *Body) Queues(op Operation) (keys []string) {
	switch {
	case op == CartCreate:
		for i := range b.Lines {
			if key := EqualKey(b.Customer, &b.Lines[i]); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	case op == OrderGet && b.Claim:
		keys = append(keys, claimKey(b.Order))
	case op.Queued():
		if key := queueKey(b.Subscription, b.Order); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// TurnCame decides on the outcome of Turn, whatever became of the call.
func TurnCame(o *Order, c Outcome, _ Answer, now time.Time) Decision {
	w := begin(o, now)
	w.at = c.Queues
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	return w.end()
}

// Missing passes the turn of an order on that does not exist.
func Missing(order string, c Outcome) Decision {
	w := &work{o: &Order{ID: order}, at: c.Queues}
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	for key := range c.Queues {
		w.leave(key)
	}
	for i := range w.d.Calls {
		w.d.Calls[i].ID = "" // nobody counts them
	}
	return w.d
}

// place is where an order stands in the queue; -1 if it does not.
func (q Queue) place(order string) int {
	return slices.IndexFunc(q.Waiting, func(p Place) bool { return p.Order == order })
}

// waits says whether a line that is under way waits in the queue. A line of an order whose time has not come does not yet.
func (w *work) waits(key string, status func(i int) LineStatus) bool {
	for i := range w.o.Lines {
		if s := status(i); s > LinePending && !s.Settled() && QueueKey(w.o.wish(w.o.Lines[i].Number)) == key {
			return true
		}
	}
	return false
}

// queue brings the order's places in the queues into line with its lines, and lets go whose turn it is.
func (w *work) queue() {
	is := func(i int) LineStatus { return w.o.Lines[i].Status }
	for i := range w.o.Lines {
		key := QueueKey(w.o.wish(w.o.Lines[i].Number))
		if key == "" || w.first(key) != i {
			continue
		}
		_, here := w.at[key]
		wants := w.waits(key, is)
		switch {
		case here && wants:
			w.join(key)
		case here:
			w.leave(key)
		case wants != w.waits(key, w.was):
			w.turn(Place{Order: w.o.ID}, key)
		}
	}
}

// first is the first line that waits in the queue or has waited there.
func (w *work) first(key string) int {
	return slices.IndexFunc(w.o.Lines, func(l Line) bool { return QueueKey(w.o.wish(l.Number)) == key })
}

// join takes the order's place in the queue, its last one if it has none, and lets the first line go if it is the first.
func (w *work) join(key string) {
	q := w.at[key]
	i := q.place(w.o.ID)
	if i < 0 {
		i = len(q.Waiting)
		q.Waiting = append(slices.Clone(q.Waiting), Place{Order: w.o.ID, Number: w.o.Approved.GetNumber()})
		w.changed(key, q)
	}
	before := 0 // the line of this order that has to come to its end first
	for j := range w.o.Lines {
		l := &w.o.Lines[j]
		switch wish := w.o.wish(l.Number); {
		case l.Status.Settled() || QueueKey(wish) != key:
			continue
		case l.Status != LineHeld:
		case i > 0:
			l.Trouble = Trouble{Code: heldByOrder, Detail: "Waiting until " + q.Waiting[i-1].said() + " has changed the same " + thing(wish) + "…"}
		case before > 0:
			l.Trouble = Trouble{Code: "held_by_line", Detail: fmt.Sprintf("Waiting until line %d has changed the same %s…", before, thing(wish))}
		default:
			w.change(l)
		}
		before = int(l.Number)
	}
}

// heldByOrder is the code of lines that wait for another order.
const heldByOrder = "held_by_order"

func (p Place) said() string {
	if p.Number == "" {
		return "another order"
	}
	return "order " + p.Number
}

func thing(l *orderv1.Line) string {
	if ChangeOf(l) == CancelPurchase {
		return "purchase"
	}
	return "subscription"
}

// leave gives the order's place up and tells the one behind it.
func (w *work) leave(key string) {
	q := w.at[key]
	i := q.place(w.o.ID)
	if i < 0 {
		return
	}
	q.Waiting = slices.Delete(slices.Clone(q.Waiting), i, i+1)
	w.changed(key, q)
	if i < len(q.Waiting) {
		w.turn(q.Waiting[i], key)
	}
}

func (w *work) changed(key string, q Queue) {
	if w.d.Queues == nil {
		w.d.Queues = Queues{}
	}
	w.d.Queues[key] = q
}

// turn has an order look at its place in a queue.
func (w *work) turn(p Place, key string) {
	w.o.Calls++
	body := Body{Subscription: key}
	if order, ok := strings.CutPrefix(key, "order/"); ok {
		body = Body{Order: order}
	}
	w.d.Calls = append(w.d.Calls, Call{ID: callID(w.o.ID, w.o.Calls), Order: p.Order, Operation: Turn, Body: body})
}

// ahead is what is told of the order that a line waits for; empty if none does.
func (o *Order) ahead() string {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Status == LineHeld && l.Trouble.Code == heldByOrder {
			return l.Trouble.Detail
		}
	}
	return ""
}
