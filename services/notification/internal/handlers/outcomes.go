package handlers

import (
	"context"
	"errors"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// What a delivery's last error says when there was no answer to quote.
const (
	unreadableSentence = "The stored facts of this mail cannot be read."
	lostSentence       = "The program stopped while it was sending the mail, which may have been delivered."
)

// send makes one attempt.
func (s *Service) send(ctx context.Context, call engine.Call) engine.Result {
	m, err := decodeMail(call.Body)
	if err != nil {
		return engine.Result{Value: domain.Outcome{Fate: domain.Refused, Error: unreadableSentence}}
	}
	out := s.Send(ctx, call.Ref.ID, m, call.SendBefore)
	if out.Fate == domain.PutOff && errors.Is(ctx.Err(), context.Canceled) {
		// The program is stopping; whoever comes next makes this attempt.
		return engine.Result{NotSent: true}
	}
	return engine.Result{Value: out, Unknown: out.Fate == domain.Unclear}
}

// concluded moves a delivery on after an attempt.
func (s *Service) concluded(t *engine.Turn) error {
	o := t.Body.(engine.Outcome)
	ref := o.Call.Ref
	prior, _ := engine.Get[domain.Delivery](t, ref)
	out, ok := o.Value.(domain.Outcome)
	if !ok {
		out = domain.Outcome{Fate: domain.Unclear, Error: lostSentence}
	}
	out.Attempt = domain.AttemptOf(o.Call.ID)
	next, step := prior.Conclude(out, ref.ID[len(ref.ID)-1], t.Now)
	if o.Unknown {
		t.Settle(o.Call.ID) // the next attempt takes its place
	}
	t.After(func() { s.Metrics.attempted(out.Fate) })
	if !step.Changed {
		return nil
	}
	engine.Put(t, ref, next)
	if step.Overtaken > 0 {
		t.Settle(domain.AttemptID(ref.ID, step.Overtaken))
	}
	if !step.Again.IsZero() {
		t.Do(engine.Call{
			ID: domain.AttemptID(ref.ID, next.Attempts+1), Ref: ref, Operation: sendOperation, Body: o.Call.Body,
			Order: o.Call.Order, Priority: o.Call.Priority, Due: step.Again, Traceparent: o.Call.Traceparent,
		})
		return nil
	}
	s.end(t, ref, next)
	return nil
}

// end publishes what became of a delivery.
func (s *Service) end(t *engine.Turn, ref engine.Ref, d domain.Delivery) {
	fate := &eventv1.Delivery{
		Id: ref.ID, OrderId: d.Order, Cause: d.Cause, Kind: string(d.Kind), Channel: d.Channel, Recipient: d.Recipient,
		Attempts: int32(d.Attempts), Error: d.Error,
	}
	switch d.State {
	case domain.Sent:
		ev := contract.NotificationSent
		t.Note(ref.ID+".sent", ev.Subject, ev.Type, d.Order, &eventv1.NotificationSent{Delivery: fate})
	default:
		ev := contract.NotificationFailed
		t.Note(ref.ID+".failed", ev.Subject, ev.Type, d.Order, &eventv1.NotificationFailed{Delivery: fate})
	}
	t.After(func() { s.Metrics.ended(d) })
}
