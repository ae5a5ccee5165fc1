// Package fault is the one error type of Seatflow.
//
// Model: an [Error] has a kind out of a small closed set, a code for programs, a sentence for people and a cause for the
// log. Code in the middle makes and passes errors on; only an edge (HTTP, NATS, the engine's acknowledgements, the log)
// asks for the kind and turns it into what its protocol knows, by the tables in edge.go.
//
// Guarantees: whatever is not an [Error] counts as [Internal] and its text never reaches a stranger; the parts that
// travel between services (see [Marshal]) hold nothing but what a stranger may read. Every method that sets a part
// returns a copy, so a package may keep an error as a variable and refine it per call.
//
// Failures: none. A nil error stays nil through every function here.
package fault

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// Kind says what an error means for whoever called. The set is closed.
type Kind uint8

// The kinds. The zero value is Internal, so an error whose kind was forgotten is never shown as the caller's fault.
const (
	// Internal: a fault on our side that repeating the same call does not cure by itself.
	Internal Kind = iota
	// Invalid: the input breaks a rule that can be checked without looking at any state.
	Invalid
	// Unauthenticated: nobody knows who is calling.
	Unauthenticated
	// Forbidden: the caller is known and may not do this.
	Forbidden
	// NotFound: the thing does not exist, or not for this caller.
	NotFound
	// Conflict: the thing's state does not allow it, and will not by waiting.
	Conflict
	// MovedOn: another service owns the thing by now; Error.Owner names it.
	MovedOn
	// TooMany: the caller is over a limit; Error.RetryAfter says when to come again.
	TooMany
	// Unavailable: not now; the same call may work later.
	Unavailable
)

var kindWords = [...]string{
	Internal:        "internal",
	Invalid:         "invalid",
	Unauthenticated: "unauthenticated",
	Forbidden:       "forbidden",
	NotFound:        "not_found",
	Conflict:        "conflict",
	MovedOn:         "moved_on",
	TooMany:         "too_many",
	Unavailable:     "unavailable",
}

// String is the kind's stable word, such as "not_found". A value outside the set reads "internal".
func (k Kind) String() string {
	if int(k) >= len(kindWords) {
		return kindWords[Internal]
	}
	return kindWords[k]
}

// Violation is one fault of an input, among several that are reported together.
type Violation struct {
	Field   string `json:"field,omitempty"`   // where, such as "lines[0].quantity"
	Code    string `json:"code,omitempty"`    // stable snake_case word for programs
	Message string `json:"message,omitempty"` // plain sentence for people
	Hint    string `json:"hint,omitempty"`    // what to do about it
}

// String is the violation as one line: field, then the sentence, or the code where there is no sentence.
func (v Violation) String() string {
	text := cmp.Or(v.Message, v.Code)
	if v.Field == "" {
		return text
	}
	return v.Field + ": " + text
}

// Error is the one error type. Op, Subject and Err are for the log only; all else may be shown to a stranger.
type Error struct {
	Kind       Kind
	Op         string        // which operation failed, such as "intake.place" (log only)
	Subject    string        // on what, such as "order 0190…" (log only)
	Code       string        // stable snake_case word for programs, such as "requester_decides"
	Message    string        // plain sentence a stranger may read
	Field      string        // which part of the input, such as "lines[0].quantity"
	Hint       string        // what to do next
	Owner      string        // MovedOn only: the service that owns the thing now
	RetryAfter time.Duration // how long to wait before trying again; zero when unknown
	Violations []Violation   // all faults of an input, reported together
	Err        error         // cause; never shown outside
}

// New makes an error of a kind. code is a stable snake_case word, message a whole sentence that a stranger may read.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

func (e *Error) clone() *Error {
	c := *e
	c.Violations = slices.Clone(e.Violations)
	return &c
}

// At returns a copy that names the part of the input at fault.
func (e *Error) At(field string) *Error { c := e.clone(); c.Field = field; return c }

// Hinted returns a copy that says what to do next.
func (e *Error) Hinted(hint string) *Error { c := e.clone(); c.Hint = hint; return c }

// On returns a copy that names the thing it happened to, for the log.
func (e *Error) On(subject string) *Error { c := e.clone(); c.Subject = subject; return c }

// In returns a copy that names the operation it happened in, for the log.
func (e *Error) In(op string) *Error { c := e.clone(); c.Op = op; return c }

// Because returns a copy with its cause, for the log; errors.Is and errors.As see it.
func (e *Error) Because(err error) *Error { c := e.clone(); c.Err = err; return c }

// Owned returns a copy that names the service that owns the thing now (kind MovedOn).
func (e *Error) Owned(by string) *Error { c := e.clone(); c.Owner = by; return c }

// After returns a copy that says how long to wait before trying again.
func (e *Error) After(d time.Duration) *Error { c := e.clone(); c.RetryAfter = d; return c }

// With returns a copy that carries these violations as well.
func (e *Error) With(v ...Violation) *Error {
	c := e.clone()
	c.Violations = append(c.Violations, v...)
	return c
}

// Error is the text for the log: operation, subject, what happened, the violations and the cause. Edges show Message
// and never this.
func (e *Error) Error() string {
	var parts []string
	for _, s := range []string{e.Op, e.Subject, e.Kind.String(), e.Code, e.Message} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	for _, v := range e.Violations {
		parts = append(parts, v.String())
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// As finds the Error in err's chain. A nil err gives nil. An err that holds none becomes Internal with the code
// "internal", a message that gives nothing away, and err as its cause. When an Error was wrapped by something else, the
// Error is returned as it is and the wrapping text is lost: wrap with Because instead.
func As(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) && e != nil {
		return e
	}
	return New(Internal, "internal", "Something went wrong on our side.").Because(err)
}

// KindOf is the kind that an edge acts on: that of the Error in err's chain, else Internal. Do not call it with nil,
// which has no kind; it answers Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) && e != nil {
		return e.Kind
	}
	return Internal
}
