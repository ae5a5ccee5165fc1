package partnercenter

import (
	"context"
	"net/url"
	"strconv"
)

// NewOrder is an order that is placed without a cart. Unlike a checkout it may not be repeated blindly: whether the vendor
// honours a repeated request id is not documented.
type NewOrder struct {
	CustomerID          string         `json:"referenceCustomerId,omitempty"`
	BillingCycle        string         `json:"billingCycle,omitempty"`
	CurrencyCode        string         `json:"currencyCode,omitempty"`
	Lines               []NewOrderLine `json:"lineItems"`
	AttestationAccepted bool           `json:"partnerOnRecordAttestationAccepted,omitempty"`
}

// NewOrderLine is one thing to buy.
type NewOrderLine struct {
	Number               int    `json:"lineItemNumber"` // from 0, without gaps
	OfferID              string `json:"offerId"`        // catalogue item id, fetched shortly before
	FriendlyName         string `json:"friendlyName,omitempty"`
	Quantity             int64  `json:"quantity"`
	TermDuration         string `json:"termDuration,omitempty"`
	ParentSubscriptionID string `json:"parentSubscriptionId,omitempty"`
	PartnerIDOnRecord    string `json:"partnerIdOnRecord,omitempty"`
	PromotionID          string `json:"promotionId,omitempty"`
	AttestationAccepted  bool   `json:"attestationAccepted,omitempty"`

	ProvisioningContext map[string]string `json:"provisioningContext,omitempty"`
}

// CancelledLine names a line of an order that is to be cancelled.
type CancelledLine struct {
	Number  int    `json:"lineItemNumber"`
	OfferID string `json:"offerId"`
}

// ActivationLink is where the customer activates what a line has bought.
type ActivationLink struct {
	LineNumber int
	URI        string
}

// CreateOrder places an order. Where a cart can be used it should be, since only its checkout may be repeated.
func (c *Client) CreateOrder(ctx context.Context, ex Exchange, customer string, order NewOrder) (Order, Answer, error) {
	var out Order
	answer, err := c.call(ctx, ex, request{op: opCreateOrder, path: []string{"customers", customer, "orders"}, send: order}, &out)
	return out, answer, err
}

// ListOrders reads all orders of a customer. The vendor's list lags behind by up to 15 minutes.
func (c *Client) ListOrders(ctx context.Context, ex Exchange, customer string) ([]Order, Answer, error) {
	return listed[Order](ctx, c, ex, request{op: opListOrders, path: []string{"customers", customer, "orders"}})
}

// ListOrdersByCycle reads a customer's orders of one billing cycle (monthly, annual, onetime …), with the same lag.
func (c *Client) ListOrdersByCycle(ctx context.Context, ex Exchange, customer, cycle string) ([]Order, Answer, error) {
	q := collected(url.Values{"billingType": {cycle}}, "customers", customer, "orders")
	q.op = opListOrders
	return listed[Order](ctx, c, ex, q)
}

// CancelOrder cancels an order, or with lines only these. It sets a state, so it may be repeated. Lines that were cancelled
// come back with quantity 0; the order's status is cancelled only when all of them are.
func (c *Client) CancelOrder(ctx context.Context, ex Exchange, customer, order string, lines ...CancelledLine) (Order, Answer, error) {
	var out Order
	q := request{op: opCancelOrder, path: []string{"customers", customer, "orders", order}, send: struct {
		ID     string          `json:"id"`
		Status string          `json:"status"`
		Lines  []CancelledLine `json:"lineItems,omitempty"`
	}{order, OrderCancelled, lines}}
	answer, err := c.call(ctx, ex, q, &out)
	return out, answer, err
}

// ListActivationLinks reads where a line's purchase is activated, as marketplace products must be.
func (c *Client) ListActivationLinks(ctx context.Context, ex Exchange, customer, order string, line int) ([]ActivationLink, Answer, error) {
	path := []string{"customers", customer, "orders", order, "lineitems", strconv.Itoa(line), "activationlinks"}
	return listed[ActivationLink](ctx, c, ex, request{op: opListActivationLinks, path: path})
}

func (l *ActivationLink) complete() bool { return l.URI != "" }

func (l *ActivationLink) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "lineitemnumber", "orderlineitemid":
			r.number(&l.LineNumber)
		case "link":
			l.URI = readLink(r)
		}
	}
}

// readLink reads a link's address, an object or a bare text.
func readLink(r *reader) (uri string) {
	if r.peek() == '"' {
		return r.text()
	}
	for name := range r.object {
		if string(name) == "uri" {
			uri = r.text()
		}
	}
	return uri
}
