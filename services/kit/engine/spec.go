package engine

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
)

// Spec is what a service gives the engine: its aggregates, and one row for each
// kind of input. It stands in the service's handlers/routes.go.
type Spec struct {
	Service contract.Service
	// Kinds are the aggregates' tables in the order in which they are locked.
	Kinds []Kind
	// Facts queues the set-based reads that a batch's decisions need beside the
	// aggregates, and returns the value that FactsOf hands to each decision.
	// Optional. It is called once for each time a batch is loaded.
	Facts func(b *pgx.Batch, batch []*Input) any
	// Events are the messages of the event stream that the service consumes.
	Events []EventRoute
	// Inbox decodes messages of the inbox stream; only intake has one.
	Inbox *InboxRoute
	// Commands change state. Queries do not pass through the engine.
	Commands []CommandRoute
	// Operations are the calls to the outside.
	Operations []Operation
	// Timers decide what a due aggregate does, by kind.
	Timers []TimerRoute
	// Notices are what the service has to tell itself; see Tell.
	Notices []NoticeRoute
}

// Decide is a service's decision about one input, glued to its pure domain
// function: read the state from the turn, decide, put the new state, events,
// calls and reply back. It does no I/O and reads no clock but t.Now.
//
// An error undoes everything the turn has gathered for this input. A command's
// caller gets it as its answer. A message whose decision fails becomes a dead
// letter; duplicates and late or early inputs are therefore not errors.
type Decide func(t *Turn) error

// EventRoute is one event that the service consumes.
type EventRoute struct {
	Event contract.Event
	// Refs names the aggregates that the decision touches.
	Refs   func(m proto.Message, meta Meta) []Ref
	Decide Decide
}

// InboxRoute takes orders from other systems.
type InboxRoute struct {
	// Decode turns the message into the turn's Body, its references and its key.
	// It must not fail: what cannot be decoded becomes a body that says so.
	Decode func(m Message) (body any, refs []Ref, key *Key)
	Decide Decide
}

// CommandRoute is one command.
type CommandRoute struct {
	Method contract.Method
	// Refs names the aggregates that the decision touches. An error refuses the command.
	Refs func(m proto.Message, meta Meta) ([]Ref, error)
	// Fingerprint is the canonical form of the request, compared when a key is used again.
	// Without one the request's deterministic encoding is taken.
	Fingerprint func(m proto.Message) []byte
	// WithCalls loads the open calls of the aggregates, for Turn.OpenCalls.
	WithCalls bool
	// PermanentKey keeps the command's keys for as long as what they placed, not for 14 days.
	PermanentKey bool
	Decide       Decide
}

// Operation is one kind of call to the outside. Its intent is committed before
// Run is called, and what Run returns is decided on like any other input.
type Operation struct {
	Name string
	// Run makes the call. ctx ends at the call's timeout. It must not write a byte
	// to the outside after call.SendBefore. It never returns an error: failure is a
	// Result too. NotSent gives the call back unspent.
	Run func(ctx context.Context, call Call) Result
	// Timeout bounds Run.
	Timeout time.Duration
	// Local says that Run asks nobody outside. Such an operation has no Resource and no Changes:
	// its calls are made at once, whatever the budget and the pause switch say.
	Local bool
	// Resource is the limited thing outside that Run asks: each call is made only with a
	// token of it. Empty for an operation that asks nobody, or nobody who counts: it is
	// paced by nothing and goes on while submissions are paused.
	Resource string
	// Changes says that Run may change something outside, so that it waits while
	// submissions are paused.
	Changes bool
	// Extra names aggregates to load beside the one the call belongs to. Optional.
	Extra func(o Outcome) []Ref
	// Decide gets the Outcome as the turn's Body.
	Decide Decide
}

// TimerRoute decides what a due aggregate of a kind does. The decision must clear
// or move the due time, or it fires again.
type TimerRoute struct {
	Kind string
	// WithCalls loads the open calls of the aggregates, for Turn.OpenCalls.
	WithCalls bool
	Decide    Decide
}

// NoticeRoute is what a part of the service itself has to tell: a receiver of its own
// that has heard something, a start. No endpoint leads to it.
type NoticeRoute struct {
	Name string
	// WithCalls loads the open calls of the aggregates, for Turn.OpenCalls.
	WithCalls bool
	// Decide gets the notice as the turn's Body.
	Decide Decide
}
