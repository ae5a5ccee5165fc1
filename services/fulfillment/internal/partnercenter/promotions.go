package partnercenter

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Promotion is a discount that some products can be bought with.
type Promotion struct {
	ID          string // what a cart line names
	Name        string
	Description string
	From, Until time.Time
	Automatic   bool // applied without being named
	Products    []PromotionProduct
}

// PromotionProduct is what a promotion is for.
type PromotionProduct struct {
	ProductID, SKUID           string
	TermDuration, BillingCycle string
	Discounts                  []Discount
}

// Discount is how much less is paid: a share such as 0.05, as decimal text.
type Discount struct {
	Type  string
	Value json.Number
}

// PromotionQuestion asks whether a promotion applies to something that is to be bought.
type PromotionQuestion struct {
	ID            int    `json:"id"`
	CatalogItemID string `json:"catalogItemId"`
	Quantity      int64  `json:"quantity"`
	BillingCycle  string `json:"billingCycle,omitempty"`
	TermDuration  string `json:"termDuration,omitempty"`
	PromotionID   string `json:"promotionId,omitempty"`
}

// PromotionAnswer is the answer to one of them.
type PromotionAnswer struct {
	ID            int
	CatalogItemID string
	Quantity      int64
	BillingCycle  string
	TermDuration  string
	Promotions    []EligiblePromotion
}

// EligiblePromotion is a promotion that applies, or why it does not.
type EligiblePromotion struct {
	ID       string
	Eligible bool
	Errors   []PromotionError
}

// PromotionError is why a promotion does not apply.
type PromotionError struct {
	Type        string // seat_count, term, redemption_limit …
	Description string // the vendor's words
}

// ListPromotions reads the promotions of a country and a segment.
func (c *Client) ListPromotions(ctx context.Context, ex Exchange, country, segment string) ([]Promotion, Answer, error) {
	q := collected(url.Values{"country": {country}, "segment": {segment}}, "productpromotions")
	q.op = opListPromotions
	return listed[Promotion](ctx, c, ex, q)
}

// CheckPromotions asks whether promotions apply to what a customer is to buy.
func (c *Client) CheckPromotions(ctx context.Context, ex Exchange, customer string, ask []PromotionQuestion) ([]PromotionAnswer, Answer, error) {
	q := request{op: opCheckPromotions, path: []string{"customers", customer, "promotionEligibilities"}, send: struct {
		Items []PromotionQuestion `json:"items"`
	}{ask}}
	return listed[PromotionAnswer](ctx, c, ex, q)
}

func (p *Promotion) complete() bool { return p.ID != "" }

func (p *Promotion) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			p.ID = r.text()
		case "name":
			p.Name = r.text()
		case "description":
			p.Description = r.text()
		case "startdate":
			p.From = r.moment()
		case "enddate":
			p.Until = r.moment()
		case "properties":
			for name := range r.object {
				if string(name) == "isautoapplicable" {
					p.Automatic = r.flag()
				}
			}
		case "requiredproducts":
			for range r.array {
				p.Products = append(p.Products, readPromotionProduct(r))
			}
		}
	}
}

func readPromotionProduct(r *reader) (p PromotionProduct) {
	for name := range r.object {
		switch string(name) {
		case "productid":
			p.ProductID = r.text()
		case "skuid":
			p.SKUID = r.text()
		case "term":
			var t Term
			t.read(r)
			p.TermDuration, p.BillingCycle = t.Duration, t.BillingCycle
		case "pricingpolicies":
			for range r.array {
				p.Discounts = append(p.Discounts, readDiscount(r))
			}
		}
	}
	return p
}

func readDiscount(r *reader) (d Discount) {
	for name := range r.object {
		switch string(name) {
		case "policytype":
			d.Type = r.enum()
		case "value":
			d.Value = r.decimal()
		}
	}
	return d
}

func (a *PromotionAnswer) complete() bool { return a.CatalogItemID != "" }

func (a *PromotionAnswer) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			a.ID = int(r.integer())
		case "catalogitemid":
			a.CatalogItemID = r.text()
		case "quantity":
			a.Quantity = r.integer()
		case "billingcycle":
			a.BillingCycle = r.enum()
		case "termduration":
			a.TermDuration = r.text()
		case "eligibilities":
			for range r.array {
				a.Promotions = append(a.Promotions, readEligiblePromotion(r))
			}
		}
	}
}

func readEligiblePromotion(r *reader) (p EligiblePromotion) {
	for name := range r.object {
		switch string(name) {
		case "promotionid":
			p.ID = r.text()
		case "iseligible":
			p.Eligible = r.flag()
		case "errors":
			for range r.array {
				var e PromotionError
				for name := range r.object {
					switch string(name) {
					case "type":
						e.Type = r.enum()
					case "description":
						e.Description = r.text()
					}
				}
				p.Errors = append(p.Errors, e)
			}
		}
	}
	return p
}
