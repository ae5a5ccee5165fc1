package handlers

import (
	"encoding/base64"

	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// nudge has all that an order waits for looked at now.
func (s *Service) nudge(t *engine.Turn) error {
	ref := t.Refs[0]
	if !staff(t.Meta.Caller.Role) {
		return fault.New(fault.Forbidden, "staff_only", "Only admins and technicians may have an order looked at.").On("order " + ref.ID)
	}
	o, ok := engine.Get[*domain.Order](t, ref)
	if !ok || !o.Arrived() {
		return notHere(ref)
	}
	d, err := domain.Nudge(o, author(t.Meta.Caller), droppable(t, ref), t.Now)
	if err != nil {
		return fault.As(err).On("order " + ref.ID)
	}
	s.apply(t, ref, d)
	t.Reply(&fulfillmentv1.NudgeResponse{View: view(d.Order), Position: position(t, ref)})
	return nil
}

// attach sends the customer's purchase order to the vendor.
func (s *Service) attach(t *engine.Turn) error {
	ref := t.Refs[0]
	o, ok := engine.Get[*domain.Order](t, ref)
	if !ok || !o.Arrived() {
		return notHere(ref)
	}
	if !mayAttach(t.Meta.Caller, o.Approved) {
		return fault.New(fault.Forbidden, "not_yours", "You may not attach a purchase order to this order.").
			Hinted("An admin of its customer, or the partner's staff may.").On("order " + ref.ID)
	}
	req := t.Body.(*fulfillmentv1.AttachPurchaseOrderRequest)
	if req.GetPartOfTender() && req.GetTenderLink() == "" {
		return fault.New(fault.Invalid, "tender_link_missing", "A purchase that is part of a tender needs the tender's link.").At("tender_link")
	}
	d, err := domain.Attach(o, author(t.Meta.Caller), domain.File{
		Name: req.GetPurchaseOrder().GetName(), Content: base64.StdEncoding.EncodeToString(req.GetPurchaseOrder().GetContent()),
		Price: req.GetCustomerPrice().GetAmount(), Currency: req.GetCustomerPrice().GetCurrency(), Rate: req.GetFxRate(),
		Tender: req.GetPartOfTender(), Link: req.GetTenderLink(),
	}, t.Now)
	if err != nil {
		return fault.As(err).On("order " + ref.ID)
	}
	s.apply(t, ref, d)
	t.Reply(&fulfillmentv1.AttachPurchaseOrderResponse{View: view(d.Order), Position: position(t, ref)})
	return nil
}

// mayAttach says whether somebody may attach the purchase order: the partner's staff, and the admins of the order's customer.
func mayAttach(c rpc.Caller, o *orderv1.Order) bool {
	return staff(c.Role) || c.Role == orderv1.Role_ROLE_CUSTOMER_ADMIN && sameTenant(c.Tenant, o.GetCustomer().GetTenantId())
}
