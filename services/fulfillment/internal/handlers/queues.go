package handlers

import (
	"context"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// turnOperation has an order look at its place in a queue. It asks nobody: all there is to know is loaded with its outcome.
func turnOperation() engine.Operation {
	return engine.Operation{
		Name: string(domain.Turn), Local: true, Timeout: time.Second,
		Run: func(context.Context, engine.Call) engine.Result { return engine.Result{} },
	}
}

func queueRef(key string) engine.Ref { return engine.Ref{Kind: store.SubscriptionKind, ID: key} }

// queueOf is the key of the queue that a call is about; empty if it is about none.
func queueOf(call engine.Call) string {
	var body domain.Body
	op := domain.Operation(call.Operation)
	if !op.Queued() || stored.ReadCall(call.Body, &body) != nil {
		return ""
	}
	return body.Queue(op)
}

// queueRefs names the queue that is loaded with the outcome of a call.
func queueRefs(o engine.Outcome) []engine.Ref {
	key := queueOf(o.Call)
	if key == "" {
		return nil
	}
	return []engine.Ref{queueRef(key)}
}

// queues are those that were loaded with an input.
func queues(t *engine.Turn, keys ...string) domain.Queues {
	found := domain.Queues{}
	for _, key := range keys {
		if key != "" {
			found[key], _ = engine.Get[domain.Queue](t, queueRef(key))
		}
	}
	return found
}
