package handlers

import (
	"strings"

	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// settle takes what an admin says became of lines that were handed to a person.
func (s *Service) settle(t *engine.Turn) error {
	ref, caller := t.Refs[0], t.Meta.Caller
	if caller.Role != orderv1.Role_ROLE_ADMIN {
		return fault.New(fault.Forbidden, "admins_only", "Only admins may say what became of an order.").On("order " + ref.ID)
	}
	o, ok := engine.Get[*domain.Order](t, ref)
	if !ok || !o.Arrived() {
		return notHere(ref)
	}
	req := t.Body.(*fulfillmentv1.SettleOutcomeRequest)
	note := strings.TrimSpace(req.GetNote())
	if note == "" {
		return fault.New(fault.Invalid, "note_missing", "Say who says so, and from what.").At("note")
	}
	d, err := domain.Settle(o, req.GetLines(), domain.Said{
		Done: req.GetOutcome() == fulfillmentv1.Outcome_OUTCOME_DONE, Order: strings.TrimSpace(req.GetVendorOrderId()),
		Subscription: strings.TrimSpace(req.GetVendorSubscriptionId()), Note: note, By: author(caller), At: t.Now,
	}, s.Lag, droppable(t, ref), t.Now)
	if err != nil {
		return fault.As(err).On("order " + ref.ID)
	}
	s.apply(t, ref, d)
	if d.Order != nil {
		o = d.Order
	}
	t.Reply(&fulfillmentv1.SettleOutcomeResponse{View: view(o), Position: position(t, ref)})
	return nil
}
