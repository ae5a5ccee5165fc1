package handlers

import (
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// turn is whose turn it is to change the subscription that a call is about.
type turn struct {
	ref    engine.Ref
	id     string // the subscription's
	now    domain.Subscription
	behind string
}

// turnRefs names what is loaded with the outcome of a call about a subscription: its turn, and the order that had it when the
// call was decided on, which may have given up by a command, and a command does not know the subscriptions.
func turnRefs(o engine.Outcome) []engine.Ref {
	body, about := aboutSubscription(o.Call)
	if !about {
		return nil
	}
	refs := []engine.Ref{turnRef(body.Subscription)}
	if body.Behind != "" && body.Behind != o.Call.Ref.ID {
		refs = append(refs, orderRef(body.Behind))
	}
	return refs
}

// aboutSubscription reads what a call is to do, if it is about a subscription.
func aboutSubscription(call engine.Call) (body domain.Body, ok bool) {
	switch domain.Operation(call.Operation) {
	case domain.SubscriptionGet, domain.SubscriptionPatch:
		err := stored.ReadCall(call.Body, &body)
		return body, err == nil && body.Subscription != ""
	default:
		return body, false
	}
}

func turnRef(subscription string) engine.Ref {
	return engine.Ref{Kind: store.SubscriptionKind, ID: domain.SubscriptionKey(subscription)}
}

// turnOf reads the turn of a call's subscription; ok is false for a call about none.
func turnOf(t *engine.Turn, o *domain.Order, call engine.Call) (found turn, ok bool) {
	body, ok := aboutSubscription(call)
	if !ok {
		return turn{}, false
	}
	found = turn{ref: turnRef(body.Subscription), id: body.Subscription}
	found.now, _ = engine.Get[domain.Subscription](t, found.ref)
	var holder *domain.Order
	if body.Behind != "" && body.Behind != o.ID {
		holder, _ = engine.Get[*domain.Order](t, orderRef(body.Behind))
	}
	found.behind = found.now.Behind(o.ID, found.id, holder)
	return found, true
}

// pass stores who has the turn after a decision. It commits with the decision, on the version that was loaded, so two
// replicas cannot both have it.
func (f turn) pass(t *engine.Turn, o *domain.Order) {
	if next, changed := f.now.Turn(o, f.id); changed {
		engine.Put(t, f.ref, next)
	}
}
