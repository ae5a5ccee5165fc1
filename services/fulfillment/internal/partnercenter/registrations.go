package partnercenter

import (
	"context"
	"net/http"
	"time"
)

// The statuses of a subscription's provisioning.
const (
	ProvisioningSuccess = "success"
	ProvisioningPending = "pending" // also while licences are reassigned
	ProvisioningFailed  = "failed"
)

// SubscriptionProvisioning is how far a subscription's licences have come. The vendor renews it every 15 minutes only.
type SubscriptionProvisioning struct {
	SKUID    string // the licensing GUID, which SubscribedSKU.ID is
	Status   string // ProvisioningSuccess … or a word that we do not know
	Quantity int64
	EndsAt   time.Time
}

// The statuses of a registration.
const (
	Registered    = "registered"
	Registering   = "registering"
	NotRegistered = "notregistered"
)

// Registration is whether a subscription may be used for reservations.
type Registration struct {
	SubscriptionID string
	Status         string // Registered … or a word that we do not know
}

// GetSubscriptionProvisioning reads how far a subscription's licences have come. It wants a signed-in user with delegated
// rights at the customer.
func (c *Client) GetSubscriptionProvisioning(ctx context.Context, ex Exchange, customer, subscription string) (SubscriptionProvisioning, Answer, error) {
	var out SubscriptionProvisioning
	path := []string{"customers", customer, "subscriptions", subscription, "provisioningstatus"}
	answer, err := c.call(ctx, ex, request{op: opGetSubscriptionProvisioning, path: path}, &out)
	return out, answer, err
}

// RegisterSubscription registers an Azure subscription for reservations. The vendor takes its time (202): GetRegistration
// tells. Repeating it is harmless.
func (c *Client) RegisterSubscription(ctx context.Context, ex Exchange, customer, subscription string) (Answer, error) {
	path := []string{"customers", customer, "subscriptions", subscription, "registrations"}
	answer, err := c.call(ctx, ex, request{op: opRegisterSubscription, path: path}, &registerBody{})
	return answer, err
}

// GetRegistration reads whether a subscription is registered.
func (c *Client) GetRegistration(ctx context.Context, ex Exchange, customer, subscription string) (Registration, Answer, error) {
	var out Registration
	path := []string{"customers", customer, "subscriptions", subscription, "registrationstatus"}
	answer, err := c.call(ctx, ex, request{op: opGetRegistration, path: path}, &out)
	return out, answer, err
}

func (p *SubscriptionProvisioning) complete() bool { return p.Status != "" }

func (p *SubscriptionProvisioning) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "skuid":
			p.SKUID = r.text()
		case "status":
			p.Status = r.enum()
		case "quantity":
			p.Quantity = r.integer()
		case "enddate":
			p.EndsAt = r.moment()
		}
	}
}

// registerBody is the answer to a registration, of which only the status counts.
type registerBody struct{}

func (registerBody) read(r *reader) { r.skip() }
func (registerBody) complete() bool { return true }
func (registerBody) emptyOn(status int) bool {
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}

func (g *Registration) complete() bool { return g.Status != "" }

func (g *Registration) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "subscriptionid":
			g.SubscriptionID = r.text()
		case "status":
			if g.Status = r.enum(); g.Status == "not_registered" {
				g.Status = NotRegistered
			}
		}
	}
}
