package fault_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatflow/seatflow/services/kit/fault"
)

var kinds = []fault.Kind{
	fault.Internal, fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Conflict, fault.MovedOn,
	fault.TooMany, fault.Unavailable,
}

func TestKindsSurviveTheirCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range kinds {
		if got := fault.KindFromCode(fault.Code(k)); got != k {
			t.Errorf("KindFromCode(Code(%v)) = %v", k, got)
		}
		if seen[k.String()] {
			t.Errorf("the word %q stands for two kinds", k)
		}
		seen[k.String()] = true
	}
	if got := fault.KindFromCode("from_a_newer_version"); got != fault.Internal {
		t.Errorf("an unknown code = %v, want internal", got)
	}
	if got := fault.Kind(200).String(); got != "internal" {
		t.Errorf("a kind outside the set reads %q", got)
	}
}

func TestHTTPStatus(t *testing.T) {
	t.Parallel()
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.Conflict: 409, fault.MovedOn: 409, fault.TooMany: 429, fault.Unavailable: 503,
		fault.Kind(200): http.StatusInternalServerError,
	}
	for kind, status := range want {
		if got := fault.HTTPStatus(kind); got != status {
			t.Errorf("HTTPStatus(%v) = %d, want %d", kind, got, status)
		}
	}
}

func TestMethodsReturnCopies(t *testing.T) {
	t.Parallel()
	base := fault.New(fault.Invalid, "bad_quantity", "The quantity must be positive.").With(fault.Violation{Field: "a"})
	before := *base
	changed := base.At("lines[0].quantity").Hinted("Use 1 or more.").On("order 1").In("intake.place").Because(io.EOF).
		Owned("approval").After(time.Second).With(fault.Violation{Field: "b"})
	if len(changed.Violations) != 2 || changed.Owner != "approval" || changed.RetryAfter != time.Second {
		t.Errorf("the copy lacks something: %#v", changed)
	}
	if diff := cmp.Diff(before, *base); diff != "" {
		t.Errorf("the original changed (-before +after):\n%s", diff)
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	if fault.As(nil) != nil {
		t.Error("As(nil) is not nil")
	}
	foreign := fault.As(fmt.Errorf("dial 10.0.0.1: %w", io.ErrUnexpectedEOF))
	if foreign.Kind != fault.Internal || foreign.Code != "internal" || !errors.Is(foreign, io.ErrUnexpectedEOF) {
		t.Errorf("a foreign error became %#v", foreign)
	}
	if foreign.Message != "Something went wrong on our side." {
		t.Errorf("a foreign error shows %q", foreign.Message)
	}
	own := fault.New(fault.Conflict, "decided", "It is decided already.")
	if got := fault.As(fmt.Errorf("while deciding: %w", own)); got != own {
		t.Errorf("a wrapped Error became %#v", got)
	}
	var typedNil *fault.Error
	if got := fault.As(fmt.Errorf("wrapped: %w", error(typedNil))); got == nil || got.Kind != fault.Internal {
		t.Errorf("a typed nil in the chain became %#v", got)
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	if got := fault.KindOf(io.EOF); got != fault.Internal {
		t.Errorf("KindOf(io.EOF) = %v", got)
	}
	inner := fault.New(fault.NotFound, "no_order", "There is no such order.")
	outer := fault.New(fault.Unavailable, "busy", "Try again.").Because(inner)
	if got := fault.KindOf(outer); got != fault.Unavailable {
		t.Errorf("the outermost Error does not decide: %v", got)
	}
}

func TestErrorTextNamesEverything(t *testing.T) {
	t.Parallel()
	err := fault.New(fault.Invalid, "bad_order", "The order is faulty.").In("intake.place").On("order 7").
		With(fault.Violation{Field: "note", Code: "too_long"}).Because(io.EOF)
	want := "intake.place: order 7: invalid: bad_order: The order is faulty.: note: too_long: EOF"
	if got := err.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWireCarriesOnlyPublicParts(t *testing.T) {
	t.Parallel()
	full := &fault.Error{
		Kind: fault.MovedOn, Op: "secret op", Subject: "secret subject", Code: "moved_on", Message: "It moved on.",
		Field: "id", Hint: "Ask there.", Owner: "fulfillment", RetryAfter: 1500 * time.Millisecond,
		Violations: []fault.Violation{{Field: "f", Code: "c", Message: "m", Hint: "h"}}, Err: io.EOF,
	}
	want := *full
	want.Op, want.Subject, want.Err = "", "", nil
	if diff := cmp.Diff(&want, fault.Unmarshal(fault.Marshal(full))); diff != "" {
		t.Errorf("after the wire (-want +got):\n%s", diff)
	}
	if fault.Marshal(nil) != nil {
		t.Error("Marshal(nil) is not nil")
	}
}

func TestUnmarshalNeverFails(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "null", "{}", "not json", `{"kind":7}`, `[]`} {
		got := fault.Unmarshal([]byte(in))
		if got == nil || got.Kind != fault.Internal || got.Code != "malformed_reply" || got.Err == nil {
			t.Errorf("Unmarshal(%q) = %#v", in, got)
		}
	}
	newer := fault.Unmarshal([]byte(`{"kind":"too_many","retry_after":1e300,"colour":"red"}`))
	if newer.Kind != fault.TooMany || newer.RetryAfter != 24*time.Hour {
		t.Errorf("a newer neighbour's message became %#v", newer)
	}
}

func TestRetryable(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		want := k == fault.Unavailable || k == fault.TooMany
		if got := fault.Retryable(k); got != want {
			t.Errorf("Retryable(%v) = %v", k, got)
		}
	}
}
