package engine

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/services/kit/rpc"
)

// Source tells where an input came from.
type Source uint8

// The sources of inputs, in no order of importance.
const (
	FromCommand Source = iota + 1
	FromEvent
	FromInbox
	FromOutcome
	FromTimer
)

// Ref names one aggregate: an order, a customer, a delivery.
type Ref struct {
	Kind string
	ID   string
}

// Meta is what the envelope of an input says about it.
type Meta struct {
	// ID is the CloudEvents id of a message.
	ID string
	// Service and Sequence place a message in its owner's row of events for the order.
	// Sequence is 0 for messages that carry none.
	Service  string
	Sequence int64
	// Order is the CloudEvents subject: the order's id.
	Order string
	Type  string
	// Time is when the event was decided.
	Time time.Time
	// Traceparent is carried from input to event as it came.
	Traceparent string
	// Caller is who sent a command, as the portal's door saw them.
	Caller rpc.Caller
	// Key is the command's idempotency key, empty if it has none.
	Key string
}

// Message is a message of the inbox stream as it came.
type Message struct {
	Subject string
	Header  map[string][]string
	Data    []byte
	// Stream and Sequence are its place in JetStream.
	Stream   string
	Sequence uint64
	// Stored is when the stream took it.
	Stored time.Time
}

// Key makes an input repeatable: the record under it is loaded with the
// aggregates and stored, with the reply, in the transaction of the first use.
type Key struct {
	// Caller is whose key it is: a person or an inbox source.
	Caller string
	// Scope is what it is a key of: a method's name, or "inbox".
	Scope string
	Value string
	// Fingerprint is the canonical form of the content, hashed.
	Fingerprint []byte
	// Permanent keys live as long as the order they placed; others 14 days.
	Permanent bool
}

// KeyRecord is what the first use of a key left behind.
type KeyRecord struct {
	Fingerprint []byte
	// Reply is the encoded reply of a command.
	Reply []byte
	// Sequence is the inbox sequence of the message that used the key.
	Sequence uint64
	// Ref is the aggregate's id it stands for: the order.
	Ref string
}

// Input is one thing to decide.
type Input struct {
	Source Source
	// Name is the event type, the method, the operation or the kind of a due aggregate.
	Name string
	Meta Meta
	// Body is the decoded message, an Outcome, or nil for a timer.
	Body any
	Refs []Ref
	Key  *Key

	decide    Decide
	withCalls bool
	call      string      // the id of the call that it is the outcome of
	unknown   bool        // what that call did is not known
	settled   time.Time   // when that can have no more effect, by this machine's clock; zero if the row said it
	timed     Ref         // whose timer it is
	letter    *deadLetter // set when the input is a dead letter replayed
	raw       *rawMessage
	aside     bool // the database refused it, so it is to be put aside
	reply     func(proto.Message, error)
	expires   time.Time
	arrived   time.Time
}
