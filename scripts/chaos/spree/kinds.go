package spree

import (
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// kind is a requested change, with how often it is made in parts of the sum.
type kind struct {
	word  string
	parts int
	make  func(p *planner, l *orderv1.Line, customer int)
}

const yearly, monthly = orderv1.BillingCycle_BILLING_CYCLE_ANNUAL, orderv1.BillingCycle_BILLING_CYCLE_MONTHLY

// kinds are all that can be asked for.
var kinds = []kind{
	{"new_subscription", 36, func(p *planner, l *orderv1.Line, _ int) {
		i := items[p.random.IntN(len(items))]
		l.Product, l.CatalogItem = i.product, i.catalog
		l.Change = &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
			Quantity: int32(1 + p.random.IntN(20)), Term: "P1Y", BillingCycle: yearly,
		}}
	}},
	{"add_on", 6, func(p *planner, l *orderv1.Line, customer int) {
		l.Product, l.CatalogItem = addOn.product, addOn.catalog
		l.Change = &orderv1.Line_AddOn{AddOn: &orderv1.AddOn{
			ParentSubscriptionId: p.bases[customer].id, Quantity: int32(1 + p.random.IntN(3)), Term: "P1Y", BillingCycle: yearly,
		}}
	}},
	{"add_seats", 16, func(p *planner, l *orderv1.Line, customer int) {
		l.Change = &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: p.sharedBy(customer), Quantity: int32(1 + p.random.IntN(5))}}
	}},
	{"remove_seats", 6, func(p *planner, l *orderv1.Line, customer int) {
		l.Change = &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: p.sharedBy(customer), Quantity: int32(1 + p.random.IntN(3))}}
	}},
	{"suspend", 6, func(p *planner, l *orderv1.Line, customer int) {
		l.Change = &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: p.fresh(customer)}}
	}},
	{"reactivate", 4, func(p *planner, l *orderv1.Line, customer int) {
		id := p.fresh(customer)
		p.halted = append(p.halted, halted{customer, id})
		l.Change = &orderv1.Line_Reactivate{Reactivate: &orderv1.Reactivate{SubscriptionId: id}}
	}},
	{"set_auto_renew", 6, func(p *planner, l *orderv1.Line, customer int) {
		l.Change = &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{SubscriptionId: p.fresh(customer)}}
	}},
	{"cancel_subscription", 6, func(p *planner, l *orderv1.Line, customer int) {
		l.Change = &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: p.fresh(customer)}}
	}},
	{"change_term", 6, func(p *planner, l *orderv1.Line, customer int) {
		l.Change = &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{SubscriptionId: p.fresh(customer), BillingCycle: monthly}}
	}},
	{"change_product", 6, func(p *planner, l *orderv1.Line, customer int) {
		l.Product, l.CatalogItem = bigger.product, bigger.catalog
		l.Change = &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{SubscriptionId: p.fresh(customer)}}
	}},
	{"cancel_purchase", 4, func(p *planner, l *orderv1.Line, customer int) {
		l.Product = software.product
		change := new(orderv1.CancelPurchase) // its order is bought, and named, before the order is granted
		p.bought = append(p.bought, purchase{customer, change})
		l.Change = &orderv1.Line_CancelPurchase{CancelPurchase: change}
	}},
}

// kind draws one.
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
