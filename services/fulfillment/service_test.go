package fulfillment_test

import (
	"strings"
	"testing"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// The shortest way: one cart, one checkout, one event, though the approval comes twice.
func TestPurchase(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000a"
	s.grant(id, purchase())
	e := s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if l := e.GetView().GetLines()[0]; l.GetVendorSubscriptionId() != "sub-1" || l.GetVendorOrderId() != "order-1" ||
		l.GetStatus() != orderv1.LineStatus_LINE_STATUS_FULFILLED || e.GetOrder().GetId() != id {
		t.Errorf("the event says %v", e)
	}
	s.grant(id, purchase())
	err := s.rpc.Call(t.Context(), contract.CancelOrder, &fulfillmentv1.CancelRequest{OrderId: id}, &fulfillmentv1.CancelResponse{}, s.caller(orderv1.Role_ROLE_ADMIN))
	if f := fault.As(err); f == nil || f.Kind != fault.Conflict || !strings.Contains(f.Hint, "order its cancellation") {
		t.Errorf("cancel of a completed order: %v", err)
	}
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 1 || checkouts != 1 {
		t.Errorf("%d carts, %d checkouts", carts, checkouts)
	}
}

// A checkout without a definite answer is repeated with the same cart.
func TestUnansweredCheckout(t *testing.T) {
	t.Parallel()
	s := play(t)
	s.v.mu.Lock()
	s.v.hiccup["POST checkout"] = 1
	s.v.mu.Unlock()
	s.grant("0190d2c4-0000-7000-8000-00000000000b", purchase())
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN)
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 1 || checkouts != 2 {
		t.Errorf("%d carts, %d checkouts", carts, checkouts)
	}
}

// A subscription that does not exist fails the order in plain words; once it exists, a retry completes it.
func TestSubscriptionNotFoundThenRetry(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000c"
	s.grant(id, moreSeats())
	e := s.want("failed", orderv1.Status_STATUS_FAILED)
	if sentence := e.GetView().GetSentence(); !strings.HasPrefix(sentence, "Partner Center: Subscription not found. ") {
		t.Errorf("the sentence is %q", sentence)
	}
	req := &fulfillmentv1.RetryRequest{OrderId: id}
	err := s.rpc.Call(t.Context(), contract.RetryOrder, req, &fulfillmentv1.RetryResponse{}, s.caller(orderv1.Role_ROLE_CUSTOMER))
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("retry by a customer: %v", err)
	}
	s.v.create(subscription, 10)
	var reply fulfillmentv1.RetryResponse
	if err := s.rpc.Call(t.Context(), contract.RetryOrder, req, &reply, s.caller(orderv1.Role_ROLE_TECHNICIAN)); err != nil {
		t.Fatal(err)
	}
	if reply.GetPosition().GetSequence() != 2 || reply.GetView().GetStatus() != orderv1.Status_STATUS_PROCESSING {
		t.Errorf("the reply is %v", &reply)
	}
	if e := s.want("started", orderv1.Status_STATUS_PROCESSING); e.GetBy().GetName() != "John Smith" {
		t.Errorf("started by %v", e.GetBy())
	}
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if seats := s.v.shows(subscription, "quantity"); seats != "20" {
		t.Errorf("%s seats", seats)
	}
}

// A cancellation that comes before its order holds, and is told when the order arrives.
func TestCancelBeforeArrival(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000d"
	var reply fulfillmentv1.CancelResponse
	req := &fulfillmentv1.CancelRequest{OrderId: id, Reason: "wrong customer"}
	if err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		t.Fatal(err)
	}
	if reply.GetPosition().GetSequence() != 0 || reply.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
		t.Errorf("the reply is %v", &reply)
	}
	s.grant(id, purchase())
	e := s.want("cancelled", orderv1.Status_STATUS_CANCELLED)
	if e.GetView().GetSentence() != "Cancelled by John Smith: wrong customer" {
		t.Errorf("the sentence is %q", e.GetView().GetSentence())
	}
	if s.v.times("POST carts") != 0 {
		t.Error("a cart was made for a cancelled order")
	}
}

// Before the order is here nobody but staff is told that it is cancelled: of others it is not known yet whether they may. What
// they tried does not stand in the way of an admin's cancellation.
func TestOnlyStaffCancelAhead(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000e"
	req := &fulfillmentv1.CancelRequest{OrderId: id}
	for _, role := range []orderv1.Role{orderv1.Role_ROLE_CUSTOMER, orderv1.Role_ROLE_CUSTOMER_ADMIN, orderv1.Role_ROLE_SYSTEM} {
		err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &fulfillmentv1.CancelResponse{}, s.caller(role))
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v: %v", role, err)
		}
	}
	for range 2 {
		var reply fulfillmentv1.CancelResponse
		if err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil ||
			reply.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
			t.Fatalf("%v, %v", &reply, err)
		}
	}
	err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &fulfillmentv1.CancelResponse{}, s.caller(orderv1.Role_ROLE_CUSTOMER))
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("after an admin: %v", err)
	}
	s.grant(id, purchase())
	s.want("cancelled", orderv1.Status_STATUS_CANCELLED)
	if s.v.times("POST carts") != 0 {
		t.Error("a cart was made for a cancelled order")
	}
}
