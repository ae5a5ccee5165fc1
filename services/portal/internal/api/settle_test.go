package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// doubtful is an order of whose line nobody knows what became of it.
func doubtful() *intakev1.BookOrder {
	b := booked(orderv1.Status_STATUS_OUTCOME_UNKNOWN, "fulfillment")
	b.View.Lines[0].Status, b.View.Lines[0].NeedsPersonSince = orderv1.LineStatus_LINE_STATUS_UNKNOWN, placedAt
	return b
}

func TestSettle(t *testing.T) {
	t.Parallel()
	const path = orderPath + "/settle"
	b := newBench(t)
	b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: doubtful()}))
	b.services.on(contract.SettleOutcome, says(&fulfillmentv1.SettleOutcomeResponse{
		View: view(orderv1.Status_STATUS_OUTCOME_UNKNOWN, "John Smith says that it was bought."), Position: position("fulfillment", 4),
	}))
	b.do("john", http.MethodGet, orderPath, "").check(t, map[string]any{"links.settle": path, "lines.0.needs_person_since": "2026-11-21T09:30:00.123Z"})
	if links := b.do("emily", http.MethodGet, orderPath, "").json["links"].(map[string]any); links["settle"] != nil {
		t.Errorf("a technician is led to %v", links["settle"])
	}
	r := b.do("john", http.MethodPost, path, `{"lines":[1],"outcome":"done","vendor_order_id":"Xq1v","vendor_subscription_id":"s-1","note":"Anna saw it."}`, "Idempotency-Key", "k")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"status": "outcome_unknown", "sentence": "John Smith says that it was bought."})
	sent := b.services.to(contract.SettleOutcome)[0]
	req := sent.req.(*fulfillmentv1.SettleOutcomeRequest)
	if sent.meta.Key != "k" || req.GetOrderId() != orderID || !slices.Equal(req.GetLines(), []int32{1}) || req.GetVendorOrderId() != "Xq1v" ||
		req.GetVendorSubscriptionId() != "s-1" || req.GetNote() != "Anna saw it." || req.GetOutcome() != fulfillmentv1.Outcome_OUTCOME_DONE {
		t.Errorf("sent %v under %q", req, sent.meta.Key)
	}
	b.do("john", http.MethodPost, path, `{"lines":[1,2],"outcome":"not_done","note":"Support."}`).want(t, http.StatusOK, "")
	for body, code := range map[string]string{
		`{"lines":[],"outcome":"done","note":"n"}`:          "too_few",
		`{"lines":[1],"outcome":"perhaps","note":"n"}`:      "not_allowed",
		`{"lines":[1],"outcome":"done","note":" "}`:         "bad_format",
		`{"lines":[1],"outcome":"done"}`:                    "required",
		`{"outcome":"done","note":"n"}`:                     "required",
		`{"lines":[1],"outcome":"done","note":"n","x":"y"}`: "unknown_field",
	} {
		b.do("john", http.MethodPost, path, body).want(t, http.StatusBadRequest, code)
	}
	for _, who := range []string{"emily", "carla", "frank", "billing"} {
		b.do(who, http.MethodPost, path, `{"lines":[1],"outcome":"done","note":"n"}`).want(t, http.StatusForbidden, "role_not_allowed")
	}
	b.services.on(contract.SettleOutcome, fails(fault.New(fault.Conflict, "said_before", "It has been settled before.").At("lines").Hinted("See the order.")))
	r = b.do("john", http.MethodPost, path, `{"lines":[1],"outcome":"done","vendor_order_id":"o","note":"n"}`)
	r.want(t, http.StatusConflict, "said_before")
	r.check(t, map[string]any{"hint": "See the order."})
}
