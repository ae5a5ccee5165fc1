package world

import (
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
)

// The statuses of an order that come about here.
const (
	OrderPending   = "pending"
	OrderCompleted = "completed"
	OrderSuspended = "suspended" // one of its subscriptions is
	OrderCancelled = "cancelled" // all of its subscriptions are

	OrderPendingReview  = "pending_review"
	OrderPendingPO      = "pending_po_upload"
	OrderPOUploaded     = "po_upload_complete"
	OrderPORejected     = "po_review_rejected"
	OrderPartialSuccess = "partial_success"
	OrderFailed         = "error"
)

// Order is an order as the vendor shows it.
type Order struct {
	ID           string
	Customer     Customer
	BillingCycle string
	CreatedAt    time.Time
	Status       string
	Lines        []OrderLine
}

// OrderLine is one line of an order.
type OrderLine struct {
	Line         *Line
	Subscription ID // zero while it is not provisioned
	Unfulfilled  bool
	There        bool // provisioned
	Cancelled    bool // by a change of the order
}

// FriendlyName is the buyer's name of the line, or the item's title.
func (l *Line) friendly() string {
	if l.FriendlyName != "" {
		return l.FriendlyName
	}
	return l.Item.Title
}

// Friendly is the name that orders and subscriptions show.
func (l *OrderLine) Friendly() string { return l.Line.friendly() }

// Total is what the order costs over its terms, before tax.
func (o *Order) Total() Amount {
	total := Amount(0)
	for n := range o.Lines {
		total += o.Lines[n].Line.Extended()
	}
	return total
}

// CheckedOut is what became of a cart: one order, or error, per order group.
type CheckedOut struct {
	Orders []Order
	Errors []OrderError
}

// Checkout buys what is in a cart. A repeat buys nothing but what was an error before: it answers the orders as they are
// now, or is refused, as the settings and behaviours say.
func (w *World) Checkout(now time.Time, customerID, cart ID, by Request) (CheckedOut, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, refusal := w.cart(now, customerID, cart)
	if refusal != nil {
		return CheckedOut{}, refusal
	}
	if now.Before(p.busyUntil) {
		return CheckedOut{}, ErrCartBusy
	}
	if p.done() {
		if _, struck := by.Behave.Ask(behaviours.RecheckoutRefused); struck || w.settings.RefuseRecheckout {
			return CheckedOut{}, ErrCartSubmitted
		}
		return w.checkedOut(now, p), nil
	}
	for n := range p.lines {
		if p.lines[n].Error != nil {
			return CheckedOut{}, ErrCartItems
		}
		item, refusal := w.catalogue.find(p.lines[n].Item.ID, p.customer.Country)
		switch {
		case refusal != nil:
			return CheckedOut{}, refusal
		case item.SoldOut:
			return CheckedOut{}, ErrNoInventory
		}
	}
	if refusal := w.mayBuy(now, p); refusal != nil {
		return CheckedOut{}, refusal
	}
	w.buy(now, p, by)
	return w.checkedOut(now, p), nil
}

// done says whether all of a cart became orders.
func (p *purchase) done() bool {
	for g := range p.groups {
		if !p.placed(g) {
			return false
		}
	}
	return true
}

// buy is the one place where something is bought, as far as the cart is not bought already.
func (w *World) buy(now time.Time, p *purchase, by Request) {
	var before [groupsPerOrder]bool
	for g := range p.groups {
		before[g] = p.placed(g)
	}
	if !w.meet(now, p, by) {
		return
	}
	if p.ordered.IsZero() {
		p.ordered, p.ready = now, now.Add(w.settings.ProvisioningDelay)
		p.subs = make([]subscription, len(p.lines))
		if !p.direct {
			w.ledger.carts.bought(p.number)
		}
	}
	for g := range p.groups {
		if !before[g] {
			w.fulfil(now, p, g, by)
		}
	}
	if r, ok := by.Behave.Ask(behaviours.CheckoutRunning); ok {
		p.busyUntil = now.Add(r.For)
	}
	if r, ok := by.Behave.Ask(behaviours.OrderRunning); ok {
		p.customer.busyUntil = now.Add(r.For)
	}
}

// fulfilLine buys one line.
func (w *World) fulfilLine(now, start time.Time, p *purchase, n int, by Request) {
	line := &p.lines[n]
	id := w.ids.guid(kindSubscription, p.number*linesPerOrder+uint64(n))
	p.subs[n].begin(start, id, line.Item, line.Term, line.Quantity, line.friendly())
	p.subs[n].bought = p
	w.ledger.add(Effect{
		At: now, Kind: EffectPurchase, Customer: p.customer.ID, Cart: w.cartID(p),
		Order: w.orderID(p, line.Group), Line: n, Subscription: id, Item: line.Item.ID, After: line.Quantity,
		Status: StatusActive, FriendlyName: line.friendly(),
	}, by)
}

// cartID is the id of the cart; zero: there was none.
func (w *World) cartID(p *purchase) ID {
	if p.direct {
		return ID{}
	}
	return w.ids.guid(kindCart, p.number)
}

// mayBuy says why a customer cannot buy now; nil: it can.
func (c *customer) mayBuy(now time.Time) *Refusal {
	if now.Before(c.busyUntil) {
		return ErrOrderBusy
	}
	return c.blocked
}

