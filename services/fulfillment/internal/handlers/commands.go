package handlers

import (
	"google.golang.org/protobuf/proto"

	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// orderRefs names the order that a command is about.
func orderRefs(m proto.Message, _ engine.Meta) ([]engine.Ref, error) {
	id, ok := canonical(m.(interface{ GetOrderId() string }).GetOrderId())
	if !ok {
		return nil, fault.New(fault.Invalid, "not_a_uuid", "The order id is not a UUID.").
			At("order_id").Hinted("Use the order's id, not its number.")
	}
	return []engine.Ref{orderRef(id)}, nil
}

func (s *Service) retry(t *engine.Turn) error {
	ref := t.Refs[0]
	if role := t.Meta.Caller.Role; !staff(role) {
		return fault.New(fault.Forbidden, "staff_only", "Only admins and technicians may retry an order.").On("order " + ref.ID)
	}
	o, ok := engine.Get[*domain.Order](t, ref)
	if !ok || (!o.Arrived() && o.Status != domain.Cancelled) {
		return notHere(ref)
	}
	d, err := domain.Retry(o, author(t.Meta.Caller), t.Now)
	if err != nil {
		return fault.As(err).On("order " + ref.ID)
	}
	s.apply(t, ref, d)
	t.Reply(&fulfillmentv1.RetryResponse{View: view(d.Order), Position: position(t, ref)})
	return nil
}

func (s *Service) cancel(t *engine.Turn) error {
	ref, caller := t.Refs[0], t.Meta.Caller
	reason := t.Body.(*fulfillmentv1.CancelRequest).GetReason()
	o, known := engine.Get[*domain.Order](t, ref)
	if !known || !o.Arrived() {
		return s.cancelAhead(t, ref, o, reason)
	}
	if !mayCancel(caller.Person(), o.Approved) {
		return fault.New(fault.Forbidden, "not_yours", "You may not cancel this order.").
			Hinted("Its requester, an admin of its customer, or the partner's staff may.").On("order " + ref.ID)
	}
	d, err := domain.Cancel(o, author(caller), reason, droppable(t, ref), t.Now)
	if err != nil {
		return fault.As(err).On("order " + ref.ID)
	}
	s.apply(t, ref, d)
	if d.Order == nil {
		d.Order = o
	}
	t.Reply(&fulfillmentv1.CancelResponse{View: view(d.Order), Position: position(t, ref)})
	return nil
}

// cancelAhead cancels an order that has not arrived; the portal knows it, so it is on its way. Only staff may, whatever the
// order turns out to be: of anybody else it cannot be said yet whether they may, and a cancellation that is confirmed must
// hold. A cancellation by staff takes the place of one that an earlier version took from somebody else.
func (s *Service) cancelAhead(t *engine.Turn, ref engine.Ref, before *domain.Order, reason string) error {
	caller := t.Meta.Caller
	if !staff(caller.Role) {
		return notHere(ref)
	}
	d := domain.Decision{}
	if before == nil || before.Cancellation == nil || !staff(orderv1.Role(before.Cancellation.By.Role)) {
		d = domain.Tombstone(ref.ID, author(caller), reason)
		before = d.Order
	}
	s.apply(t, ref, d)
	t.Reply(&fulfillmentv1.CancelResponse{View: view(before), Position: position(t, ref)})
	return nil
}

// droppable says of a call that it is planned and has certainly not begun.
func droppable(t *engine.Turn, ref engine.Ref) func(call string) bool {
	return func(call string) bool {
		for _, c := range t.OpenCalls(ref) {
			if c.ID == call {
				return !c.Begun
			}
		}
		return false
	}
}

// notHere is the answer to a command for an order that has not arrived.
func notHere(ref engine.Ref) error {
	return fault.New(fault.Unavailable, "not_arrived", "The order has not arrived at fulfillment yet.").
		Hinted("Try again in a second.").On("order " + ref.ID)
}

func staff(r orderv1.Role) bool {
	return r == orderv1.Role_ROLE_ADMIN || r == orderv1.Role_ROLE_TECHNICIAN
}

// mayCancel says whether somebody may cancel an order: the partner's staff, who asked for it, and the admins of its
// customer. Whom an inbox order names inside has no rights by that.
func mayCancel(p *orderv1.Person, o *orderv1.Order) bool {
	return staff(p.GetRole()) || rpc.Same(p, o.GetRequester()) ||
		p.GetRole() == orderv1.Role_ROLE_CUSTOMER_ADMIN && sameTenant(p.GetTenant(), o.GetCustomer().GetTenantId())
}

func sameTenant(a, b string) bool {
	x, ok := canonical(a)
	y, _ := canonical(b)
	return ok && x == y
}
