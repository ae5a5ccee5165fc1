package adminapi

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/clock"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

type customerBody struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Country      string `json:"country"`
	Currency     string `json:"currency"`
	Relationship *bool  `json:"relationship"` // absent: true
}

func (a *api) customers(*http.Request) (int, any, *problem) {
	list := a.World.Customers()
	slices.SortFunc(list, func(x, y world.Customer) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID.String(), y.ID.String()))
	})
	items := make([]customerBody, len(list))
	for n, c := range list {
		items[n] = customerBody{c.ID.String(), c.Name, c.Country, c.Currency, &c.Relationship}
	}
	return http.StatusOK, map[string]any{"customers": items}, nil
}

// putCustomer adds a customer or replaces the one with its id; what is left out of a known one stays.
func (a *api) putCustomer(r *http.Request) (int, any, *problem) {
	var body customerBody
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	kept, p := a.keepCustomer(&body)
	return http.StatusOK, kept, p
}

func (a *api) keepCustomer(body *customerBody) (customerBody, *problem) {
	id, p := customer(body.ID)
	if p != nil {
		return customerBody{}, bad("id", "id must be a GUID, contoso, fabrikam or northwind.")
	}
	c := world.Customer{ID: id, Relationship: true}
	for _, known := range a.World.Customers() {
		if known.ID == id {
			c = known
		}
	}
	c.Name, c.Country, c.Currency = cmp.Or(body.Name, c.Name), cmp.Or(body.Country, c.Country), cmp.Or(body.Currency, c.Currency)
	if body.Relationship != nil {
		c.Relationship = *body.Relationship
	}
	a.World.PutCustomer(a.Clock.Now(), c)
	return customerBody{id.String(), c.Name, c.Country, c.Currency, &c.Relationship}, nil
}

type termBody struct {
	TermDuration string      `json:"term_duration"`
	BillingCycle string      `json:"billing_cycle"`
	Price        json.Number `json:"price"` // per seat and billing period
}

type itemBody struct {
	ID          string     `json:"catalog_item_id"`
	Title       string     `json:"title"`
	Kind        string     `json:"kind"`
	MinQuantity int64      `json:"min_quantity"`
	MaxQuantity int64      `json:"max_quantity"`
	Country     string     `json:"country,omitempty"`
	Retired     bool       `json:"retired"`
	Segment     string     `json:"segment,omitempty"`
	Bases       []string   `json:"bases,omitempty"` // of an add-on: product:sku of what it needs
	Terms       []termBody `json:"terms"`
}

func (a *api) catalogue(*http.Request) (int, any, *problem) {
	items := []itemBody{}
	for _, i := range a.World.Items() {
		item := itemBody{
			ID: i.ID, Title: i.Title, Kind: i.Kind.String(), MinQuantity: i.MinQuantity, MaxQuantity: i.MaxQuantity, Country: i.Country,
			Retired: i.Retired, Segment: i.Segment, Bases: i.Bases,
		}
		for _, t := range i.Terms {
			item.Terms = append(item.Terms, termBody{t.Duration, t.BillingCycle, t.Price.Number()})
		}
		items = append(items, item)
	}
	return http.StatusOK, map[string]any{"currency": "USD", "items": items}, nil
}

// setItem changes where an item is sold and whether it still is.
func (a *api) setItem(r *http.Request) (int, any, *problem) {
	var body setItemBody
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	p := a.changeItem(&body)
	return http.StatusOK, body, p
}

type setItemBody struct {
	ID      string `json:"catalog_item_id"`
	Country string `json:"country"`
	Retired bool   `json:"retired"`
}

func (a *api) changeItem(body *setItemBody) *problem {
	if !a.World.SetItem(body.ID, body.Country, body.Retired) {
		return notFound("There is no such item in the catalogue.")
	}
	return nil
}

type subscriptionBody struct {
	Customer     string `json:"customer"`
	ID           string `json:"id"` // absent: a new one
	Item         string `json:"catalog_item_id"`
	Quantity     int64  `json:"quantity"`
	FriendlyName string `json:"friendly_name"` // absent: the item's title
}

// createSubscription makes a subscription that nobody bought here.
func (a *api) createSubscription(r *http.Request) (int, any, *problem) {
	var body subscriptionBody
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	made, p := a.giveSubscription(&body)
	return http.StatusCreated, made, p
}

func (a *api) giveSubscription(body *subscriptionBody) (subscriptionBody, *problem) {
	c, p := customer(body.Customer)
	if p != nil {
		return subscriptionBody{}, p
	}
	id, ok := world.ParseID(body.ID)
	if body.ID != "" && !ok {
		return subscriptionBody{}, bad("id", "id must be a GUID.")
	}
	made, refusal := a.World.CreateSubscription(a.Clock.Now(), c, id, body.Item, body.Quantity, body.FriendlyName)
	if refusal != nil {
		return subscriptionBody{}, refused(refusal)
	}
	return subscriptionBody{c.String(), made.ID.String(), made.Item.ID, made.Quantity, made.FriendlyName}, nil
}

