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
	"github.com/seatflow/seatflow/services/kit/fault"
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

// emptyBooks is a service whose rounds do not come by themselves, with an order that is bought, at a vendor that shows nothing of
// it, and that only once the gate is closed.
func emptyBooks(t *testing.T, gate <-chan struct{}) *stage {
	t.Helper()
	s := play(t, func(s *stage, cfg *fulfillment.Config) {
		cfg.ReconcileEvery = 0
		cfg.Vendor.TimeScale, cfg.Vendor.ListLag = 9000, 15*time.Minute // 100 ms
		cfg.Vendor.BaseURL = around(t, s, func(w http.ResponseWriter, r *http.Request) bool {
			switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1/customers/"+tenant) {
			case "GET /orders":
				select {
				case <-gate:
				case <-r.Context().Done():
				}
				fmt.Fprint(w, `{"totalCount":0,"items":[]}`)
			case "GET /subscriptions":
				fmt.Fprint(w, `{"totalCount":0,"items":[]}`)
			default:
				return false
			}
			return true
		})
	})
	s.grant("0190d2c4-0000-7000-8000-00000000002b", purchase())
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	return s
}

func (s *stage) reconcile(role orderv1.Role, customer string) (*fulfillmentv1.ReconcileResponse, error) {
	var reply fulfillmentv1.ReconcileResponse
	return &reply, s.rpc.Call(s.t.Context(), contract.Reconcile, &fulfillmentv1.ReconcileRequest{CustomerTenant: customer}, &reply, s.caller(role))
}

// reconciliations are what the vendor's state tells of them, by customer.
func (s *stage) reconciliations() map[string]*fulfillmentv1.Reconciliation {
	s.t.Helper()
	var reply fulfillmentv1.GetVendorStateResponse
	if err := s.rpc.Call(s.t.Context(), contract.GetVendorState, &fulfillmentv1.GetVendorStateRequest{}, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		s.t.Fatal(err)
	}
	told := map[string]*fulfillmentv1.Reconciliation{}
	for _, r := range reply.GetReconciliations() {
		told[r.GetCustomerTenant()] = r
	}
	return told
}

// Staff have the books compared when they ask, of one customer or of all, also where no round comes by itself. While it is under
// way it is not begun twice; the vendor's state tells how far it is.
func TestBooksAreComparedOnDemand(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	s := emptyBooks(t, gate)
	if _, err := s.reconcile(orderv1.Role_ROLE_CUSTOMER_ADMIN, tenant); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("asked by a customer: %v", err)
	}
	if _, err := s.reconcile(orderv1.Role_ROLE_ADMIN, "nobody"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("of nobody: %v", err)
	}
	first, err := s.reconcile(orderv1.Role_ROLE_TECHNICIAN, tenant)
	if err != nil || !first.GetStarted() || !first.GetReconciliation().GetUnderWay() || first.GetReconciliation().GetCustomerTenant() != tenant {
		t.Fatalf("asked for one: %v, %v", first, err)
	}
	if again, err := s.reconcile(orderv1.Role_ROLE_ADMIN, tenant); err != nil || again.GetStarted() ||
		!again.GetReconciliation().GetStartedAt().AsTime().Equal(first.GetReconciliation().GetStartedAt().AsTime()) {
		t.Errorf("asked for twice: %v, %v", again, err)
	}
	if all, err := s.reconcile(orderv1.Role_ROLE_ADMIN, ""); err != nil || !all.GetStarted() {
		t.Errorf("asked for all: %v, %v", all, err)
	}
	told := s.reconciliations()
	if one, all := told[tenant], told[""]; !one.GetUnderWay() || !all.GetUnderWay() || all.GetCustomers() != 1 || all.GetDone() != 0 {
		t.Errorf("the state tells %v and %v", one, all)
	}
	close(gate)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	testkit.Until(t, "the end of both", look.C, func() bool {
		now := s.reconciliations()
		return len(now) == 1 && now[""] != nil && !now[""].GetUnderWay() && now[""].EndedAt != nil && now[""].DueAt == nil
	})
	testkit.Until(t, "the finding, by the second look", look.C, func() bool {
		var reply fulfillmentv1.ListFindingsResponse
		if err := s.rpc.Call(t.Context(), contract.ListFindings, &fulfillmentv1.ListFindingsRequest{}, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
			t.Fatal(err)
		}
		return len(reply.GetFindings()) == 1 && reply.GetFindings()[0].GetKind() == "missing_purchase"
	})
}
