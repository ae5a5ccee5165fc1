package api

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

const (
	// maxHops is how often a command follows an order that moves on.
	maxHops = 3
	// patience is how long a command waits for an order, or its owner, to arrive.
	patience = time.Second
	// firstPause is the wait after the first "not yet"; each further one is twice as long.
	firstPause = 25 * time.Millisecond
)

// viewReply is what every command to an order's owner answers.
type viewReply interface {
	proto.Message
	GetView() *orderv1.View
	GetPosition() *orderv1.Position
}

// question is one command, made ready for one service.
type question struct {
	method contract.Method
	req    proto.Message
	reply  viewReply
}

// command is what somebody wants done to an order.
type command struct {
	// first is the service to ask first.
	first contract.Service
	// at makes the question to a service; ok is false where the service has no such command.
	at func(s contract.Service) (q question, ok bool)
	// notYet may turn "not arrived here yet" into a final answer, given what the book says. Optional.
	notYet func(b *intakev1.BookOrder) *fault.Error
}

// run sends a command to the order's owner, follows the order where it has gone, and answers with the order as the
// command left it. All tries carry one key, so that a lost answer does not make it happen twice.
func (s *Server) run(ctx context.Context, b *intakev1.BookOrder, c command, key string) (*orderOutput, error) {
	if key == "" {
		key = uuid.NewString()
	}
	service := c.first
	var last error
	for range maxHops + 1 {
		q, ok := c.at(service)
		if !ok {
			break
		}
		err := s.insist(ctx, b, c, q, key)
		if err == nil {
			return s.outcome(ctx, b, q.reply), nil
		}
		last = err
		f := fault.As(err)
		if f.Kind != fault.MovedOn || f.Owner == "" || contract.Service(f.Owner) == service {
			break
		}
		service = contract.Service(f.Owner)
	}
	if last == nil {
		return nil, fault.New(fault.Conflict, "no_such_step", "This cannot be done to the order as it stands.").On("order " + b.GetOrder().GetId())
	}
	return nil, last
}

// insist asks one service, again and again for about a second while it says "not now".
func (s *Server) insist(ctx context.Context, b *intakev1.BookOrder, c command, q question, key string) error {
	until := time.Now().Add(patience)
	for pause := firstPause; ; pause *= 2 {
		err := s.call(ctx, q.method, q.req, q.reply, key)
		f := fault.As(err)
		if f == nil || f.Kind != fault.Unavailable {
			return err
		}
		if c.notYet != nil {
			if final := c.notYet(b); final != nil {
				return final.Because(f)
			}
		}
		if f.RetryAfter > patience || time.Now().Add(pause).After(until) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// outcome is the order as the command left it: what was ordered from the book, how it stands from the reply.
func (s *Server) outcome(ctx context.Context, b *intakev1.BookOrder, r viewReply) *orderOutput {
	now := &intakev1.BookOrder{
		Order: b.GetOrder(), View: r.GetView(), Owner: holder(r.GetView(), r.GetPosition()), UpdatedAt: b.GetUpdatedAt(),
		FinishedAt: b.GetFinishedAt(), NeedsAttention: b.GetNeedsAttention(),
	}
	return &orderOutput{
		Position: positionText(r.GetPosition()), Body: page{pendingLabel, visit.From(ctx).Caller}.order(now),
	}
}

// ownerOf is the service to ask about an order: the one that the book names, or the owner of the status' stage where
// the book has heard of intake only.
func ownerOf(b *intakev1.BookOrder) contract.Service {
	switch o := contract.Service(b.GetOwner()); o {
	case contract.Approval, contract.Fulfillment:
		return o
	}
	if info(b.GetView().GetStatus()).stage == fulfillmentStage {
		return contract.Fulfillment
	}
	return contract.Approval
}

// heardOf says whether a service has spoken about the order, so that it surely has it.
func heardOf(b *intakev1.BookOrder, s contract.Service) bool {
	return slices.ContainsFunc(b.GetHeard(), func(p *orderv1.Position) bool { return p.GetOwner() == string(s) && p.GetSequence() > 0 })
}
