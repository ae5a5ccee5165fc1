package world

import (
	"slices"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
)

// fate is what becomes of an order that does not go the usual way. Its lines stand in the ledger from the moment that it is
// decided that they will be fulfilled: at once, when an admin decides, or when a purchase order starts the last wait.
//
//	pending_review ──────────────────────────┐
//	pending_po_upload ──► po_upload_complete ┴─► pending ──► completed, partial_success, po_review_rejected, error, cancelled
type fate struct {
	refused *OrderError // the checkout's answer for this group: there is no order
	placed  time.Time
	waits   []wait
	ready   time.Time // when it ends; zero: not decided yet
	end     string
	bought  bool          // its lines are in the ledger
	lost    []bool        // by line of the cart: never fulfilled; nil: none
	late    time.Duration // from the end until its subscriptions are there
	lag     time.Duration // from its placing until lists show it; 0: as set
	hold    time.Duration // how long an uploaded purchase order is looked at; 0: until an admin decides
}

// wait is a status that lasts; zero: until somebody moves the order.
type wait struct {
	status string
	until  time.Time
}

// OrderError is an order group that a checkout could not make an order of.
type OrderError struct {
	Group       int
	Code        int
	Description string
}

// good says whether the order buys something.
func (f *fate) good() bool { return f.end == OrderCompleted || f.end == OrderPartialSuccess }

// waiting is the wait that the order is in; nil: none any more.
func (f *fate) waiting(now time.Time) *wait {
	for n := range f.waits {
		if w := &f.waits[n]; w.until.IsZero() || now.Before(w.until) {
			return w
		}
	}
	return nil
}

func (f *fate) status(now time.Time) string {
	if w := f.waiting(now); w != nil {
		return w.status
	}
	if now.Before(f.ready) {
		return OrderPending
	}
	return f.end
}

// decide sets when the order ends, once nobody has to move it any more.
func (f *fate) decide(delay time.Duration) {
	after := f.placed
	for _, w := range f.waits {
		if w.until.IsZero() {
			return
		}
		after = w.until
	}
	f.ready = after.Add(delay)
}

func (p *purchase) fate(group int) *fate {
	if p.fates == nil {
		return nil
	}
	return p.fates[group]
}

// placed says whether a group of the cart became an order.
func (p *purchase) placed(group int) bool {
	f := p.fate(group)
	return !p.ordered.IsZero() && (f == nil || f.refused == nil)
}

// there says whether the subscription of a line is.
func (p *purchase) there(now time.Time, line int) bool {
	if p.ordered.IsZero() {
		return false
	}
	f := p.fate(p.lines[line].Group)
	switch {
	case f == nil:
		return !now.Before(p.ready)
	case f.refused != nil, !f.bought, !f.good(), f.loses(line):
		return false
	}
	return f.waiting(now) == nil && !now.Before(f.ready.Add(f.late))
}

func (f *fate) loses(line int) bool { return line < len(f.lost) && f.lost[line] }

// meet asks how the orders of a checkout fare, as far as they are not placed yet. It says whether any is placed now.
func (w *World) meet(now time.Time, p *purchase, by Request) (placed bool) {
	if p.fates == nil && by.Behave.Quiet() && !p.shown() {
		return true
	}
	partial, struck := by.Behave.Ask(behaviours.PartialCheckout)
	fates := make([]*fate, p.groups)
	usual := true
	for g := range fates {
		if p.placed(g) {
			fates[g] = p.fate(g)
			continue
		}
		if struck && hits(partial.Indexes, g, p.groups, 1) {
			fates[g] = &fate{refused: &OrderError{g, partial.Code, "Create order was not successful."}}
		} else {
			fates[g], placed = w.destine(now, p, g, by), true
		}
		usual = usual && fates[g] == nil
	}
	if !usual || p.fates != nil {
		p.fates = fates
	}
	return placed
}

// hits says whether a behaviour is for the n-th of count things: those named, else those from the given one on, or the only one.
func hits(named []int, n, count, from int) bool {
	if named == nil {
		return n >= min(from, count-1)
	}
	return slices.Contains(named, n)
}

