package engine

import "time"

// Call is one intended call to the outside, as its row keeps it.
type Call struct {
	// ID is the intent's own id, the same for each time it is tried.
	ID  string
	Ref Ref
	// Operation names the Spec's operation that makes it.
	Operation string
	// Body is the operation's own encoding of what to do.
	Body []byte
	// Order is the order's id it is about, for operators and traces.
	Order string
	// Priority orders waiting calls: lower goes first. Where tokens are short it is a class:
	// Urgent, Bulk, Poll or Background.
	Priority int16
	// Lane is in whose name the call is made, such as a customer: of the lanes that wait for
	// tokens in a class, the one served longest ago goes first.
	Lane string
	// Due is when it may be made; zero means now.
	Due time.Time
	// Attempt counts how often the call was handed to Run, this time included.
	Attempt int
	// SendBefore is the last moment at which its first byte may leave. Set at the claim.
	SendBefore time.Time
	// TokenUntil is when the token ends that comes with the call: its first request needs
	// another one from then on. Zero where no tokens are needed.
	TokenUntil  time.Time
	Traceparent string

	resource string // whose tokens it needs; empty for none
	changes  bool
}

// The classes of calls. One less goes before the others of its class. While others wait, one
// token in eight is kept for polls.
const (
	Urgent     int16 = 0
	Bulk       int16 = 5
	Poll       int16 = 10
	Background int16 = 20
)

// Result is what Operation.Run brings back.
type Result struct {
	// Value is the operation's own answer, handed to Decide.
	Value any
	// NotSent says that not a byte has left: the engine plans the call again by itself,
	// after RetryAfter, and no decision is asked.
	NotSent    bool
	RetryAfter time.Duration
	// Unknown says that the call may or may not have taken effect. The row stays
	// open until a decision settles it.
	Unknown bool
}

// Outcome is the Body of an operation's Decide.
type Outcome struct {
	Call Call
	// Value is what Run brought back; nil when Lost.
	Value any
	// Unknown as in Result. Lost means that the process that made the call is gone
	// and its answer with it: also unknown, and nobody may conclude that it was not
	// executed before SettledAt.
	Unknown bool
	Lost    bool
	// SettledAt is send_before plus the call's timeout plus a margin: the earliest
	// time at which "it is not there" means that it was not executed.
	SettledAt time.Time
}

// OpenCall is a call that has not come to its end.
type OpenCall struct {
	ID        string
	Operation string
	// Begun is true once it was claimed: its bytes may be on their way.
	Begun bool
}
