package domain

import "time"

// Outcome says which call came to an end.
type Outcome struct {
	ID string
	// Unanswered says that the engine keeps the call open: it may or may not have taken effect.
	Unanswered bool
	// SettledAt is the earliest time at which "it is not there" means that it was not executed.
	SettledAt time.Time
	// Queues has the queue that the call is about, if it is about one.
	Queues Queues
	// Lag is how long a purchase may be missing from the vendor's lists; zero takes the usual time.
	Lag time.Duration
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
	// Withheld says that nothing was sent because this side sends nothing: it is a dry run, or it may not sign in.
	Withheld bool
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
	// Refused names the lines that were not put into the cart, because it was known before that they cannot be bought.
	Refused map[int32]Trouble
	// Activates names the lines whose product has to be activated.
	Activates map[int32]bool
}

// CheckedOut answers StepCheckout.
type CheckedOut struct {
	Answer
	// Submitted says that the vendor refused because the cart has been submitted before.
	Submitted bool
	// Running says that the vendor did nothing because another request is buying at this moment.
	Running bool
	Orders  []VendorOrder
	// Errors are the order groups that did not become an order.
	Errors []GroupError
}

// GroupError is why a group of lines did not become an order.
type GroupError struct {
	Group   string
	Trouble Trouble
	// Unclear says that the vendor's word leaves open whether the order was made all the same, or may yet be.
	Unclear bool
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

// OrderSeen answers StepPoll and StepClaim.
type OrderSeen struct {
	Answer
	Order VendorOrder
	// Holders are our orders that have bought it, if a claim asked for them.
	Holders []Place
}

// VendorOrder is an order as the vendor has it.
type VendorOrder struct {
	ID     string
	Status string // the vendor's word, in snake_case
	// Cycle and CreatedAt are zero where they were not asked for or are not told.
	Cycle     string
	CreatedAt time.Time
	// Linked says that the lines' activation links were asked for, and told.
	Linked bool
	Lines  []VendorLine
}

// QuantityNotTold is the quantity of a line that the vendor shows without one. It is not 0, which is that of a cancelled line.
const QuantityNotTold = -1

// VendorLine is a line of it.
type VendorLine struct {
	Number       int    // the vendor's, from 0
	Item         string // catalogue item, whose last part may differ from the one asked for
	Name         string
	Quantity     int64
	Term         string
	Subscription string // empty until provisioned
	// Provisioning is the vendor's word on the line, empty if it was not asked.
	Provisioning string
	// Ready is how many seats of it are usable, where Provisioning is told.
	Ready int64
	// Links are where it is activated.
	Links []string
}

// The vendor's words for a line's provisioning that mean its end.
const (
	VendorFulfilled   = "fulfilled"
	VendorUnfulfilled = "unfulfilled"
)

// Seen answers a look at what a line changes: a subscription, its change to another product, or a purchase.
type Seen struct {
	Answer
	Subscription SubscriptionState
	// Offer is whether the subscription may move to the wanted product; StepOffer asks for it.
	Offer Offer
	// Moves are all changes of the subscription to the wanted product, the finished ones too.
	Moves []Move
	// Order is the purchase that is to be cancelled.
	Order VendorOrder
	// Against is why the customer may not buy now, if that was asked before a change that buys.
	Against Trouble
	// Recorded says that the vendor's activity log has one of the attempts as done, though it does not show any more.
	Recorded bool
}

// Sent answers a change with what the vendor shows after it.
type Sent struct {
	Seen
	// Moved says that nothing was sent, because what is there is no longer what the change builds on.
	Moved bool
	// Later says that the vendor takes longer to show it.
	Later bool
}

// SubscriptionState is a subscription as the vendor shows it. What is not told is zero.
type SubscriptionState struct {
	Status   string // the vendor's word, in snake_case
	Quantity int64
	Renews   bool
	// NextTerm is the term and billing cycle that it renews with, such as "P1Y annual".
	NextTerm string
	// CancellableUntil is until when it can be cancelled.
	CancellableUntil time.Time
	// Refundable is how many seats can be given back now, if Limited.
	Refundable int64
	Limited    bool
	// Least and Most are how many seats the product may have.
	Least, Most int64
	// Licences and Assigned count the licences of this kind that the customer has and that users have, over all subscriptions
	// of the kind, if Counted.
	Licences, Assigned int64
	Counted            bool
}

// Offer is whether, and how, a subscription may move to another product.
type Offer struct {
	// Item is the whole catalogue item; empty if the product is not among the vendor's offers.
	Item string
	// Way is how the vendor would move it; empty if it may not be moved, for Trouble.
	Way     string
	Trouble Trouble
}

// MoveState is how far a change of product is.
type MoveState uint8

// The states of a change of product.
const (
	MoveStarted MoveState = iota
	MoveCompleted
	MoveFailed
)

// Move is one change of a subscription to another product.
type Move struct {
	ID    string // the vendor's, may be empty
	State MoveState
	// Subscription is where the seats are now, empty until known. Quantity is how many; zero if that is not told.
	Subscription string
	Quantity     int64
	// Trouble is why it failed, or what of it did.
	Trouble Trouble
}

// BooksSeen answers BooksCompare.
type BooksSeen struct {
	Answer
	// Found is what our records and the vendor's books disagree about, Standing the ids of the
	// customer's findings so far that the look says something about.
	Found    []Discrepancy
	Standing []string
}
