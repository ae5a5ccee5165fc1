package partnercenter

import (
	"context"
	"encoding/json"
	"time"
)

// The statuses of an order. The vendor adds words without notice: what is not here is to be polled on and counted.
const (
	OrderUnknown          = "unknown"
	OrderCompleted        = "completed"
	OrderPending          = "pending"
	OrderCancelled        = "cancelled"
	OrderSuspended        = "suspended"
	OrderPendingReview    = "pending_review"
	OrderPendingPOUpload  = "pending_po_upload"
	OrderPOUploadComplete = "po_upload_complete"
	OrderPOReviewRejected = "po_review_rejected"
	OrderPartialSuccess   = "partial_success"
	OrderFailed           = "error"
)

// Order is an order as the vendor has it.
type Order struct {
	ID              string // opaque; GUIDs are to be compared without case
	AlternateID     string
	CustomerID      string
	Status          string // "" on legacy orders, which never had one
	BillingCycle    string
	CurrencyCode    string
	TransactionType string
	CreatedAt       time.Time
	TotalPrice      json.Number
	ETag            string // legacy orders only
	Lines           []OrderLine
}

// OrderLine is a line of an order.
type OrderLine struct {
	Number               int
	OfferID              string // catalogue item id; may differ from the one asked for in its availability part
	SubscriptionID       string // "" until provisioned
	ParentSubscriptionID string
	FriendlyName         string
	Quantity             int64 // 0 once cancelled
	QuantityTold         bool  // else it is not there, or no whole number
	TermDuration         string
	TransactionType      string
	PromotionID          string
	PartnerIDOnRecord    string // the indirect reseller's MPN id
	Pricing              Pricing
}

// The statuses of an order line's provisioning.
const (
	LineFulfilled   = "fulfilled"
	LineUnfulfilled = "unfulfilled"            // cancelled
	LinePending     = "prefulfillment_pending" // still processing
)

// LineProvisioning is how far one order line has come.
type LineProvisioning struct {
	LineNumber int
	Status     string // LineFulfilled, LineUnfulfilled, LinePending or a word that we do not know
	Quantities []ProvisionedQuantity
}

// ProvisionedQuantity is how many units are in which status.
type ProvisionedQuantity struct {
	Quantity int64
	Status   string
}

// GetOrder reads an order by its id. Unlike the order lists it has no delay.
func (c *Client) GetOrder(ctx context.Context, ex Exchange, customer, order string) (Order, Answer, error) {
	var out Order
	answer, err := c.call(ctx, ex, request{op: opGetOrder, path: []string{"customers", customer, "orders", order}}, &out)
	return out, answer, err
}

// GetProvisioning reads how far each line of an order has come. It wants a signed-in user; 404/800007 (Conflict) means that
// there is nothing to tell yet.
func (c *Client) GetProvisioning(ctx context.Context, ex Exchange, customer, order string) ([]LineProvisioning, Answer, error) {
	path := []string{"customers", customer, "orders", order, "provisioningstatus"}
	return listed[LineProvisioning](ctx, c, ex, request{op: opGetProvisioning, path: path})
}

func (o *Order) complete() bool { return o.ID != "" }

func (o *Order) read(r *reader) {
	for name := range r.object {
		o.readProperty(string(name), r)
	}
}

func (o *Order) readProperty(name string, r *reader) {
	switch name {
	case "id":
		o.ID = r.text()
	case "alternateid":
		o.AlternateID = r.text()
	case "referencecustomerid":
		o.CustomerID = r.text()
	case "status":
		o.Status = r.enum()
	case "billingcycle":
		o.BillingCycle = r.enum()
	case "currencycode":
		o.CurrencyCode = r.text()
	case "transactiontype":
		o.TransactionType = r.enum()
	case "creationdate":
		o.CreatedAt = r.moment()
	case "totalprice":
		o.TotalPrice = r.decimal()
	case "attributes":
		o.ETag = readETag(r)
	case "lineitems":
		for range r.array {
			var line OrderLine
			line.read(r)
			o.Lines = append(o.Lines, line)
		}
	}
}

func (l *OrderLine) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "lineitemnumber", "orderlineitemid":
			r.number(&l.Number)
		case "offerid":
			l.OfferID = r.text()
		case "subscriptionid":
			l.SubscriptionID = r.text()
		case "parentsubscriptionid":
			l.ParentSubscriptionID = r.text()
		case "friendlyname":
			l.FriendlyName = r.text()
		case "quantity":
			l.Quantity, l.QuantityTold = r.whole()
		case "termduration":
			l.TermDuration = r.text()
		case "transactiontype":
			l.TransactionType = r.enum()
		case "promotionid":
			l.PromotionID = r.text()
		case "partneridonrecord":
			l.PartnerIDOnRecord = r.text()
		case "pricing":
			l.Pricing.read(r)
		}
	}
}

// readETag reads the etag out of a resource's attributes.
func readETag(r *reader) (etag string) {
	for name := range r.object {
		if string(name) == "etag" {
			etag = r.text()
		}
	}
	return etag
}

func (p *LineProvisioning) complete() bool { return p.Status != "" }

func (p *LineProvisioning) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "lineitemnumber", "orderlineitemid":
			r.number(&p.LineNumber)
		case "status":
			p.Status = r.enum()
		case "quantityprovisioninginformation":
			for range r.array {
				p.Quantities = append(p.Quantities, readQuantity(r))
			}
		}
	}
}

func readQuantity(r *reader) (q ProvisionedQuantity) {
	for name := range r.object {
		switch string(name) {
		case "quantity":
			q.Quantity = r.integer()
		case "status":
			q.Status = r.enum()
		}
	}
	return q
}
