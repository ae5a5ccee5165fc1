package domain

import (
	"slices"
	"strconv"
	"strings"
)

// Two purchases of the same thing for the same customer can be told apart at the vendor by their marks only. So while it is not
// known what became of one, an equal one of another order waits: they have a [Queue] of their own, in which those whose outcome
// is unknown stand before those that wait. It is at hand when a cart has been made, before it is checked out; nothing is
// checked out of a cart that waits, so it is made anew afterwards.

// equalTo begins the keys of these queues.
const equalTo = "buy/"

// EqualKey is the key of the queue of those who buy this for the customer.
func EqualKey(customer string, l *CartLine) string {
	return strings.ToLower(equalTo + customer + "/" + firstParts(l.Item, 2) + "/" + strconv.FormatInt(l.Quantity, 10) + "/" + l.Term + "/" + l.Cycle)
}

// equalKey is the key for a line; empty for one that buys nothing by the cart.
func (o *Order) equalKey(l *Line) string {
	wish := o.wish(l.Number)
	p, buys := purchaseOf(wish)
	if !buys {
		return ""
	}
	return EqualKey(o.Approved.GetCustomer().GetTenantId(), &CartLine{Item: wish.GetCatalogItem(), Quantity: p.Quantity, Term: p.Term, Cycle: p.Cycle})
}

// stuck says whether a line that buys something has a place in its queue.
func stuck(s LineStatus) bool { return s == LineUnknown || s == LineHeld }

// holdEquals holds the lines that another order buys too, with an outcome that is unknown as yet.
func (w *work) holdEquals() (held bool) {
	if !w.anybodyWaits() {
		return false
	}
	for l := range w.inCart {
		if q := w.at[w.o.equalKey(l)]; len(q.Waiting) > 0 && q.place(w.o.ID) != 0 {
			l.Status, held = LineHeld, true
		}
	}
	return held
}

// anybodyWaits says whether a queue that is at hand has anybody in it; mostly none has.
func (w *work) anybodyWaits() bool {
	for _, q := range w.at {
		if len(q.Waiting) > 0 {
			return true
		}
	}
	return false
}

// cartHeld says whether the cart waits for another order's.
func (o *Order) cartHeld() bool {
	for i := range o.Lines {
		if _, buys := purchaseOf(o.wish(o.Lines[i].Number)); buys && o.Lines[i].Status == LineHeld {
			return true
		}
	}
	return false
}

// equals brings the order's places in the queues of equal purchases into line with its lines.
func (w *work) equals() {
	var keys []string
	for key, q := range w.at {
		if len(q.Waiting) > 0 && strings.HasPrefix(key, equalTo) {
			keys = append(keys, key)
		}
	}
	waited := false
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		if !stuck(l.Status) && !stuck(w.was(i)) {
			continue
		}
		key := w.o.equalKey(l)
		if waited = waited || key != "" && w.was(i) == LineHeld; key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys) // ids of calls depend on it
	for _, key := range keys {
		w.equal(key)
	}
	if waited && !w.o.cartHeld() && w.o.Cart.Track.Step == 0 && !w.bought() {
		w.create()
	}
}

// equal is equals for one queue.
func (w *work) equal(key string) {
	var now, before, unknown bool
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		if w.o.equalKey(l) != key {
			continue
		}
		now, before, unknown = now || stuck(l.Status), before || stuck(w.was(i)), unknown || l.Status == LineUnknown
	}
	q, here := w.at[key]
	first := len(q.Waiting) == 0 || q.place(w.o.ID) == 0
	switch {
	case !here && now != before:
		w.turn(Place{Order: w.o.ID}, key)
	case !here:
	case now && first && !unknown: // nobody is in the way any more
		w.letGo(key)
		w.leave(key)
	case now:
		w.joinEqual(key, unknown)
	default:
		w.leave(key)
	}
}

// letGo has the held lines of a queue bought.
func (w *work) letGo(key string) {
	for i := range w.o.Lines {
		if l := &w.o.Lines[i]; l.Status == LineHeld && w.o.equalKey(l) == key {
			l.Status, l.Trouble = LineInFlight, Trouble{}
		}
	}
}

// joinEqual takes the order's place if it has none: before those that wait if its outcome is unknown, else behind all.
func (w *work) joinEqual(key string, unknown bool) {
	q := w.at[key]
	i := q.place(w.o.ID)
	if i < 0 {
		if i = len(q.Waiting); unknown {
			i = 0
		}
		q.Waiting = slices.Insert(slices.Clone(q.Waiting), i, Place{Order: w.o.ID, Number: w.o.Approved.GetNumber()})
		w.changed(key, q)
	}
	for j := range w.o.Lines {
		if l := &w.o.Lines[j]; i > 0 && l.Status == LineHeld && w.o.equalKey(l) == key {
			l.Trouble = Trouble{
				Code:   heldByOrder,
				Detail: "Waiting until it is known what became of " + q.Waiting[i-1].said() + ", which buys the same…",
			}
		}
	}
}
