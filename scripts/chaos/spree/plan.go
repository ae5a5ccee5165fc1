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
	office  = item{"Microsoft 365 E5", "CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS"}
	// bigger is what powerBI can be changed into, addOn what office can have besides, software what is bought once.
	bigger   = item{"Power BI Premium per user", "CFQ7TTC0HL8T:0001:CFQ7TTC0PBU1"}
	addOn    = item{"AI Builder capacity", "CFQ7TTC0LH0Z:0001:CFQ7TTC0K18P"}
	software = item{"Windows Server, perpetual", "DG7GMGF0DWT0:0001:DG7GMGF0DSQR"}
	items    = []item{
		office,
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
	item     item
	customer int
	base     int64
}

// planner makes the same orders for the same seed.
type planner struct {
	random *rand.Rand
	n      int
	seats  []subscription // changed by many orders
	own    []subscription // each changed by one line
	bases  []subscription // one of each customer, to which add-ons are bought
	bought []purchase     // each cancelled by one line
	halted []halted       // of own, suspended before the spree and reactivated by one line
}

// halted is a subscription that is suspended before the spree.
type halted struct {
	customer int
	id       string
}

// purchase is one that was made before the spree, and that a line cancels.
type purchase struct {
	customer int
	change   *orderv1.CancelPurchase
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
		p.seats = append(p.seats, subscription{p.id(4).String(), powerBI, i % tenants, int64(100 + i)})
	}
	for i := range tenants {
		p.bases = append(p.bases, subscription{p.id(4).String(), office, i, 10})
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
		k.make(p, l, customer)
		o.body.Lines, o.kinds = append(o.body.Lines, l), append(o.kinds, k.word)
	}
	return o
}

// sharedBy is a subscription of the customer whose seats other lines change too.
func (p *planner) sharedBy(customer int) string {
	var of []string
	for _, s := range p.seats {
		if s.customer == customer {
			of = append(of, s.id)
		}
	}
	return of[p.random.IntN(len(of))]
}

// fresh is a subscription that this line alone changes.
func (p *planner) fresh(customer int) string {
	s := subscription{p.id(4).String(), powerBI, customer, int64(10 + p.random.IntN(20))}
	p.own = append(p.own, s)
	return s.id
}

func (p *planner) chance(percent int) bool { return p.random.IntN(100) < percent }

// id is a UUID of a version, from the seed.
func (p *planner) id(version byte) (id uuid.UUID) {
	for b := range id {
		id[b] = byte(p.random.IntN(256))
	}
	id[6], id[8] = id[6]&0x0f|version<<4, id[8]&0x3f|0x80
	return id
}
