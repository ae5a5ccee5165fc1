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

// orderWithoutAnswer plays a purchase that the vendor calls submitted before, while it lets nobody read its lists.
func (s *stage) orderWithoutAnswer(id string) {
	s.t.Helper()
	s.v.say("POST checkout", `{"code":800065,"description":"Already submitted."}`)
	s.v.say("GET orders", `{"code":400,"description":"Not now."}`)
	s.grant(id, purchase())
	s.handedOver()
}

// settle has somebody say what became of an order's line: as which order it was bought, or that it was not.
func (s *stage) settle(role orderv1.Role, id, order, note string) error {
	s.t.Helper()
	req := &fulfillmentv1.SettleOutcomeRequest{
		OrderId: id, Lines: []int32{1}, Outcome: fulfillmentv1.Outcome_OUTCOME_NOT_DONE, VendorOrderId: order, Note: note,
	}
	if order != "" {
		req.Outcome = fulfillmentv1.Outcome_OUTCOME_DONE
	}
	return s.rpc.Call(s.t.Context(), contract.SettleOutcome, req, &fulfillmentv1.SettleOutcomeResponse{}, s.caller(role))
}

// What an admin says was bought is taken, by one order only.
func TestSettledAsBought(t *testing.T) {
	t.Parallel()
	s := play(t)
	const first, second = "0190d2c4-0000-7000-8000-0000000000e1", "0190d2c4-0000-7000-8000-0000000000e2"
	s.orderWithoutAnswer(first)
	s.v.sells()
	if err := s.settle(orderv1.Role_ROLE_TECHNICIAN, first, "order-9", "Seen."); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by a technician: %v", err)
	}
	if f := fault.As(s.settle(orderv1.Role_ROLE_ADMIN, first, "order-9", " ")); f == nil || f.Kind != fault.Invalid || f.Field != "note" {
		t.Errorf("without a note: %v", f)
	}
	if err := s.settle(orderv1.Role_ROLE_ADMIN, first, "order-9", "Seen in Partner Center."); err != nil {
		t.Fatal(err)
	}
	if e := s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN); e.GetBy().GetName() != "John Smith" ||
		!strings.HasPrefix(e.GetView().GetSentence(), "John Smith says that it was bought, as order order-9: Seen in Partner Center.") {
		t.Errorf("%v", e)
	}
	if l := s.want("finished", orderv1.Status_STATUS_COMPLETED).GetView().GetLines()[0]; l.GetVendorOrderId() != "order-9" || l.GetVendorSubscriptionId() != "sub-9" {
		t.Errorf("%v", l)
	}
	s.orderWithoutAnswer(second)
	if err := s.settle(orderv1.Role_ROLE_ADMIN, second, "order-9", "Seen in Partner Center."); err != nil {
		t.Fatal(err)
	}
	if e := s.handedOver(); !strings.Contains(e.GetView().GetSentence(), "It is what order ORD-2026-00001 has bought.") {
		t.Errorf("what another order has: %v", e)
	}
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 2 || checkouts != 2 {
		t.Errorf("%d carts, %d checkouts", carts, checkouts)
	}
}

// What an admin says was not bought fails, and is bought anew by another cart and under another mark.
func TestSettledAsNotBought(t *testing.T) {
	t.Parallel()
	s := play(t, func(_ *stage, cfg *fulfillment.Config) { cfg.Vendor.ListLag = time.Millisecond })
	const id = "0190d2c4-0000-7000-8000-0000000000e3"
	s.orderWithoutAnswer(id)
	s.v.say("GET orders", `{"items":[]}`)
	s.v.say("GET subscriptions", `{"items":[]}`)
	if err := s.settle(orderv1.Role_ROLE_ADMIN, id, "", "Microsoft's support"); err != nil {
		t.Fatal(err)
	}
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN)
	s.want("failed", orderv1.Status_STATUS_FAILED)
	if f := fault.As(s.settle(orderv1.Role_ROLE_ADMIN, id, "order-9", "Seen.")); f == nil || f.Kind != fault.Conflict ||
		!strings.Contains(f.Message, "John Smith says that it was not bought") {
		t.Errorf("another word afterwards: %v", f)
	}
	before := s.v.named()
	s.v.say("POST checkout", "")
	if err := s.rpc.Call(t.Context(), contract.RetryOrder, &fulfillmentv1.RetryRequest{OrderId: id}, &fulfillmentv1.RetryResponse{}, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		t.Fatal(err)
	}
	s.want("started", orderv1.Status_STATUS_PROCESSING)
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 2 || checkouts != 2 || s.v.named() == before {
		t.Errorf("%d carts, %d checkouts, %q and then %q", carts, checkouts, before, s.v.named())
	}
}

// named is what the last cart's line is called.
func (v *vendor) named() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.names[0]
}
