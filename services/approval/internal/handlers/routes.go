// Package handlers takes messages and commands in and puts approval's decisions out.
//
// Model: one table, [Service.Spec], names every input and the function that decides it:
// read the state from the turn, ask the domain, put back state, event and reply. The
// words of the contract end here; the domain's begin.
//
// Guarantees: a decision reads nothing but its turn. An event that comes twice or late
// changes nothing.
//
// Failures: an order that cannot be judged (no order inside, mixed currencies) becomes a
// dead letter; a refused command is answered with its fault.
package handlers

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/approval/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// Service is what the decisions need beside their turn.
type Service struct {
	// Patience is how long an admin has to decide.
	Patience time.Duration
	Metrics  *Metrics
}

// Spec is the service as the engine knows it: the kinds in the order in which they
// are locked, and one row for each input.
func (s *Service) Spec() engine.Spec {
	return engine.Spec{
		Service: contract.Approval,
		Kinds:   []engine.Kind{store.Requests, store.Rules},
		Facts:   loadFacts,
		Events: []engine.EventRoute{
			{Event: contract.OrderSubmitted, Refs: submittedRefs, Decide: s.submitted},
		},
		Commands: []engine.CommandRoute{
			{Method: contract.ApproveOrder, Refs: orderRefs, Decide: s.approve},
			{Method: contract.RejectOrder, Refs: orderRefs, Decide: s.reject},
			{Method: contract.WithdrawOrder, Refs: orderRefs, Decide: s.withdraw},
			{Method: contract.SetRule, Refs: ruleRefs, Decide: s.setRule},
		},
		Timers: []engine.TimerRoute{
			{Kind: store.RequestKind, Decide: s.expire},
		},
	}
}

// facts are what a batch's decisions need beside the requests.
type facts struct {
	rules domain.Rules
	// known are the customers with a granted order. Grants of this very batch are added
	// as they are decided. Another replica's grant of this moment may be missed: then
	// the order is held for review, which is the safe side.
	known map[string]bool
}

// loadFacts reads the active rules and the customers of the orders that arrive.
func loadFacts(b *pgx.Batch, batch []*engine.Input) any {
	f := &facts{known: map[string]bool{}}
	var tenants []string
	for _, in := range batch {
		if ev, ok := in.Body.(*eventv1.OrderSubmitted); ok {
			if id, ok := canonical(ev.GetOrder().GetCustomer().GetTenantId()); ok {
				tenants = append(tenants, id)
			}
		}
	}
	if len(tenants) == 0 {
		return f
	}
	store.QueueRules(b, func(stored []domain.Rule) (err error) {
		f.rules, err = domain.NewRules(stored)
		return err
	})
	store.QueueKnown(b, tenants, func(tenant string) { f.known[tenant] = true })
	return f
}

// request is the reference of an order's request.
func request(id string) engine.Ref { return engine.Ref{Kind: store.RequestKind, ID: id} }

// canonical is the form in which the database gives ids back. ok is false for what is no UUID.
func canonical(id string) (string, bool) {
	u, err := uuid.Parse(id)
	if err != nil {
		return "", false
	}
	return u.String(), true
}
