package domain

import "time"

// Mail is the facts that one mail tells, in the order's own words. It is stored as JSON with the intent to send it, so
// names stay and new ones may be missing.
type Mail struct {
	Kind Kind   `json:"kind"`
	To   string `json:"to"`
	// ToName may be empty.
	ToName string `json:"to_name,omitempty"`
	// At is when it was decided to send it.
	At time.Time `json:"at"`

	OrderID   string `json:"order_id"`
	Number    string `json:"number,omitempty"`
	Reference string `json:"reference,omitempty"`
	Customer  string `json:"customer,omitempty"`
	// Requester is who asked and Beneficiary for whom it was asked, by name or address.
	Requester   string `json:"requester,omitempty"`
	Beneficiary string `json:"beneficiary,omitempty"`
	// Note is the requester's.
	Note         string    `json:"note,omitempty"`
	PlacedAt     time.Time `json:"placed_at,omitzero"`
	ScheduledFor time.Time `json:"scheduled_for,omitzero"`
	Amount       string    `json:"amount,omitempty"`
	Currency     string    `json:"currency,omitempty"`
	Lines        []Line    `json:"lines,omitempty"`

	// Sentence says how the order stands, and Hint what to do next.
	Sentence string `json:"sentence,omitempty"`
	Hint     string `json:"hint,omitempty"`
	// Reasons are why an admin has to decide, ExpiresAt until when.
	Reasons   []string  `json:"reasons,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// DecidedBy is who rejected or cancelled, and DecisionNote what they said.
	DecidedBy    string `json:"decided_by,omitempty"`
	DecisionNote string `json:"decision_note,omitempty"`
}

// Line is one line of the order as the mail tells it.
type Line struct {
	Number  int32  `json:"number,omitempty"`
	Product string `json:"product,omitempty"`
	// Change is "new_subscription", "add_seats" or "remove_seats".
	Change   string `json:"change,omitempty"`
	Quantity int32  `json:"quantity,omitempty"`
	// Term is an ISO 8601 duration, Billing "monthly", "annual", "triennial" or "one_time"; both for new subscriptions only.
	Term         string `json:"term,omitempty"`
	Billing      string `json:"billing,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	// UnitPrice is the price of one seat for the billing term, before tax; empty if the line names none.
	UnitPrice string `json:"unit_price,omitempty"`
	Currency  string `json:"currency,omitempty"`
	// Status is the line's status word, Detail why, Hint what to do.
	Status string `json:"status,omitempty"`
	Detail string `json:"detail,omitempty"`
	Hint   string `json:"hint,omitempty"`
}
