package partnercenter

import (
	"context"
	"time"
)

// Resources by which the vendor counts the requests of a minute, each with a limit of its own. Carts count as orders.
const (
	Orders        = "orders"
	Subscriptions = "subscriptions"
	Customers     = "customers"
)

// Permits says when requests may leave, by what they count towards.
type Permits interface {
	// Permit waits until a request may be sent, and says until when its first byte may leave; zero: no limit. An error keeps
	// it from being sent.
	Permit(ctx context.Context, resource string) (until time.Time, err error)
	// Throttled hears that the vendor refused a request because of the rate, and for how long it wants no others.
	Throttled(ctx context.Context, resource string, asked time.Duration)
}

// resource is what a request of the operation counts towards; empty where no limit is documented: sign-in, the catalogue,
// audit records, webhooks. What the documentation leaves open about a customer is counted with customers.
func (o operation) resource() string {
	switch o {
	case opCreateCart, opGetCart, opCheckoutCart, opCreateOrder, opGetOrder, opListOrders, opCancelOrder, opGetProvisioning,
		opAttachPurchaseOrder, opListAttachments, opListActivationLinks:
		return Orders
	case opGetSubscription, opListSubscriptions, opUpdateSubscription, opGetSubscriptionProvisioning, opListTransitionEligibilities,
		opCreateTransition, opListTransitions, opRegisterSubscription, opGetRegistration, opListAddOns, opListEntitlements,
		opListConversions, opListUpgrades, opCreateUpgrade:
		return Subscriptions
	case opGetCustomer, opListAgreements, opGetDirectSignStatus, opListQualifications, opGetValidationStatus, opListSubscribedSKUs:
		return Customers
	default:
		return ""
	}
}
