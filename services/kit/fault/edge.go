package fault

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"
)

// statuses is what each kind is over HTTP. Conflict and MovedOn share a status; the code tells them apart.
var statuses = [...]int{
	Internal:        http.StatusInternalServerError,
	Invalid:         http.StatusBadRequest,
	Unauthenticated: http.StatusUnauthorized,
	Forbidden:       http.StatusForbidden,
	NotFound:        http.StatusNotFound,
	Conflict:        http.StatusConflict,
	MovedOn:         http.StatusConflict,
	TooMany:         http.StatusTooManyRequests,
	Unavailable:     http.StatusServiceUnavailable,
}

// HTTPStatus is the status code of a kind; 500 for a value outside the set.
func HTTPStatus(kind Kind) int {
	if int(kind) >= len(statuses) {
		return http.StatusInternalServerError
	}
	return statuses[kind]
}

// Code is the word that stands for the kind in a NATS micro reply's Nats-Service-Error-Code header.
func Code(kind Kind) string { return kind.String() }

// KindFromCode is the kind that [Code] wrote. A word it does not know, from a newer neighbour, is Internal.
func KindFromCode(code string) Kind {
	for k, w := range kindWords {
		if w == code {
			return Kind(k)
		}
	}
	return Internal
}

// Retryable says whether the same call, sent again unchanged, may succeed later.
func Retryable(kind Kind) bool { return kind == Unavailable || kind == TooMany }

// wire is what travels between services. Fields are only ever added.
type wire struct {
	Kind       string      `json:"kind"`
	Code       string      `json:"code,omitempty"`
	Message    string      `json:"message,omitempty"`
	Field      string      `json:"field,omitempty"`
	Hint       string      `json:"hint,omitempty"`
	Owner      string      `json:"owner,omitempty"`
	RetryAfter float64     `json:"retry_after,omitempty"` // seconds
	Violations []Violation `json:"violations,omitempty"`
}

// Marshal gives the parts of an error that another service may know, as JSON: kind, code, message, field, hint, owner,
// retry_after in seconds, violations. Operation, subject and cause stay behind. A nil err gives nil.
func Marshal(err *Error) []byte {
	if err == nil {
		return nil
	}
	data, jerr := json.Marshal(wire{
		Kind: err.Kind.String(), Code: err.Code, Message: err.Message, Field: err.Field, Hint: err.Hint,
		Owner: err.Owner, RetryAfter: err.RetryAfter.Seconds(), Violations: err.Violations,
	})
	if jerr != nil { // cannot happen: strings and finite numbers only
		return []byte(`{"kind":"internal","code":"internal"}`)
	}
	return data
}

// Unmarshal reads what [Marshal] wrote. It always gives an error that can be handed on: data that is not such a
// message becomes Internal with the code "malformed_reply". Unknown fields of a newer neighbour are ignored.
func Unmarshal(data []byte) *Error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil || w.Kind == "" {
		if err == nil {
			err = fmt.Errorf("no kind in %d bytes", len(data))
		}
		return New(Internal, "malformed_reply", "Something went wrong on our side.").Because(err)
	}
	return &Error{
		Kind: KindFromCode(w.Kind), Code: w.Code, Message: w.Message, Field: w.Field, Hint: w.Hint, Owner: w.Owner,
		RetryAfter: seconds(w.RetryAfter), Violations: w.Violations,
	}
}

// seconds turns a neighbour's number into a duration: never negative, never beyond a day.
func seconds(s float64) time.Duration {
	const day = 24 * time.Hour
	if math.IsNaN(s) || s <= 0 {
		return 0
	}
	if s >= day.Seconds() {
		return day
	}
	return time.Duration(s * float64(time.Second))
}
