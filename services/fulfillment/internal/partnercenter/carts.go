package partnercenter

import (
	"context"
	"encoding/json"
	"time"
)

// NewCart is what to put into a new cart. One cart is one purchase: it is checked out as a whole.
type NewCart struct {
	Lines []NewCartLine `json:"lineItems"`
}

// NewCartLine is one thing to buy.
type NewCartLine struct {
	ID            int    `json:"id"`            // from 0, without gaps
	CatalogItemID string `json:"catalogItemId"` // product:sku:availability, fetched shortly before
	FriendlyName  string `json:"friendlyName,omitempty"`
	Quantity      int64  `json:"quantity"`
	TermDuration  string `json:"termDuration,omitempty"` // ISO 8601: P1M, P1Y, P3Y
	BillingCycle  string `json:"billingCycle,omitempty"` // monthly, annual, triennial, one_time, none
	PromotionID   string `json:"promotionId,omitempty"`

	ProvisioningContext map[string]string `json:"provisioningContext,omitempty"`
	Participants        []Participant     `json:"participants,omitempty"`
	AttestationAccepted bool              `json:"attestationAccepted,omitempty"`
}

// Participant is a reseller on a cart line.
type Participant struct {
	Key   string `json:"key"`   // transaction_reseller, additional_transaction_reseller
	Value string `json:"value"` // MPN id
}

// The statuses of a cart.
const (
	CartActive  = "active"  // not submitted
	CartOrdered = "ordered" // submitted; its orders are found by list
)

// Cart is a cart as the vendor has it.
type Cart struct {
	ID        string
	Status    string // CartActive, CartOrdered or a word that we do not know
	CreatedAt time.Time
	ExpiresAt time.Time // a cart that is gone after this was never bought, or its orders must be found by list
	Lines     []CartLine
}

// CartLine is a line of a cart. A cart can be created with lines that are in error; it cannot be checked out then.
type CartLine struct {
	ID            string
	CatalogItemID string
	FriendlyName  string
	Quantity      int64
	CurrencyCode  string
	BillingCycle  string
	TermDuration  string
	OrderGroup    string // lines of one group become one order
	Pricing       Pricing
	Error         *CartLineError // nil: the line is fine
}

// CartLineError is why a line cannot be bought.
type CartLineError struct {
	Code        string // see DescribeLine
	Description string // the vendor's words
	Available   int64  // how many could be bought; 0 also when not told
	Purchased   int64  // how many the customer has; 0 also when not told
}

// Pricing is what a line costs, before tax, as decimal text. Empty where the vendor said nothing.
type Pricing struct {
	ListPrice, DiscountedPrice, ProratedPrice json.Number
	Price                                     json.Number // per unit, in billing currency
	ExtendedPrice                             json.Number // times quantity; for a yearly term billed monthly, times 12
}

// Faulty gives the lines that cannot be bought.
func (c *Cart) Faulty() []CartLine {
	var faulty []CartLine
	for _, l := range c.Lines {
		if l.Error != nil {
			faulty = append(faulty, l)
		}
	}
	return faulty
}

// Checkout is the result of a checkout: one order per order group that worked, one error per group that did not.
type Checkout struct {
	Orders []Order
	Errors []OrderError
}

// OrderError is why one order group of a cart did not become an order.
type OrderError struct {
	GroupID     string
	Code        string // see Describe with status 0
	Description string // the vendor's words
}

// CreateCart makes a cart. A cart whose answer was lost is an orphan that expires by itself, so the call may be repeated.
func (c *Client) CreateCart(ctx context.Context, ex Exchange, customer string, cart NewCart) (Cart, Answer, error) {
	var out Cart
	answer, err := c.call(ctx, ex, request{op: opCreateCart, path: []string{"customers", customer, "carts"}, send: cart}, &out)
	return out, answer, err
}

