package fulfillment_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment"
	"github.com/seatflow/seatflow/services/testkit"
)

// What the vendor has and we do not, and what we have and the vendor does not, is found by the second look; what is no longer so
// goes by itself. Nothing is bought or changed by it.
func TestBooksAreCompared(t *testing.T) {
	t.Parallel()
	var there atomic.Bool // our purchase is in the vendor's lists, the foreign one is not any more
	s := play(t, func(s *stage, cfg *fulfillment.Config) {
		cfg.ReconcileEvery = 500 * time.Millisecond
		cfg.Vendor.TimeScale, cfg.Vendor.ListLag = 9000, 15*time.Minute // 100 ms
		cfg.Vendor.BaseURL = around(t, s, func(w http.ResponseWriter, r *http.Request) bool {
			made := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
			ours, foreign := "", fmt.Sprintf(`{"id":"order-9","status":"completed","transactionType":"UserPurchase","creationDate":%q,
				"lineItems":[{"lineItemNumber":0,"quantity":7,"friendlyName":"Power BI Pro","subscriptionId":"sub-9","transactionType":"New"}]}`, made)
			if there.Load() {
				ours, foreign = fmt.Sprintf(`{"id":"ORDER-1","status":"completed","creationDate":%q,"lineItems":[]}`, made), ""
			}
			switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1/customers/"+tenant) {
			case "GET /orders":
				fmt.Fprintf(w, `{"totalCount":1,"items":[%s%s]}`, ours, foreign)
			case "GET /subscriptions":
				fmt.Fprint(w, `{"totalCount":0,"items":[]}`)
			default:
				return false
			}
			return true
		})
	})
	s.placed = timestamppb.New(time.Now().Add(-2 * time.Hour))
	s.grant("0190d2c4-0000-7000-8000-00000000002a", purchase())
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	findings := func(all bool) map[string]*fulfillmentv1.Finding {
		var reply fulfillmentv1.ListFindingsResponse
		if err := s.rpc.Call(t.Context(), contract.ListFindings, &fulfillmentv1.ListFindingsRequest{All: all}, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
			t.Fatal(err)
		}
		out := map[string]*fulfillmentv1.Finding{}
		for _, f := range reply.GetFindings() {
			out[f.GetKind()] = f
		}
		return out
	}
	var open map[string]*fulfillmentv1.Finding
	testkit.Until(t, "both findings", look.C, func() bool { open = findings(false); return len(open) == 2 })
	if f := open["unknown_purchase"]; f.GetVendorOrderId() != "order-9" || f.GetCustomerTenant() != tenant || !strings.Contains(f.GetSentence(), "Power BI Pro × 7") {
		t.Errorf("found %v", f)
	}
	if f := open["missing_purchase"]; f.GetVendorOrderId() != "order-1" || f.GetVendorSubscriptionId() != "sub-1" || f.GetOrderId() != "0190d2c4-0000-7000-8000-00000000002a" {
		t.Errorf("found %v", f)
	}
	there.Store(true)
	testkit.Until(t, "the findings' end", look.C, func() bool { return len(findings(false)) == 0 })
	for _, f := range findings(true) {
		if f.ClosedAt == nil || f.ClosedBy != nil {
			t.Errorf("ended as %v", f)
		}
	}
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 1 || checkouts != 1 {
		t.Errorf("%d carts, %d checkouts", carts, checkouts)
	}
}
