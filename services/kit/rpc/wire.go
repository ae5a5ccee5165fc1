package rpc

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Header names of a request and of an error reply.
const (
	hdrCaller  = "Seatflow-Caller"
	hdrKey     = "Seatflow-Key"
	hdrTimeout = "Seatflow-Timeout" // what is left of the caller's time, in ms: clocks differ
	hdrFault   = "Seatflow-Fault"
	hdrTrace   = "traceparent"
)

// mostTimeout is far more than any caller waits, in ms.
const mostTimeout = 3_600_000

// maxKey is the longest idempotency key, in bytes.
const maxKey = 128

// encoder writes the headers of requests.
type encoder struct{ callers memo[Caller, string] }

func (e *encoder) meta(m Meta) (nats.Header, error) {
	if !ValidKey(m.Key) {
		return nil, errBadKey()
	}
	caller, known := e.callers.get(m.Caller)
	if !known {
		data, err := json.Marshal(m.Caller)
		if err != nil {
			return nil, fmt.Errorf("encode the caller: %w", err)
		}
		caller = string(data)
		e.callers.put(m.Caller, caller, len(caller))
	}
	const most = 4
	h := make(nats.Header, most)
	values := make([]string, 0, most) // one array for all
	set := func(name, value string) {
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
	}
	set(hdrCaller, caller)
	if m.Key != "" {
		set(hdrKey, m.Key)
	}
	if m.Traceparent != "" {
		set(hdrTrace, m.Traceparent)
	}
	if !m.Deadline.IsZero() {
		set(hdrTimeout, strconv.FormatInt(time.Until(m.Deadline).Milliseconds(), 10))
	}
	return h, nil
}

// decoder reads the headers of requests.
type decoder struct{ callers memo[string, Caller] }

func (d *decoder) meta(h nats.Header) (Meta, error) {
	var m Meta
	text := one(h, hdrCaller)
	caller, known := d.callers.get(text)
	if !known {
		if err := json.Unmarshal([]byte(text), &caller); err != nil || caller.Subject == "" {
			return m, fault.New(fault.Unauthenticated, "no_caller", "The request does not say who sends it.").Because(err)
		}
		text = strings.Clone(text) // it is a part of all the request's headers
		d.callers.put(text, caller, len(text))
	}
	m.Caller = caller
	m.Key, m.Traceparent = one(h, hdrKey), bus.Traceparent(one(h, hdrTrace))
	if !ValidKey(m.Key) {
		return m, errBadKey()
	}
	if ms, err := strconv.ParseInt(one(h, hdrTimeout), 10, 64); err == nil {
		m.Deadline = time.Now().Add(time.Duration(min(ms, mostTimeout)) * time.Millisecond)
	}
	return m, nil
}

func errBadKey() *fault.Error {
	return fault.New(fault.Invalid, "bad_key", "An idempotency key is at most 128 printable ASCII characters, without blanks at its ends.").At("Idempotency-Key")
}

// ValidKey reports whether a key can travel in a header; the empty key means none.
// A blank at an end would be lost on the way, and two keys become one.
func ValidKey(key string) bool {
	if len(key) > maxKey || key != strings.TrimSpace(key) {
		return false
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// mostFault bounds the header that carries a fault.
const mostFault = 64 << 10

// encodeFault writes a fault for a header. Of very many violations the first ones are
// kept: a caller that is told some is better off than one that hears nothing.
func encodeFault(f *fault.Error) string {
	for {
		data := fault.Marshal(f)
		if len(data) <= mostFault {
			return string(data)
		}
		if len(f.Violations) == 0 {
			return string(fault.Marshal(fault.New(f.Kind, f.Code, "The request failed, and the reason is too long to be told.")))
		}
		kept := f.Violations[:len(f.Violations)/2]
		f = f.With()
		f.Violations = kept
	}
}

func one(h nats.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
