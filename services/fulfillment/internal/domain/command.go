package domain

import (
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Tombstone records a cancellation that comes before its order. Nothing is told until the order arrives.
func Tombstone(id string, by Person, reason string) Decision {
	return Decision{Order: &Order{ID: id, Status: Cancelled, Cancellation: &Cancellation{By: by, Reason: reason}}, By: by}
}

// Retry drives the failed lines of an order again, and no others. If the order's cart has been handed to a person, it only
// looks at that cart again.
func Retry(o *Order, by Person, now time.Time) (Decision, error) {
	if o.Cart.Track.parked() {
		w := begin(o, now)
		w.d.By = by
		w.inspectAgain()
		return w.end(), nil
	}
	if o.Status != Failed && o.Status != CompletedWithErrors {
		return Decision{}, fault.New(fault.Conflict, "not_failed",
			"Only a failed order can be retried; this one is "+spoken(o.Status)+".")
	}
	w := begin(o, now)
	w.d.By = by
	for i := range w.o.Lines {
		if l := &w.o.Lines[i]; l.Status.lost() {
			if l.Token != "" && (l.VendorOrder != "" || l.Said != nil) {
				// what the vendor has an order of, or a person had to settle, is bought anew, under a mark of its own
				l.Intent, l.Token, l.Said = l.Intent+1, "", nil
			}
			l.Status, l.Trouble, l.Track = LinePending, Trouble{}, Track{}
		}
	}
	w.start()
	return w.end(), nil
}

// Cancel stops every line that has not been sent to the vendor, and gives up those that failed. It is a conflict when no
// line is left to stop. droppable says whether a call has certainly not begun. A cancelled order stays as it is.
func Cancel(o *Order, by Person, reason string, droppable func(call string) bool, now time.Time) (Decision, error) {
	if o.Status == Cancelled {
		return Decision{}, nil
	}
	w := begin(o, now)
	w.d.By = by
	if o.Status == Scheduled {
		w.o.Status, w.o.FireAt = Processing, time.Time{}
	}
	stopped := w.stopCart(droppable)
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		switch {
		case l.Status == LinePending, l.Status == LineHeld, l.Status.lost():
		case l.Status == LineInFlight && l.Track.Call != "" && w.stop(&l.Track, droppable):
		default:
			continue
		}
		stopped = true
		w.settle(l, LineCancelled, Trouble{})
	}
	if !stopped {
		return Decision{}, tooLate(o)
	}
	w.o.Cancellation = &Cancellation{By: by, Reason: reason}
	return w.end(), nil
}

// stopCart stops the purchase as a whole, if it has not been sent.
func (w *work) stopCart(droppable func(string) bool) (stopped bool) {
	t := &w.o.Cart.Track
	if !w.o.cartHeld() && (t.Call == "" || !w.stop(t, droppable)) {
		return false
	}
	for l := range w.inCart {
		w.settle(l, LineCancelled, Trouble{})
		stopped = true
	}
	w.close(t)
	return stopped
}

// stop takes the track's current call back. It says no when the call, or an earlier one, may have taken effect.
func (w *work) stop(t *Track, droppable func(string) bool) bool {
	free := droppable(t.Call)
	if t.Unanswered || !free && t.Step.irreversible() {
		return false
	}
	if free {
		w.d.Drops = append(w.d.Drops, t.Call)
	}
	return true
}

// tooLate says why nothing can be stopped any more, and what to order instead.
func tooLate(o *Order) error {
	instead := map[Change]string{
		AddOn:              "To end the add-on, order the cancellation of its subscription; Microsoft allows it within 7 days.",
		NewSubscription:    "To end the new subscription, order its cancellation; Microsoft allows it within 7 days of the purchase.",
		AddSeats:           "To undo it, order the removal of the seats; Microsoft allows it within 7 days.",
		RemoveSeats:        "To undo it, order the seats again.",
		Suspend:            "To undo it, order its reactivation, and set_auto_renew if it is to renew.",
		Reactivate:         "To undo it, order its suspension.",
		CancelSubscription: "A cancelled subscription cannot be brought back; order a new one.",
		CancelPurchase:     "A cancelled purchase cannot be brought back; order it again.",
		SetAutoRenew:       "To undo it, order set_auto_renew the other way round.",
		ChangeTerm:         "To undo it, order change_term with the old term before the running one ends.",
		ChangeProduct:      "To undo it, order change_product to the old product, if Microsoft offers that.",
	}
	var hints []string
	for _, l := range o.Approved.GetLines() {
		if c := ChangeOf(l); instead[c] != "" {
			hints = append(hints, instead[c])
			delete(instead, c)
		}
	}
	err := fault.New(fault.Conflict, "already_submitted",
		"The order has been sent to Partner Center and can no longer be cancelled.")
	if o.Status == Completed {
		err = fault.New(fault.Conflict, "already_completed", "The order is completed and can no longer be cancelled.")
	}
	return err.Hinted(strings.Join(hints, " "))
}

// spoken is a status in a sentence.
func spoken(s Status) string {
	switch s {
	case WaitingOnVendor:
		return "waiting for Partner Center"
	case OutcomeUnknown:
		return "waiting for an answer that did not come"
	default:
		return strings.ReplaceAll(s.String(), "_", " ")
	}
}
