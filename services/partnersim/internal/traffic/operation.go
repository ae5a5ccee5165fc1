// Package traffic names what clients can ask for, counts it, keeps a log of it, and holds them to the vendor's request limits.
//
// Model: an [Operation] is one kind of call; it belongs to a [Resource], and limits hold per partner tenant and resource.
// A [Limiter] looks back over exactly the last 60 seconds. A [Tally] counts every request that reached an operation, by
// second for an hour and in total by operation and HTTP status. A [Log] keeps the newest requests one by one, from the
// moment that they are answered.
//
// Guarantees: between a request that is let through and the limit-th one before it lie at least 60 seconds, whichever 60
// seconds one looks at; refused requests count too, as the vendor says. Time is passed in, simulated. All are safe for
// concurrent use, and their memory is bounded (a Limiter's by the number of tenants).
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
	CreateOrder
	UpdateOrder
	AttachPurchaseOrder
	ListAttachments
	GetAttachment
	ListActivationLinks
	GetSubscriptionProvisioning
	ListAddons
	RegisterSubscription
	GetRegistration
	ListTransitionEligibilities
	CreateTransition
	ListTransitions
	GetCustomer
	ListAgreements
	GetDirectSignStatus
	ListQualifications
	GetValidationStatus
	ListSubscribedSKUs
	ListProducts
	GetProduct
	ListSKUs
	GetSKU
	ListAvailabilities
	GetAvailability
	CheckInventory
	ListAuditRecords
	ListWebhookEvents
	GetWebhook
	CreateWebhook
	UpdateWebhook
	SendTestEvent
	GetTestEvent
	Operations // how many there are
)

// operations has one row each: the word used in metrics, faults and counts, and what the vendor limits it with.
var operations = [Operations]struct {
	word     string
	resource Resource
}{
	Token:                       {"token", SignIn},
	CreateCart:                  {"create_cart", Orders},
	GetCart:                     {"get_cart", Orders},
	CheckoutCart:                {"checkout_cart", Orders},
	GetOrder:                    {"get_order", Orders},
	ListOrders:                  {"list_orders", Orders},
	GetProvisioning:             {"get_provisioning", Orders},
	GetSubscription:             {"get_subscription", Subscriptions},
	ListSubscriptions:           {"list_subscriptions", Subscriptions},
	UpdateSubscription:          {"update_subscription", Subscriptions},
	CreateOrder:                 {"create_order", Orders},
	UpdateOrder:                 {"update_order", Orders},
	AttachPurchaseOrder:         {"attach_purchase_order", Orders},
	ListAttachments:             {"list_attachments", Orders},
	GetAttachment:               {"get_attachment", Orders},
	ListActivationLinks:         {"list_activation_links", Orders},
	GetSubscriptionProvisioning: {"get_subscription_provisioning", Subscriptions},
	ListAddons:                  {"list_addons", Subscriptions},
	RegisterSubscription:        {"register_subscription", Subscriptions},
	GetRegistration:             {"get_registration", Subscriptions},
	ListTransitionEligibilities: {"list_transition_eligibilities", Subscriptions},
	CreateTransition:            {"create_transition", Subscriptions},
	ListTransitions:             {"list_transitions", Subscriptions},
	GetCustomer:                 {"get_customer", Customers},
	ListAgreements:              {"list_agreements", Customers},
	GetDirectSignStatus:         {"get_direct_sign_status", Customers},
	ListQualifications:          {"list_qualifications", Customers},
	GetValidationStatus:         {"get_validation_status", Customers},
	ListSubscribedSKUs:          {"list_subscribed_skus", Customers},
	ListProducts:                {"list_products", Free},
	GetProduct:                  {"get_product", Free},
	ListSKUs:                    {"list_skus", Free},
	GetSKU:                      {"get_sku", Free},
	ListAvailabilities:          {"list_availabilities", Free},
	GetAvailability:             {"get_availability", Free},
	CheckInventory:              {"check_inventory", Free},
	ListAuditRecords:            {"list_audit_records", Free},
	ListWebhookEvents:           {"list_webhook_events", Free},
	GetWebhook:                  {"get_webhook", Free},
	CreateWebhook:               {"create_webhook", Free},
	UpdateWebhook:               {"update_webhook", Free},
	SendTestEvent:               {"send_test_event", Free},
	GetTestEvent:                {"get_test_event", Free},
}

// String is the operation's word.
func (o Operation) String() string { return operations[o].word }

// Resource is what the operation counts towards.
func (o Operation) Resource() Resource { return operations[o].resource }

// ParseOperation finds an operation by its word.
func ParseOperation(word string) (Operation, bool) {
	for o := range operations {
		if operations[o].word == word {
			return Operation(o), true
		}
	}
	return 0, false
}

// Resource is what the vendor limits together.
type Resource uint8

// The resources. Sign-in is another service at the vendor; it and what is Free have no limit here.
const (
	SignIn Resource = iota
	Orders          // orders and carts
	Subscriptions
	Customers // the customer, its agreements and standing
	Free      // catalogue, audit records, webhooks
	Resources // how many there are
)

// String is the word used in counts.
func (r Resource) String() string {
	return [Resources]string{"sign_in", "orders", "subscriptions", "customers", "free"}[r]
}

// Limited says whether requests of the resource are counted against the limit.
func (r Resource) Limited() bool { return r != SignIn && r != Free }
