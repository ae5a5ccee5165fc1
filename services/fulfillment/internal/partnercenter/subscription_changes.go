package partnercenter

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// A change of a subscription is the whole resource sent back with one property changed. The methods here take the resource as
// it was read just before, by this process, and pass everything else through untouched, with If-Match if it has an etag. They
// set states and absolute values, so repeating one is harmless in itself. Done with Answer.Status 202 means that the vendor
// takes longer: read the subscription again until the change shows. A stale etag is Conflict.

// SetQuantity sets a subscription's number of seats.
func (c *Client) SetQuantity(ctx context.Context, ex Exchange, customer string, current Subscription, quantity int64) (Subscription, Answer, error) {
	return c.change(ctx, ex, customer, current, "quantity", quantity)
}

// SetStatus suspends (SubscriptionSuspended), reactivates (SubscriptionActive) or cancels (SubscriptionDeleted) a
// subscription. In new commerce a suspension switches automatic renewal off and drops what is scheduled; it stays so after
// the reactivation.
func (c *Client) SetStatus(ctx context.Context, ex Exchange, customer string, current Subscription, status string) (Subscription, Answer, error) {
	return c.change(ctx, ex, customer, current, "status", status)
}

// SetAutoRenew switches automatic renewal.
func (c *Client) SetAutoRenew(ctx context.Context, ex Exchange, customer string, current Subscription, on bool) (Subscription, Answer, error) {
	return c.change(ctx, ex, customer, current, "autoRenewEnabled", on)
}

// SetNextTerm schedules what is to change when the term ends; nil takes it back. Automatic renewal must be on.
func (c *Client) SetNextTerm(ctx context.Context, ex Exchange, customer string, current Subscription, next *NextTerm) (Subscription, Answer, error) {
	return c.change(ctx, ex, customer, current, "scheduledNextTermInstructions", next)
}

func (c *Client) change(ctx context.Context, ex Exchange, customer string, current Subscription, property string, value any) (Subscription, Answer, error) {
	body, err := withProperty(current.document, property, value)
	if err != nil {
		answer := c.local(opUpdateSubscription, entryBadInput)
		failure := answer.fault(opUpdateSubscription, err)
		return current, answer, failure
	}
	out := subscriptionBody{Subscription: Subscription{ID: current.ID}}
	path := []string{"customers", customer, "subscriptions", current.ID}
	answer, err := c.call(ctx, ex, request{op: opUpdateSubscription, path: path, body: body, etag: current.ETag}, &out)
	return out.Subscription, answer, err
}

// ChangeQuantity reads a subscription and sets its quantity, two requests. The exchange names the change; the read carries
// its correlation id and no request id of its own. The answer is that of the change: a read that failed without a
// definite answer is NotSent, since then no change was sent.
func (c *Client) ChangeQuantity(ctx context.Context, ex Exchange, customer, subscription string, quantity int64) (Subscription, Answer, error) {
	read := Exchange{CorrelationID: ex.CorrelationID, SendBefore: ex.SendBefore}
	current, answer, err := c.GetSubscription(ctx, read, customer, subscription)
	if err != nil {
		if answer.Outcome == Unknown {
			answer.Outcome = NotSent
		}
		return current, answer, err
	}
	requests := answer.Requests
	changed, answer, err := c.SetQuantity(ctx, ex, customer, current, quantity)
	answer.Requests += requests
	return changed, answer, err
}

// MarshalJSON writes the instructions as the vendor wants them.
func (n *NextTerm) MarshalJSON() ([]byte, error) {
	type product struct {
		ProductID      string `json:"productId"`
		SKUID          string `json:"skuId"`
		AvailabilityID string `json:"availabilityId"`
		BillingCycle   string `json:"billingCycle,omitempty"`
		TermDuration   string `json:"termDuration,omitempty"`
		PromotionID    string `json:"promotionId,omitempty"`
	}
	return json.Marshal(struct {
		Product       product   `json:"product"`
		Quantity      int64     `json:"quantity"`
		CustomTermEnd time.Time `json:"customTermEndDate,omitzero"`
	}{
		product{n.ProductID, n.SKUID, n.AvailabilityID, n.BillingCycle, n.TermDuration, n.PromotionID}, n.Quantity, n.CustomTermEnd,
	})
}

// subscriptionBody reads the answer to a change. With 202 the vendor may send nothing but a Location; then only the id,
// set beforehand, is known.
type subscriptionBody struct{ Subscription }

func (b *subscriptionBody) emptyOn(status int) bool { return status == http.StatusAccepted }

// withProperty gives the document with another value of one property and nothing else changed, not even a blank.
func withProperty(document, property string, v any) ([]byte, error) {
	value, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	r := reader{data: document}
	out := make([]byte, 0, len(document)+len(value)+len(property)+4)
	copied, found, empty := 0, false, true
	if r.peek() != '{' {
		return nil, errNotJSON
	}
	opened := r.pos + 1
	for name := range r.object {
		empty = false
		if !strings.EqualFold(string(name), property) {
			continue
		}
		r.peek()
		from := r.pos
		r.skip()
		out = append(append(out, document[copied:from]...), value...)
		copied, found = r.pos, true
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if found {
		return append(out, document[copied:]...), nil
	}
	out = append(out, document[:opened]...)
	out = append(append(append(append(out, '"'), property...), `":`...), value...)
	if !empty {
		out = append(out, ',')
	}
	return append(out, document[opened:]...), nil
}
