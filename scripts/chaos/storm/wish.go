package storm

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// kind is why an order is in the storm.
type kind string

const (
	small    kind = "small"    // granted by itself once its customer is known
	large    kind = "large"    // waits for an admin, who approves
	rejected kind = "rejected" // waits for an admin, who rejects
	seats    kind = "seats"    // changes a subscription that others change too
	mixed    kind = "mixed"    // several lines
	later    kind = "later"    // bought some seconds after it was approved
	stranger kind = "stranger" // the vendor does not know the customer
	faulty   kind = "faulty"   // never becomes an order
)

// shares says how often each kind is placed, in parts of the sum.
var shares = []struct {
	kind  kind
	parts int
}{{small, 34}, {large, 10}, {rejected, 5}, {seats, 20}, {mixed, 12}, {later, 6}, {stranger, 7}, {faulty, 6}}

// The doors.
const (
	inbox  = "inbox"
	byHTTP = "web"
)

// wish is an order as it is planned.
type wish struct {
	key   string
	kind  kind
	door  string
	json  bool // inbox: JSON instead of protobuf
	again bool // it is sent once more although it was answered
	who   int  // by HTTP: which of the people places it
	order *orderv1.NewOrder
	// end is the status it must end in; empty for one that must be refused.
	end string
	// mail is whom its outcome is told; empty for nobody.
	mail string
}

// item is something to buy.
type item struct {
	product, catalog, price string
	most                    int // seats so that the order stays below the threshold
}

// items are those of the Partner Center double.
var items = []item{
	{"Microsoft 365 E5", "CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS", "570.00", 16},
	{"Power BI Pro", "CFQ7TTC0HL8W:0001:CFQ7TTC0PBI1", "100.00", 60},
	{"Microsoft 365 Business Premium", "CFQ7TTC0LCHC:0002:CFQ7TTC0HBP2", "220.00", 40},
}

// powerBI is what the subscriptions are of that orders change.
var powerBI = items[1]

// customers are those that the double knows.
var customers = []*orderv1.Customer{
	{TenantId: "0d5c4b3a-1f2e-4d6c-8b7a-c0a7050c0401", Name: "Contoso Corp"},
	{TenantId: "0d5c4b3a-1f2e-4d6c-8b7a-fab21ca30402", Name: "Fabrikam Inc"},
	{TenantId: "0d5c4b3a-1f2e-4d6c-8b7a-0074719d0403", Name: "Northwind LLC"},
}

// strangers are those that it does not.
var strangers = []*orderv1.Customer{
	{TenantId: "7d1b0f5e-0000-4d6c-8b7a-000000000001", Name: "Nobody Ltd"},
	{TenantId: "7d1b0f5e-0000-4d6c-8b7a-000000000002", Name: "Nowhere GmbH"},
}

// person is somebody with a token.
type person struct{ name, email, role string }

// people place orders by HTTP; the decider decides all, since nobody decides an order of their own.
var (
	people = []person{
		{"Emily Chen", "emily.chen@msp.example", "technician"},
		{"John Smith", "john.smith@msp.example", "admin"},
	}
	decider = person{"Dana Reyes", "dana.reyes@msp.example", "admin"}
	admins  = []string{"john.smith@msp.example", "dana.reyes@msp.example"}
)

// subscription is one that exists before the storm and whose seats orders add to.
type subscription struct {
	id       string
	customer *orderv1.Customer
	base     int64
}

// planner makes the same orders for the same seed.
type planner struct {
	random *rand.Rand
	n      int
	prefix string
	subs   []subscription
}

func (p *planner) next(now time.Time) *wish {
	p.n++
	w := &wish{
		key: fmt.Sprintf("%s-%05d", p.prefix, p.n), kind: p.kind(), door: inbox, json: p.chance(50), again: p.chance(15), who: p.random.IntN(len(people)),
		order: &orderv1.NewOrder{Customer: customers[p.random.IntN(len(customers))]}, end: "completed",
	}
	w.order.Reference = w.key
	if p.chance(45) {
		w.door = byHTTP
	}
	switch w.kind {
	case small, later:
		w.order.Lines = []*orderv1.Line{p.buys(1, 1)}
		if w.kind == later {
			w.order.ScheduledFor = timestamppb.New(now.Add(time.Duration(2000+p.random.IntN(5000)) * time.Millisecond).Truncate(time.Millisecond))
		}
	case large:
		w.order.Lines = []*orderv1.Line{p.tooMany()}
	case rejected:
		w.order.Lines, w.order.Note, w.end = []*orderv1.Line{p.tooMany()}, rejectNote, "rejected"
	case seats:
		p.addsSeats(w, 1)
	case mixed:
		p.addsSeats(w, 3)
		w.order.Lines = append(w.order.Lines, p.buys(2, 3), p.buys(3, 3))
	case stranger:
		w.order.Customer, w.order.Lines, w.end = strangers[p.random.IntN(len(strangers))], []*orderv1.Line{p.buys(1, 1)}, "failed"
	case faulty:
		w.order.Lines, w.end = []*orderv1.Line{p.buys(1, 1)}, ""
		w.order.Lines[0].GetNewSubscription().Quantity = -3
	}
	p.sign(w)
	return w
}

// rejectNote tells the decider what to do.
const rejectNote = "Please reject this one."

// sign says who asks, and so who is told of the outcome.
func (p *planner) sign(w *wish) {
	switch {
	case w.door == byHTTP:
		w.mail = people[w.who].email
	case p.chance(70):
		w.order.Requester = &orderv1.Person{Name: people[w.who].name, Email: people[w.who].email}
		w.mail = people[w.who].email
	}
}

func (p *planner) chance(percent int) bool { return p.random.IntN(100) < percent }

func (p *planner) kind() kind {
	sum := 0
	for _, s := range shares {
		sum += s.parts
	}
	at := p.random.IntN(sum)
	for _, s := range shares {
		if at -= s.parts; at < 0 {
			return s.kind
		}
	}
	return small
}

// buys is a line that buys, of an order of so many lines that stays below the threshold.
func (p *planner) buys(number, lines int) *orderv1.Line {
	i := items[p.random.IntN(len(items))]
	return line(number, i, 1+p.random.IntN(max(i.most/lines, 1)))
}

func (p *planner) tooMany() *orderv1.Line {
	i := items[p.random.IntN(len(items))]
	return line(1, i, 2*i.most+p.random.IntN(20))
}

func line(number int, i item, quantity int) *orderv1.Line {
	return &orderv1.Line{
		Number: int32(number), Product: i.product, CatalogItem: i.catalog, UnitPrice: &orderv1.Money{Amount: i.price, Currency: "USD"},
		Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
			Quantity: int32(quantity), Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
		}},
	}
}

func (p *planner) addsSeats(w *wish, lines int) {
	s := p.subs[p.random.IntN(len(p.subs))]
	w.order.Customer = s.customer
	w.order.Lines = []*orderv1.Line{{
		Number: 1, Product: powerBI.product, UnitPrice: &orderv1.Money{Amount: powerBI.price, Currency: "USD"},
		Change: &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: s.id, Quantity: int32(1 + p.random.IntN(10/lines))}},
	}}
}

// subscriptions are made up for the seed, shared out among the customers.
func (p *planner) subscriptions(n int) {
	for i := range n {
		var id uuid.UUID
		for b := range id {
			id[b] = byte(p.random.IntN(256))
		}
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
		p.subs = append(p.subs, subscription{id.String(), customers[i%len(customers)], int64(10 + i)})
	}
}
