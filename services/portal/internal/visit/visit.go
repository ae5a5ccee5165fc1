// Package visit is what the door knows about one HTTP request: its trace, its id and who sent it.
//
// Model: the edge makes one Visit per request and puts it into the request's context; authentication fills in the
// caller; operations and error answers read it. A Visit belongs to one request and is never shared.
//
// Guarantees: the trace id is always there and well formed. A traceparent that a client sends is continued with a span
// of our own, one that is malformed is replaced; a request id is taken over only if it is short, visible ASCII, so that
// neither can smuggle anything into a header or a log.
//
// Failures: none. From without a Visit in the context gives an empty one.
package visit

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"

	"github.com/seatflow/seatflow/services/kit/rpc"
)

// Visit is one request as the door saw it.
type Visit struct {
	// TraceID is 32 hexadecimal digits; Traceparent is handed on to the services.
	TraceID     string
	Traceparent string
	// RequestID is the client's own id of the request, or the trace id.
	RequestID string
	// Caller is who sent it, once that is known.
	Caller rpc.Caller
}

type contextKey struct{}

// With returns a context that carries the visit.
func With(ctx context.Context, v *Visit) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// From returns the context's visit, or an empty one.
func From(ctx context.Context) *Visit {
	if v, ok := ctx.Value(contextKey{}).(*Visit); ok {
		return v
	}
	return &Visit{}
}

// Layout of a W3C traceparent: version, trace id, span id, flags, parted by dashes.
const (
	parentLen  = 55
	traceStart = 3
	traceEnd   = 35
	spanStart  = 36
	spanEnd    = 52
)

// New reads the ids that a request brings and makes those that it lacks.
func New(h http.Header) *Visit {
	parent := newParent(h.Get("Traceparent"))
	v := &Visit{Traceparent: parent, TraceID: parent[traceStart:traceEnd]}
	v.RequestID = v.TraceID
	if id := h.Get("X-Request-Id"); usable(id) {
		v.RequestID = id
	}
	return v
}

// newParent continues a valid traceparent, or starts one. That is not marked as sampled: we record nothing, and the
// broker makes a map of the headers of each message that is, about six for an order.
func newParent(given string) string {
	var b [parentLen]byte
	if valid(given) {
		copy(b[:], given[:parentLen])
	} else {
		copy(b[:], "00-")
		var id [16]byte
		binary.BigEndian.PutUint64(id[:8], rand.Uint64()|1) // never all zeros
		binary.BigEndian.PutUint64(id[8:], rand.Uint64())
		hex.Encode(b[traceStart:traceEnd], id[:])
		copy(b[spanEnd:], "-00")
	}
	copy(b[:2], "00")
	b[traceEnd] = '-'
	var span [8]byte
	binary.BigEndian.PutUint64(span[:], rand.Uint64()|1)
	hex.Encode(b[spanStart:spanEnd], span[:])
	return string(b[:])
}

// valid says whether a traceparent may be continued. A newer version may be longer.
func valid(p string) bool {
	if len(p) < parentLen || p[2] != '-' || p[traceEnd] != '-' || p[spanEnd] != '-' || p[:2] == "ff" {
		return false
	}
	if len(p) > parentLen && (p[:2] == "00" || p[parentLen] != '-') {
		return false
	}
	zeroTrace, zeroSpan := true, true
	for i := range parentLen {
		if i == 2 || i == traceEnd || i == spanEnd {
			continue
		}
		c := p[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
		if c != '0' && i >= traceStart && i < traceEnd {
			zeroTrace = false
		}
		if c != '0' && i >= spanStart && i < spanEnd {
			zeroSpan = false
		}
	}
	return !zeroTrace && !zeroSpan
}

// usable says whether a client's request id may be echoed and logged.
func usable(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}
