package world

import (
	"slices"
	"strings"
	"time"
)

// LineRef names a line of an order.
type LineRef struct {
	Number  int
	OfferID string // empty: not named
}

// PlaceOrder buys without a cart: one order, of one billing cycle and one kind of item. What would be an error of a cart's
// line is a refusal here. Unlike a checkout it cannot be repeated: a repeat buys again.
func (w *World) PlaceOrder(now time.Time, customerID ID, lines []LineRequest, by Request) (Order, *Refusal) {
	switch {
	case len(lines) == 0:
		return Order{}, ErrNoLines
	case len(lines) > maxCartLines:
		return Order{}, ErrTooManyLines
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return Order{}, refusal
	}
	p := &purchase{number: w.next, customer: c, created: now, lines: make([]Line, len(lines)), direct: true}
	for n := range lines {
		if refusal := w.fillLine(&p.lines[n], &lines[n], c); refusal != nil {
			return Order{}, refusal
		}
		if !traits[p.lines[n].Item.Kind].direct {
			return Order{}, ErrNotDirect
		}
	}
	p.group()
	w.based(now, p)
	for n := range p.lines {
		if e := p.lines[n].Error; e != nil {
			return Order{}, e.direct
		}
	}
	if p.groups > 1 {
		return Order{}, ErrInvalidInput
	}
	if refusal := w.mayBuy(now, p); refusal != nil {
		return Order{}, refusal
	}
	w.keep(p)
	w.buy(now, p, by)
	if f := p.fate(0); f != nil && f.refused != nil {
		return Order{}, refuse(500, f.refused.Code, f.refused.Description)
	}
	return w.order(now, p, 0), nil
}

// CancelOrder takes back an order, or only the lines named. Lines cancelled already stay so: a repeat changes nothing. All
// of it is done or, when one line is refused, nothing. Which kinds can be cancelled so, and for how long, says traits.
func (w *World) CancelOrder(now time.Time, customerID ID, id string, named []LineRef, by Request) (Order, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return Order{}, refusal
	}
	p, group := w.findOrder(c, id)
	if p == nil {
		return Order{}, ErrOrderNotFound
	}
	lines, refusal := p.chosen(group, named)
	if refusal != nil {
		return Order{}, refusal
	}
	for _, n := range lines {
		if refusal := w.judgeCancel(now, p, n); refusal != nil {
			return Order{}, refusal
		}
	}
	for _, n := range lines {
		s := &p.subs[n]
		if s.cancelled || !p.there(now, n) {
			continue
		}
		before := *s
		s.cancelled, s.status, s.autoRenew, s.next = true, StatusDeleted, false, nil
		s.version++
		e := w.effect(now, c, s, &before, EffectCancel)
		e.After, e.Status = 0, OrderCancelled
		w.ledger.add(e, by)
	}
	return w.order(now, p, group), nil
}

// chosen gives the lines of an order that are named, by their place in the cart; without names, all of them.
func (p *purchase) chosen(group int, named []LineRef) ([]int, *Refusal) {
	var all []int
	for n := range p.lines {
		if p.lines[n].Group == group {
			all = append(all, n)
		}
	}
	if len(named) == 0 {
		return all, nil
	}
	var lines []int
	for _, ref := range named {
		if ref.Number < 0 || ref.Number >= len(all) {
			return nil, ErrInvalidProperty
		}
		n := all[ref.Number]
		if ref.OfferID != "" && !strings.EqualFold(ref.OfferID, p.lines[n].Item.ID) {
			return nil, ErrInvalidProperty
		}
		lines = append(lines, n)
	}
	return lines, nil
}

// judgeCancel says why a line cannot be cancelled by its order.
func (w *World) judgeCancel(now time.Time, p *purchase, n int) *Refusal {
	line, placed := &p.lines[n], p.ordered
	f := p.fate(line.Group)
	if f != nil {
		placed = f.placed
	}
	t := &traits[line.Item.Kind]
	if w.settings.Sandbox && !t.sandboxOrder || !w.settings.Sandbox && !t.order {
		return t.wrongLane
	}
	if !p.there(now, n) {
		if f != nil && f.loses(n) {
			return nil
		}
		return ErrOrderCancel
	}
	s := &p.subs[n]
	switch window, _ := s.window(); {
	case s.cancelled:
		return nil
	case w.settings.Sandbox && now.Sub(placed) > sandboxWindow:
		return ErrOrderCancel
	case w.settings.Sandbox || now.Before(s.start.Add(window)):
		return nil
	case line.Item.Kind == Perpetual:
		return ErrSoftwareWindow
	}
	return ErrCancellationWindow
}

// AddOn is a legacy add-on for a subscription that is there.
type AddOn struct {
	LineRequest
	Parent ID
}

// AddToOrder buys legacy add-ons as further lines of the order that their parents are of. A repeat buys again.
func (w *World) AddToOrder(now time.Time, customerID ID, id string, addOns []AddOn, by Request) (Order, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return Order{}, refusal
	}
	p, group := w.findOrder(c, id)
	if p == nil {
		return Order{}, ErrOrderNotFound
	}
	if refusal := c.mayBuy(now); refusal != nil {
		return Order{}, refusal
	}
	if len(p.lines)+len(addOns) > linesPerOrder {
		return Order{}, ErrTooManyLines
	}
	lines := make([]Line, len(addOns))
	for n := range addOns {
		if refusal := w.fillAddOn(now, &lines[n], &addOns[n], p, group); refusal != nil {
			return Order{}, refusal
		}
	}
	for n := range lines {
		p.lines, p.subs = append(p.lines, lines[n]), append(p.subs, subscription{})
		at := len(p.lines) - 1
		w.fulfilLine(now, now, p, at, by)
		p.subs[at].parent = addOns[n].Parent
	}
	return w.order(now, p, group), nil
}

func (w *World) fillAddOn(now time.Time, line *Line, a *AddOn, p *purchase, group int) *Refusal {
	_, parent, refusal := w.subscription(now, p.customer.ID, a.Parent)
	if refusal != nil {
		return refusal
	}
	a.TermDuration, a.BillingCycle = parent.term.Duration, parent.term.BillingCycle
	if refusal := w.fillLine(line, &a.LineRequest, p.customer); refusal != nil {
		return refusal
	}
	if line.Error != nil {
		return line.Error.direct
	}
	ofOrder := parent.bought == p && p.lines[parent.line()].Group == group
	if !ofOrder || line.Item.Kind != Legacy || !slices.Contains(line.Item.Bases, parent.item.SKU()) || parent.status != StatusActive {
		return ErrUnrelatedAddOn
	}
	line.Group = group
	return nil
}
