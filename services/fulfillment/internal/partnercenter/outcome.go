package partnercenter

import "time"

// Outcome says what became of a request. The set is closed.
type Outcome uint8

// The outcomes. The zero value is Unknown, so an outcome that was forgotten is never taken for a definite one.
const (
	// Unknown: the request may or may not have taken effect. Only looking it up, or repeating a call that is safe to
	// repeat, can settle it.
	Unknown Outcome = iota
	// Done: accepted. The effect has happened or the vendor works on it.
	Done
	// Refused: not executed, and the same request will not be executed later either.
	Refused
	// Throttled: not executed because of the request rate. Answer.RetryAfter says how long to wait.
	Throttled
	// Conflict: not executed because of the state at the vendor. Read the state again (or wait), then decide.
	Conflict
	// NotSent: not a single byte of the request left this process.
	NotSent
)

var outcomeWords = [...]string{
	Unknown: "unknown", Done: "done", Refused: "refused", Throttled: "throttled", Conflict: "conflict", NotSent: "not_sent",
}

// String is the outcome's stable word, such as "not_sent". A value outside the set reads "unknown".
func (o Outcome) String() string {
	if int(o) >= len(outcomeWords) {
		return outcomeWords[Unknown]
	}
	return outcomeWords[o]
}

// Definite says whether it is certain what happened: everything but Unknown.
func (o Outcome) Definite() bool { return o != Unknown && int(o) < len(outcomeWords) }

// Class is what kind of trouble a vendor code means. The set is closed.
type Class string

// The classes.
const (
	Terminal  Class = "T" // as sent it can never work: change the order or the world first
	Retry     Class = "R" // not now; the same request is fine later
	Changed   Class = "C" // the state is not what the request assumed: read it again, then decide
	Ambiguous Class = "A" // a write may have happened: look before anything is sent again
	Human     Class = "H" // a person or a third party must act first
	Setup     Class = "Q" // our sign-in or rights at the vendor are wrong
)

// outcome is what a class means for the request that got the code.
func (c Class) outcome() Outcome {
	switch c {
	case Terminal, Human, Setup:
		return Refused
	case Retry, Changed:
		return Conflict
	default:
		return Unknown
	}
}

// Actor is who must act next.
type Actor string

// The actors.
const (
	Seatflow    Actor = "seatflow"  // this program: it waits, looks again or repeats by itself
	Requester   Actor = "requester" // who placed the order: change it
	Admin       Actor = "admin"     // the partner's admins: at the customer's account or in Partner Center
	Operator    Actor = "operator"  // who runs this program: credentials, rights, network
	EndCustomer Actor = "customer"  // the customer: accept an agreement, finish something at their side
	Vendor      Actor = "vendor"    // Microsoft: a review, an enquiry by support
)

// Owner is whose move it is, as orders that wait tell it.
type Owner string

// The owners.
const (
	OwnedByVendor   Owner = "vendor"
	OwnedByPartner  Owner = "partner" // whoever places, approves or runs: requester, admin, operator
	OwnedByCustomer Owner = "customer"
	OwnedByNobody   Owner = "nobody" // Seatflow goes on by itself
)

// owner is whose move it is when an actor must act.
func (a Actor) owner() Owner {
	switch a {
	case Requester, Admin, Operator:
		return OwnedByPartner
	case EndCustomer:
		return OwnedByCustomer
	case Vendor:
		return OwnedByVendor
	}
	return OwnedByNobody
}

// Step is what comes next.
type Step string

// The steps. Those of the first group Seatflow takes by itself.
const (
	StepWait   Step = "wait"    // the same request is sent again later
	StepReread Step = "reread"  // the state is read again, then decided
	StepLookUp Step = "look_up" // what happened is looked up before anything is sent again

	StepCorrect Step = "correct" // the order, or the world, has to change first
	StepRetry   Step = "retry"   // the order can be retried as it is
	StepPerson  Step = "person"  // someone acts outside Seatflow, then the order can be retried
	StepSetUp   Step = "set_up"  // the access to the vendor has to be mended, then the order can be retried
)

// step is what comes next after a class of trouble in which an actor must act.
func (c Class) step(a Actor) Step {
	switch {
	case c == Terminal && a == Seatflow:
		return StepRetry
	case c == Terminal:
		return StepCorrect
	case c == Retry:
		return StepWait
	case c == Changed:
		return StepReread
	case c == Human:
		return StepPerson
	case c == Setup:
		return StepSetUp
	}
	return StepLookUp
}

// Place is where the vendor's code stands.
type Place string

// The places.
const (
	InAnswer           Place = "answer"            // an HTTP answer, or an order group of a checkout (status 0)
	InCartLine         Place = "cart_line"         // a line of a cart
	InTransition       Place = "transition"        // a transition, or a way of making one
	InTransitionTarget Place = "transition_target" // a subscription that seats could join
)

// Entry is what a vendor code means here: the row of the error catalogue.
type Entry struct {
	Place   Place         // where the code stands; "" for our own conditions
	Status  int           // HTTP status, 0 for codes inside a body and for our own conditions
	Code    string        // vendor's code, "" for any code of that status
	Known   bool          // whether the catalogue has exactly this status and code
	Class   Class         // what kind of trouble
	Outcome Outcome       // what it says about the request
	Step    Step          // what comes next
	Actor   Actor         // who must act
	Owner   Owner         // whose move it is
	Word    string        // stable snake_case word for programs, such as "subscription_not_found"
	Message string        // plain sentence that people may read; begins with its title
	Hint    string        // what to do next
	Wait    time.Duration // how long to wait before the next look when the vendor names a time; 0 otherwise
}

// filled sets what follows from the rest.
func (e Entry) filled() Entry {
	e.Step, e.Owner = e.Class.step(e.Actor), e.Actor.owner()
	return e
}
