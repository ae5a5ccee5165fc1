package world

import (
	"strings"

	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// Term is one way to buy an item: for how long, billed how often, at which price per seat and billing period.
type Term struct {
	Duration     string // ISO 8601: P1M, P1Y, P3Y
	BillingCycle string // monthly, annual
	Price        Amount
	Periods      int64 // billing periods in the term
}

// Item is one thing that can be bought: an availability of a SKU. Items are never changed once they stand in a World.
type Item struct {
	ID           string // ProductID:SKUID:AvailabilityID
	ProductID    string
	SKUID        string
	Availability string
	Title        string
	MinQuantity  int64
	MaxQuantity  int64
	Country      string // where it is sold; empty means everywhere
	Retired      bool
	Terms        []Term // the first is taken when a buyer names none
}

func (i *Item) term(duration, cycle string) *Term {
	for t := range i.Terms {
		term := &i.Terms[t]
		if (duration == "" || term.Duration == duration) && (cycle == "" || term.BillingCycle == cycle) {
			return term
		}
	}
	return nil
}

// catalogue finds items by the three parts of their id.
type catalogue struct {
	items    map[string]*Item // by whole id
	products map[string]bool
	skus     map[string]bool // product:sku
	order    []*Item
}

func newCatalogue(items ...*Item) *catalogue {
	c := &catalogue{items: map[string]*Item{}, products: map[string]bool{}, skus: map[string]bool{}, order: items}
	for _, i := range items {
		c.items[i.ID], c.products[i.ProductID], c.skus[i.ProductID+":"+i.SKUID] = i, true, true
	}
	return c
}

// find gives the item that a buyer in that country may buy. Ids may come in any case; the catalogue has them in upper case.
func (c *catalogue) find(id, country string) (*Item, *Refusal) {
	item, ok := c.items[id]
	if !ok {
		item = c.items[strings.ToUpper(id)]
	}
	switch {
	case item == nil:
		return nil, c.missing(strings.ToUpper(id))
	case item.Retired:
		return nil, ErrRetired
	case item.Country != "" && item.Country != country:
		return nil, ErrOtherRegion
	}
	return item, nil
}

// missing says which part of an id is not known.
func (c *catalogue) missing(id string) *Refusal {
	parts := strings.Split(id, ":")
	switch {
	case len(parts) != 3:
		return ErrOfferID
	case !c.products[parts[0]]:
		return ErrProductNotFound
	case !c.skus[parts[0]+":"+parts[1]]:
		return ErrSKUNotFound
	}
	return ErrAvailabilityNotFound
}

// with gives a copy of the catalogue in which one item is changed; false when there is no such item.
func (c *catalogue) with(id string, change func(*Item)) (*catalogue, bool) {
	if c.items[id] == nil {
		return c, false
	}
	items := make([]*Item, len(c.order))
	for n, item := range c.order {
		items[n] = item
		if item.ID == id {
			changed := *item
			change(&changed)
			items[n] = &changed
		}
	}
	return newCatalogue(items...), true
}

func item(id, title string, maximum int64, terms ...Term) *Item {
	parts := strings.Split(id, ":")
	return &Item{
		ID: id, ProductID: parts[0], SKUID: parts[1], Availability: parts[2],
		Title: title, MinQuantity: 1, MaxQuantity: maximum, Terms: terms,
	}
}

// terms are the usual three ways to buy; the amounts are per seat and billing period, in hundredths.
func terms(annual, monthlyForAYear, monthly Amount) []Term {
	const hundredth = amountUnit / 100
	return []Term{
		{Duration: "P1Y", BillingCycle: "annual", Price: annual * hundredth, Periods: 1},
		{Duration: "P1Y", BillingCycle: "monthly", Price: monthlyForAYear * hundredth, Periods: 12},
		{Duration: "P1M", BillingCycle: "monthly", Price: monthly * hundredth, Periods: 1},
	}
}

// seededCatalogue is the catalogue of a fresh simulator.
func seededCatalogue() *catalogue {
	retired := item(seed.RetiredOffer, "Office 365 E2 (retired)", 10_000, terms(96_00, 8_00, 9_60)...)
	retired.Retired = true
	elsewhere := item(seed.OtherRegionOffer, "Microsoft 365 E5 (no Teams, Germany)", 10_000, terms(540_00, 45_00, 54_00)...)
	elsewhere.Country = "DE"
	return newCatalogue(
		item(seed.Microsoft365E5, "Microsoft 365 E5", 10_000, terms(570_00, 47_50, 57_00)...),
		item(seed.PowerBIPro, "Power BI Pro", 10_000, terms(100_00, 8_40, 10_00)...),
		item(seed.Microsoft365BusinessPremium, "Microsoft 365 Business Premium", 300, terms(220_00, 18_40, 22_00)...),
		item(seed.Microsoft365BusinessBasic, "Microsoft 365 Business Basic", 300, terms(72_00, 6_00, 7_20)...),
		retired, elsewhere,
	)
}
