package domain

import (
	"fmt"
	"slices"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// kind is what a line asks for, as far as one line can stand in the way of another.
type kind uint8

const (
	other kind = iota // none, or one of a newer contract
	buying
	addingOn
	seats
	suspending
	reactivating
	ending
	moving
	renewalOn
	renewalOff
	terming
	undoing
)

// request is what the checks must know of a line's change.
type request struct {
	kind kind
	// field is where the id of what is changed stands, and id is there; nil for what is bought anew.
	field string
	id    *string
}

// requested looks a line's change up; the id is the line's own.
func requested(l *orderv1.Line) request {
	const subscription = "subscription_id"
	switch c := l.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		return request{kind: buying}
	case *orderv1.Line_AddSeats:
		return changes(c.AddSeats != nil, seats, "add_seats."+subscription, func() *string { return &c.AddSeats.SubscriptionId })
	case *orderv1.Line_RemoveSeats:
		return changes(c.RemoveSeats != nil, seats, "remove_seats."+subscription, func() *string { return &c.RemoveSeats.SubscriptionId })
	case *orderv1.Line_Suspend:
		return changes(c.Suspend != nil, suspending, "suspend."+subscription, func() *string { return &c.Suspend.SubscriptionId })
	case *orderv1.Line_Reactivate:
		return changes(c.Reactivate != nil, reactivating, "reactivate."+subscription, func() *string { return &c.Reactivate.SubscriptionId })
	case *orderv1.Line_CancelSubscription:
		return changes(c.CancelSubscription != nil, ending, "cancel_subscription."+subscription, func() *string { return &c.CancelSubscription.SubscriptionId })
	case *orderv1.Line_CancelPurchase:
		return request{kind: undoing}
	case *orderv1.Line_SetAutoRenew:
		k := renewalOff
		if c.SetAutoRenew.GetEnabled() {
			k = renewalOn
		}
		return changes(c.SetAutoRenew != nil, k, "set_auto_renew."+subscription, func() *string { return &c.SetAutoRenew.SubscriptionId })
	case *orderv1.Line_ChangeTerm:
		return changes(c.ChangeTerm != nil, terming, "change_term."+subscription, func() *string { return &c.ChangeTerm.SubscriptionId })
	case *orderv1.Line_ChangeProduct:
		return changes(c.ChangeProduct != nil, moving, "change_product."+subscription, func() *string { return &c.ChangeProduct.SubscriptionId })
	case *orderv1.Line_AddOn:
		return changes(c.AddOn != nil, addingOn, "add_on.parent_"+subscription, func() *string { return &c.AddOn.ParentSubscriptionId })
	}
	return request{}
}

func changes(there bool, k kind, field string, id func() *string) request {
	if !there {
		return request{}
	}
	return request{kind: k, field: field, id: id()}
}

// subscription is the id of the subscription that the line changes or adds to; empty if it names none.
func (r request) subscription() string {
	if r.id == nil {
		return ""
	}
	return *r.id
}

// together are the pairs of changes of one subscription that one order may ask for: each can be done whatever the other
// does. Any other pair contradicts itself, or is one change said twice.
var together = map[[2]kind]bool{
	{addingOn, addingOn}: true, {addingOn, seats}: true, {addingOn, reactivating}: true, {addingOn, renewalOn}: true,
	{addingOn, renewalOff}: true, {addingOn, terming}: true,
	{seats, reactivating}: true, {seats, renewalOn}: true, {seats, renewalOff}: true, {seats, terming}: true,
	{suspending, renewalOff}:  true, // which comes with it anyway
	{reactivating, renewalOn}: true, {reactivating, renewalOff}: true, {reactivating, terming}: true,
	{renewalOn, terming}: true, // a new term needs a renewal to begin at
}

