package domain

import (
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Change is what a line asks for.
type Change string

// The changes of this version.
const (
	NewSubscription    Change = "new_subscription"
	AddOn              Change = "add_on"
	AddSeats           Change = "add_seats"
	RemoveSeats        Change = "remove_seats"
	Suspend            Change = "suspend"
	Reactivate         Change = "reactivate"
	CancelSubscription Change = "cancel_subscription"
	CancelPurchase     Change = "cancel_purchase"
	SetAutoRenew       Change = "set_auto_renew"
	ChangeTerm         Change = "change_term"
	ChangeProduct      Change = "change_product"
	OtherChange        Change = "other" // of a newer contract
)

// Changes are all of them.
func Changes() []Change {
	return []Change{
		NewSubscription, AddOn, AddSeats, RemoveSeats, Suspend, Reactivate, CancelSubscription, CancelPurchase, SetAutoRenew, ChangeTerm,
		ChangeProduct, OtherChange,
	}
}

// ChangeOf says what an approved line asks for.
func ChangeOf(l *orderv1.Line) Change {
	switch l.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		return NewSubscription
	case *orderv1.Line_AddOn:
		return AddOn
	case *orderv1.Line_AddSeats:
		return AddSeats
	case *orderv1.Line_RemoveSeats:
		return RemoveSeats
	case *orderv1.Line_Suspend:
		return Suspend
	case *orderv1.Line_Reactivate:
		return Reactivate
	case *orderv1.Line_CancelSubscription:
		return CancelSubscription
	case *orderv1.Line_CancelPurchase:
		return CancelPurchase
	case *orderv1.Line_SetAutoRenew:
		return SetAutoRenew
	case *orderv1.Line_ChangeTerm:
		return ChangeTerm
	case *orderv1.Line_ChangeProduct:
		return ChangeProduct
	default:
		return OtherChange
	}
}

// purchase is what a line that is bought by the order's cart asks for.
type purchase struct {
	Quantity    int64
	Term, Cycle string
	Parent      string // the subscription that an add-on is for
}

// purchaseOf is what a line buys by the order's cart; ok is false for a line that buys nothing there.
func purchaseOf(w *orderv1.Line) (p purchase, ok bool) {
	switch c := w.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		n := c.NewSubscription
		return purchase{int64(n.GetQuantity()), n.GetTerm(), cycles[n.GetBillingCycle()], ""}, true
	case *orderv1.Line_AddOn:
		a := c.AddOn
		return purchase{int64(a.GetQuantity()), a.GetTerm(), cycles[a.GetBillingCycle()], a.GetParentSubscriptionId()}, true
	default:
		return purchase{}, false
	}
}

// subscriptionOf is the subscription that an approved line changes; empty if it changes none.
func subscriptionOf(w *orderv1.Line) string {
	switch c := w.GetChange().(type) {
	case *orderv1.Line_AddSeats:
		return c.AddSeats.GetSubscriptionId()
	case *orderv1.Line_RemoveSeats:
		return c.RemoveSeats.GetSubscriptionId()
	case *orderv1.Line_Suspend:
		return c.Suspend.GetSubscriptionId()
	case *orderv1.Line_Reactivate:
		return c.Reactivate.GetSubscriptionId()
	case *orderv1.Line_CancelSubscription:
		return c.CancelSubscription.GetSubscriptionId()
	case *orderv1.Line_SetAutoRenew:
		return c.SetAutoRenew.GetSubscriptionId()
	case *orderv1.Line_ChangeTerm:
		return c.ChangeTerm.GetSubscriptionId()
	case *orderv1.Line_ChangeProduct:
		return c.ChangeProduct.GetSubscriptionId()
	default:
		return ""
	}
}

// seatsBy is by how many seats an approved line changes its subscription.
func seatsBy(w *orderv1.Line) int64 {
	switch c := w.GetChange().(type) {
	case *orderv1.Line_AddSeats:
		return int64(c.AddSeats.GetQuantity())
	case *orderv1.Line_RemoveSeats:
		return -int64(c.RemoveSeats.GetQuantity())
	default:
		return 0
	}
}

// Property is which part of a subscription a change sets.
type Property string

// The properties.
const (
	PropertySeats   Property = ""        // a number; the others are words
	PropertyStatus  Property = "status"  // the vendor's words
	PropertyRenewal Property = "renewal" // RenewalOn, RenewalOff
	PropertyTerm    Property = "term"    // what it renews with, such as "P1Y annual"
)

// The words of a renewal.
const (
	RenewalOn  = "on"
	RenewalOff = "off"
)

// The vendor's words for a subscription's status that changes look at.
const (
	statusActive    = "active"
	statusSuspended = "suspended"
	statusDeleted   = "deleted"
	statusExpired   = "expired"
	statusDisabled  = "disabled"
	statusPending   = "pending"
)

// propertyOf is what a change sets.
func propertyOf(c Change) Property {
	switch c {
	case Suspend, Reactivate, CancelSubscription:
		return PropertyStatus
	case SetAutoRenew:
		return PropertyRenewal
	case ChangeTerm:
		return PropertyTerm
	default:
		return PropertySeats
	}
}

// Of is the property as a subscription shows it: seats, or a word.
func (p Property) Of(s *SubscriptionState) (seats int64, word string) {
	switch p {
	case PropertySeats:
		return s.Quantity, ""
	case PropertyStatus:
		return 0, s.Status
	case PropertyRenewal:
		if s.Renews {
			return 0, RenewalOn
		}
		return 0, RenewalOff
	case PropertyTerm:
		return 0, s.NextTerm
	default:
		return 0, ""
	}
}

// said is a property's word in a sentence.
func (p Property) said(word string) string {
	switch p {
	case PropertyStatus:
		return "status " + word
	case PropertyRenewal:
		return "renewal " + word
	case PropertyTerm:
		term, cycle, _ := strings.Cut(word, " ")
		return "a term of " + spokenTerm(term) + ", billed " + strings.ReplaceAll(cycle, "_", " ")
	default:
		return word
	}
}

// spokenTerm is a term in words.
func spokenTerm(term string) string {
	switch term {
	case "P1M":
		return "1 month"
	case "P1Y":
		return "1 year"
	case "P3Y":
		return "3 years"
	default:
		return term
	}
}
