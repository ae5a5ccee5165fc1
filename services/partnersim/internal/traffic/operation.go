// Package traffic names what clients can ask for, counts it, and holds them to the vendor's request limits.
//
// Model: an [Operation] is one kind of call; it belongs to a [Resource], and limits hold per partner tenant and resource.
// A [Limiter] looks back over exactly the last 60 seconds. A [Tally] counts every request that reached an operation, by
// second for an hour and in total by operation and HTTP status.
//
// Guarantees: between a request that is let through and the limit-th one before it lie at least 60 seconds, whichever 60
// seconds one looks at; refused requests count too, as the vendor says. Time is passed in. Both are safe for concurrent
// use, and their memory is bounded (a Limiter's by the number of tenants).
//
// Failures: none.
package traffic

// Operation is one kind of call.
type Operation uint8

// The operations.
const (
	Token Operation = iota
	CreateCart
	GetCart
	CheckoutCart
	GetOrder
	ListOrders
	GetProvisioning
	GetSubscription
	ListSubscriptions
	UpdateSubscription
	Operations // how many there are
)

var names = [Operations]string{
	Token: "token", CreateCart: "create_cart", GetCart: "get_cart", CheckoutCart: "checkout_cart", GetOrder: "get_order",
	ListOrders: "list_orders", GetProvisioning: "get_provisioning", GetSubscription: "get_subscription",
	ListSubscriptions: "list_subscriptions", UpdateSubscription: "update_subscription",
}

// String is the word used in metrics, faults and counts.
func (o Operation) String() string { return names[o] }

// ParseOperation finds an operation by its word.
func ParseOperation(word string) (Operation, bool) {
	for o, name := range names {
		if name == word {
			return Operation(o), true
		}
	}
	return 0, false
}

// Resource is what the vendor limits together.
type Resource uint8

// The resources. Sign-in is another service at the vendor and has no limit here.
const (
	SignIn Resource = iota
	Orders          // orders and carts
	Subscriptions
	Resources // how many there are
)

// String is the word used in counts.
func (r Resource) String() string { return [Resources]string{"sign_in", "orders", "subscriptions"}[r] }

// Resource is what the operation counts towards.
func (o Operation) Resource() Resource {
	switch o {
	case Token:
		return SignIn
	case GetSubscription, ListSubscriptions, UpdateSubscription:
		return Subscriptions
	}
	return Orders
}
