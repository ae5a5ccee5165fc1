package domain

import "time"

// Mail is the facts that one mail tells, in the order's own words. It is stored with the intent to send it: a new fact may be
// missing there. The names in JSON are those of mails that an earlier version stored.
type Mail struct {
	Kind Kind   `json:"kind"`
	To   string `json:"to"`
	// ToName may be empty.
	ToName string `json:"to_name,omitempty"`
	// At is when it was decided to send it; the mail bears that date however late it leaves.
	At time.Time `json:"at"`

	OrderID  string `json:"order_id"`
	Number   string `json:"number,omitempty"`
	Customer string `json:"customer,omitempty"`
	// Requester is who asked, and for whom.
	Requester string `json:"requester,omitempty"`
	Amount    string `json:"amount,omitempty"`
	Currency  string `json:"currency,omitempty"`
	Lines     []Line `json:"lines,omitempty"`

	// Sentence says how the order stands, and Hint what to do next.
	Sentence string `json:"sentence,omitempty"`
	Hint     string `json:"hint,omitempty"`
	// Reasons are why an admin has to decide, has to act or has rejected the order.
	Reasons []string `json:"reasons,omitempty"`
	// Todo is what an admin has to do, and Commands the words of those that go on with the order then, such as "settle --line 1 …". Both
	// are empty unless the mail asks somebody to act.
	Todo     []string `json:"todo,omitempty"`
	Commands []string `json:"commands,omitempty"`
	// DecidedBy is who rejected the order.
	DecidedBy string `json:"decided_by,omitempty"`
}

// Line is one line of the order as the mail tells it.
type Line struct {
	Product string `json:"product"`
	// Change is the requested change's word, such as "new_subscription" or "suspend".
	Change string `json:"change,omitempty"`
	// Quantity is how many licences are bought, added, removed or moved.
	Quantity int32 `json:"quantity,omitempty"`
	// Term and BillingCycle are what a subscription changes to, Renewal "on" or "off"; each is empty where the change is not
	// about it.
	Term         string `json:"term,omitempty"`
	BillingCycle string `json:"billing_cycle,omitempty"`
	Renewal      string `json:"renewal,omitempty"`
	// Purchase is the vendor's order that is to be cancelled, and PurchaseLines the vendor's lines of it: "0, 2". No lines
	// mean all.
	Purchase      string `json:"purchase,omitempty"`
	PurchaseLines string `json:"purchase_lines,omitempty"`
	// Status is the line's status word, Detail why it stands so.
	Status string `json:"status,omitempty"`
	Detail string `json:"detail,omitempty"`
	// VendorOrder and Subscription are the vendor's ids, where somebody has to look for them.
	VendorOrder  string `json:"vendor_order,omitempty"`
	Subscription string `json:"subscription,omitempty"`
}
