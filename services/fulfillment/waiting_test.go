package fulfillment_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// An order past its deadline is listed, to staff only.
func TestOverdue(t *testing.T) {
	t.Parallel()
	s := play(t)
	s.v.mu.Lock()
	s.v.hiccup["POST checkout"] = 1000
	s.v.mu.Unlock()
	const id = "0190d2c4-0000-7000-8000-00000000001a"
	s.grant(id, purchase())
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN)

	var reply fulfillmentv1.ListOverdueResponse
	list := func(role orderv1.Role) error {
		reply.Reset()
		return s.rpc.Call(t.Context(), contract.ListOverdue, &fulfillmentv1.ListOverdueRequest{}, &reply, s.caller(role))
	}
	if err := list(orderv1.Role_ROLE_CUSTOMER_ADMIN); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by a customer: %v", err)
	}
	if err := list(orderv1.Role_ROLE_TECHNICIAN); err != nil || reply.GetTotal() != 0 {
		t.Fatalf("%v, %v", &reply, err)
	}
	conn, err := pgx.Connect(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	// The next attempts write the deadline again, so it is what is stored of the order that is moved.
	if _, err := conn.Exec(t.Context(), `update orders set deadline_at = clock_timestamp() - interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	if err := list(orderv1.Role_ROLE_TECHNICIAN); err != nil || reply.GetTotal() != 1 || reply.GetOrders()[0].GetOrderId() != id ||
		reply.GetOrders()[0].GetStatus() != orderv1.Status_STATUS_OUTCOME_UNKNOWN || reply.GetOrders()[0].GetSentence() == "" ||
		reply.GetOrders()[0].GetDeadline().AsTime().After(time.Now()) {
		t.Errorf("%v, %v", &reply, err)
	}
}

// Staff may have a waiting order looked at; nobody else, and not once it has come to its end.
func TestNudge(t *testing.T) {
	t.Parallel()
	s := play(t)
	s.v.mu.Lock()
	s.v.hiccup["POST checkout"] = 1
	s.v.mu.Unlock()
	const id = "0190d2c4-0000-7000-8000-00000000001b"
	nudge := func(role orderv1.Role) error {
		return s.rpc.Call(t.Context(), contract.NudgeOrder, &fulfillmentv1.NudgeRequest{OrderId: id}, &fulfillmentv1.NudgeResponse{}, s.caller(role))
	}
	if err := nudge(orderv1.Role_ROLE_ADMIN); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("before it is here: %v", err)
	}
	s.grant(id, purchase())
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN)
	if err := nudge(orderv1.Role_ROLE_CUSTOMER); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by a customer: %v", err)
	}
	if err := nudge(orderv1.Role_ROLE_ADMIN); err != nil {
		t.Error(err)
	}
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if err := nudge(orderv1.Role_ROLE_ADMIN); fault.KindOf(err) != fault.Conflict {
		t.Errorf("of a completed order: %v", err)
	}
}

// A purchase order is taken for an order that needs one, and for no other.
func TestAttachToTheWrongOrder(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000001c"
	s.grant(id, purchase())
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	req := &fulfillmentv1.AttachPurchaseOrderRequest{
		OrderId: id, PurchaseOrder: &fulfillmentv1.File{Name: "po.pdf", Content: []byte("PO")}, CustomerPrice: &orderv1.Money{Amount: "10.00", Currency: "USD"},
	}
	attach := func(meta orderv1.Role) error {
		return s.rpc.Call(t.Context(), contract.AttachPurchaseOrder, req, &fulfillmentv1.AttachPurchaseOrderResponse{}, s.caller(meta))
	}
	if err := attach(orderv1.Role_ROLE_CUSTOMER_ADMIN); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by another customer's admin: %v", err)
	}
	if err := attach(orderv1.Role_ROLE_ADMIN); fault.KindOf(err) != fault.Conflict {
		t.Errorf("for an order that needs none: %v", err)
	}
}
