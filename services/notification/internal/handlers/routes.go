// Package handlers takes the events in that somebody must be told of, and sends the mails.
//
// Model: one table, [Service.Spec], names every input and the function that decides it. An event becomes deliveries, one
// per recipient, each with a call to send its mail; the call's body holds the facts of the mail, which is worded just
// before it is sent. What became of the call moves the delivery on. The words of the contract end here; the domain's begin.
//
// Guarantees: a decision reads nothing but its turn. An event that comes twice or late changes nothing, nor does one that asks
// people for what another has asked them for. What is decided here never changes an order.
//
// Failures: an event that names no order, or an outcome that is not known here, becomes a dead letter. A mail server that
// cannot be reached costs time only: its deliveries wait as planned calls.
package handlers

import (
	"context"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/notification/internal/store"
)

// sendOperation is the operation's name in the intent log: part of what is stored, so it never changes.
const sendOperation = "smtp_send"

// Send words the mail of a delivery and hands it to the mail server, not beginning after before. ctx ends at the timeout.
type Send func(ctx context.Context, delivery string, m domain.Mail, before time.Time) domain.Outcome

// Service is what the decisions need beside their turn.
type Service struct {
	// Admins are the addresses of those who decide and put things right.
	Admins []string
	Send   Send
	// Timeout bounds one Send.
	Timeout time.Duration
	Metrics *Metrics
}

// Spec is the service as the engine knows it, with one row for each input.
func (s *Service) Spec() engine.Spec {
	return engine.Spec{
		Service: contract.Notification,
		Kinds:   []engine.Kind{store.Deliveries},
		Events: []engine.EventRoute{
			s.tell(contract.ApprovalRequested, always(domain.NeedsApproval)),
			s.tell(contract.ApprovalRejected, always(domain.Rejection)),
			s.tell(contract.ApprovalExpired, always(domain.Expiry)),
			s.tell(contract.ApprovalWithdrawn, always(domain.Cancellation)),
			s.tell(contract.ProvisioningWaiting, wait),
			s.tell(contract.ProvisioningOutcomeUnknown, wait),
			s.tell(contract.ProvisioningFinished, finish),
			s.tell(contract.ProvisioningFailed, always(domain.Failure)),
			s.tell(contract.ProvisioningCancelled, always(domain.Cancellation)),
		},
		Operations: []engine.Operation{
			{Name: sendOperation, Run: s.send, Timeout: s.Timeout, Decide: s.concluded},
		},
	}
}
