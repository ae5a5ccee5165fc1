package world

import (
	"time"
)

// The statuses of a subscription that come about here.
const (
	StatusActive    = "active"
	StatusSuspended = "suspended"
	StatusDeleted   = "deleted"
)

// Subscription is a subscription as the vendor shows it.
type Subscription struct {
	ID             ID
	Customer       Customer
	Item           *Item
	Term           *Term
	FriendlyName   string
	Quantity       int64
	Status         string
	AutoRenew      bool
	StartsAt       time.Time
	EndsAt         time.Time // end of the last day of the term
	CancelUntil    time.Time
	OrderID        string // empty: not bought here
	Refundable     int64  // seats that may still be given back
	Refunds        []Refund
	ETag           string // empty: it has none
	FullRefundEnds time.Time
	Accepted       bool // its last change is under way and does not show yet
	Parent         ID   // zero: it is no legacy add-on
	Next           *NextTerm
	Registered     time.Time // for reservations; zero: not
}

// Refund is seats that may be given back until a time.
type Refund struct {
	Quantity int64
	Until    time.Time
}

// Change is what a full-resource update says. A property that is missing in the update is nil, except AutoRenew: the
// vendor takes a missing one as false.
type Change struct {
	ID           string // as in the body; empty: missing
	Quantity     *int64
	Status       *string
	FriendlyName *string
	AutoRenew    bool
	IfMatch      string // an etag without its quotes; empty: none
	BillingCycle string // as in the body; empty: missing
	Next         *NextTerm
	By           Request
}

// changing is a change that is made and does not show yet.
type changing struct {
	shown *subscription
	until time.Time
	code  int // with which further changes are refused
}

func (s *subscription) underway(now time.Time) bool {
	return s.changing != nil && now.Before(s.changing.until)
}

type subscription struct {
	id        ID
	item      *Item
	term      *Term
	name      string
	quantity  int64
	status    string
	autoRenew bool
	version   int64
	start     time.Time
	refunds   []Refund  // oldest first
	bought    *purchase // nil: made by hand
	changing  *changing // nil: nothing is under way

	next        *NextTerm
	parent      ID   // of a legacy add-on
	cancelled   bool // by its order
	registered  time.Time
	transitions []*Transition
}

func (s *subscription) begin(start time.Time, id ID, item *Item, term *Term, quantity int64, name string) {
	*s = subscription{
		id: id, item: item, term: term, name: name, quantity: quantity, status: StatusActive, autoRenew: item.Renews(),
		version: 1, start: start, refunds: []Refund{{Quantity: quantity, Until: start.Add(refundWindow)}},
	}
	if item.Kind == SoftwareTerm || item.Kind == AzurePlan {
		s.refunds = nil
	}
}

// CreateSubscription makes a subscription that nobody bought here, such as one from before the simulator's time. The zero
// ID means a new one. It is refused for an unknown customer or item, and when the id is taken (800002).
func (w *World) CreateSubscription(now time.Time, customerID, id ID, itemID string, quantity int64, name string) (Subscription, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return Subscription{}, refusal
	}
	item, refusal := w.catalogue.find(itemID, c.Country)
	switch {
	case refusal != nil:
		return Subscription{}, refusal
	case quantity < item.MinQuantity || quantity > item.MaxQuantity:
		return Subscription{}, ErrQuantity
	case id == ID{}:
		id = w.newSubscriptionID()
	}
	for _, other := range w.customers {
		if other.find(id) != nil {
			return Subscription{}, ErrInvalidInput
		}
	}
	return w.view(now, c, w.stand(now, c, id, item, quantity, name)), nil
}

// stand adds a subscription that is never forgotten.
func (w *World) stand(start time.Time, c *customer, id ID, item *Item, quantity int64, name string) *subscription {
	s := &subscription{}
	if name == "" {
		name = item.Title
	}
	s.begin(start, id, item, &item.Terms[0], quantity, name)
	c.standing = append(c.standing, s)
	w.ledger.add(Effect{
		At: start, Kind: EffectGiven, Customer: c.ID, Subscription: id, Item: item.ID, After: quantity,
		Status: StatusActive, FriendlyName: name,
	}, Request{})
	return s
}

// newSubscriptionID makes an id with a number that no cart will have.
func (w *World) newSubscriptionID() ID {
	id := w.ids.guid(kindSubscription, w.next*linesPerOrder)
	w.next++
	w.ledger.carts.open()
	return id
}

