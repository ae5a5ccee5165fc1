package domain

import (
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Nudge has all that the order waits for looked at now. It only brings forward what would be asked later anyway, so nothing is
// bought by it that would not be bought without. droppable says whether a call has certainly not begun.
func Nudge(o *Order, by Person, droppable func(call string) bool, now time.Time) (Decision, error) {
	if !o.open() || o.Status == Scheduled {
		return Decision{}, fault.New(fault.Conflict, "nothing_to_look_at",
			"There is nothing to look at: the order is "+spoken(o.Status)+".")
	}
	w := begin(o, now)
	w.d.By = by
	forward := func(t *Track, body Body) {
		if !t.Step.irreversible() {
			w.forward(t, body, droppable)
		}
	}
	for i := range w.o.Polls {
		p := &w.o.Polls[i]
		body := w.pollBody(p.VendorOrder, &p.Track)
		body.Deep = true
		forward(&p.Track, body)
	}
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		if l.Waiting && w.way(l) == ofSubscription { // its change looks before it changes anything
			if w.forward(&l.Track, w.body(l), droppable) {
				l.Track.Tries = max(l.Track.Tries-1, 0) // nor is it one that the vendor is not ready yet
			}
			continue
		}
		body := w.body(l)
		if _, buys := purchaseOf(w.o.wish(l.Number)); buys && l.told() {
			body = w.saidBody(l, l.Track.Step)
		}
		forward(&l.Track, body)
	}
	forward(&w.o.Cart.Track, w.cartBody(w.o.Cart.Track.Step))
	if u := w.o.Upload; u != nil {
		forward(&u.Track, u.body())
	}
	return w.end(), nil
}

// forward makes the track's planned call at once. A look that is to
// settle an unanswered call keeps its time, and one that waits for the vendor's lists to catch up: before that, "it is not
// there" means nothing.
func (w *work) forward(t *Track, body Body, droppable func(string) bool) (made bool) {
	if t.Call == "" || !t.quiet(w.now) || t.Lagged || !droppable(t.Call) {
		return false
	}
	w.d.Drops = append(w.d.Drops, t.Call)
	w.plan(t, t.Step, 0, body)
	t.Tries-- // to be asked is no failure
	return true
}
