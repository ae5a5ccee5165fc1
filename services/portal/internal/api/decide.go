package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// Approval is what an approver may add.
type Approval struct {
	Note string `json:"note,omitempty" maxLength:"2000" example:"Budget confirmed."`
}

// Rejection is what a rejection must say.
type Rejection struct {
	Reason string `json:"reason" minLength:"1" maxLength:"2000" pattern:"\\S" patternDescription:"a reason in words" doc:"Why; the requester reads it." example:"Use the annual plan instead."`
}

type approveInput struct {
	OneOrder
	Key
	Body *Approval
}

type rejectInput struct {
	OneOrder
	Key
	Body Rejection
}

type retryInput struct {
	OneOrder
	Key
}

type cancelInput struct {
	OneOrder
	Key
	Reason string `query:"reason" maxLength:"2000" doc:"Why, in your words." example:"ordered twice"`
}

func (s *Server) deciding() {
	tags := []string{"Decisions"}
	register(s, huma.Operation{
		OperationID: "approve-order", Method: http.MethodPost, Path: ordersPath + "/{id}/approve", Tags: tags, Summary: "Approve an order",
		Description: "For admins, but never for the one who asked. A second decision is a conflict that names the first.",
	}, admins, s.approve)
	register(s, huma.Operation{
		OperationID: "reject-order", Method: http.MethodPost, Path: ordersPath + "/{id}/reject", Tags: tags, Summary: "Reject an order",
		Description: "For admins, but never for the one who asked. A reason is required.",
	}, admins, s.reject)
	register(s, huma.Operation{
		OperationID: "retry-order", Method: http.MethodPost, Path: ordersPath + "/{id}/retry", Tags: tags, Summary: "Retry a failed order",
		Description: "Only the lines that failed are tried again. For admins and technicians.",
	}, staff, s.retry)
	register(s, huma.Operation{
		OperationID: "cancel-order", Method: http.MethodDelete, Path: ordersPath + "/{id}", Tags: tags, Summary: "Cancel an order",
		DefaultStatus: http.StatusOK,
		Description:   "Stops the lines that have not been sent to the vendor. What is bought already is not undone; the answer says what to order instead.",
	}, everyone, s.cancel)
}

// only makes a command that one service alone knows.
func only(s contract.Service, q func() question) func(contract.Service) (question, bool) {
	return func(at contract.Service) (question, bool) {
		if at != s {
			return question{}, false
		}
		return q(), true
	}
}

func (s *Server) approve(ctx context.Context, in *approveInput) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	req := &approvalv1.ApproveRequest{OrderId: b.GetOrder().GetId()}
	if in.Body != nil {
		req.Note = in.Body.Note
	}
	return s.run(ctx, b, command{first: contract.Approval, at: only(contract.Approval, func() question {
		return question{contract.ApproveOrder, req, new(approvalv1.ApproveResponse)}
	})}, in.IdempotencyKey)
}

func (s *Server) reject(ctx context.Context, in *rejectInput) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	req := &approvalv1.RejectRequest{OrderId: b.GetOrder().GetId(), Reason: in.Body.Reason}
	return s.run(ctx, b, command{first: contract.Approval, at: only(contract.Approval, func() question {
		return question{contract.RejectOrder, req, new(approvalv1.RejectResponse)}
	})}, in.IdempotencyKey)
}

func (s *Server) retry(ctx context.Context, in *retryInput) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	req := &fulfillmentv1.RetryRequest{OrderId: b.GetOrder().GetId()}
	return s.run(ctx, b, command{first: contract.Fulfillment, notYet: neverGranted, at: only(contract.Fulfillment, func() question {
		return question{contract.RetryOrder, req, new(fulfillmentv1.RetryResponse)}
	})}, in.IdempotencyKey)
}

// neverGranted says that there is nothing to wait for: by the book the order is not on its way to fulfillment.
func neverGranted(b *intakev1.BookOrder) *fault.Error {
	st := info(b.GetView().GetStatus())
	switch st.stage {
	case fulfillmentStage:
		return nil
	case approvalStage:
		return fault.New(fault.Conflict, "not_approved", "The order is not approved yet, so there is nothing to try again.")
	default:
		return fault.New(fault.Conflict, "not_failed", "The order is "+st.word+", so there is nothing to try again.")
	}
}

// notSent says that there is nothing at the vendor yet to wait for.
func notSent(b *intakev1.BookOrder) *fault.Error {
	st := info(b.GetView().GetStatus())
	if st.stage == fulfillmentStage {
		return nil
	}
	return fault.New(fault.Conflict, "nothing_to_look_at", "The order is "+strings.ReplaceAll(st.word, "_", " ")+", so it waits for nothing at the vendor.")
}

func (s *Server) cancel(ctx context.Context, in *cancelInput) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	first, done, err := cancelAt(b)
	if err != nil {
		return nil, err
	}
	if done {
		return &orderOutput{Body: page{pendingLabel, visit.From(ctx).Caller}.order(b)}, nil
	}
	id := b.GetOrder().GetId()
	return s.run(ctx, b, command{first: first, at: func(at contract.Service) (question, bool) {
		switch at {
		case contract.Approval:
			return question{contract.WithdrawOrder, &approvalv1.CancelRequest{OrderId: id, Reason: in.Reason}, new(approvalv1.CancelResponse)}, true
		case contract.Fulfillment:
			return question{contract.CancelOrder, &fulfillmentv1.CancelRequest{OrderId: id, Reason: in.Reason}, new(fulfillmentv1.CancelResponse)}, true
		default:
			return question{}, false
		}
	}}, in.IdempotencyKey)
}

// cancelAt says whom to ask. An owner that does not have the order would record the cancellation for when it comes, so
// an order that is at its end is never sent to one that has not spoken of it. Cancelling twice is no fault.
func cancelAt(b *intakev1.BookOrder) (first contract.Service, done bool, err error) {
	switch status := b.GetView().GetStatus(); status {
	case orderv1.Status_STATUS_CANCELLED:
		return "", true, nil
	case orderv1.Status_STATUS_COMPLETED:
		if heardOf(b, contract.Fulfillment) {
			return contract.Fulfillment, false, nil // it names the change to order instead
		}
		return "", false, fault.New(fault.Conflict, "already_completed", "The order is completed, so there is nothing left to cancel.").
			Hinted("Order the opposite change instead, for example fewer seats.")
	case orderv1.Status_STATUS_REJECTED, orderv1.Status_STATUS_EXPIRED, orderv1.Status_STATUS_DELETED:
		return "", false, fault.New(fault.Conflict, "already_ended", "The order is "+info(status).word+", so there is nothing left to cancel.")
	default:
		return ownerOf(b), false, nil
	}
}