// GetCart reads a cart.
func (c *Client) GetCart(ctx context.Context, ex Exchange, customer, cart string) (Cart, Answer, error) {
	var out Cart
	answer, err := c.call(ctx, ex, request{op: opGetCart, path: []string{"customers", customer, "carts", cart}}, &out)
	return out, answer, err
}

// CheckoutCart buys what is in a cart. It is idempotent per cart: after Unknown it is repeated with the same cart id, never
// with a new cart. Even with Done some groups may have failed (Checkout.Errors).
func (c *Client) CheckoutCart(ctx context.Context, ex Exchange, customer, cart string) (Checkout, Answer, error) {
	var out checkoutBody
	path := []string{"customers", customer, "carts", cart, "checkout"}
	answer, err := c.call(ctx, ex, request{op: opCheckoutCart, path: path}, &out)
	return out.Checkout, answer, err
}

func (c *Cart) complete() bool { return c.ID != "" }

func (c *Cart) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			c.ID = r.text()
		case "status":
			c.Status = r.enum()
		case "creationtimestamp":
			c.CreatedAt = r.moment()
		case "expirationtimestamp":
			c.ExpiresAt = r.moment()
		case "lineitems":
			for range r.array {
				var line CartLine
				line.read(r)
				c.Lines = append(c.Lines, line)
			}
		}
	}
}

func (l *CartLine) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			l.ID = r.text()
		case "catalogitemid", "catalogid":
			l.CatalogItemID = r.text()
		case "friendlyname":
			l.FriendlyName = r.text()
		case "quantity":
			l.Quantity = r.integer()
		case "currencycode":
			l.CurrencyCode = r.text()
		case "billingcycle":
			l.BillingCycle = r.enum()
		case "termduration":
			l.TermDuration = r.text()
		case "ordergroup":
			l.OrderGroup = r.text()
		case "pricing":
			l.Pricing.read(r)
		case "error":
			l.Error = readCartLineError(r)
		}
	}
}

// readCartLineError reads a line's error; null, or an object that names none, is no error.
func readCartLineError(r *reader) *CartLineError {
	var e CartLineError
	for name := range r.object {
		switch string(name) {
		case "errorcode":
			e.Code = r.enum()
		case "errordescription":
			e.Description = r.text()
		case "additionalinformation":
			for name := range r.object {
				switch string(name) {
				case "availablequantity":
					e.Available = r.integer()
				case "purchasedquantity":
					e.Purchased = r.integer()
				}
			}
		}
	}
	if e == (CartLineError{}) {
		return nil
	}
	return &e
}

func (p *Pricing) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "listprice":
			p.ListPrice = r.decimal()
		case "discountedprice":
			p.DiscountedPrice = r.decimal()
		case "proratedprice":
			p.ProratedPrice = r.decimal()
		case "price":
			p.Price = r.decimal()
		case "extendedprice":
			p.ExtendedPrice = r.decimal()
		}
	}
}

// checkoutBody reads a checkout result, or the bare order that one documented example answers instead.
type checkoutBody struct {
	Checkout
	bare Order
}

func (b *checkoutBody) complete() bool {
	for i := range b.Orders {
		if !b.Orders[i].complete() {
			return false
		}
	}
	return len(b.Orders) > 0 || len(b.Errors) > 0
}

func (b *checkoutBody) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "orders":
			for range r.array {
				var order Order
				order.read(r)
				b.Orders = append(b.Orders, order)
			}
		case "ordererrors":
			for range r.array {
				b.Errors = append(b.Errors, readOrderError(r))
			}
		default:
			b.bare.readProperty(string(name), r)
		}
	}
	if len(b.Orders) == 0 && len(b.Errors) == 0 && b.bare.complete() {
		b.Orders = []Order{b.bare}
	}
}

func readOrderError(r *reader) (e OrderError) {
	for name := range r.object {
		switch string(name) {
		case "ordergroupid":
			e.GroupID = r.text()
		case "code":
			e.Code = r.text()
		case "description":
			e.Description = r.text()
		}
	}
	return e
}
