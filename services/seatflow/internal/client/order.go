package client

import (
	"bytes"
	"encoding/json"
	"time"
)

// Money is a decimal text and an ISO 4217 code: never a float.
type Money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// Customer is an Entra tenant.
type Customer struct {
	TenantID string `json:"tenant_id"`
	Name     string `json:"name"`
}

// Person is somebody who asked or decided.
type Person struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Role  string `json:"role,omitempty"`
}

// NewSubscription buys a subscription.
type NewSubscription struct {
	Quantity int32 `json:"quantity"`
	// Term is an ISO 8601 duration: P1M, P1Y or P3Y; empty for what is sold without one.
	Term string `json:"term,omitempty"`
	// BillingCycle is monthly, annual, triennial or one_time.
	BillingCycle string `json:"billing_cycle"`
}

// SeatChange is a difference in seats of a subscription that exists.
type SeatChange struct {
	SubscriptionID string `json:"subscription_id"`
	Quantity       int32  `json:"quantity"`
}

// Subscription names the subscription that is changed.
type Subscription struct {
	SubscriptionID string `json:"subscription_id"`
}

// CancelPurchase names what of a purchase is cancelled; no lines mean all.
type CancelPurchase struct {
	VendorOrderID string  `json:"vendor_order_id"`
	VendorLines   []int32 `json:"vendor_lines,omitempty"`
}

// SetAutoRenew is what becomes of a subscription at the end of its term.
type SetAutoRenew struct {
	SubscriptionID string `json:"subscription_id"`
	Enabled        bool   `json:"enabled"`
}

// ChangeTerm is what a subscription's next term will be; what is empty stays.
type ChangeTerm struct {
	SubscriptionID string `json:"subscription_id"`
	Term           string `json:"term,omitempty"`
	BillingCycle   string `json:"billing_cycle,omitempty"`
}

// ChangeProduct moves seats to the line's catalogue item: all of them where the quantity is 0.
type ChangeProduct struct {
	SubscriptionID string `json:"subscription_id"`
	Quantity       int32  `json:"quantity,omitempty"`
	Term           string `json:"term,omitempty"`
	BillingCycle   string `json:"billing_cycle,omitempty"`
}

// AddOn buys an add-on to a subscription.
type AddOn struct {
	ParentSubscriptionID string `json:"parent_subscription_id"`
	Quantity             int32  `json:"quantity"`
	Term                 string `json:"term,omitempty"`
	BillingCycle         string `json:"billing_cycle"`
}

// NewLine is one requested change: exactly one behind UnitPrice is set.
type NewLine struct {
	Product     string `json:"product"`
	CatalogItem string `json:"catalog_item,omitempty"`
	UnitPrice   *Money `json:"unit_price,omitempty"`

	NewSubscription    *NewSubscription `json:"new_subscription,omitempty"`
	AddOn              *AddOn           `json:"add_on,omitempty"`
	AddSeats           *SeatChange      `json:"add_seats,omitempty"`
	RemoveSeats        *SeatChange      `json:"remove_seats,omitempty"`
	Suspend            *Subscription    `json:"suspend,omitempty"`
	Reactivate         *Subscription    `json:"reactivate,omitempty"`
	CancelSubscription *Subscription    `json:"cancel_subscription,omitempty"`
	CancelPurchase     *CancelPurchase  `json:"cancel_purchase,omitempty"`
	SetAutoRenew       *SetAutoRenew    `json:"set_auto_renew,omitempty"`
	ChangeTerm         *ChangeTerm      `json:"change_term,omitempty"`
	ChangeProduct      *ChangeProduct   `json:"change_product,omitempty"`
}

// NewOrder is an order as it is placed.
type NewOrder struct {
	Customer     Customer   `json:"customer"`
	Lines        []NewLine  `json:"lines"`
	Note         string     `json:"note,omitempty"`
	ScheduledFor *time.Time `json:"scheduled_for,omitempty"`
	Reference    string     `json:"reference,omitempty"`
}

