package world

import (
	"math"
	"slices"
	"strings"
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
	Context             map[string]string // provisioningContext
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
	direct      *Refusal // what an order without a cart is refused with
}

var (
	lineTerm       = &LineError{10010, "The item is not sold for this term.", ErrOrderTerm}
	lineCycle      = &LineError{10013, "The item is not sold with this billing plan.", ErrOrderTerm}
	lineQuantity   = &LineError{10015, "The quantity exceeds the number of seats that may be bought.", ErrLineQuantity}
	lineSoldOut    = &LineError{10003, "There is no inventory for the item.", ErrNoInventory}
	lineSandbox    = &LineError{10009, "The limit of the sandbox is met.", ErrSandboxLimit}
	lineNoBase     = &LineError{400041, "The add-on needs a compatible base product.", ErrNoBase}
	lineNoAzure    = &LineError{10007, "The subscription is not valid.", ErrNotAzure}
	lineUnregister = &LineError{10011, "The subscription is not registered.", refuse(400, 800030, "The subscription is not registered.")}
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

	direct bool         // an order without a cart
	papers []Attachment // purchase orders, with their order groups

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
	w.based(now, p)
	w.keep(p)
	return w.show(p), nil
}

// keep takes in a purchase under the next number.
func (w *World) keep(p *purchase) {
	w.ring[p.number%uint64(len(w.ring))] = p
	w.next++
	w.ledger.carts.open()
}

// based marks the add-ons for which neither the customer nor the cart has a base.
func (w *World) based(now time.Time, p *purchase) {
	for n := range p.lines {
		line := &p.lines[n]
		if line.Item.Bases == nil || line.Error != nil {
			continue
		}
		found := slices.ContainsFunc(p.lines, func(l Line) bool { return slices.Contains(line.Item.Bases, l.Item.SKU()) })
		for s := range w.all(now, p.customer) {
			found = found || s.status == StatusActive && slices.Contains(line.Item.Bases, s.item.SKU())
		}
		if !found {
			line.Error = lineNoBase
		}
	}
}

// reserves judges the Azure subscription that a reservation is for, if the line names one.
func (w *World) reserves(x *Extras, c *customer) *LineError {
	if x == nil {
		return nil
	}
	for name, text := range x.Context {
		if !strings.EqualFold(name, "subscriptionId") || text == "" {
			continue
		}
		id, _ := ParseID(text)
		s := w.bySubscriptionID(c, id)
		switch {
		case s == nil || s.item.Kind != AzurePlan:
			return lineNoAzure
		case s.registered.IsZero():
			return lineUnregister
		}
	}
	return nil
}

func (w *World) fillLine(line *Line, r *LineRequest, c *customer) *Refusal {
	item, refusal := w.catalogue.find(r.ItemID, c.Country)
	if refusal != nil {
		return refusal
	}
	switch {
	case r.Quantity < item.MinQuantity || r.Quantity > math.MaxInt32:
		return ErrLineQuantity
	case item.Segment != commercial && !c.account.qualified(item.Segment):
		return ErrNotQualified
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
	case item.SoldOut:
		line.Error = lineSoldOut
	case w.settings.SandboxLimits && item.Provisioning != "" && r.Quantity > sandboxSeats:
		line.Error = lineSandbox
	case item.Kind == Reservation:
		line.Error = w.reserves(r.Extras, c)
	}
	return nil
}

// group puts lines into orders: one order has one billing cycle, and things of one kind.
func (p *purchase) group() {
	p.groups = 0
	for n := range p.lines {
		line := &p.lines[n]
		if line.Term == nil {
			continue
		}
		line.Group = p.groups
		for m := range n {
			if other := &p.lines[m]; other.Term != nil && line.joins(other) {
				line.Group = other.Group
				break
			}
		}
		p.groups = max(p.groups, line.Group+1)
	}
	p.groups = max(1, p.groups)
}

func (l *Line) joins(other *Line) bool {
	return l.Term.BillingCycle == other.Term.BillingCycle && l.Item.Kind == other.Item.Kind &&
		l.Item.PurchaseOrder == other.Item.PurchaseOrder
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
	if p == nil || p.customer != c || p.direct || now.After(p.created.Add(cartLifetime)) {
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
