package domain

import (
	"slices"
	"time"
)

// Polled decides on the answer to StepPoll.
func Polled(o *Order, c Outcome, a OrderSeen, now time.Time) Decision {
	i := slices.IndexFunc(o.Polls, func(p Poll) bool { return p.Track.Call == c.ID })
	if i < 0 {
		return unchanged(c)
	}
	w := begin(o, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	id := w.o.Polls[i].VendorOrder
	if a.Verdict == Done {
		var lines []*Line
		for j := range w.o.Lines {
			if l := &w.o.Lines[j]; l.VendorOrder == id {
				lines = append(lines, l)
			}
		}
		found := w.match(a.Order.Lines, lines)
		for k, l := range lines {
			if l.Status.Settled() {
				continue
			}
			var v VendorLine
			if found[k] >= 0 {
				v = a.Order.Lines[found[k]]
			}
			w.seen(l, a.Order, v)
		}
	}
	w.follow(id)
	return w.end()
}

// follow plans the next look at a vendor order, or ends the poll once nothing is left to see there.
func (w *work) follow(id string) {
	open, waiting := false, false
	for i := range w.o.Lines {
		if l := &w.o.Lines[i]; l.VendorOrder == id && !l.Status.Settled() {
			open, waiting = true, waiting || l.Waiting
		}
	}
	i := slices.IndexFunc(w.o.Polls, func(p Poll) bool { return p.VendorOrder == id })
	if !open {
		if i >= 0 {
			w.o.Polls = slices.Delete(w.o.Polls, i, i+1)
		}
		return
	}
	if i < 0 {
		w.o.Polls = append(w.o.Polls, Poll{VendorOrder: id})
		i = len(w.o.Polls) - 1
	}
	t := &w.o.Polls[i].Track
	wait := pause(polls, t.Tries+1)
	if waiting {
		wait = slowly
	}
	w.later(t, StepPoll, wait, Body{Order: id})
}

// seen puts what the vendor says about an order, and one line of it, on our line.
func (w *work) seen(l *Line, vo VendorOrder, v VendorLine) {
	if v.Subscription != "" {
		l.Subscription = v.Subscription
	}
	has := v.Subscription != "" || v.Provisioning == VendorFulfilled
	l.Waiting, l.Trouble = false, Trouble{}
	switch vo.Status {
	case "completed", "suspended", "":
		switch {
		case v.Provisioning == VendorUnfulfilled:
			w.settle(l, LineUnfulfilled, unfulfilled)
		case has:
			w.fulfil(l)
			if vo.Status == "suspended" {
				l.Trouble = suspended
			}
		default:
			l.Status = LineProvisioning
		}
	case "pending_review", "pending_po_upload", "po_upload_complete":
		l.Status, l.Waiting, l.Trouble = LineProvisioning, true, reviews[vo.Status]
	case "po_review_rejected", "error":
		w.fail(l, failures[vo.Status])
	case "cancelled":
		w.settle(l, LineUnfulfilled, unfulfilled)
	case "partial_success":
		if has {
			w.fulfil(l)
			return
		}
		w.fail(l, failures[vo.Status])
	default: // pending, unknown, and words that the vendor adds without notice
		l.Status = LineProvisioning
	}
}

var (
	unfulfilled = Trouble{
		Code: "cancelled_at_vendor", Detail: "Partner Center: The purchase was cancelled there.",
		Hint: "Find out who cancelled it. Retry the order to buy it again.",
	}
	suspended = Trouble{
		Code: "suspended_at_vendor", Detail: "Bought, but the subscription is suspended at Partner Center.",
		Hint: "Reactivate the subscription when it is to be used.",
	}
	reviews = map[string]Trouble{
		"pending_review": {
			Code: "vendor_review", Detail: "Partner Center: Microsoft reviews the order.",
			Hint: "Nothing to do now, unless Microsoft asks for documents in Partner Center.",
		},
		"pending_po_upload": {
			Code: "purchase_order_needed", Detail: "Partner Center: Microsoft wants the customer's purchase order.",
			Hint: "Upload the customer's purchase order in Partner Center.",
		},
		"po_upload_complete": {
			Code: "purchase_order_in_review", Detail: "Partner Center: Microsoft reviews the customer's purchase order.",
			Hint: "Nothing to do now.",
		},
	}
	failures = map[string]Trouble{
		"po_review_rejected": {
			Code: "purchase_order_rejected", Detail: "Partner Center: Microsoft rejected the customer's purchase order. Nothing was bought.",
			Hint: "Clear it with Microsoft, then retry the order to buy it again.",
		},
		"error": {
			Code: "vendor_order_failed", Detail: "Partner Center: The order failed there. Nothing was bought.",
			Hint: "Retry the order to buy it again.",
		},
		"partial_success": {
			Code: "vendor_order_partial", Detail: "Partner Center: This part of the order failed there.",
			Hint: "Retry the order to buy what is missing.",
		},
	}
)
