package world

import (
	"sync"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// Limits bounds what a World keeps. Zero values are replaced by the defaults.
type Limits struct {
	Purchases int // the newest carts, with their orders and subscriptions; default 40000
	Effects   int // the newest ledger rows; default 40000
}

const defaultKept = 40_000

// Settings is how the vendor behaves; it may be changed at any time.
type Settings struct {
	ProvisioningDelay time.Duration // from checkout until the order is completed and its subscriptions are there
	ListLag           time.Duration // until an order shows in the customer's list; by id it is there at once
	RefuseRecheckout  bool          // a repeated checkout is refused with 800065 instead of answered as the first time
	ETags             bool          // subscriptions carry an etag, as legacy ones do
	UserTokens        bool          // what takes App+User only refuses application-only tokens, as documented
	Sandbox           bool          // the tenant is an integration sandbox: reservations can be cancelled, all for 60 days
	SandboxLimits     bool          // and has the sandbox's limits
	TransitionDelay   time.Duration // how long a transition takes
	ReviewDelay       time.Duration // how long an uploaded purchase order is looked at
	ReviewRejects     bool          // its order then ends po_review_rejected
}

const (
	cartLifetime  = 7 * 24 * time.Hour
	refundWindow  = 7 * 24 * time.Hour // cancel, or give seats back
	seededAge     = 30 * 24 * time.Hour
	maxCartLines  = 200
	homeCountry   = "US"
	homeCurrency  = "USD"
	linesPerOrder = 256 // numbering room, more than maxCartLines
)

// World is one vendor. Make it with New.
type World struct {
	limits Limits
	seeded bool

	mu       sync.Mutex
	settings Settings
	state
}

// state is everything that a reset throws away.
type state struct {
	ids       minter
	catalogue *catalogue
	customers map[ID]*customer
	next      uint64      // number of the next cart
	restocked uint64      // how often an availability was made up
	ring      []*purchase // by number modulo its length
	ledger    ledger
}

// customer is a tenant that buys.
type customer struct {
	Customer
	standing  []*subscription // not bought here, hence never forgotten, in the order they were made
	busyUntil time.Time       // an order is still being processed
	account   Account
	blocked   *Refusal         // why it may buy nothing; nil: it may
	assigned  map[string]int64 // seats in use, by licensing GUID
}

// Customer is a tenant and its relation to the partner.
type Customer struct {
	ID           ID
	Name         string
	Country      string // two letters
	Currency     string // three letters
	Relationship bool   // false: the partner may not sell to it
}

// New makes a vendor as it is at the time now. key decides which ids it gives out: two worlds with different keys never
// take each other's ids for their own. seeded fills in what package seed describes.
func New(now time.Time, key uint64, seeded bool, limits Limits, settings Settings) *World {
	if limits.Purchases <= 0 {
		limits.Purchases = defaultKept
	}
	if limits.Effects <= 0 {
		limits.Effects = defaultKept
	}
	w := &World{limits: limits, seeded: seeded, settings: settings}
	w.fill(now, key)
	return w
}

// Reset makes the world as fresh as New did, with the settings given. Ids given out before are unknown afterwards.
func (w *World) Reset(now time.Time, settings Settings) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settings = settings
	w.fill(now, mix(w.ids.key+1))
}

func (w *World) fill(now time.Time, key uint64) {
	w.state = state{
		ids:       minter{key: key},
		catalogue: seededCatalogue(),
		customers: map[ID]*customer{},
		ring:      make([]*purchase, w.limits.Purchases),
		ledger:    ledger{limit: w.limits.Effects},
	}
	if !w.seeded {
		return
	}
	for _, c := range []struct{ id, name string }{
		{seed.Contoso, seed.ContosoName}, {seed.Fabrikam, seed.FabrikamName}, {seed.Northwind, seed.NorthwindName},
	} {
		id, _ := ParseID(c.id)
		w.customers[id] = &customer{account: newAccount(now), Customer: Customer{
			ID: id, Name: c.name, Country: homeCountry, Currency: homeCurrency, Relationship: true,
		}}
	}
	contoso, _ := ParseID(seed.Contoso)
	id, _ := ParseID(seed.ContosoBusinessBasic)
	basic := w.catalogue.items[seed.Microsoft365BusinessBasic]
	w.stand(now.Add(-seededAge), w.customers[contoso], id, basic, seed.ContosoBusinessBasicSeats, "")
}

// Settings is how the vendor behaves now.
func (w *World) Settings() Settings {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.settings
}

// SetSettings changes how the vendor behaves from now on. Orders that are already on their way keep their time.
func (w *World) SetSettings(s Settings) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settings = s
}

// Customers lists the customers in no particular order.
func (w *World) Customers() []Customer {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]Customer, 0, len(w.customers))
	for _, c := range w.customers {
		list = append(list, c.Customer)
	}
	return list
}

// PutCustomer adds a customer, or changes the one that has its id. An empty country or currency means US and USD.
func (w *World) PutCustomer(now time.Time, c Customer) {
	if c.Country == "" {
		c.Country = homeCountry
	}
	if c.Currency == "" {
		c.Currency = homeCurrency
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.customers[c.ID]; known != nil {
		known.Customer = c
		return
	}
	w.customers[c.ID] = &customer{Customer: c, account: newAccount(now)}
}

// Items lists the catalogue.
func (w *World) Items() []Item {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]Item, 0, len(w.catalogue.order))
	for _, i := range w.catalogue.order {
		list = append(list, *i)
	}
	return list
}

// SetItem changes where an item is sold and whether it still is; false when there is no such item. Carts that hold the item
// already are judged by its new state when they are checked out.
func (w *World) SetItem(id, country string, retired bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed, ok := w.catalogue.with(id, func(i *Item) { i.Country, i.Retired = country, retired })
	w.catalogue = changed
	return ok
}

// customer finds the customer of a call.
func (w *World) customer(id ID) (*customer, *Refusal) {
	c := w.customers[id]
	switch {
	case c == nil:
		return nil, ErrTenantNotFound
	case !c.Relationship:
		return nil, ErrNoRelationship
	}
	return c, nil
}