// destine asks how one order fares; nil: as usual. An order that was refused before has a time of its own, hence a fate.
func (w *World) destine(now time.Time, p *purchase, group int, by Request) *fate {
	f := fate{placed: now, end: OrderCompleted}
	usual := p.fates == nil
	if p.wantsPO(group) {
		f.waits = append(f.waits, wait{status: OrderPendingPO}, wait{status: OrderPOUploaded})
		f.hold, usual = w.settings.ReviewDelay, false
		if w.settings.ReviewRejects {
			f.end = OrderPORejected
		}
	}
	if r, ok := by.Behave.Ask(behaviours.PendingPO); ok && f.waits == nil {
		f.waits = append(f.waits, wait{status: OrderPendingPO}, wait{status: OrderPOUploaded})
		f.hold, f.end, usual = r.For, r.Text, false
	}
	if r, ok := by.Behave.Ask(behaviours.PendingReview); ok {
		review := wait{status: OrderPendingReview}
		if r.For > 0 {
			review.until = now.Add(r.For)
		}
		f.waits, usual = append([]wait{review}, f.waits...), false
		if f.end == OrderCompleted {
			f.end = r.Text
		}
	}
	if r, ok := by.Behave.Ask(behaviours.PartialSuccess); ok && f.end == OrderCompleted {
		f.end, f.lost, usual = OrderPartialSuccess, p.losses(group, r.Indexes), false
	}
	if _, ok := by.Behave.Ask(behaviours.OrderError); ok {
		f.end, usual = OrderFailed, false
	}
	if r, ok := by.Behave.Ask(behaviours.LateSubscription); ok {
		f.late, usual = r.For, false
	}
	if r, ok := by.Behave.Ask(behaviours.ListLag); ok {
		f.lag, usual = r.For, false
	}
	if usual {
		return nil
	}
	f.decide(w.settings.ProvisioningDelay)
	return &f
}

// losses marks the lines of an order that are never fulfilled. Indexes count within the order.
func (p *purchase) losses(group int, indexes []int) []bool {
	var lines []int
	for n := range p.lines {
		if p.lines[n].Group == group {
			lines = append(lines, n)
		}
	}
	lost := make([]bool, len(p.lines))
	for at, n := range lines {
		lost[n] = hits(indexes, at, len(lines), len(lines)-1)
	}
	return lost
}

// fulfil buys the lines of an order that are to be fulfilled, unless they are bought already.
func (w *World) fulfil(now time.Time, p *purchase, group int, by Request) {
	f := p.fate(group)
	if f != nil && (f.refused != nil || f.bought || f.ready.IsZero() || !f.good()) {
		return
	}
	start := p.ready
	if f != nil {
		start, f.bought = f.ready.Add(f.late), true
	}
	for n := range p.lines {
		if p.lines[n].Group == group && (f == nil || !f.loses(n)) {
			w.fulfilLine(now, start, p, n, by)
		}
	}
}

// Move ends an order's wait by hand. To is po_upload_complete, as after an upload, or the status in which it ends:
// completed, cancelled, error, po_review_rejected. What has been decided to be bought can only end completed.
func (w *World) Move(now time.Time, id, to string) *Refusal {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, group := w.findOrder(nil, id)
	if p == nil {
		return ErrOrderNotFound
	}
	f := p.fate(group)
	if f == nil || f.waiting(now) == nil {
		return ErrOrderNotWaiting
	}
	switch to {
	case OrderPOUploaded:
		return w.uploaded(now, p, group, Request{})
	case OrderCompleted:
		if f.end != OrderPartialSuccess {
			f.end = to
		}
	case OrderCancelled, OrderFailed, OrderPORejected:
		if f.bought {
			return ErrOrderDecided
		}
		f.end = to
	default:
		return ErrEnum
	}
	f.waits, f.ready = nil, now
	w.fulfil(now, p, group, Request{})
	if f.bought {
		w.start(p, group, f.ready.Add(f.late))
	}
	return nil
}

// uploaded ends the wait for a purchase order.
func (w *World) uploaded(now time.Time, p *purchase, group int, by Request) *Refusal {
	f := p.fate(group)
	if f == nil || f.waiting(now) == nil || f.waiting(now).status != OrderPendingPO {
		return ErrOrderNotWaiting
	}
	for n := range f.waits {
		switch f.waits[n].status {
		case OrderPendingPO:
			f.waits[n].until = now
		case OrderPOUploaded:
			if f.hold > 0 {
				f.waits[n].until = now.Add(f.hold)
			}
		}
	}
	f.decide(w.settings.ProvisioningDelay)
	w.fulfil(now, p, group, by)
	return nil
}
