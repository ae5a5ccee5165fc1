package world

import "time"

// The statuses of an order that come about here.
const (
	OrderPending   = "pending"
	OrderCompleted = "completed"
	OrderSuspended = "suspended" // one of its subscriptions is
	OrderCancelled = "cancelled" // all of its subscriptions are
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

// Checkout buys what is in a cart and answers its orders, one per order group. A repeat buys nothing: it answers the
// orders as they are now, or is refused, as the settings say. requestID goes to the ledger only.
func (w *World) Checkout(now time.Time, customerID, cart ID, requestID string) ([]Order, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, refusal := w.cart(now, customerID, cart)
	if refusal != nil {
		return nil, refusal
	}
	if !p.ordered.IsZero() {
		if w.settings.RefuseRecheckout {
			return nil, ErrCartSubmitted
		}
		return w.orders(now, p), nil
	}
	for n := range p.lines {
		if p.lines[n].Error != nil {
			return nil, ErrCartItems
		}
		if _, refusal := w.catalogue.find(p.lines[n].Item.ID, p.customer.Country); refusal != nil {
			return nil, refusal
		}
	}
	w.buy(now, p, requestID)
	return w.orders(now, p), nil
}

// buy is the one place where something is bought.
func (w *World) buy(now time.Time, p *purchase, requestID string) {
	p.ordered, p.ready = now, now.Add(w.settings.ProvisioningDelay)
	p.subs = make([]subscription, len(p.lines))
	w.ledger.carts.bought(p.number)
	cart := w.ids.guid(kindCart, p.number)
	order, group := "", -1
	for n := range p.lines {
		line := &p.lines[n]
		id := w.ids.guid(kindSubscription, p.number*linesPerOrder+uint64(n))
		p.subs[n].begin(p.ready, id, line.Item, line.Term, line.Quantity, line.friendly())
		p.subs[n].bought = p
		if line.Group != group {
			order, group = w.orderID(p, line.Group), line.Group
		}
		w.ledger.add(Effect{
			At: now, Kind: EffectPurchase, Customer: p.customer.ID, Cart: cart, Order: order, Line: n, Subscription: id,
			Item: line.Item.ID, After: line.Quantity, Status: StatusActive, FriendlyName: line.friendly(), RequestID: requestID,
		})
	}
}

func (w *World) orderID(p *purchase, group int) string {
	return w.ids.order(p.number*groupsPerOrder + uint64(group))
}

// orders shows all orders of a purchase.
func (w *World) orders(now time.Time, p *purchase) []Order {
	list := make([]Order, p.groups)
	for g := range list {
		list[g] = w.order(now, p, g)
	}
	return list
}

func (w *World) order(now time.Time, p *purchase, group int) Order {
	o := Order{ID: w.orderID(p, group), Customer: p.customer.Customer, CreatedAt: p.ordered, Status: OrderPending}
	o.Lines = make([]OrderLine, 0, len(p.lines))
	ready := !now.Before(p.ready)
	suspended, deleted := 0, 0
	for n := range p.lines {
		line := &p.lines[n]
		if line.Group != group {
			continue
		}
		ordered := OrderLine{Line: line}
		if ready {
			ordered.Subscription = p.subs[n].id
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
	case deleted == len(o.Lines):
		o.Status = OrderCancelled
	case suspended > 0:
		o.Status = OrderSuspended
	default:
		o.Status = OrderCompleted
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

func (w *World) findOrder(c *customer, id string) (*purchase, int) {
	number, ok := w.ids.orderNumber(id)
	if !ok {
		return nil, 0
	}
	p, group := w.purchase(number/groupsPerOrder), int(number%groupsPerOrder)
	if p == nil || p.customer != c || p.ordered.IsZero() || group >= p.groups {
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
		if now.Before(p.ordered.Add(w.settings.ListLag)) {
			continue
		}
		for g := range p.groups {
			if o := w.order(now, p, g); billingCycle == "" || o.BillingCycle == billingCycle {
				list = append(list, o)
			}
		}
	}
	return list, nil
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
