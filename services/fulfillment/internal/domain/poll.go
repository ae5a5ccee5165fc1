package domain

import (
	"slices"
	"strings"
	"time"
)

// Polled decides on the answer to StepPoll and StepClaim.
func Polled(o *Order, c Outcome, a OrderSeen, now time.Time) Decision {
	if l := o.changing(c.ID); l != nil && l.Track.Step == StepClaim {
		return claimSeen(o, c, a, now)
	}
	i := slices.IndexFunc(o.Polls, func(p Poll) bool { return p.Track.Call == c.ID })
	if i < 0 {
		return unchanged(c)
	}
	w := begin(o, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	id, t := w.o.Polls[i].VendorOrder, &w.o.Polls[i].Track
	refused := t.refuses(a.Answer)
	var lines []*Line
	for j := range w.o.Lines {
		if l := &w.o.Lines[j]; l.VendorOrder == id {
			lines = append(lines, l)
		}
	}
	if a.Verdict == Done {
		a.Order.Linked = a.Order.Linked || t.Tries >= maxLinks
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
	for _, l := range lines {
		switch {
		case l.Status.Settled() || l.Waiting && a.Verdict == Done:
		case refused:
			l.unreadable("order "+id, a.Trouble)
		case t.Tries >= maxAwait:
			l.Waiting, l.Trouble = true, slowOrder(id, l)
		}
	}
	w.follow(id)
	return w.end()
}

// refuses counts looks that are refused in a row, and says whether they are too many to go on in silence.
func (t *Track) refuses(a Answer) bool {
	switch a.Verdict {
	case Refused:
		t.Refused++
	case Done:
		t.Refused = 0
	case Unknown, Conflict: // neither here nor there
	}
	return a.Verdict == Refused && t.Refused >= maxRefused
}

// unreadable tells that the vendor does not show any more how far the line is. Its status stays what it is.
func (l *Line) unreadable(what string, why Trouble) {
	if l.Waiting && l.Trouble.Code == "state_unreadable" {
		return // only a request id differs
	}
	l.Waiting = true
	l.Trouble = Trouble{
		Code: "state_unreadable", Person: true, Owner: OwnerPartner,
		Detail: strings.TrimSpace("Partner Center has accepted the line, but Seatflow cannot read how far it is. " + why.Detail),
		Hint: strings.TrimSpace("An admin of the partner has to look at " + what + " in Partner Center, and see to it that Seatflow may read it. " +
			"Seatflow looks again every hour. " + why.Hint),
	}
}

// slowOrder tells that a line has neither come nor failed for about a day. It is not failed: it may still come.
func slowOrder(id string, l *Line) Trouble {
	return Trouble{
		Code: "vendor_slow", Person: true, Owner: OwnerPartner,
		Detail: "Partner Center has accepted the line, but has not said for a long time whether it is provisioned. Nothing is bought again.",
		Hint: "An admin of the partner has to look at order " + id + " in Partner Center, or for a subscription whose name ends with [" +
			l.Token + "]. Seatflow looks again every hour.",
	}
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
	w.later(t, StepPoll, wait, w.pollBody(id, t))
}

// pollBody is what the next look at a vendor order asks.
func (w *work) pollBody(id string, t *Track) Body {
	b := Body{Order: id, Deep: t.Tries >= len(polls)-2 || deep[t.Tries+1]}
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		b.Links = b.Links || l.VendorOrder == id && l.Activates && !l.Status.Settled()
	}
	return b
}

// seen puts what the vendor says about an order, and one line of it, on our line.
func (w *work) seen(l *Line, vo VendorOrder, v VendorLine) {
	if v.Subscription != "" {
		l.Subscription = v.Subscription
	}
	if v.Provisioning != "" {
		l.Seats = v.Ready
	}
	if len(v.Links) > 0 {
		l.Links = v.Links
	}
	has := v.Subscription != "" || v.Provisioning == VendorFulfilled
	if l.Activates && !vo.Linked { // the customer needs the link
		has = false
	}
	before := l.Trouble
	l.Waiting, l.Trouble = false, Trouble{}
	switch vo.Status {
	case "completed", "suspended", "": // orders of the old kind have no status
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
		if vo.Status == "pending_po_upload" && (before.Code == purchaseOrderNeeded || before.Code == purchaseOrderSent) {
			l.Trouble = before // it says more
		}
	case "po_review_rejected", "error":
		w.broke(l, vo.Status, v)
	case "cancelled":
		if w.o.Cancellation != nil {
			w.settle(l, LineCancelled, Trouble{})
			return
		}
		w.settle(l, LineUnfulfilled, unfulfilled)
	case "partial_success":
		switch {
		case has:
			w.fulfil(l)
		case v.Provisioning == VendorUnfulfilled:
			w.fail(l, failures[vo.Status])
		default: // its subscription may come later, so it has not failed
			l.Status = LineProvisioning
		}
	case "pending":
		l.Status = LineProvisioning
	default: // unknown, and words that the vendor adds without notice
		l.Status = LineProvisioning
		w.d.Strange++
	}
}

// broke ends a line whose order has failed. What has a subscription all the same is there, and would be bought twice.
func (w *work) broke(l *Line, status string, v VendorLine) {
	if v.Subscription != "" || v.Provisioning == VendorFulfilled {
		w.fulfil(l)
		return
	}
	w.fail(l, failures[status])
}

// The codes of lines whose purchase order the vendor's reviewers want, and which is on its way there.
const (
	purchaseOrderNeeded = "purchase_order_needed"
	purchaseOrderSent   = "purchase_order_sent"
)

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
			Code: "vendor_review", Owner: OwnerVendor, Detail: "Partner Center: Microsoft reviews the order.",
			Hint: "Nothing to do now, unless Microsoft asks for documents in Partner Center.",
		},
		"pending_po_upload": {
			Code: purchaseOrderNeeded, Person: true, Owner: OwnerPartner,
			Detail: "Partner Center: Microsoft wants the customer's purchase order.",
			Hint:   "Upload the customer's purchase order here or in Partner Center.",
		},
		"po_upload_complete": {
			Code: "purchase_order_in_review", Owner: OwnerVendor, Detail: "Partner Center: Microsoft reviews the customer's purchase order.",
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
