package world

import (
	"math"
	"time"
)

// LineRequest is one line of a cart as the buyer wants it.
type LineRequest struct {
	ItemID       string
	Quantity     int64
	FriendlyName string // empty: the item's title in the order, nothing in the cart
	TermDuration string // empty: the item's first
	BillingCycle string // empty: the item's first; in snake_case
	Extras       *Extras
}

// Extras are the rarer properties of a line; they are kept and given back, and have no effect.
type Extras struct {
	PromotionID         string
	AttestationAccepted bool
	Participants        []Participant
}

// Participant is a reseller on a line.
type Participant struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// LineError is why a cart line cannot be bought. A cart is made with such lines and cannot be checked out.
type LineError struct {
	Code        int
	Description string
}

var (
	lineTerm     = &LineError{10010, "The item is not sold for this term."}
	lineCycle    = &LineError{10013, "The item is not sold with this billing plan."}
	lineQuantity = &LineError{10015, "The quantity exceeds the number of seats that may be bought."}
)

// Line is one line of a cart.
type Line struct {
	Item         *Item
	Term         *Term // nil when Error is about the term
	Quantity     int64
	FriendlyName string
	Group        int // lines of one group become one order
	Extras       *Extras
	Error        *LineError
}

// Extended is what the line costs over its whole term.
func (l *Line) Extended() Amount {
	if l.Term == nil {
		return 0
	}
	return l.Term.Price.Times(l.Quantity * l.Term.Periods)
}

// Cart is a cart as the vendor shows it. Lines must not be changed.
type Cart struct {
	ID        ID
	Customer  Customer
	CreatedAt time.Time
	ExpiresAt time.Time
	Ordered   bool // else Active
	Lines     []Line
}

// purchase is a cart and, once it was checked out, all that came of it.
type purchase struct {
	number   uint64
	customer *customer
	created  time.Time
	lines    []Line
	groups   int

	ordered time.Time // zero: not yet
	ready   time.Time // when the orders are completed
	subs    []subscription

	fates     []*fate   // by order group; nil: all go the usual way
	busyUntil time.Time // the checkout is still being processed
}

// CreateCart makes a cart. Unknown, retired and unavailable items are refused; a term, billing cycle or quantity that the
// item does not allow is an error of its line in a cart that exists all the same.
func (w *World) CreateCart(now time.Time, customerID ID, requests []LineRequest) (Cart, *Refusal) {
	switch {
	case len(requests) == 0:
		return Cart{}, ErrNoLines
	case len(requests) > maxCartLines:
		return Cart{}, ErrTooManyLines
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return Cart{}, refusal
	}
	p := &purchase{number: w.next, customer: c, created: now, lines: make([]Line, len(requests))}
	for n := range requests {
		if refusal := w.fillLine(&p.lines[n], &requests[n], c); refusal != nil {
			return Cart{}, refusal
		}
	}
	p.group()
	w.ring[p.number%uint64(len(w.ring))] = p
	w.next++
	w.ledger.carts.open()
	return w.show(p), nil
}

func (w *World) fillLine(line *Line, r *LineRequest, c *customer) *Refusal {
	item, refusal := w.catalogue.find(r.ItemID, c.Country)
	if refusal != nil {
		return refusal
	}
	if r.Quantity < item.MinQuantity || r.Quantity > math.MaxInt32 {
		return ErrLineQuantity
	}
	*line = Line{Item: item, Quantity: r.Quantity, FriendlyName: r.FriendlyName, Extras: r.Extras}
	line.Term = item.term(r.TermDuration, r.BillingCycle)
	switch {
	case line.Term == nil && item.term(r.TermDuration, "") == nil:
		line.Error = lineTerm
	case line.Term == nil:
		line.Error = lineCycle
	case r.Quantity > item.MaxQuantity:
		line.Error = lineQuantity
	}
	return nil
}

// group puts the lines of one billing cycle into one order, since an order has only one.
func (p *purchase) group() {
	var cycles []string
	for n := range p.lines {
		line := &p.lines[n]
		if line.Term == nil {
			continue
		}
		line.Group = len(cycles)
		for g, cycle := range cycles {
			if cycle == line.Term.BillingCycle {
				line.Group = g
			}
		}
		if line.Group == len(cycles) {
			cycles = append(cycles, line.Term.BillingCycle)
		}
	}
	p.groups = max(1, len(cycles))
}

// Cart reads a cart. It is gone when it has expired.
func (w *World) Cart(now time.Time, customerID, cart ID) (Cart, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, refusal := w.cart(now, customerID, cart)
	if refusal != nil {
		return Cart{}, refusal
	}
	return w.show(p), nil
}

func (w *World) cart(now time.Time, customerID, cart ID) (*purchase, *Refusal) {
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return nil, refusal
	}
	number, ok := w.ids.number(kindCart, cart)
	if !ok {
		return nil, ErrCartNotFound
	}
	p := w.purchase(number)
	if p == nil || p.customer != c || now.After(p.created.Add(cartLifetime)) {
		return nil, ErrCartNotFound
	}
	return p, nil
}

// purchase finds a purchase that is still kept.
func (w *World) purchase(number uint64) *purchase {
	if p := w.ring[number%uint64(len(w.ring))]; p != nil && p.number == number {
		return p
	}
	return nil
}

func (w *World) show(p *purchase) Cart {
	return Cart{
		ID: w.ids.guid(kindCart, p.number), Customer: p.customer.Customer, CreatedAt: p.created,
		ExpiresAt: p.created.Add(cartLifetime), Ordered: !p.ordered.IsZero(), Lines: p.lines,
	}
}
