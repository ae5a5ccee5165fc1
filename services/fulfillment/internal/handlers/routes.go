// Package handlers takes messages, commands and the vendor's answers in and puts fulfillment's decisions out.
//
// Model: one table, [Service.Spec], names every input and the function that decides it: read the order from the turn, ask
// the domain, put back state, calls, event and reply. The words of the contract and of the vendor's client end here; the
// domain's begin.
//
// Guarantees: a decision reads nothing but its turn. An event or an answer that comes twice or late changes nothing.
//
// Failures: an approval without an order becomes a dead letter; a refused command is answered with its fault.
package handlers

import (
	"slices"
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
	// Pace is how fast the vendor's clock goes: the domain's waits are in its time.
	Pace domain.Pace
	// Lag is how long a purchase may be missing from the vendor's lists; zero takes the domain's.
	Lag time.Duration
	// Undo is how long an order can be taken back before it is sent.
	Undo time.Duration
	// Comparing says how our records are compared with the vendor's.
	Comparing Comparing
	// Calls are the operations that make the calls; their decisions are here.
	Calls []engine.Operation
}

// Spec is the service as the engine knows it: one row for each input.
func (s *Service) Spec() engine.Spec {
	return engine.Spec{
		Service: contract.Fulfillment,
		Kinds:   []engine.Kind{store.Orders, store.Subscriptions, store.Reconciliations, store.Findings, store.Callbacks},
		Facts:   readFacts,
		Events: []engine.EventRoute{
			{Event: contract.ApprovalGranted, Refs: grantedRefs, Decide: s.granted},
		},
		Commands: []engine.CommandRoute{
			{Method: contract.RetryOrder, Refs: orderRefs, Decide: s.retry},
			{Method: contract.CancelOrder, Refs: orderRefs, WithCalls: true, Decide: s.cancel},
			{Method: contract.NudgeOrder, Refs: orderRefs, WithCalls: true, Decide: s.nudge},
			{Method: contract.AttachPurchaseOrder, Refs: orderRefs, Decide: s.attach},
			{Method: contract.SettleOutcome, Refs: orderRefs, WithCalls: true, Decide: s.settle},
			{Method: contract.SetSubmissions, Refs: submissionsRefs, Decide: s.setSubmissions},
			{Method: contract.Reconcile, Refs: reconcileRefs, Decide: s.reconcile},
			{Method: contract.CloseFinding, Refs: findingRefs, Decide: s.closeFinding},
		},
		Operations: s.operations(map[domain.Operation]engine.Decide{
			domain.CartCreate:        outcome(s, domain.CartCreated),
			domain.CartCheckout:      outcome(s, domain.CartCheckedOut),
			domain.CartGet:           outcome(s, domain.CartInspected),
			domain.OrderGet:          outcome(s, domain.Polled),
			domain.PurchasesList:     outcome(s, domain.CartSearched),
			domain.AttachmentPost:    outcome(s, domain.Uploaded),
			domain.AttachmentsGet:    outcome(s, domain.Uploaded),
			domain.SubscriptionGet:   outcome(s, domain.Looked),
			domain.SubscriptionPatch: outcome(s, domain.Changed),
			domain.TransitionCheck:   outcome(s, domain.Looked),
			domain.TransitionCreate:  outcome(s, domain.Changed),
			domain.TransitionGet:     outcome(s, domain.Looked),
			domain.PurchaseGet:       outcome(s, domain.Looked),
			domain.PurchaseCancel:    outcome(s, domain.Changed),
			domain.Turn:              outcome(s, domain.TurnCame),
			domain.BooksCompare:      s.compared,
		}),
		Timers: []engine.TimerRoute{
			{Kind: store.OrderKind, Decide: s.fire},
			{Kind: store.ReconciliationKind, WithCalls: true, Decide: s.compareNext},
		},
		Notices: []engine.NoticeRoute{
			{Name: RoundNotice, Decide: s.planRound},
			{Name: CallbackNotice, Decide: s.heard},
		},
	}
}

// operations joins each call with the decision on its outcome.
func (s *Service) operations(decisions map[domain.Operation]engine.Decide) []engine.Operation {
	ops := append(slices.Clone(s.Calls), turnOperation())
	for i := range ops {
		ops[i].Decide, ops[i].Extra = decisions[domain.Operation(ops[i].Name)], queueRefs
		if ops[i].Name == string(domain.BooksCompare) {
			ops[i].Extra = booksRefs
		}
	}
	return ops
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
