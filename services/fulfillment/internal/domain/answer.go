package domain

import "time"

// Outcome says which call came to an end.
type Outcome struct {
	ID string
	// Unanswered says that the engine keeps the call open: it may or may not have taken effect.
	Unanswered bool
	// SettledAt is the earliest time at which "it is not there" means that it was not executed.
	SettledAt time.Time
	// Behind is the order that changes the call's subscription now, if that is another one.
	Behind string
}

// Verdict is what became of a call at the vendor. The zero value is the safe one.
type Verdict uint8

// The verdicts.
const (
	// Unknown: it may or may not have taken effect. After a read: nothing was learnt.
	Unknown Verdict = iota
	Done
	// Refused: it had no effect, and will not as sent.
	Refused
	// Conflict: it had no effect for now, because of the state at the vendor.
	Conflict
)

// Answer is what all answers have in common.
type Answer struct {
	Verdict Verdict
	// Answered says that the vendor said something, be it nonsense.
	Answered bool
	// Trouble is what is wrong, unless Done.
	Trouble Trouble
	// Wait is how long the vendor wants us to wait; zero if it did not say.
	Wait time.Duration
	// Body is the call's own, for answers that come late.
	Body Body
}

// CartMade answers StepCreate.
type CartMade struct {
	Answer
	Cart string
	// Groups names the order group of each line by the line's number; Faulty why a line cannot be bought.
	Groups map[int32]string
	Faulty map[int32]Trouble
}

// CheckedOut answers StepCheckout.
type CheckedOut struct {
	Answer
	// Submitted says that the vendor refused because the cart has been submitted before.
	Submitted bool
	Orders    []VendorOrder
	// Errors are the order groups that did not become an order.
	Errors []GroupError
}

// GroupError is why a group of lines did not become an order.
type GroupError struct {
	Group   string
	Trouble Trouble
}

// CartState is what StepInspect learns of a cart.
type CartState uint8

// The states of a cart.
const (
	CartUnclear CartState = iota // a word that we do not know
	CartActive                   // not submitted
	CartOrdered                  // submitted
)

// CartSeen answers StepInspect.
type CartSeen struct {
	Answer
	State CartState
}

// OrderSeen answers StepPoll.
type OrderSeen struct {
	Answer
	Order VendorOrder
}

// VendorOrder is an order as the vendor has it.
type VendorOrder struct {
	ID     string
	Status string // the vendor's word, in snake_case
	Lines  []VendorLine
}

// VendorLine is a line of it.
type VendorLine struct {
	Item         string // catalogue item, whose last part may differ from the one asked for
	Name         string
	Quantity     int64
	Subscription string // empty until provisioned
	// Provisioning is the vendor's word on the line, empty if it was not asked.
	Provisioning string
}

// The vendor's words for a line's provisioning that mean its end.
const (
	VendorFulfilled   = "fulfilled"
	VendorUnfulfilled = "unfulfilled"
)

// SubscriptionSeen answers StepRead, StepVerify and StepAwait.
type SubscriptionSeen struct {
	Answer
	Quantity int64
}

// SeatsSet answers StepPatch.
type SeatsSet struct {
	Answer
	// Moved says that nothing was sent, because the quantity was no longer the one that the change builds on.
	Moved bool
	// Quantity is what the vendor shows now; Later says that it takes longer to show it.
	Quantity int64
	Later    bool
}
