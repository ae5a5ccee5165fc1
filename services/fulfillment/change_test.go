package fulfillment_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/testkit"
)

// Orders about one subscription change it in the order of their arrival. Those that wait say for whom, one that is cancelled is
// passed over, and a turn that is passed on costs no request.
func TestQueue(t *testing.T) {
	t.Parallel()
	s := play(t)
	s.v.create(subscription, 10)
	s.v.gate = make(chan struct{}, 2)
	id := func(n int) string { return fmt.Sprintf("0190d2c4-0000-7000-8000-0000000000f%d", n) }
	s.grant(id(1), moreSeats())
	testkit.Until(t, "the first change", time.Tick(10*time.Millisecond), func() bool { return s.v.times("GET subscription") > 1 })
	for n := 2; n <= 3; n++ {
		s.grant(id(n), moreSeats())
		e := s.want("started", orderv1.Status_STATUS_PROCESSING)
		if l := e.GetView().GetLines()[0]; l.GetStatus() != orderv1.LineStatus_LINE_STATUS_HELD || e.GetOrder().GetId() != id(n) ||
			l.GetDetail() != "Waiting until order ORD-2026-00001 has changed the same subscription…" {
			t.Errorf("%v", e)
		}
	}
	var reply fulfillmentv1.CancelResponse
	req := &fulfillmentv1.CancelRequest{OrderId: id(2)}
	if err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		t.Fatal(err)
	}
	s.want("cancelled", orderv1.Status_STATUS_CANCELLED)
	s.v.gate <- struct{}{}
	s.v.gate <- struct{}{}
	if e := s.want("finished", orderv1.Status_STATUS_COMPLETED); e.GetOrder().GetId() != id(1) {
		t.Errorf("%s came first", e.GetOrder().GetId())
	}
	s.want("started", orderv1.Status_STATUS_PROCESSING)
	if e := s.want("finished", orderv1.Status_STATUS_COMPLETED); e.GetOrder().GetId() != id(3) {
		t.Errorf("%s came last", e.GetOrder().GetId())
	}
	if seats := s.v.shows(subscription, "quantity"); seats != "30" {
		t.Errorf("%s seats", seats)
	}
}

// everyChange is a line of each kind, what its subscription shows afterwards, and the one request that changes something.
var everyChange = []struct {
	line           func(id string) *orderv1.Line
	property, want string // of the subscription afterwards
	changed        string
}{
	{func(id string) *orderv1.Line {
		return &orderv1.Line{Change: &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: id, Quantity: 4}}}
	}, "quantity", "6", "PATCH subscription"},
	{func(id string) *orderv1.Line {
		return &orderv1.Line{Change: &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: id}}}
	}, "status", "suspended", "PATCH subscription"},
	{func(id string) *orderv1.Line {
		return &orderv1.Line{Change: &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: id}}}
	}, "status", "deleted", "PATCH subscription"},
	{func(id string) *orderv1.Line {
		return &orderv1.Line{Change: &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{SubscriptionId: id}}}
	}, "autoRenewEnabled", "false", "PATCH subscription"},
	{func(id string) *orderv1.Line {
		return &orderv1.Line{Change: &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{SubscriptionId: id, Term: "P3Y"}}}
	}, "scheduledNextTermInstructions", "map[product:map[availabilityId:X billingCycle:annual productId:CFQ7TTC0LF8Q skuId:0001 termDuration:P3Y] quantity:10]", "PATCH subscription"},
	{func(id string) *orderv1.Line {
		return &orderv1.Line{CatalogItem: "CFQ7TTC0LFLX:0001", Change: &orderv1.Line_ChangeProduct{
			ChangeProduct: &orderv1.ChangeProduct{SubscriptionId: id, Quantity: 4}}}
	}, "status", "active", "POST transitions"},
	{func(string) *orderv1.Line {
		return &orderv1.Line{Change: &orderv1.Line_CancelPurchase{
			CancelPurchase: &orderv1.CancelPurchase{VendorOrderId: "order-7", VendorLines: []int32{1}}}}
	}, "", "", "PATCH order"},
	{func(id string) *orderv1.Line { // it is active already, so nothing is changed
		return &orderv1.Line{Change: &orderv1.Line_Reactivate{Reactivate: &orderv1.Reactivate{SubscriptionId: id}}}
	}, "status", "active", ""},
}

// Every kind of change is made by one request that changes something, and ends the order.
func TestEveryChange(t *testing.T) {
	t.Parallel()
	s := play(t)
	s.v.lines = []object{{"lineItemNumber": 0, "offerId": "DG7:1:X", "quantity": 2}, {"lineItemNumber": 1, "offerId": "DG7:2:X", "quantity": 1}}
	for i, c := range everyChange {
		sub := fmt.Sprintf("b0d70a69-4c42-4b27-b4c3-5a4a8b9b7f%02d", i)
		s.v.create(sub, 10)
		before := map[string]int{}
		for _, what := range []string{"PATCH subscription", "POST transitions", "PATCH order"} {
			before[what] = s.v.times(what)
		}
		line := c.line(sub)
		line.Number, line.Product = 1, "Microsoft 365 E5"
		s.grant(fmt.Sprintf("0190d2c4-0000-7000-8000-0000000000e%d", i), line)
		e := s.want("finished", orderv1.Status_STATUS_COMPLETED)
		if got := s.v.shows(sub, c.property); c.property != "" && got != c.want {
			t.Errorf("%s is %s, not %s; %v", c.property, got, c.want, e.GetView())
		}
		for what, n := range before {
			if made := s.v.times(what) - n; made != map[bool]int{true: 1}[what == c.changed] {
				t.Errorf("change %d: %d × %s", i, made, what)
			}
		}
	}
	if move := s.v.moves[0]; move["quantity"] != 4.0 || move["toCatalogItemId"] != "CFQ7TTC0LFLX:0001:Y" {
		t.Errorf("moved as %v", move)
	}
	if s.v.lines[0]["quantity"] != 2 || s.v.lines[1]["quantity"] != 0 {
		t.Errorf("the order's lines are %v", s.v.lines)
	}
}
