package domain

import (
	"slices"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Grant takes an approved order. before is what is known of it: nil, or a cancellation that came first, which counts if
// honour says that who gave it had the right. queues are those that the order's lines wait in. Until undo has passed the order
// can be taken back. An order that has been taken before changes nothing.
func Grant(before *Order, approved *orderv1.Order, honour bool, queues Queues, undo time.Duration, now time.Time) Decision {
	if before != nil && before.Arrived() {
		return Decision{}
	}
	o := &Order{ID: approved.GetId(), Approved: approved, Lines: make([]Line, 0, len(approved.GetLines()))}
	for _, l := range approved.GetLines() {
		o.Lines = append(o.Lines, Line{Number: l.GetNumber(), Status: LinePending})
	}
	w := own(o, now)
	w.at = queues
	if before != nil && before.Cancellation != nil && honour {
		w.o.Cancellation = before.Cancellation
		w.d.By = before.Cancellation.By
		for i := range w.o.Lines {
			w.settle(&w.o.Lines[i], LineCancelled, Trouble{})
		}
		return w.end()
	}
	at := now.Add(undo)
	if s := approved.GetScheduledFor(); s != nil && s.AsTime().After(at) {
		at = s.AsTime()
	}
	if at.After(now) {
		w.o.Status, w.o.FireAt, w.d.Due = Scheduled, at, at
		return w.end()
	}
	w.start()
	return w.end()
}

// Fire starts a scheduled order whose time has come. Any other order is left as it is.
func Fire(o *Order, now time.Time) Decision {
	if o.Status != Scheduled {
		return Decision{Order: o} // clears the due time
	}
	if at := o.firesAt(); at.After(now) {
		return Decision{Order: o, Due: at}
	}
	w := begin(o, now)
	w.o.Status, w.o.FireAt = Processing, time.Time{}
	w.start()
	return w.end()
}

// firesAt is when a scheduled order is submitted. Rows from before there was an undo window have the time as approved only.
func (o *Order) firesAt() time.Time {
	if o.FireAt.IsZero() {
		return o.Approved.GetScheduledFor().AsTime()
	}
	return o.FireAt
}

// start drives all pending lines: what is to be bought in one cart, what is to be changed each by itself.
func (w *work) start() {
	var buying []int32
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		if l.Status != LinePending {
			continue
		}
		l.Attempt++
		switch ChangeOf(w.o.wish(l.Number)) {
		case NewSubscription, AddOn:
			buying = append(buying, l.Number)
			l.Status, l.Group, l.VendorOrder, l.Subscription, l.Seats, l.Links = LineInFlight, "", "", "", 0, nil
			if l.Token == "" {
				l.Token = tokenOf(w.o.ID, l.Number, l.Intent)
			}
		case OtherChange:
			w.fail(l, Trouble{
				Code: "change_not_supported", Detail: "This version of Seatflow cannot make this change.",
				Hint: "Make it in Partner Center, or update Seatflow and retry the order.",
			})
		default:
			l.Status = LineHeld // its queue lets it go
		}
	}
	switch {
	case len(buying) == 0:
	case slices.Equal(buying, w.o.Cart.Keep):
		w.o.Cart.Keep = nil
		w.checkout(0)
	default:
		w.o.Cart = Cart{}
		w.create()
	}
}