// mayBuy says why a purchase cannot be made now; nil: it can.
func (w *World) mayBuy(now time.Time, p *purchase) *Refusal {
	if refusal := p.customer.mayBuy(now); refusal != nil || !w.settings.SandboxLimits {
		return refusal
	}
	subscriptions, reservations := 0, 0
	for s := range w.all(now, p.customer) {
		if s.status != StatusDeleted {
			subscriptions++
		}
	}
	for other := range w.purchases(p.customer) {
		for n := range other.subs {
			if other.lines[n].Item.Kind == Reservation && !other.subs[n].cancelled {
				reservations++
			}
		}
	}
	for n := range p.lines {
		switch kind := p.lines[n].Item.Kind; {
		case kind == Reservation:
			reservations++
		case kind.Subscribes():
			subscriptions++
		}
	}
	if subscriptions > sandboxSubscriptions || reservations > sandboxReservations {
		return ErrSandboxLimit
	}
	return nil
}

// start makes the subscriptions of an order that ended before its time begin then.
func (w *World) start(p *purchase, group int, at time.Time) {
	for n := range p.lines {
		if s := &p.subs[n]; p.lines[n].Group == group && s.bought != nil {
			s.begin(at, s.id, s.item, s.term, s.quantity, s.name)
			s.bought = p
		}
	}
}

func (w *World) orderID(p *purchase, group int) string {
	return w.ids.order(p.number*groupsPerOrder + uint64(group))
}

// checkedOut shows all orders of a purchase, and the groups that are none.
func (w *World) checkedOut(now time.Time, p *purchase) CheckedOut {
	out := CheckedOut{Orders: make([]Order, 0, p.groups)}
	for g := range p.groups {
		if f := p.fate(g); f != nil && f.refused != nil {
			out.Errors = append(out.Errors, *f.refused)
			continue
		}
		out.Orders = append(out.Orders, w.order(now, p, g))
	}
	return out
}

func (w *World) order(now time.Time, p *purchase, group int) Order {
	f := p.fate(group)
	o := Order{ID: w.orderID(p, group), Customer: p.customer.Customer, CreatedAt: p.ordered, Status: OrderPending}
	end := OrderCompleted
	if f != nil {
		o.CreatedAt, o.Status = f.placed, f.status(now)
		end = f.end
	}
	ready := f == nil && !now.Before(p.ready) || f != nil && o.Status == f.end && f.good()
	o.Lines = make([]OrderLine, 0, len(p.lines))
	there, suspended, deleted := 0, 0, 0
	for n := range p.lines {
		line := &p.lines[n]
		if line.Group != group {
			continue
		}
		ordered := OrderLine{Line: line, Unfulfilled: ready && f != nil && f.loses(n)}
		if p.there(now, n) {
			there++
			ordered.There, ordered.Cancelled = true, p.subs[n].cancelled
			if line.Item.Kind.Subscribes() {
				ordered.Subscription = p.subs[n].id
			}
			switch p.subs[n].status {
			case StatusSuspended:
				suspended++
			case StatusDeleted:
				deleted++
			}
		}
		o.BillingCycle = line.Term.BillingCycle
		o.Lines = append(o.Lines, ordered)
	}
	switch {
	case !ready:
	case there > 0 && deleted == there:
		o.Status = OrderCancelled
	case suspended > 0:
		o.Status = OrderSuspended
	default:
		o.Status = end
	}
	return o
}

// Order reads an order. It is there from the moment it was placed.
func (w *World) Order(now time.Time, customerID ID, id string) (Order, *Refusal) {
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
	return w.order(now, p, group), nil
}

// findOrder finds an order of a customer; nil: of any.
func (w *World) findOrder(c *customer, id string) (*purchase, int) {
	number, ok := w.ids.orderNumber(id)
	if !ok {
		return nil, 0
	}
	p, group := w.purchase(number/groupsPerOrder), int(number%groupsPerOrder)
	if p == nil || c != nil && p.customer != c || group >= p.groups || !p.placed(group) {
		return nil, 0
	}
	return p, group
}

// Orders lists a customer's orders, oldest first, as far as they are kept and the list lag has passed. An empty billing
// cycle means all.
func (w *World) Orders(now time.Time, customerID ID, billingCycle string) ([]Order, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, refusal := w.customer(customerID)
	if refusal != nil {
		return nil, refusal
	}
	var list []Order
	for p := range w.purchases(c) {
		for g := range p.groups {
			if !p.placed(g) || now.Before(w.listed(p, g)) {
				continue
			}
			if o := w.order(now, p, g); billingCycle == "" || o.BillingCycle == billingCycle {
				list = append(list, o)
			}
		}
	}
	return list, nil
}

// listed is when an order shows in lists.
func (w *World) listed(p *purchase, group int) time.Time {
	f := p.fate(group)
	switch {
	case f == nil:
		return p.ordered.Add(w.settings.ListLag)
	case f.lag > 0:
		return f.placed.Add(f.lag)
	}
	return f.placed.Add(w.settings.ListLag)
}

// purchases walks over what a customer has bought, oldest cart first.
func (w *World) purchases(c *customer) func(yield func(*purchase) bool) {
	return func(yield func(*purchase) bool) {
		size := uint64(len(w.ring))
		first := w.next - min(w.next, size)
		for n := first; n < w.next; n++ {
			if p := w.ring[n%size]; p != nil && p.customer == c && !p.ordered.IsZero() && !yield(p) {
				return
			}
		}
	}
}
