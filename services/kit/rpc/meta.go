package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
)

// Meta is what travels with a request beside its body.
type Meta struct {
	Caller Caller
	// Key makes a command repeatable: at most 128 printable characters.
	Key         string
	Traceparent string
	// Deadline is when the caller stops waiting; the zero time means the default.
	Deadline time.Time
}

// Handle answers one request. Errors are faults.
type Handle func(ctx context.Context, req proto.Message, m Meta) (proto.Message, error)

// Query is an endpoint that only reads; it does not pass through the engine.
type Query struct {
	Method contract.Method
	Handle Handle
}
