// Package domain decides whether an order may be bought.
//
// Model: one [Request] for each order. A submitted order is held against the
// [Rules]; if none matches it is granted at once, else it waits for an admin until
// its due time.
//
//	         submit, no rule matches
//	(none) ───────────────────────────────────────▶ granted
//	  │ │    submit                        approve     ▲
//	  │ └───────────────▶ awaiting_approval ───────────┘
//	  │                      │     │     │ reject
//	  │ cancel               │     │     └──────────▶ rejected
//	  │ before arrival       │     │ due time
//	  │                      │     └────────────────▶ expired
//	  │                      │ cancel
//	  └──────────────────────┴──────────────────────▶ withdrawn
//
// Guarantees: every state but awaiting_approval is the end here, so an order is
// decided once; who asked for an order never decides it; a due time that has passed
// binds, also while its timer has not fired; a repeated submission changes nothing.
//
// Failures: refusals are [fault.Error] values with a plain sentence. Nothing here
// does I/O or reads a clock.
package domain

// State is where a request stands. The set is closed.
type State uint8

// The states. None is a request that nobody has heard of.
const (
	None State = iota
	Awaiting
	Granted
	Rejected
	Expired
	Withdrawn
)

var stateWords = [...]string{
	None: "none", Awaiting: "awaiting_approval", Granted: "granted",
	Rejected: "rejected", Expired: "expired", Withdrawn: "withdrawn",
}

// String is the state's word, as the database stores it.
func (s State) String() string { return stateWords[s] }

// ParseState reads what String wrote; ok is false for any other word.
func ParseState(word string) (s State, ok bool) {
	for i, w := range stateWords {
		if w == word {
			return State(i), true
		}
	}
	return None, false
}

// moves is the diagram above, and the only place that says what may follow what.
var moves = [...][]State{
	None:     {Awaiting, Granted, Withdrawn},
	Awaiting: {Granted, Rejected, Expired, Withdrawn},
}

func (s State) may(to State) bool {
	if int(s) >= len(moves) {
		return false
	}
	for _, m := range moves[s] {
		if m == to {
			return true
		}
	}
	return false
}
