// Package handlers takes messages, commands and the vendor's answers in and puts fulfillment's decisions out.
//
// Model: one table, [Service.Spec], names every input and the function that decides it: read the order from the turn, ask
// the domain, put back state, calls, event and reply. The words of the contract and of the vendor's client end here; the
// domain's begin. [Vendor] makes the calls.
//
// Guarantees: a decision reads nothing but its turn. An event or an answer that comes twice or late changes nothing.
//
// Failures: an approval without an order becomes a dead letter; a refused command is answered with its fault. A call never
// fails here: whatever happens to it is an answer.
package handlers

import (
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// Service is what the decisions need beside their turn.
type Service struct {
	Metrics *Metrics
	Vendor  *Vendor
}

// slack is what a call may take beyond the vendor's answer.
const slack = 2 * time.Second

// Spec is the service as the engine knows it: one row for each input.
func (s *Service) Spec() engine.Spec {
	v := s.Vendor
	read, write := v.ReadTimeout+slack, v.WriteTimeout+slack
	op := func(name domain.Operation, timeout time.Duration, run run, decide engine.Decide) engine.Operation {
		return engine.Operation{Name: string(name), Timeout: timeout, Run: v.running(run), Decide: decide}
	}
	return engine.Spec{
		Service: contract.Fulfillment,
		Kinds:   []engine.Kind{store.Orders},
		Events: []engine.EventRoute{
			{Event: contract.ApprovalGranted, Refs: grantedRefs, Decide: s.granted},
		},
		Commands: []engine.CommandRoute{
			{Method: contract.RetryOrder, Refs: orderRefs, Decide: s.retry},
			{Method: contract.CancelOrder, Refs: orderRefs, WithCalls: true, Decide: s.cancel},
		},
		Operations: []engine.Operation{
			op(domain.CartCreate, write, v.createCart, outcome(s, domain.CartCreated)),
			op(domain.CartCheckout, write, v.checkOut, outcome(s, domain.CartCheckedOut)),
			op(domain.CartGet, read, v.getCart, outcome(s, domain.CartInspected)),
			op(domain.OrderGet, 2*read, v.getOrder, outcome(s, domain.Polled)),
			op(domain.SubscriptionGet, read, v.getSubscription, outcome(s, domain.SubscriptionRead)),
			op(domain.SubscriptionPatch, read+write, v.setSeats, outcome(s, domain.SeatsChanged)),
		},
		Timers: []engine.TimerRoute{
			{Kind: store.OrderKind, Decide: s.fire},
		},
	}
}

// orderRef is the reference of an order.
func orderRef(id string) engine.Ref { return engine.Ref{Kind: store.OrderKind, ID: id} }

// canonical is the form in which the database gives ids back. ok is false for what is no UUID.
func canonical(id string) (string, bool) {
	u, err := uuid.Parse(id)
	if err != nil {
		return "", false
	}
	return u.String(), true
}
