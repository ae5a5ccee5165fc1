package fulfillment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// say changes what the vendor answers; nothing lets it answer as ever.
func (v *vendor) say(what, answer string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.says[what] = answer
}

// sells has the vendor's orders hold what the last cart was for.
func (v *vendor) sells() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lines = []object{{"lineItemNumber": 0, "offerId": "CFQ7TTC0LFLX:0001:X", "subscriptionId": "sub-9", "quantity": 3, "friendlyName": v.names[0]}}
}

// handedOver waits until an admin has to look at an order.
func (s *stage) handedOver() *eventv1.StatusEvent {
	s.t.Helper()
	for {
		if e := s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN); e.GetView().GetLines()[0].GetNeedsPersonSince() != nil {
			return e
		}
	}
}

// An admin says what became of purchases that the vendor neither shows nor buys again: what was bought is taken, once, and what
// was not is bought anew by another cart and under another mark.
func TestSettleOutcome(t *testing.T) {
	t.Parallel()
	s := play(t, func(s *stage, cfg *fulfillment.Config) {
		cfg.Vendor.ListLag = time.Millisecond
		s.v.says["POST checkout"] = `{"code":800065,"description":"Already submitted."}`
		s.v.says["GET orders"] = `{"code":400,"description":"Not now."}`
	})
	const first, second = "0190d2c4-0000-7000-8000-0000000000e1", "0190d2c4-0000-7000-8000-0000000000e2"
	settle := func(role orderv1.Role, req *fulfillmentv1.SettleOutcomeRequest) error {
		req.Lines = []int32{1}
		return s.rpc.Call(t.Context(), contract.SettleOutcome, req, &fulfillmentv1.SettleOutcomeResponse{}, s.caller(role))
	}
	bought := func(id string) *fulfillmentv1.SettleOutcomeRequest {
		return &fulfillmentv1.SettleOutcomeRequest{OrderId: id, Outcome: fulfillmentv1.Outcome_OUTCOME_DONE, VendorOrderId: "order-9", Note: "Seen in Partner Center."}
	}
	s.grant(first, purchase())
	s.handedOver()
	s.v.sells()
	if err := settle(orderv1.Role_ROLE_TECHNICIAN, bought(first)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by a technician: %v", err)
	}
	blank := bought(first)
	blank.Note = " "
	if f := fault.As(settle(orderv1.Role_ROLE_ADMIN, blank)); f == nil || f.Kind != fault.Invalid || f.Field != "note" {
		t.Errorf("without a note: %v", f)
	}
	if err := settle(orderv1.Role_ROLE_ADMIN, bought(first)); err != nil {
		t.Fatal(err)
	}
	if e := s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN); e.GetBy().GetName() != "John Smith" ||
		!strings.HasPrefix(e.GetView().GetSentence(), "John Smith says that it was bought, as order order-9: Seen in Partner Center.") {
		t.Errorf("%v", e)
	}
	if l := s.want("finished", orderv1.Status_STATUS_COMPLETED).GetView().GetLines()[0]; l.GetVendorOrderId() != "order-9" || l.GetVendorSubscriptionId() != "sub-9" {
		t.Errorf("%v", l)
	}

	s.grant(second, purchase())
	s.handedOver()
	if err := settle(orderv1.Role_ROLE_ADMIN, bought(second)); err != nil {
		t.Fatal(err)
	}
	if e := s.handedOver(); !strings.Contains(e.GetView().GetSentence(), "It is what order ORD-2026-00001 has bought.") {
		t.Errorf("what another order has: %v", e)
	}
	s.v.say("GET orders", `{"items":[]}`)
	s.v.say("GET subscriptions", `{"items":[]}`)
	not := &fulfillmentv1.SettleOutcomeRequest{OrderId: second, Outcome: fulfillmentv1.Outcome_OUTCOME_NOT_DONE, Note: "Microsoft's support"}
	if err := settle(orderv1.Role_ROLE_ADMIN, not); err != nil {
		t.Fatal(err)
	}
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN)
	s.want("failed", orderv1.Status_STATUS_FAILED)
	if f := fault.As(settle(orderv1.Role_ROLE_ADMIN, bought(second))); f == nil || f.Kind != fault.Conflict || !strings.Contains(f.Message, "John Smith says that it was not bought") {
		t.Errorf("another word afterwards: %v", f)
	}
	s.v.mu.Lock()
	old := s.v.names[0]
	s.v.mu.Unlock()
	s.v.say("POST checkout", "")
	if err := s.rpc.Call(t.Context(), contract.RetryOrder, &fulfillmentv1.RetryRequest{OrderId: second}, &fulfillmentv1.RetryResponse{}, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		t.Fatal(err)
	}
	s.want("started", orderv1.Status_STATUS_PROCESSING)
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	s.v.mu.Lock()
	anew := s.v.names[0]
	s.v.mu.Unlock()
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 3 || checkouts != 3 || anew == old {
		t.Errorf("%d carts, %d checkouts, %q and then %q", carts, checkouts, old, anew)
	}
}
