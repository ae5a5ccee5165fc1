package fulfillment_test

import (
	"strings"
	"testing"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment"
)

// In a dry run the order itself says that nothing was sent, so that nobody believes it was bought.
func TestDryRun(t *testing.T) {
	t.Parallel()
	s := play(t, func(_ *stage, cfg *fulfillment.Config) { cfg.Vendor.DryRun = true })
	s.grant("0190d2c4-0000-7000-8000-0000000000dd", purchase())
	v := s.want("waiting", orderv1.Status_STATUS_WAITING_ON_VENDOR).GetView()
	if l := v.GetLines()[0]; !strings.HasPrefix(v.GetSentence(), "Dry run: nothing was sent to Partner Center") || v.GetHint() == "" ||
		l.GetCode() != "dry_run" || l.GetWaitsFor() != orderv1.Owner_OWNER_PARTNER || l.GetNextLookAt() == nil {
		t.Errorf("the order says %v", v)
	}
	if s.v.times("POST carts") != 0 {
		t.Error("a cart was made in a dry run")
	}
	var state fulfillmentv1.GetVendorStateResponse
	if err := s.rpc.Call(t.Context(), contract.GetVendorState, &fulfillmentv1.GetVendorStateRequest{}, &state, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil || !state.GetDryRun() {
		t.Errorf("the state of the vendor is %v, %v", &state, err)
	}
}
