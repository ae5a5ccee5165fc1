package spree

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// item is something the double sells.
type item struct{ product, catalog string }

var (
	powerBI = item{"Power BI Pro", "CFQ7TTC0HL8W:0001:CFQ7TTC0PBI1"}
	items   = []item{
		{"Microsoft 365 E5", "CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS"},
		powerBI,
		{"Microsoft 365 Business Premium", "CFQ7TTC0LCHC:0002:CFQ7TTC0HBP2"},
	}
)

// tenants is how many customers there are; orders go round them unevenly.
const tenants = 24

// most is how many lines an order has.
const most = 4

// shared is how many subscriptions have their seats changed by many orders.
const shared = 40

// subscription is one that exists before the spree.
type subscription struct {
	id       string
	customer int
	base     int64
}

// planner makes the same orders for the same seed.
type planner struct {
	random *rand.Rand
	n      int
	seats  []subscription // changed by many orders
	own    []subscription // each changed by one line
}

// kind is a requested change, with how often it is made in parts of the sum.
type kind struct {
	word  string
	parts int
	// own says that the line has a subscription for itself, made for it beforehand.
	own  bool
	make func(p *planner, l *orderv1.Line, sub subscription)
}

// kinds are all that can be asked for.
var kinds = []kind{
	{word: "new_subscription", parts: 40, make: func(p *planner, l *orderv1.Line, _ subscription) {
		i := items[p.random.IntN(len(items))]
		l.Product, l.CatalogItem = i.product, i.catalog
		l.Change = &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
			Quantity: int32(1 + p.random.IntN(20)), Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
		}}
	}},
	{word: "add_seats", parts: 16, make: func(p *planner, l *orderv1.Line, sub subscription) {
		l.Change = &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: sub.id, Quantity: int32(1 + p.random.IntN(5))}}
	}},
	{word: "remove_seats", parts: 6, make: func(p *planner, l *orderv1.Line, sub subscription) {
		l.Change = &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: sub.id, Quantity: int32(1 + p.random.IntN(3))}}
	}},
}

// order is one granted order.
type order struct {
	body  *orderv1.Order
	kinds []string
}

func tenant(i int) *orderv1.Customer {
	return &orderv1.Customer{TenantId: fmt.Sprintf("5eed0000-0000-4000-8000-%012x", i+1), Name: fmt.Sprintf("Customer %d", i+1)}
}

// orders makes orders with so many lines in all.
func (p *planner) orders(lines int, now time.Time) []order {
	for i := range shared {
		p.seats = append(p.seats, subscription{p.id(4).String(), i % tenants, int64(100 + i)})
	}
	var all []order
	for left := lines; left > 0; {
		o := p.order(min(left, 1+p.random.IntN(most)), now)
		left -= len(o.kinds)
		all = append(all, o)
	}
	return all
}

func (p *planner) order(lines int, now time.Time) order {
	p.n++
	customer := min(p.random.IntN(tenants), p.random.IntN(tenants))
	o := order{body: &orderv1.Order{
		Id: p.id(7).String(), Number: fmt.Sprintf("ORD-2026-%05d", p.n), Customer: tenant(customer), Source: "erp",
		Requester: &orderv1.Person{Issuer: "nats", Subject: "erp", Role: orderv1.Role_ROLE_SYSTEM}, PlacedAt: timestamppb.New(now),
	}}
	if p.chance(5) {
		o.body.ScheduledFor = timestamppb.New(now.Add(time.Duration(1+p.random.IntN(30)) * time.Second))
	}
	for i := range lines {
		k := p.kind()
		l := &orderv1.Line{Number: int32(i + 1), Product: powerBI.product, UnitPrice: &orderv1.Money{Amount: "100.00", Currency: "USD"}}
		k.make(p, l, p.subscription(k, customer))
		o.body.Lines, o.kinds = append(o.body.Lines, l), append(o.kinds, k.word)
	}
	return o
}

// subscription is what a line of a kind changes, of this customer.
func (p *planner) subscription(k kind, customer int) subscription {
	if k.own {
		s := subscription{p.id(4).String(), customer, int64(10 + p.random.IntN(20))}
		p.own = append(p.own, s)
		return s
	}
	var of []subscription
	for _, s := range p.seats {
		if s.customer == customer {
			of = append(of, s)
		}
	}
	return of[p.random.IntN(len(of))]
}

func (p *planner) chance(percent int) bool { return p.random.IntN(100) < percent }

func (p *planner) kind() kind {
	sum := 0
	for i := range kinds {
		sum += kinds[i].parts
	}
	at := p.random.IntN(sum)
	for i := range kinds {
		if at -= kinds[i].parts; at < 0 {
			return kinds[i]
		}
	}
	return kinds[0]
}

// id is a UUID of a version, from the seed.
func (p *planner) id(version byte) (id uuid.UUID) {
	for b := range id {
		id[b] = byte(p.random.IntN(256))
	}
	id[6], id[8] = id[6]&0x0f|version<<4, id[8]&0x3f|0x80
	return id
}
