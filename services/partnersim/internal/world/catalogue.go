package world

import "strings"

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

	Kind          Kind
	Segment       string   // commercial, education
	Provisioning  string   // licensing GUID, by which seats in use are counted; empty: there are none
	Bases         []string // of an add-on: product:sku of what it needs, one of them
	Upgrades      []string // product:sku of what it can be changed into
	Extensible    bool     // there are add-ons for it
	PurchaseOrder bool     // the vendor wants to see the customer's purchase order
	SoldOut       bool     // there is none left
	Publisher     string
}

// SKU is the part of the id that stays when the availability changes.
func (i *Item) SKU() string {
	if i.SKUID == "" {
		return i.ProductID
	}
	return i.ProductID + ":" + i.SKUID
}

// Renews says whether its subscriptions can renew themselves.
func (i *Item) Renews() bool { return i.Kind != AzurePlan }

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
	bySKU    map[string]*Item
}

func newCatalogue(items ...*Item) *catalogue {
	c := &catalogue{items: map[string]*Item{}, products: map[string]bool{}, skus: map[string]bool{}, bySKU: map[string]*Item{}, order: items}
	for _, i := range items {
		c.items[i.ID], c.products[i.ProductID], c.skus[i.SKU()], c.bySKU[i.SKU()] = i, true, true, i
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

// stem finds an item by its product and SKU, with or without an availability, which may be an old one.
func (c *catalogue) stem(id string) *Item {
	id = strings.ToUpper(id)
	if item := c.items[id]; item != nil {
		return item
	}
	if strings.Count(id, ":") == 2 {
		id = sku(id)
	}
	return c.bySKU[id]
}

// Restock gives an item another availability and so another id; an empty one is made up. False when there is no such item,
// or the id would be another's.
func (w *World) Restock(id, availability string) (newID string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	item := w.catalogue.items[strings.ToUpper(id)]
	if item == nil || item.Kind == Legacy {
		return "", false
	}
	if availability == "" {
		w.restocked++
		availability = item.Availability[:min(len(item.Availability), 8)] + restockDigits(w.restocked)
	}
	availability = strings.ToUpper(availability)
	newID = item.SKU() + ":" + availability
	if w.catalogue.items[newID] != nil {
		return "", false
	}
	changed, ok := w.catalogue.with(item.ID, func(i *Item) { i.ID, i.Availability = newID, availability })
	w.catalogue = changed
	return newID, ok
}

// restockDigits are four characters as availabilities end with.
func restockDigits(n uint64) string {
	const digits = "0123456789BCDFGHJKLMNPQRSTVWXYZ"
	b := [4]byte{'R', '0', '0', '0'}
	for at := len(b) - 1; at > 0; at-- {
		b[at] = digits[n%uint64(len(digits))]
		n /= uint64(len(digits))
	}
	return string(b[:])
}

// Subscribes says whether what is bought of an item has a subscription.
func (w *World) Subscribes(itemID string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	item := w.catalogue.stem(itemID)
	return item != nil && item.Kind.Subscribes()
}

// SetInventory says whether there is any left of an item; false when there is no such item.
func (w *World) SetInventory(id string, soldOut bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed, ok := w.catalogue.with(strings.ToUpper(id), func(i *Item) { i.SoldOut = soldOut })
	w.catalogue = changed
	return ok
}
