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
	opGetOrder
	opGetProvisioning
	opGetSubscription
	opUpdateSubscription
	operationCount
)

// operations is what the client can do. name is the word in metrics, logs and settings.
//
// The vendor's own client waits three minutes for an answer. A shorter time for a write turns slow successes into unknown
// ones, so writes wait as long; reads may be repeated and wait less.
var operations = [operationCount]struct {
	name    string
	method  string
	timeout time.Duration
	expired error // names the deadline that has passed
}{
	opToken:              {"token", http.MethodPost, 20 * time.Second, errors.New("partnercenter: token timeout")},
	opCreateCart:         {"create_cart", http.MethodPost, time.Minute, errors.New("partnercenter: create_cart timeout")},
	opGetCart:            {"get_cart", http.MethodGet, 30 * time.Second, errors.New("partnercenter: get_cart timeout")},
	opCheckoutCart:       {"checkout_cart", http.MethodPost, 3 * time.Minute, errors.New("partnercenter: checkout_cart timeout")},
	opGetOrder:           {"get_order", http.MethodGet, 30 * time.Second, errors.New("partnercenter: get_order timeout")},
	opGetProvisioning:    {"get_provisioning", http.MethodGet, 30 * time.Second, errors.New("partnercenter: get_provisioning timeout")},
	opGetSubscription:    {"get_subscription", http.MethodGet, 30 * time.Second, errors.New("partnercenter: get_subscription timeout")},
	opUpdateSubscription: {"update_subscription", http.MethodPatch, 3 * time.Minute, errors.New("partnercenter: update_subscription timeout")},
}

func (o operation) String() string { return operations[o].name }

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