// Line is one requested change and how it stands.
type Line struct {
	Number               int32  `json:"number"`
	Product              string `json:"product"`
	Change               string `json:"change"`
	Kind                 string `json:"kind"`
	Quantity             int32  `json:"quantity"`
	CatalogItem          string `json:"catalog_item,omitempty"`
	UnitPrice            *Money `json:"unit_price,omitempty"`
	Status               string `json:"status,omitempty"`
	Detail               string `json:"detail,omitempty"`
	Hint                 string `json:"hint,omitempty"`
	Code                 string `json:"code,omitempty"`
	VendorOrderID        string `json:"vendor_order_id,omitempty"`
	VendorSubscriptionID string `json:"vendor_subscription_id,omitempty"`

	// SeatsOrdered is nil where seats are not what the line is about.
	SeatsFulfilled  *int64   `json:"seats_fulfilled,omitempty"`
	SeatsOrdered    *int64   `json:"seats_ordered,omitempty"`
	ActivationLinks []string `json:"activation_links,omitempty"`
	// WaitsFor is vendor, partner or customer; empty while the line goes on by itself.
	WaitsFor   string     `json:"waits_for,omitempty"`
	NextLookAt *time.Time `json:"next_look_at,omitempty"`
}

// Order is everything about one order. Times are UTC; one that is not known is nil.
type Order struct {
	ID             string     `json:"id"`
	Number         string     `json:"number"`
	Status         string     `json:"status"`
	Label          string     `json:"label"`
	Sentence       string     `json:"sentence,omitempty"`
	Hint           string     `json:"hint,omitempty"`
	Customer       Customer   `json:"customer"`
	Lines          []Line     `json:"lines"`
	Licences       int32      `json:"licences"`
	Changes        string     `json:"changes"`
	Amount         *Money     `json:"amount,omitempty"`
	CreatedBy      Person     `json:"created_by"`
	OnBehalfOf     *Person    `json:"on_behalf_of,omitempty"`
	CreatedAt      *time.Time `json:"created_at,omitempty"`
	UpdatedAt      *time.Time `json:"updated_at,omitempty"`
	FinishedAt     *time.Time `json:"finished_at,omitempty"`
	ScheduledFor   *time.Time `json:"scheduled_for,omitempty"`
	Owner          string     `json:"owner,omitempty"`
	Source         string     `json:"source,omitempty"`
	Note           string     `json:"note,omitempty"`
	Reference      string     `json:"reference,omitempty"`
	NeedsAttention bool       `json:"needs_attention"`

	// Position is how far the order had come when this was answered, such as "approval:3". A read that is given it has
	// seen at least as much.
	Position string `json:"-"`

	raw json.RawMessage
}

// UnmarshalJSON keeps what was read beside what is understood of it.
func (o *Order) UnmarshalJSON(raw []byte) error {
	type known Order // without this method
	if err := json.Unmarshal(raw, (*known)(o)); err != nil {
		return err
	}
	o.raw = bytes.Clone(raw)
	return nil
}

// MarshalJSON gives the order as the portal wrote it, so that programs get all of it.
func (o Order) MarshalJSON() ([]byte, error) {
	type known Order
	if o.raw != nil {
		return o.raw, nil
	}
	return json.Marshal(known(o))
}

// Page is some orders, the newest first.
type Page struct {
	Orders []Order `json:"orders"`
	// NextCursor asks for the page behind this one; empty on the last.
	NextCursor string `json:"next_cursor,omitempty"`
}

// Entry is one thing that happened to an order.
type Entry struct {
	At       *time.Time `json:"at"`
	Type     string     `json:"type"`
	Owner    string     `json:"owner"`
	Sequence int64      `json:"sequence,omitempty"`
	Status   string     `json:"status,omitempty"`
	Label    string     `json:"label,omitempty"`
	Sentence string     `json:"sentence,omitempty"`
	By       *Person    `json:"by,omitempty"`
	Lines    []Line     `json:"lines,omitempty"`
}

// Delivery is one notification to one recipient.
type Delivery struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Channel   string     `json:"channel"`
	Recipient string     `json:"recipient"`
	Status    string     `json:"status"`
	Attempts  int32      `json:"attempts"`
	Error     string     `json:"error,omitempty"`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
}
