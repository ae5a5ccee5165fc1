package partnercenter

import (
	"context"
	"net/url"
)

// Availability is one way in which a SKU is sold at present.
type Availability struct {
	ID            string
	ProductID     string
	SKUID         string
	CatalogItemID string // product:sku:availability, what a cart line names
	Currency      string // ISO 4217
	Segment       string
	Country       string
	IsPurchasable bool
	IsRenewable   bool
	Terms         []Term
	Type          string // of the product, where the answer includes it
	SKU           SKU    // where the answer includes it
}

// Term is a term that an availability is sold for.
type Term struct {
	ID           string
	Duration     string // ISO 8601: P1M, P1Y, P3Y; "" for what is bought for ever
	Description  string
	BillingCycle string         // monthly, annual, …; "" where the SKU's cycles count
	Refunds      []RefundOption // by when it can be given back
}

// RefundOption is until when how much is given back.
type RefundOption struct {
	Sequence     int64
	Type         string // full, partial
	ExpiresAfter string // ISO 8601 duration from the purchase
}

// InventoryQuestion names what an inventory check is about.
type InventoryQuestion struct {
	Items   []InventoryItem   `json:"targetItems"`
	Context map[string]string `json:"inventoryContext,omitempty"` // what SKU.InventoryNeeds names
}

// InventoryItem is a product, or one SKU of it.
type InventoryItem struct {
	ProductID string `json:"productId"`
	SKUID     string `json:"skuId,omitempty"`
}

// Inventory is whether an item can be had. Items that the vendor does not know are left out of its answer.
type Inventory struct {
	ProductID    string
	SKUID        string
	IsRestricted bool
	Restrictions []Restriction
}

// Restriction is why an item cannot be had.
type Restriction struct {
	Reason      string // the vendor's word, such as NotAvailableForSubscription
	Description string // the vendor's words
	Properties  map[string]string
}

// ListAvailabilities reads in which ways a SKU is sold.
func (c *Client) ListAvailabilities(ctx context.Context, ex Exchange, m Market, product, sku string) ([]Availability, Answer, error) {
	return listed[Availability](ctx, c, ex, m.request(opListAvailabilities, product, "skus", sku, "availabilities"))
}

// GetAvailability reads one of them.
func (c *Client) GetAvailability(ctx context.Context, ex Exchange, m Market, product, sku, availability string) (Availability, Answer, error) {
	var out Availability
	answer, err := c.call(ctx, ex, m.request(opGetAvailability, product, "skus", sku, "availabilities", availability), &out)
	return out, answer, err
}

// CheckInventory asks whether items can be had in a country. It is for SKUs with InventoryCheck among their demands.
func (c *Client) CheckInventory(ctx context.Context, ex Exchange, country string, ask InventoryQuestion) ([]Inventory, Answer, error) {
	q := collected(url.Values{"country": {country}}, "extensions", "product", "checkinventory")
	q.op, q.send = opCheckInventory, ask
	return listed[Inventory](ctx, c, ex, q)
}

func (a *Availability) complete() bool { return a.ID != "" }

func (a *Availability) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			a.ID = r.text()
		case "productid":
			a.ProductID = r.text()
		case "skuid":
			a.SKUID = r.text()
		case "catalogitemid":
			a.CatalogItemID = r.text()
		case "defaultcurrency":
			a.Currency = readCurrency(r)
		case "segment":
			a.Segment = r.enum()
		case "country":
			a.Country = r.text()
		case "ispurchasable":
			a.IsPurchasable = r.flag()
		case "isrenewable":
			a.IsRenewable = r.flag()
		case "terms":
			for range r.array {
				var t Term
				t.read(r)
				a.Terms = append(a.Terms, t)
			}
		case "product":
			var p Product
			p.read(r)
			a.Type = p.Type
		case "sku":
			a.SKU.read(r)
		}
	}
}

// readCurrency reads a currency's code, an object or a bare word.
func readCurrency(r *reader) (code string) {
	if r.peek() == '"' {
		return r.text()
	}
	for name := range r.object {
		if string(name) == "code" {
			code = r.text()
		}
	}
	return code
}

func (t *Term) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			t.ID = r.text()
		case "duration":
			t.Duration = r.text()
		case "description":
			t.Description = r.text()
		case "billingcycle":
			t.BillingCycle = r.enum()
		case "cancellationpolicies":
			for range r.array {
				t.Refunds = append(t.Refunds, readRefunds(r)...)
			}
		}
	}
}

func readRefunds(r *reader) (all []RefundOption) {
	for name := range r.object {
		if string(name) != "refundoptions" {
			continue
		}
		for range r.array {
			var o RefundOption
			for name := range r.object {
				switch string(name) {
				case "sequenceid":
					o.Sequence = r.integer()
				case "type":
					o.Type = r.enum()
				case "expiresafter", "expiresat":
					o.ExpiresAfter = r.text()
				}
			}
			all = append(all, o)
		}
	}
	return all
}

func (i *Inventory) complete() bool { return i.ProductID != "" }

func (i *Inventory) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "productid":
			i.ProductID = r.text()
		case "skuid":
			i.SKUID = r.text()
		case "isrestricted":
			i.IsRestricted = r.flag()
		case "restrictions":
			for range r.array {
				i.Restrictions = append(i.Restrictions, readRestriction(r))
			}
		}
	}
}

func readRestriction(r *reader) (x Restriction) {
	for name := range r.object {
		switch string(name) {
		case "reasoncode":
			x.Reason = r.text()
		case "description":
			x.Description = r.text()
		case "properties":
			x.Properties = r.pairs()
		}
	}
	return x
}
