package rpc

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Header names of a request and of an error reply.
const (
	hdrCaller   = "Seatflow-Caller"
	hdrKey      = "Seatflow-Key"
	hdrDeadline = "Seatflow-Deadline"
	hdrFault    = "Seatflow-Fault"
	hdrTrace    = "traceparent"
)

// maxKey is the longest idempotency key, in bytes.
const maxKey = 128

func encodeMeta(m Meta) (nats.Header, error) {
	caller, err := json.Marshal(m.Caller)
	if err != nil {
		return nil, fmt.Errorf("encode the caller: %w", err)
	}
	h := nats.Header{hdrCaller: {string(caller)}}
	if m.Key != "" {
		h[hdrKey] = []string{m.Key}
	}
	if m.Traceparent != "" {
		h[hdrTrace] = []string{m.Traceparent}
	}
	if !m.Deadline.IsZero() {
		h[hdrDeadline] = []string{strconv.FormatInt(m.Deadline.UnixMilli(), 10)}
	}
	return h, nil
}

func decodeMeta(h nats.Header) (Meta, error) {
	var m Meta
	if err := json.Unmarshal([]byte(one(h, hdrCaller)), &m.Caller); err != nil || m.Caller.Subject == "" {
		return m, fault.New(fault.Unauthenticated, "no_caller", "The request does not say who sends it.").Because(err)
	}
	m.Key, m.Traceparent = one(h, hdrKey), one(h, hdrTrace)
	if !ValidKey(m.Key) {
		return m, fault.New(fault.Invalid, "bad_key", "An idempotency key is at most 128 printable ASCII characters.").At("Idempotency-Key")
	}
	if ms, err := strconv.ParseInt(one(h, hdrDeadline), 10, 64); err == nil {
		m.Deadline = time.UnixMilli(ms)
	}
	return m, nil
}

// ValidKey reports whether a key can travel in a header; the empty key means none.
func ValidKey(key string) bool {
	if len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

func one(h nats.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