// settingsBody is how the simulator behaves; in a change, what is absent stays.
type settingsBody struct {
	ProvisioningDelay *int64  `json:"provisioning_delay_ms,omitempty"`
	ListLag           *int64  `json:"list_lag_ms,omitempty"`
	RatePerMinute     *int    `json:"rate_per_minute,omitempty"` // 0: no limit
	Recheckout        *string `json:"recheckout,omitempty"`      // replay or refuse
	ETags             *bool   `json:"etags,omitempty"`
	UserTokens        *bool   `json:"user_tokens,omitempty"`
	TimeScale         *int    `json:"time_scale,omitempty"`
	Sandbox           *bool   `json:"sandbox,omitempty"`
	SandboxLimits     *bool   `json:"sandbox_limits,omitempty"`
	TransitionDelay   *int64  `json:"transition_delay_ms,omitempty"`
	ReviewDelay       *int64  `json:"review_delay_ms,omitempty"` // 0: until an admin moves the order
	ReviewRejects     *bool   `json:"review_rejects,omitempty"`
}

const (
	recheckoutReplay = "replay"
	recheckoutRefuse = "refuse"
	maxDelay         = 365 * 24 * time.Hour
)

func (a *api) settings(*http.Request) (int, any, *problem) {
	s, limit := a.World.Settings(), a.Limiter.Limit()
	delay, lag, recheckout := s.ProvisioningDelay.Milliseconds(), s.ListLag.Milliseconds(), recheckoutReplay
	if s.RefuseRecheckout {
		recheckout = recheckoutRefuse
	}
	scale := a.Clock.Scale()
	return http.StatusOK, settingsBody{&delay, &lag, &limit, &recheckout, &s.ETags, &s.UserTokens, &scale,
		&s.Sandbox, &s.SandboxLimits, new(s.TransitionDelay.Milliseconds()), new(s.ReviewDelay.Milliseconds()), &s.ReviewRejects}, nil
}

func (a *api) setSettings(r *http.Request) (int, any, *problem) {
	var body settingsBody
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	if p := a.set(&body); p != nil {
		return 0, nil, p
	}
	return a.settings(r)
}

// set changes the settings: all that a body names, or, with a problem, none.
func (a *api) set(body *settingsBody) *problem {
	s, p := a.changed(body)
	if p != nil {
		return p
	}
	a.World.SetSettings(s)
	if body.RatePerMinute != nil {
		a.Limiter.SetLimit(*body.RatePerMinute)
	}
	if body.TimeScale != nil {
		a.Clock.SetScale(*body.TimeScale)
	}
	return nil
}

// changed gives the world's settings as a body wants them, or says what is wrong with it.
func (a *api) changed(body *settingsBody) (world.Settings, *problem) {
	s := a.World.Settings()
	for field, d := range map[string]struct {
		from *int64
		to   *time.Duration
	}{"provisioning_delay_ms": {body.ProvisioningDelay, &s.ProvisioningDelay}, "list_lag_ms": {body.ListLag, &s.ListLag},
		"transition_delay_ms": {body.TransitionDelay, &s.TransitionDelay}, "review_delay_ms": {body.ReviewDelay, &s.ReviewDelay}} {
		if d.from == nil {
			continue
		}
		if *d.from < 0 || *d.from > maxDelay.Milliseconds() {
			return s, bad(field, field+" must be 0 or more milliseconds, at most a year.")
		}
		*d.to = time.Duration(*d.from) * time.Millisecond
	}
	if body.Recheckout != nil {
		if *body.Recheckout != recheckoutReplay && *body.Recheckout != recheckoutRefuse {
			return s, bad("recheckout", "recheckout must be replay or refuse.")
		}
		s.RefuseRecheckout = *body.Recheckout == recheckoutRefuse
	}
	if body.RatePerMinute != nil && *body.RatePerMinute < 0 {
		return s, bad("rate_per_minute", "rate_per_minute must be 0 (no limit) or more.")
	}
	if body.TimeScale != nil && (*body.TimeScale < 1 || *body.TimeScale > clock.MaxScale) {
		return s, bad("time_scale", "time_scale must be 1 to 10000.")
	}
	if body.ETags != nil {
		s.ETags = *body.ETags
	}
	for _, flag := range []struct{ from, to *bool }{
		{body.UserTokens, &s.UserTokens}, {body.Sandbox, &s.Sandbox}, {body.SandboxLimits, &s.SandboxLimits},
		{body.ReviewRejects, &s.ReviewRejects},
	} {
		if flag.from != nil {
			*flag.to = *flag.from
		}
	}
	return s, nil
}
