package partnercenter

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// The statuses of a subscription.
const (
	SubscriptionActive    = "active"
	SubscriptionPending   = "pending"
	SubscriptionSuspended = "suspended"
	SubscriptionExpired   = "expired"
	SubscriptionDisabled  = "disabled"
	SubscriptionDeleted   = "deleted"
	SubscriptionNone      = "none"
)

// Subscription is a subscription as the vendor has it. It keeps the whole document that it was read from, since the vendor
// wants all of it back on a change and takes what is missing as switched off.
type Subscription struct {
	ID                   string
	OfferID              string // catalogue item id
	OfferName            string
	FriendlyName         string
	ProductType          string // OnlineServicesNCE is new commerce
	Status               string // SubscriptionActive … or a word that we do not know
	Quantity             int64
	ParentSubscriptionID string
	OrderID              string // the order that began it
	BillingCycle         string
	TermDuration         string
	AutoRenew            bool
	CreatedAt            time.Time
	StartsAt             time.Time
	CommitmentEndsAt     time.Time
	CancellableUntil     time.Time // zero: not told
	RefundableQuantity   int64     // how many seats may still be given back; 0 also when not told
	ETag                 string    // "" on new commerce

	document string
	counted  bool // the quantity was there and is a number of seats
}

// GetSubscription reads a subscription.
func (c *Client) GetSubscription(ctx context.Context, ex Exchange, customer, subscription string) (Subscription, Answer, error) {
	var out Subscription
	path := []string{"customers", customer, "subscriptions", subscription}
	answer, err := c.call(ctx, ex, request{op: opGetSubscription, path: path}, &out)
	return out, answer, err
}

// SetQuantity sets a subscription's quantity to an absolute number of seats. current must have been read just before, by
// this process: its whole document is sent back with the quantity changed, with If-Match if it has an etag. Repeating it is
// harmless in itself. Done with Answer.Status 202 means that the vendor takes longer: read the subscription again until the
// quantity shows. A stale etag is Conflict.
func (c *Client) SetQuantity(ctx context.Context, ex Exchange, customer string, current Subscription, quantity int64) (Subscription, Answer, error) {
	body, err := withQuantity(current.document, quantity)
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

// complete wants the quantity too: one that is not told is not 0, and nothing may be built on it.
func (s *Subscription) complete() bool { return s.ID != "" && s.counted }

func (s *Subscription) read(r *reader) {
	r.peek()
	from := r.pos
	defer func() { s.document = r.data[from:r.pos] }()
	for name := range r.object {
		switch string(name) {
		case "id":
			s.ID = r.text()
		case "offerid":
			s.OfferID = r.text()
		case "offername":
			s.OfferName = r.text()
		case "friendlyname":
			s.FriendlyName = r.text()
		case "producttype":
			s.ProductType = readProductType(r)
		case "quantity":
			s.Quantity, s.counted = r.whole()
			s.counted = s.counted && s.Quantity >= 0
		case "parentsubscriptionid":
			s.ParentSubscriptionID = r.text()
		case "orderid":
			s.OrderID = r.text()
		case "autorenewenabled":
			s.AutoRenew = r.flag()
		case "refundablequantity":
			s.RefundableQuantity = readTotalQuantity(r)
		case "attributes":
			s.ETag = readETag(r)
		default:
			s.readTerms(string(name), r)
		}
	}
}

func (s *Subscription) readTerms(name string, r *reader) {
	switch name {
	case "status":
		s.Status = r.enum()
	case "billingcycle":
		s.BillingCycle = r.enum()
	case "termduration":
		s.TermDuration = r.text()
	case "creationdate":
		s.CreatedAt = r.moment()
	case "effectivestartdate":
		s.StartsAt = r.moment()
	case "commitmentenddate":
		s.CommitmentEndsAt = r.moment()
	case "cancellationalloweduntildate":
		s.CancellableUntil = r.moment()
	}
}

// readProductType reads the id of a product type, an object or a bare word.
func readProductType(r *reader) (id string) {
	if r.peek() == '"' {
		return r.text()
	}
	for name := range r.object {
		if string(name) == "id" {
			id = r.text()
		}
	}
	return id
}

func readTotalQuantity(r *reader) (total int64) {
	for name := range r.object {
		if string(name) == "totalquantity" {
			total = r.integer()
		}
	}
	return total
}

// subscriptionBody reads the answer to a change. With 202 the vendor may send nothing but a Location; then only the id,
// set beforehand, is known.
type subscriptionBody struct{ Subscription }

func (b *subscriptionBody) emptyOn(status int) bool { return status == http.StatusAccepted }

// withQuantity gives the document with another quantity and nothing else changed, not even a blank.
func withQuantity(document string, quantity int64) ([]byte, error) {
	r := reader{data: document}
	value := strconv.AppendInt(nil, quantity, 10)
	out := make([]byte, 0, len(document)+len(value)+len(`,"quantity":`))
	copied, found, empty := 0, false, true
	if r.peek() != '{' {
		return nil, errNotJSON
	}
	opened := r.pos + 1
	for name := range r.object {
		empty = false
		if string(name) != "quantity" {
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
	out = append(append(append(out, document[:opened]...), `"quantity":`...), value...)
	if !empty {
		out = append(out, ',')
	}
	return append(out, document[opened:]...), nil
}
