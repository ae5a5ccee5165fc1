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

// Entry is what a vendor code means here: the row of the error catalogue.
type Entry struct {
	Status  int           // HTTP status, 0 for codes inside a body and for our own conditions
	Code    string        // vendor's code, "" for any code of that status
	Known   bool          // whether the catalogue has exactly this status and code
	Class   Class         // what kind of trouble
	Outcome Outcome       // what it says about the request
	Actor   Actor         // who must act
	Word    string        // stable snake_case word for programs, such as "subscription_not_found"
	Message string        // plain sentence that people may read; begins with its title
	Hint    string        // what to do next
	Wait    time.Duration // how long to wait before the next look when the vendor names a time; 0 otherwise
}
