package vendorapi

import (
	"slices"
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// market is the part of the catalogue that a call asks about.
type market struct {
	country string
	root    string // of links
	items   []world.Item
}

// market finds what is sold in the call's country, or in that of its customer.
func (s *Server) market(c *call) (*market, *world.Refusal) {
	query := c.request.URL.Query()
	m := &market{country: strings.ToUpper(query.Get("country"))}
	if !c.general {
		customer, _, refusal := s.account(c)
		switch {
		case refusal != nil:
			return nil, refusal
		case !customer.Relationship:
			return nil, world.ErrNoRelationship
		}
		m.country, m.root = customer.Country, string(appendPath(nil, customer.ID, ""))
		m.root = strings.TrimSuffix(m.root, "/")
	}
	if len(m.country) != 2 {
		return nil, errCountry
	}
	segment := strings.ToLower(query.Get("targetSegment"))
	for _, item := range s.World.Items() {
		here := item.Country == "" || item.Country == m.country
		if here && item.Kind != world.Legacy && (segment == "" || segment == item.Segment) {
			m.items = append(m.items, item)
		}
	}
	return m, nil
}

var (
	errCountry = &world.Refusal{Status: 400, Code: 3000, Description: "The country is missing or not valid."}
	errView    = &world.Refusal{Status: 403, Code: 400036, Description: "The target view is not allowed for the caller."}
)

func same(a, b string) bool { return strings.EqualFold(a, b) }

// of narrows the market down to a product, a SKU and an availability, as far as they are named.
func (m *market) of(names []string) *world.Refusal {
	for n, refusal := range []*world.Refusal{world.ErrProductNotFound, world.ErrSKUNotFound, world.ErrAvailabilityNotFound}[:len(names)] {
		m.items = slices.DeleteFunc(m.items, func(i world.Item) bool {
			return !same([]string{i.ProductID, i.SKUID, i.Availability}[n], names[n])
		})
		if len(m.items) == 0 {
			return refusal
		}
	}
	return nil
}

// distinct leaves the first of all items for which key is the same.
func (m *market) distinct(key func(*world.Item) string) []world.Item {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(m.items), func(i world.Item) bool {
		k := key(&i)
		known := seen[k]
		seen[k] = true
		return known
	})
}

func (s *Server) listProducts(c *call) (int, *world.Refusal) {
	m, refusal := s.market(c)
	if refusal != nil {
		return 0, refusal
	}
	view, known := c.request.URL.Query().Get("targetView"), false
	listed := func(i *world.Item) bool {
		return slices.ContainsFunc(i.Kind.Views(), func(v string) bool { return same(v, view) })
	}
	for kind := world.NewCommerce; kind <= world.Legacy; kind++ {
		known = known || listed(&world.Item{Kind: kind})
	}
	if !known {
		return 0, errView
	}
	var items []document
	for _, i := range m.distinct(func(i *world.Item) string { return i.ProductID }) {
		if listed(&i) {
			items = append(items, m.product(&i))
		}
	}
	return c.say(collection(items, m.root+"/products?"+c.request.URL.RawQuery)), nil
}

func (s *Server) getProduct(c *call) (int, *world.Refusal) {
	m, refusal := s.narrowed(c)
	if refusal != nil {
		return 0, refusal
	}
	return c.say(m.product(&m.items[0])), nil
}

func (s *Server) listSKUs(c *call) (int, *world.Refusal) {
	m, refusal := s.narrowed(c)
	if refusal != nil {
		return 0, refusal
	}
	var items []document
	for _, i := range m.distinct((*world.Item).SKU) {
		items = append(items, m.sku(&i))
	}
	return c.say(collection(items, m.path(&m.items[0], "/skus", false))), nil
}

func (s *Server) getSKU(c *call) (int, *world.Refusal) {
	m, refusal := s.narrowed(c)
	if refusal != nil {
		return 0, refusal
	}
	return c.say(m.sku(&m.items[0])), nil
}

func (s *Server) listAvailabilities(c *call) (int, *world.Refusal) {
	m, refusal := s.narrowed(c)
	if refusal != nil {
		return 0, refusal
	}
	var items []document
	for n := range m.items {
		items = append(items, m.availability(&m.items[n]))
	}
	return c.say(collection(items, m.path(&m.items[0], "/availabilities", true))), nil
}

func (s *Server) getAvailability(c *call) (int, *world.Refusal) {
	m, refusal := s.narrowed(c)
	if refusal != nil {
		return 0, refusal
	}
	return c.say(m.availability(&m.items[0])), nil
}

// narrowed is the market that a path names.
func (s *Server) narrowed(c *call) (*market, *world.Refusal) {
	m, refusal := s.market(c)
	if refusal != nil {
		return nil, refusal
	}
	refusal = m.of(c.stars)
	return m, refusal
}

// path is where something of a product, or of its SKU, stands in the catalogue.
func (m *market) path(i *world.Item, rest string, ofSKU bool) string {
	path := m.root + "/products/" + i.ProductID
	if ofSKU {
		path += "/skus/" + i.SKUID
	}
	return path + rest + "?country=" + m.country
}

// inventoryBody is a question about inventory; what the context says is not looked at.
type inventoryBody struct {
	Items []struct {
		Product string `json:"productId"`
		SKU     string `json:"skuId"`
	} `json:"targetItems"`
}

// checkInventory answers for items whose inventory is limited; all others are left out.
func (s *Server) checkInventory(c *call) (int, *world.Refusal) {
	m, refusal := s.market(c)
	if refusal != nil {
		return 0, refusal
	}
	var body inventoryBody
	if refusal := decode(c.body, &body); refusal != nil {
		return 0, refusal
	}
	list := []document{}
	for _, asked := range body.Items {
		for n := range m.items {
			i := &m.items[n]
			if i.Kind != world.Reservation || !same(i.ProductID, asked.Product) || asked.SKU != "" && !same(i.SKUID, asked.SKU) {
				continue
			}
			restrictions := []document{}
			if i.SoldOut {
				restrictions = append(restrictions, document{
					"reasonCode": "NotAvailableForSubscription", "description": "Restriction identified of type 'Location' with values 'eastus'.",
					"properties": document{"type": "Location", "values": "eastus"},
				})
			}
			list = append(list, document{
				"productId": i.ProductID, "skuId": i.SKUID, "isRestricted": i.SoldOut, "restrictions": restrictions,
			})
		}
	}
	return c.say(list), nil
}
