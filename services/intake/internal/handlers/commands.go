package handlers

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// placeOrderRefs makes the order's id. Who may order for whom is decided here, before
// anything is loaded.
func placeOrderRefs(m proto.Message, meta engine.Meta) ([]engine.Ref, error) {
	n := m.(*intakev1.PlaceOrderRequest).GetOrder()
	if err := mayOrder(meta.Caller, n.GetCustomer().GetTenantId()); err != nil {
		return nil, err
	}
	return placeRefs(newOrderID()), nil
}

// mayOrder: staff and systems order for every customer, a customer's people for their own.
func mayOrder(c rpc.Caller, tenant string) error {
	switch c.Role {
	case orderv1.Role_ROLE_ADMIN, orderv1.Role_ROLE_TECHNICIAN, orderv1.Role_ROLE_SYSTEM:
		return nil
	case orderv1.Role_ROLE_CUSTOMER, orderv1.Role_ROLE_CUSTOMER_ADMIN:
		if c.Tenant != "" && strings.EqualFold(c.Tenant, tenant) {
			return nil
		}
		return fault.New(fault.Forbidden, "other_customer", "You may order for your own organisation only.").
			At("customer.tenant_id").Hinted("Use your own tenant id.")
	}
	return fault.New(fault.Forbidden, "no_role", "Your role may not place orders.").Hinted("Ask the partner for a role.")
}

// placeOrderCanonical is what a repeat with the same key is compared by.
func placeOrderCanonical(m proto.Message) []byte {
	req := m.(*intakev1.PlaceOrderRequest)
	const usual = 512
	b := domain.AppendCanonical(make([]byte, 0, usual), req.GetOrder())
	if req.GetValidateOnly() {
		b = append(b, "validate_only"...)
	}
	return b
}

// placeOrder places an order for a caller whom the portal's door has seen, or only checks it.
func (s *Service) placeOrder(t *engine.Turn) error {
	req := t.Body.(*intakev1.PlaceOrderRequest)
	if req.GetOrder() == nil {
		return fault.New(fault.Invalid, "required", "The order is missing.").At("order").Hinted("Send an order.")
	}
	asked, door := s.asked(req, t.Meta.Caller)
	if refusals := asked.Refusals(t.Now); len(refusals) > 0 {
		return domain.Invalid(refusals).In("intake.place")
	}
	if req.GetValidateOnly() {
		t.Reply(&intakev1.PlaceOrderResponse{})
		return nil
	}
	o, err := place(t, asked, door)
	if err != nil {
		return err
	}
	ref := t.Refs[0]
	book, _ := engine.Get[domain.Book](t, ref)
	t.Reply(&intakev1.PlaceOrderResponse{
		Order: o, View: book.View,
		Position: &orderv1.Position{Owner: string(contract.Intake), Sequence: t.Sequence(ref)},
	})
	return nil
}

// asked looks the request's order over, and who sends it.
func (s *Service) asked(req *intakev1.PlaceOrderRequest, caller rpc.Caller) (domain.Asked, domain.Door) {
	person := caller.Person()
	faults := schemaFaults(s.Validator, req.GetOrder())
	for _, f := range schemaFaults(s.Validator, person) {
		f.Hint = "Ask whoever runs the sign-in to mend what it says about you."
		f.Field = "caller." + f.Field
		faults = append(faults, f)
	}
	door := domain.Door{Requester: person, Source: string(contract.Portal)}
	if named := domain.Named(req.GetOrder().GetRequester(), false); named != nil && !rpc.Same(named, person) {
		door.OnBehalfOf = named
	}
	return domain.Check(req.GetOrder(), faults), door
}

// place makes the order, opens its book and hands it to approval. The input's references
// are those of placeRefs.
func place(t *engine.Turn, asked domain.Asked, door domain.Door) (*orderv1.Order, error) {
	number, err := engine.FactsOf[*numbers](t).take()
	if err != nil {
		return nil, err
	}
	ref := t.Refs[0]
	o := asked.Place(door, ref.ID, number)
	o.PlacedAt = timestamppb.New(t.Now)
	book := domain.Open(o, t.Now)
	engine.Put(t, ref, book)
	t.Emit(ref, contract.OrderSubmitted, &eventv1.OrderSubmitted{
		View: book.View, Order: o, By: o.GetRequester(), Fingerprint: domain.Hex(asked.Fingerprint[:]),
	})
	return o, nil
}
