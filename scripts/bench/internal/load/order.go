package load

import (
	"fmt"
	"strconv"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/scripts/bench/internal/witness"
)

// requesters is how many people the inbox orders name.
const requesters = 1000

// Offers is whom orders are for and what they buy. Orders go round all customers and all items.
type Offers struct {
	Customers []witness.Customer
	Items     []witness.Item
}

// pick is what the n-th order asks for: small enough that no threshold is near.
func (o Offers) pick(n int) (witness.Customer, witness.Item, int32) {
	c := o.Customers[n%len(o.Customers)]
	i := o.Items[n/len(o.Customers)%len(o.Items)]
	return c, i, int32(1 + n%3)
}

// order is the n-th order, as the inbox takes it.
func (o Offers) order(n int) *orderv1.NewOrder {
	c, item, quantity := o.pick(n)
	who := strconv.Itoa(n % requesters)
	return &orderv1.NewOrder{
		Customer: &orderv1.Customer{TenantId: c.ID, Name: c.Name},
		Lines: []*orderv1.Line{{
			Number: 1, Product: item.Title, CatalogItem: item.ID, UnitPrice: &orderv1.Money{Amount: item.Price, Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
				Quantity: quantity, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
			}},
		}},
		Requester: &orderv1.Person{Name: "Requester " + who, Email: "requester-" + who + "@customer.example"},
		Reference: "PO-" + strconv.Itoa(n),
	}
}

// appendJSON appends the n-th order as the HTTP API takes it.
func (o Offers) appendJSON(b []byte, n int) []byte {
	c, item, quantity := o.pick(n)
	return fmt.Appendf(b, `{"customer":{"tenant_id":%q,"name":%q},"lines":[{"number":1,"product":%q,"catalog_item":%q,`+
		`"unit_price":{"amount":%q,"currency":"USD"},"new_subscription":{"quantity":%d,"term":"P1Y","billing_cycle":"annual"}}],"reference":"PO-%d"}`,
		c.ID, c.Name, item.Title, item.ID, item.Price, quantity, n)
}