// bySubscriptionID finds a subscription of a customer, there or not yet; nil: it has none with this id.
func (w *World) bySubscriptionID(c *customer, id ID) *subscription {
	if number, ok := w.ids.number(kindSubscription, id); ok {
		line, p := int(number%linesPerOrder), w.purchase(number/linesPerOrder)
		if p != nil && p.customer == c && line < len(p.subs) {
			return &p.subs[line]
		}
	}
	return c.find(id)
}

func (c *customer) find(id ID) *subscription {
	for _, s := range c.standing {
		if s.id == id {
			return s
		}
	}
	return nil
}

// subscription finds one that is there: bought and provisioned, or made by hand.
func (w *World) subscription(now time.Time, customerID, id ID) (*customer, *subscription, *Refusal) {
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return nil, nil, refusal
	}
	if number, ok := w.ids.number(kindSubscription, id); ok {
		line := int(number % linesPerOrder)
		p := w.purchase(number / linesPerOrder)
		if p != nil && p.customer == c && line < len(p.subs) && p.there(now, line) && p.lines[line].Item.Kind.Subscribes() {
			return c, &p.subs[line], nil
		}
	}
	if s := c.find(id); s != nil && !now.Before(s.start) {
		return c, s, nil
	}
	return nil, nil, ErrSubscriptionNotFound
}

// Subscription reads a subscription.
func (w *World) Subscription(now time.Time, customerID, id ID) (Subscription, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, s, refusal := w.subscription(now, customerID, id)
	if refusal != nil {
		return Subscription{}, refusal
	}
	return w.view(now, c, s), nil
}

// Subscriptions lists a customer's subscriptions, oldest first. With an order id, those of that order only: none for an
// order that is not there.
func (w *World) Subscriptions(now time.Time, customerID ID, orderID string) ([]Subscription, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return nil, refusal
	}
	var list []Subscription
	if orderID != "" {
		if p, group := w.findOrder(c, orderID); p != nil {
			list = w.appendBought(now, list, c, p, group)
		}
		return list, nil
	}
	for _, s := range c.standing {
		if !now.Before(s.start) {
			list = append(list, w.view(now, c, s))
		}
	}
	for p := range w.purchases(c) {
		for g := range p.groups {
			list = w.appendBought(now, list, c, p, g)
		}
	}
	return list, nil
}

func (w *World) appendBought(now time.Time, list []Subscription, c *customer, p *purchase, group int) []Subscription {
	for n := range p.subs {
		if p.lines[n].Group == group && p.there(now, n) && p.lines[n].Item.Kind.Subscribes() {
			list = append(list, w.view(now, c, &p.subs[n]))
		}
	}
	return list
}

func (w *World) view(now time.Time, c *customer, s *subscription) Subscription {
	if s.underway(now) {
		v := w.view(now, c, s.changing.shown)
		v.Accepted = true
		return v
	}
	v := Subscription{
		ID: s.id, Customer: c.Customer, Item: s.item, Term: s.term, FriendlyName: s.name, Quantity: s.quantity,
		Status: s.status, AutoRenew: s.autoRenew, StartsAt: s.start, EndsAt: s.term.end(s.start),
		FullRefundEnds: s.start.Add(24 * time.Hour), Parent: s.parent, Next: s.next, Registered: s.registered,
	}
	if window, _ := s.window(); window < forever {
		v.CancelUntil = s.start.Add(window)
	}
	if s.bought != nil {
		v.OrderID = w.orderID(s.bought, s.bought.lines[s.line()].Group)
	}
	for _, r := range s.refunds {
		if now.Before(r.Until) {
			v.Refundable += r.Quantity
			v.Refunds = append(v.Refunds, r)
		}
	}
	if w.settings.ETags {
		v.ETag = s.etag()
	}
	return v
}

// line is where in its purchase a bought subscription stands.
func (s *subscription) line() int {
	for n := range s.bought.subs {
		if s.bought.subs[n].id == s.id {
			return n
		}
	}
	return 0
}

// end is the last second of the last day of a term.
func (t *Term) end(start time.Time) time.Time {
	start = start.UTC()
	day := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, time.UTC)
	switch t.Duration {
	case termForever:
		return time.Date(9999, 12, 10, 0, 0, 0, 0, time.UTC)
	case "P1M":
		day = day.AddDate(0, 1, 0)
	case "P3Y":
		day = day.AddDate(3, 0, 0)
	default:
		day = day.AddDate(1, 0, 0)
	}
	return day.Add(-time.Second)
}