// checkPair refuses lines i and j, i the later, that cannot both be meant. It reports that it did.
func (a *Asked) checkPair(i, j int, rs []request) bool {
	x, y := rs[i], rs[j]
	if x.kind == undoing && y.kind == undoing {
		return a.checkPurchases(i, j)
	}
	id := x.subscription()
	if id == "" || !strings.EqualFold(id, y.subscription()) || together[[2]kind{min(x.kind, y.kind), max(x.kind, y.kind)}] {
		return false
	}
	field := fmt.Sprintf("lines[%d].%s", i, x.field)
	if x.kind == seats && y.kind == seats {
		a.fault(field, "same_subscription", fmt.Sprintf("Lines %d and %d change the same subscription.", j+1, i+1),
			"Put the sum of the changes into one line, or place two orders.")
		return true
	}
	a.fault(field, "same_subscription", fmt.Sprintf("Lines %d and %d change the same subscription in ways that do not go together.", j+1, i+1),
		"Leave one of them out, or place two orders, one after the other.")
	return true
}

// checkPurchases refuses two lines that cancel the same part of one purchase.
func (a *Asked) checkPurchases(i, j int) bool {
	x, y := a.order.GetLines()[i].GetCancelPurchase(), a.order.GetLines()[j].GetCancelPurchase()
	// Order ids of the vendor are case-sensitive.
	if x.GetVendorOrderId() == "" || x.GetVendorOrderId() != y.GetVendorOrderId() {
		return false
	}
	all := len(x.GetVendorLines()) == 0 || len(y.GetVendorLines()) == 0
	if !all && !slices.ContainsFunc(x.GetVendorLines(), func(n int32) bool { return slices.Contains(y.GetVendorLines(), n) }) {
		return false
	}
	a.fault(fmt.Sprintf("lines[%d].cancel_purchase.vendor_order_id", i), "same_purchase",
		fmt.Sprintf("Lines %d and %d cancel the same part of one purchase.", j+1, i+1), "Name each of the vendor's lines once.")
	return true
}

// needsItem says in whose name a catalogue item is missing; empty where the line needs none.
func (r request) needsItem() string {
	switch r.kind {
	case buying:
		return "A new subscription needs a catalogue item to buy."
	case addingOn:
		return "An add-on needs a catalogue item to buy."
	case moving:
		return "A change of the product needs the new product's catalogue item."
	default:
		return ""
	}
}

// respelt is the line with its subscription's id in canonical form; the line itself is left alone.
func respelt(l *orderv1.Line) *orderv1.Line {
	id := strings.ToLower(requested(l).subscription())
	out := &orderv1.Line{Number: l.GetNumber(), Product: l.GetProduct(), CatalogItem: l.GetCatalogItem(), UnitPrice: l.GetUnitPrice(), Change: l.GetChange()}
	switch c := l.GetChange().(type) {
	case *orderv1.Line_AddSeats:
		out.Change = &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: id, Quantity: c.AddSeats.GetQuantity()}}
	case *orderv1.Line_RemoveSeats:
		out.Change = &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: id, Quantity: c.RemoveSeats.GetQuantity()}}
	case *orderv1.Line_Suspend:
		out.Change = &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: id}}
	case *orderv1.Line_Reactivate:
		out.Change = &orderv1.Line_Reactivate{Reactivate: &orderv1.Reactivate{SubscriptionId: id}}
	case *orderv1.Line_CancelSubscription:
		out.Change = &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: id}}
	case *orderv1.Line_SetAutoRenew:
		out.Change = &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{SubscriptionId: id, Enabled: c.SetAutoRenew.GetEnabled()}}
	case *orderv1.Line_ChangeTerm:
		t := c.ChangeTerm
		out.Change = &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{SubscriptionId: id, Term: t.GetTerm(), BillingCycle: t.GetBillingCycle()}}
	case *orderv1.Line_ChangeProduct:
		p := c.ChangeProduct
		out.Change = &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{
			SubscriptionId: id, Quantity: p.GetQuantity(), Term: p.GetTerm(), BillingCycle: p.GetBillingCycle(),
		}}
	case *orderv1.Line_AddOn:
		a := c.AddOn
		out.Change = &orderv1.Line_AddOn{AddOn: &orderv1.AddOn{
			ParentSubscriptionId: id, Quantity: a.GetQuantity(), Term: a.GetTerm(), BillingCycle: a.GetBillingCycle(),
		}}
	}
	return out
}
