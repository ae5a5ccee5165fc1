package fulfillment_test

import (
	"testing"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/testkit"
)

// While an admin has paused submissions nothing is bought, and everybody of the staff sees why and how much waits; afterwards it
// goes on by itself.
func TestPauseOfSubmissions(t *testing.T) {
	t.Parallel()
	s := play(t)
	set := func(paused bool, role orderv1.Role) (*fulfillmentv1.Submissions, error) {
		var reply fulfillmentv1.SetSubmissionsResponse
		err := s.rpc.Call(t.Context(), contract.SetSubmissions, &fulfillmentv1.SetSubmissionsRequest{Paused: paused, Reason: "an audit"}, &reply, s.caller(role))
		return reply.GetSubmissions(), err
	}
	if _, err := set(true, orderv1.Role_ROLE_TECHNICIAN); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a technician pauses: %v", err)
	}
	now, err := set(true, orderv1.Role_ROLE_ADMIN)
	if err != nil || !now.GetPaused() || now.GetBy().GetName() != "John Smith" || now.GetReason() != "an audit" || now.GetAt() == nil {
		t.Fatalf("paused as %v, %v", now, err)
	}
	s.grant("0190d2c4-0000-7000-8000-0000000000d1", purchase())
	var state fulfillmentv1.GetVendorStateResponse
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	testkit.Until(t, "a call that waits", tick.C, func() bool {
		if err := s.rpc.Call(t.Context(), contract.GetVendorState, &fulfillmentv1.GetVendorStateRequest{}, &state, s.caller(orderv1.Role_ROLE_TECHNICIAN)); err != nil {
			t.Fatal(err)
		}
		return state.GetSubmissions().GetWaiting() == 1
	})
	if !state.GetSubmissions().GetPaused() || state.GetBreaker() != "closed" || len(state.GetBudgets()) != 3 || s.v.times("POST carts") != 0 {
		t.Errorf("while it is paused: %v, %d carts", &state, s.v.times("POST carts"))
	}
	if now, err = set(false, orderv1.Role_ROLE_ADMIN); err != nil || now.GetPaused() {
		t.Fatalf("resumed as %v, %v", now, err)
	}
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
}
