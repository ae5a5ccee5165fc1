package partnercenter

import (
	"context"
	"net/url"
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
	UnitType             string
	ParentSubscriptionID string
	OrderID              string // the order that began it
	BillingType          string // license, usage
	BillingCycle         string
	TermDuration         string
	RenewalTermDuration  string // "": as now
	PromotionID          string
	PartnerID            string // the indirect reseller's MPN id
	ContractType         string // subscription, product_key, redemption_code
	PublisherName        string
	AutoRenew            bool
	IsTrial              bool
	HasAddOns            bool // add-ons can be bought for it
	CreatedAt            time.Time
	StartsAt             time.Time
	CommitmentEndsAt     time.Time // the last day of the term, inclusive
	CommitmentEndsBy     time.Time // the same to the second; zero: not told
	BillingEndsAt        time.Time // the last day of the present billing cycle; zero: not told
	BillingEndsBy        time.Time // the same to the second
	CancellableUntil     time.Time // zero: not told
	Refunds              []RefundUntil
	RefundableQuantity   int64 // how many seats may still be given back; 0 also when not told
	Refundable           []RefundableSeats
	SuspensionReasons    []string
	Actions              []string
	NextTerm             *NextTerm // what is to change when the term ends; nil: nothing
	ETag                 string    // "" on new commerce

	document string
	counted  bool // the quantity was there and is a number of seats
}

// RefundUntil is until when how much of the price is given back on cancellation.
type RefundUntil struct {
	Type  string // full, partial
	Until time.Time
}

// RefundableSeats are seats that may be given back until a time.
type RefundableSeats struct {
	Quantity int64
	Until    time.Time
}

// NextTerm is what becomes of a subscription when its term ends and it renews.
type NextTerm struct {
	ProductID, SKUID, AvailabilityID string
	BillingCycle                     string
	TermDuration                     string
	PromotionID                      string
	Quantity                         int64
	CustomTermEnd                    time.Time // zero: none
}

// GetSubscription reads a subscription.
func (c *Client) GetSubscription(ctx context.Context, ex Exchange, customer, subscription string) (Subscription, Answer, error) {
	var out Subscription
	path := []string{"customers", customer, "subscriptions", subscription}
	answer, err := c.call(ctx, ex, request{op: opGetSubscription, path: path}, &out)
	return out, answer, err
}

// ListSubscriptions reads all subscriptions of a customer. New ones may be missing for as long as new orders are.
func (c *Client) ListSubscriptions(ctx context.Context, ex Exchange, customer string) ([]Subscription, Answer, error) {
	return listed[Subscription](ctx, c, ex, request{op: opListSubscriptions, path: []string{"customers", customer, "subscriptions"}})
}

// ListSubscriptionsOfOrder reads the subscriptions that an order began.
func (c *Client) ListSubscriptionsOfOrder(ctx context.Context, ex Exchange, customer, order string) ([]Subscription, Answer, error) {
	q := collected(url.Values{"order_id": {order}}, "customers", customer, "subscriptions")
	q.op = opListSubscriptions
	return listed[Subscription](ctx, c, ex, q)
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
		case "unittype":
			s.UnitType = r.text()
		case "parentsubscriptionid":
			s.ParentSubscriptionID = r.text()
		case "orderid":
			s.OrderID = r.text()
		case "partnerid":
			s.PartnerID = r.text()
		case "publishername":
			s.PublisherName = r.text()
		case "attributes":
			s.ETag = readETag(r)
		case "actions":
			s.Actions = r.texts()
		case "suspensionreasons":
			s.SuspensionReasons = r.texts()
		default:
			s.readTerms(string(name), r)
		}
	}
}

func (s *Subscription) readTerms(name string, r *reader) {
	switch name {
	case "status":
		s.Status = r.enum()
	case "billingtype":
		s.BillingType = r.enum()
	case "billingcycle":
		s.BillingCycle = r.enum()
	case "termduration":
		s.TermDuration = r.text()
	case "renewaltermduration":
		s.RenewalTermDuration = r.text()
	case "promotionid":
		s.PromotionID = r.text()
	case "contracttype":
		s.ContractType = r.enum()
	case "autorenewenabled":
		s.AutoRenew = r.flag()
	case "istrial":
		s.IsTrial = r.flag()
	case "haspurchasableaddons":
		s.HasAddOns = r.flag()
	case "schedulednextterminstructions":
		s.NextTerm = readNextTerm(r)
	default:
		s.readDates(name, r)
	}
}

func (s *Subscription) readDates(name string, r *reader) {
	switch name {
	case "creationdate":
		s.CreatedAt = r.moment()
	case "effectivestartdate":
		s.StartsAt = r.moment()
	case "commitmentenddate":
		s.CommitmentEndsAt = r.moment()
	case "commitmentenddatetime":
		s.CommitmentEndsBy = r.moment()
	case "billingcycleenddate":
		s.BillingEndsAt = r.moment()
	case "billingcycleenddatetime":
		s.BillingEndsBy = r.moment()
	case "cancellationalloweduntildate":
		s.CancellableUntil = r.moment()
	case "refundoptions":
		for range r.array {
			s.Refunds = append(s.Refunds, readRefundUntil(r))
		}
	case "refundablequantity":
		s.RefundableQuantity, s.Refundable = readRefundable(r)
	}
}

func readRefundUntil(r *reader) (o RefundUntil) {
	for name := range r.object {
		switch string(name) {
		case "type":
			o.Type = r.enum()
		case "expiresat", "expiresafter":
			o.Until = r.moment()
		}
	}
	return o
}

func readRefundable(r *reader) (total int64, seats []RefundableSeats) {
	for name := range r.object {
		switch string(name) {
		case "totalquantity":
			total = r.integer()
		case "details":
			for range r.array {
				var s RefundableSeats
				for name := range r.object {
					switch string(name) {
					case "quantity":
						s.Quantity = r.integer()
					case "alloweduntildatetime":
						s.Until = r.moment()
					}
				}
				seats = append(seats, s)
			}
		}
	}
	return total, seats
}

// readNextTerm reads instructions for the next term; null, or an object without any, is none.
func readNextTerm(r *reader) *NextTerm {
	var n NextTerm
	for name := range r.object {
		switch string(name) {
		case "product":
			n.readProduct(r)
		case "quantity":
			n.Quantity = r.integer()
		case "customtermenddate":
			n.CustomTermEnd = r.moment()
		}
	}
	if n == (NextTerm{}) {
		return nil
	}
	return &n
}

func (n *NextTerm) readProduct(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "productid":
			n.ProductID = r.text()
		case "skuid":
			n.SKUID = r.text()
		case "availabilityid":
			n.AvailabilityID = r.text()
		case "billingcycle":
			n.BillingCycle = r.enum()
		case "termduration":
			n.TermDuration = r.text()
		case "promotionid":
			n.PromotionID = r.text()
		}
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
