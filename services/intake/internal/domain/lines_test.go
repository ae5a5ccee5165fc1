package domain_test

import orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"

const annual = orderv1.BillingCycle_BILLING_CYCLE_ANNUAL

func suspend(id string) *orderv1.Line {
	return &orderv1.Line{Product: "Visio", Change: &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: id}}}
}

func reactivate(id string) *orderv1.Line {
	return &orderv1.Line{Product: "Visio", Change: &orderv1.Line_Reactivate{Reactivate: &orderv1.Reactivate{SubscriptionId: id}}}
}

func cancel(id string) *orderv1.Line {
	return &orderv1.Line{Product: "Visio", Change: &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: id}}}
}

func undo(vendorOrder string, lines ...int32) *orderv1.Line {
	return &orderv1.Line{Product: "SQL Server", Change: &orderv1.Line_CancelPurchase{
		CancelPurchase: &orderv1.CancelPurchase{VendorOrderId: vendorOrder, VendorLines: lines},
	}}
}

func renew(id string, on bool) *orderv1.Line {
	return &orderv1.Line{Product: "Visio", Change: &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{SubscriptionId: id, Enabled: on}}}
}

func term(id, to string, cycle orderv1.BillingCycle, p *orderv1.Money) *orderv1.Line {
	return &orderv1.Line{Product: "Visio", UnitPrice: p, Change: &orderv1.Line_ChangeTerm{
		ChangeTerm: &orderv1.ChangeTerm{SubscriptionId: id, Term: to, BillingCycle: cycle},
	}}
}

func moveTo(quantity int32, p *orderv1.Money, id string) *orderv1.Line {
	return &orderv1.Line{Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLZ:0002:CFQ7TTC0XYZ1", UnitPrice: p, Change: &orderv1.Line_ChangeProduct{
		ChangeProduct: &orderv1.ChangeProduct{SubscriptionId: id, Quantity: quantity, Term: "P1Y", BillingCycle: annual},
	}}
}

func addOn(quantity int32, p *orderv1.Money, id string) *orderv1.Line {
	return &orderv1.Line{Product: "Teams Phone", CatalogItem: "CFQ7TTC0LH0T:0001", UnitPrice: p, Change: &orderv1.Line_AddOn{
		AddOn: &orderv1.AddOn{ParentSubscriptionId: id, Quantity: quantity, Term: "P1Y", BillingCycle: annual},
	}}
}

func withoutItem(l *orderv1.Line) *orderv1.Line {
	l.CatalogItem = ""
	return l
}

func priced(l *orderv1.Line, p *orderv1.Money) *orderv1.Line {
	l.UnitPrice = p
	return l
}

// every is a line of each kind, each about another subscription.
func every() []*orderv1.Line {
	id := func(n string) string { return subscription[:len(subscription)-1] + n }
	p := price("12.50", "USD")
	return []*orderv1.Line{
		buying(25, p), adding(10, p, id("2")), removing(3, nil, id("3")), suspend(id("4")), reactivate(id("5")), cancel(id("6")),
		undo("Xq1vWvKtJ2xS", 0, 2), renew(id("7"), true), term(id("8"), "P1Y", annual, nil), moveTo(10, p, id("9")), addOn(25, p, id("a")),
	}
}
