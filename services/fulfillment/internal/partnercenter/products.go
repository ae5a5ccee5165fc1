package partnercenter

import (
	"context"
	"net/url"
)

// Market says for whom the catalogue is read. Availabilities, and with them catalogue item ids, change over time: they are
// fetched shortly before a purchase and never kept as the identity of anything.
type Market struct {
	Customer         string // the customer's own catalogue; their country is used. "": that of Country
	Country          string // ISO 3166, two letters; needed without a customer
	Segment          string // commercial, education, government, nonprofit; "": all but nonprofit
	ReservationScope string // AzurePlan for reservations under an Azure plan
}

// Product is a product of the catalogue.
type Product struct {
	ID            string
	ProductID     string // set where the vendor's list is one of SKUs, as that of the view MicrosoftAzure is
	Title         string
	Description   string
	Type          string // OnlineServicesNCE is new commerce; Azure, Software
	SubType       string // of Azure: SaaS, SavingsPlan, VirtualMachines
	PublisherName string
	ByMicrosoft   bool
}

// SKU is what of a product can be ordered.
type SKU struct {
	ID              string
	ProductID       string
	Title           string
	Description     string
	MinimumQuantity int64
	MaximumQuantity int64 // 0: not told
	IsTrial         bool
	BillingCycles   []string // monthly, annual, one_time …
	Demands         []string // purchase prerequisites, as written: InventoryCheck, AzureSubscriptionRegistration …
	InventoryNeeds  []string // what an inventory check must be told
	ProvisionNeeds  []string // keys of the provisioning context
	Actions         []string
	Attestation     bool // the line must carry the customer's attestation

	// What the vendor calls dynamic, and may change without notice.
	IsAddOn        bool
	BaseSKUs       []string // of an add-on: product:sku of what it needs
	UpgradeTargets []string // product:sku
	ProvisioningID string   // the licensing GUID, which SubscribedSKU.ID is
}

// ListProducts reads the products of a view: OnlineServices, Software, AzureReservations, MarketplaceSaaS …
func (c *Client) ListProducts(ctx context.Context, ex Exchange, m Market, view string) ([]Product, Answer, error) {
	q := m.request(opListProducts)
	values := m.values()
	values.Set("targetView", view)
	q.query = values.Encode()
	return listed[Product](ctx, c, ex, q)
}

// GetProduct reads a product.
func (c *Client) GetProduct(ctx context.Context, ex Exchange, m Market, product string) (Product, Answer, error) {
	var out Product
	answer, err := c.call(ctx, ex, m.request(opGetProduct, product), &out)
	return out, answer, err
}

// ListSKUs reads the SKUs of a product.
func (c *Client) ListSKUs(ctx context.Context, ex Exchange, m Market, product string) ([]SKU, Answer, error) {
	return listed[SKU](ctx, c, ex, m.request(opListSKUs, product, "skus"))
}

// GetSKU reads a SKU.
func (c *Client) GetSKU(ctx context.Context, ex Exchange, m Market, product, sku string) (SKU, Answer, error) {
	var out SKU
	answer, err := c.call(ctx, ex, m.request(opGetSKU, product, "skus", sku), &out)
	return out, answer, err
}

// values is the market as a query.
func (m Market) values() url.Values {
	values := url.Values{}
	for _, v := range []struct{ name, value string }{
		{"country", m.Country}, {"targetSegment", m.Segment}, {"reservationScope", m.ReservationScope},
	} {
		if v.value != "" && (v.name != "country" || m.Customer == "") {
			values.Set(v.name, v.value)
		}
	}
	return values
}

// request asks for something below the products of the market.
func (m Market) request(op operation, below ...string) request {
	path := []string{"products"}
	if m.Customer != "" {
		path = []string{"customers", m.Customer, "products"}
	}
	return request{op: op, path: append(path, below...), query: m.values().Encode()}
}

func (p *Product) complete() bool { return p.ID != "" }

func (p *Product) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			p.ID = r.text()
		case "productid":
			p.ProductID = r.text()
		case "title":
			p.Title = r.text()
		case "description":
			p.Description = r.text()
		case "producttype":
			p.Type, p.SubType = readFullProductType(r)
		case "publishername":
			p.PublisherName = r.text()
		case "ismicrosoftproduct":
			p.ByMicrosoft = r.flag()
		}
	}
}

// readFullProductType reads the ids of a product type and its sub-type, objects or bare words.
func readFullProductType(r *reader) (id, sub string) {
	if r.peek() == '"' {
		return r.text(), ""
	}
	for name := range r.object {
		switch string(name) {
		case "id":
			id = r.text()
		case "subtype":
			sub = readProductType(r)
		}
	}
	return id, sub
}

func (s *SKU) complete() bool { return s.ID != "" }

func (s *SKU) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "id":
			s.ID = r.text()
		case "productid":
			s.ProductID = r.text()
		case "title":
			s.Title = r.text()
		case "description":
			s.Description = r.text()
		case "minimumquantity":
			s.MinimumQuantity = r.integer()
		case "maximumquantity":
			s.MaximumQuantity = r.integer()
		case "istrial":
			s.IsTrial = r.flag()
		case "supportedbillingcycles":
			s.BillingCycles = r.enums()
		case "purchaseprerequisites":
			s.Demands = r.texts()
		case "inventoryvariables":
			s.InventoryNeeds = r.texts()
		case "provisioningvariables":
			s.ProvisionNeeds = r.texts()
		case "actions":
			s.Actions = r.texts()
		case "attestationproperties":
			s.Attestation = readAttestation(r)
		case "dynamicattributes":
			s.readDynamic(r)
		}
	}
}

func (s *SKU) readDynamic(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "isaddon":
			s.IsAddOn = r.flag()
		case "prerequisiteskus":
			s.BaseSKUs = r.texts()
		case "upgradetargetoffers":
			s.UpgradeTargets = r.texts()
		case "provisioningid":
			s.ProvisioningID = r.text()
		}
	}
}

func readAttestation(r *reader) (enforced bool) {
	for name := range r.object {
		if string(name) == "enforceattestation" {
			enforced = r.flag()
		}
	}
	return enforced
}
