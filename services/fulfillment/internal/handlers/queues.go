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

// queuesOf are the keys of the queues that a call is about.
func queuesOf(call engine.Call) []string {
	var body domain.Body
	op := domain.Operation(call.Operation)
	if !op.Queued() && op != domain.CartCreate && op != domain.OrderGet || stored.ReadCall(call.Body, &body) != nil {
		return nil
	}
	return body.Queues(op)
}

// queueRefs names the queues that are loaded with the outcome of a call.
func queueRefs(o engine.Outcome) (refs []engine.Ref) {
	for _, key := range queuesOf(o.Call) {
		refs = append(refs, queueRef(key))
	}
	return refs
}

// queues are those that were loaded with an input.
func queues(t *engine.Turn, keys ...string) domain.Queues {
	found := domain.Queues{}
	for _, key := range keys {
		found[key], _ = engine.Get[domain.Queue](t, queueRef(key))
	}
	return found
}
