package partnercenter

import (
	"errors"
	"net/http"
	"time"
)

// operation is one thing that can be asked of the vendor: an index into operations.
type operation uint8

const (
	opToken operation = iota
	opCreateCart
	opGetCart
	opCheckoutCart
	opCreateOrder
	opGetOrder
	opListOrders
	opCancelOrder
	opGetProvisioning
	opAttachPurchaseOrder
	opListAttachments
	opListActivationLinks
	opGetSubscription
	opListSubscriptions
	opUpdateSubscription
	opGetSubscriptionProvisioning
	opListTransitionEligibilities
	opCreateTransition
	opListTransitions
	opRegisterSubscription
	opGetRegistration
	opListProducts
	opGetProduct
	opListSKUs
	opGetSKU
	opListAvailabilities
	opGetAvailability
	opCheckInventory
	opGetCustomer
	opListAgreements
	opGetDirectSignStatus
	opListQualifications
	opGetValidationStatus
	opListSubscribedSKUs
	opListAuditRecords
	opListAddOns
	opListEntitlements
	opListConversions
	opListUpgrades
	opCreateUpgrade
	opListPromotions
	opCheckPromotions
	opGetResellerAgreement
	opCheckAddress
	opListWebhookEvents
	opGetWebhook
	opCreateWebhook
	opUpdateWebhook
	opSendTestEvent
	opGetTestEvent
	operationCount
)

// The vendor's own client waits three minutes for an answer. A shorter time for a write turns slow successes into unknown
// ones, so writes wait as long; reads may be repeated and wait less.
const (
	readWait  = 30 * time.Second
	cartWait  = time.Minute // a lost cart costs nothing
	writeWait = 3 * time.Minute
)

// trait is what sets an operation apart from others of its method.
type trait uint8

const (
	asUser trait = 1 << iota // the vendor takes App+User tokens only
	asks                     // a question, although it is no GET
)

// operations is what the client can do. name is the word in metrics, logs and settings.
var operations = [operationCount]struct {
	name    string
	method  string
	timeout time.Duration
	traits  trait
}{
	opToken:                       {"token", http.MethodPost, 20 * time.Second, asks},
	opCreateCart:                  {"create_cart", http.MethodPost, cartWait, 0},
	opGetCart:                     {"get_cart", http.MethodGet, readWait, 0},
	opCheckoutCart:                {"checkout_cart", http.MethodPost, writeWait, 0},
	opCreateOrder:                 {"create_order", http.MethodPost, writeWait, 0},
	opGetOrder:                    {"get_order", http.MethodGet, readWait, 0},
	opListOrders:                  {"list_orders", http.MethodGet, readWait, 0},
	opCancelOrder:                 {"cancel_order", http.MethodPatch, writeWait, 0},
	opGetProvisioning:             {"get_provisioning", http.MethodGet, readWait, asUser},
	opAttachPurchaseOrder:         {"attach_purchase_order", http.MethodPost, writeWait, 0},
	opListAttachments:             {"list_attachments", http.MethodGet, readWait, 0},
	opListActivationLinks:         {"list_activation_links", http.MethodGet, readWait, 0},
	opGetSubscription:             {"get_subscription", http.MethodGet, readWait, 0},
	opListSubscriptions:           {"list_subscriptions", http.MethodGet, readWait, 0},
	opUpdateSubscription:          {"update_subscription", http.MethodPatch, writeWait, 0},
	opGetSubscriptionProvisioning: {"get_subscription_provisioning", http.MethodGet, readWait, asUser},
	opListTransitionEligibilities: {"list_transition_eligibilities", http.MethodGet, readWait, 0},
	opCreateTransition:            {"create_transition", http.MethodPost, writeWait, 0},
	opListTransitions:             {"list_transitions", http.MethodGet, readWait, 0},
	opRegisterSubscription:        {"register_subscription", http.MethodPost, writeWait, 0},
	opGetRegistration:             {"get_registration", http.MethodGet, readWait, 0},
	opListProducts:                {"list_products", http.MethodGet, readWait, 0},
	opGetProduct:                  {"get_product", http.MethodGet, readWait, 0},
	opListSKUs:                    {"list_skus", http.MethodGet, readWait, 0},
	opGetSKU:                      {"get_sku", http.MethodGet, readWait, 0},
	opListAvailabilities:          {"list_availabilities", http.MethodGet, readWait, 0},
	opGetAvailability:             {"get_availability", http.MethodGet, readWait, 0},
	opCheckInventory:              {"check_inventory", http.MethodPost, readWait, asks},
	opGetCustomer:                 {"get_customer", http.MethodGet, readWait, 0},
	opListAgreements:              {"list_agreements", http.MethodGet, readWait, asUser},
	opGetDirectSignStatus:         {"get_direct_sign_status", http.MethodGet, readWait, asUser},
	opListQualifications:          {"list_qualifications", http.MethodGet, readWait, 0},
	opGetValidationStatus:         {"get_validation_status", http.MethodGet, readWait, asUser},
	opListSubscribedSKUs:          {"list_subscribed_skus", http.MethodGet, readWait, asUser},
	opListAuditRecords:            {"list_audit_records", http.MethodGet, readWait, 0},
	opListAddOns:                  {"list_add_ons", http.MethodGet, readWait, 0},
	opListEntitlements:            {"list_entitlements", http.MethodGet, readWait, 0},
	opListConversions:             {"list_conversions", http.MethodGet, readWait, asUser},
	opListUpgrades:                {"list_upgrades", http.MethodGet, readWait, 0},
	opCreateUpgrade:               {"create_upgrade", http.MethodPost, writeWait, 0},
	opListPromotions:              {"list_promotions", http.MethodGet, readWait, 0},
	opCheckPromotions:             {"check_promotions", http.MethodPost, readWait, asks},
	opGetResellerAgreement:        {"get_reseller_agreement", http.MethodGet, readWait, asUser},
	opCheckAddress:                {"check_address", http.MethodPost, readWait, asks},
	opListWebhookEvents:           {"list_webhook_events", http.MethodGet, readWait, 0},
	opGetWebhook:                  {"get_webhook", http.MethodGet, readWait, 0},
	opCreateWebhook:               {"create_webhook", http.MethodPost, readWait, 0},
	opUpdateWebhook:               {"update_webhook", http.MethodPut, readWait, 0},
	opSendTestEvent:               {"send_test_event", http.MethodPost, readWait, 0},
	opGetTestEvent:                {"get_test_event", http.MethodGet, readWait, 0},
}

// expired are the errors that name the deadline that has passed, by operation.
var expired = func() (errs [operationCount]error) {
	for op := range operations {
		errs[op] = errors.New("partnercenter: " + operations[op].name + " timeout")
	}
	return errs
}()

func (o operation) String() string { return operations[o].name }

// question says whether the operation changes nothing at the vendor.
func (o operation) question() bool {
	return operations[o].method == http.MethodGet || operations[o].traits&asks != 0
}

func (o operation) wantsUser() bool { return operations[o].traits&asUser != 0 }

// operationNamed finds an operation by its word.
func operationNamed(name string) (operation, bool) {
	for i := range operations {
		if operations[i].name == name {
			return operation(i), true
		}
	}
	return 0, false
}

// maxTimeout is the longest time that any operation waits.
func maxTimeout(timeouts *[operationCount]time.Duration) time.Duration {
	longest := time.Duration(0)
	for _, t := range timeouts {
		longest = max(longest, t)
	}
	return longest
}
