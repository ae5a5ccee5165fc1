package api_test

import (
	"net/http"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Operators' questions are for admins, whatever they ask.
func TestOperationsAreForAdmins(t *testing.T) {
	t.Parallel()
	for path, method := range map[string]string{
		"/api/ops/overdue": http.MethodGet, "/api/ops/submissions": http.MethodGet, "/api/ops/vendor": http.MethodGet,
		"/api/ops/reconciliations": http.MethodPost,
		"/api/ops/findings":        http.MethodGet, "/api/ops/findings/" + orderID + "/close": http.MethodPost,
	} {
		for _, who := range []string{"emily", "carla", "frank", "billing"} {
			newBench(t).do(who, method, path, "").want(t, http.StatusForbidden, "role_not_allowed")
		}
	}
	newBench(t).do("emily", http.MethodPut, "/api/ops/submissions", `{"paused":false}`).want(t, http.StatusForbidden, "role_not_allowed")
}

func held(reason string) *fulfillmentv1.Submissions {
	return &fulfillmentv1.Submissions{Paused: true, Reason: reason, By: people["john"].Person(), At: placedAt, Waiting: 12}
}

func TestSubmissions(t *testing.T) {
	t.Parallel()
	const path = "/api/ops/submissions"
	b := newBench(t)
	b.services.on(contract.SetSubmissions, func(req proto.Message) (proto.Message, error) {
		return &fulfillmentv1.SetSubmissionsResponse{Submissions: held(req.(*fulfillmentv1.SetSubmissionsRequest).GetReason())}, nil
	})
	r := b.do("john", http.MethodPut, path, `{"paused":true,"reason":"Maintenance."}`, "Idempotency-Key", "k")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"paused": true, "reason": "Maintenance.", "by.name": "John Smith", "at": "2026-11-21T09:30:00.123Z", "waiting": 12.0})
	if sent := b.services.to(contract.SetSubmissions)[0]; !sent.req.(*fulfillmentv1.SetSubmissionsRequest).GetPaused() || sent.meta.Key != "k" {
		t.Errorf("sent %v under %q", sent.req, sent.meta.Key)
	}
	b.do("john", http.MethodPut, path, `{"paused":false}`).want(t, http.StatusOK, "")
	b.do("john", http.MethodPut, path, `{"paused":true}`).want(t, http.StatusBadRequest, "required")
	b.do("john", http.MethodPut, path, `{}`).want(t, http.StatusBadRequest, "required")
	b.services.on(contract.GetVendorState, says(&fulfillmentv1.GetVendorStateResponse{Submissions: held("x")}))
	b.do("john", http.MethodGet, path, "").check(t, map[string]any{"paused": true, "waiting": 12.0})
}

func TestVendorState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.GetVendorState, says(&fulfillmentv1.GetVendorStateResponse{
		Breaker: "half_open", DryRun: true, Budgets: []*fulfillmentv1.Budget{{Resource: "orders", PerMinute: 476, BlockedUntil: placedAt, Waiting: 3}},
		Reconciliations: []*fulfillmentv1.Reconciliation{{UnderWay: true, StartedAt: placedAt, Customers: 24, Done: 3}},
	}))
	r := b.do("john", http.MethodGet, "/api/ops/vendor", "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{
		"breaker": "half_open", "dry_run": true, "submissions.paused": false, "budgets.0.resource": "orders", "budgets.0.per_minute": 476.0,
		"budgets.0.blocked_until": "2026-11-21T09:30:00.123Z", "budgets.0.waiting": 3.0,
		"reconciliations.0.under_way": true, "reconciliations.0.customers": 24.0, "reconciliations.0.done": 3.0,
	})
}

func TestOverdue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.ListOverdue, says(&fulfillmentv1.ListOverdueResponse{Total: 7, Orders: []*fulfillmentv1.OverdueOrder{{
		OrderId: orderID, Number: "ORD-2026-00148", Customer: "Contoso Corp", Status: orderv1.Status_STATUS_WAITING_ON_VENDOR,
		Since: placedAt, Deadline: placedAt, Sentence: "Under review.",
	}}}))
	r := b.do("john", http.MethodGet, "/api/ops/overdue?limit=1", "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{
		"total": 7.0, "orders.0.number": "ORD-2026-00148", "orders.0.status": "waiting_on_vendor", "orders.0.sentence": "Under review.",
		"orders.0.deadline": "2026-11-21T09:30:00.123Z", "orders.0.link": "/api/licensing/orders/" + orderID,
	})
	if got := b.services.to(contract.ListOverdue)[0].req.(*fulfillmentv1.ListOverdueRequest).GetLimit(); got != 1 {
		t.Errorf("asked for %d", got)
	}
	b.do("john", http.MethodGet, "/api/ops/overdue?limit=501", "").want(t, http.StatusBadRequest, "too_large")
}

func TestFindings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	found := &fulfillmentv1.Finding{
		Id: orderID, Kind: "unknown_purchase", CustomerTenant: contoso, VendorOrderId: "Xq1v", Sentence: "They have it.", Hint: "Look.", FoundAt: placedAt,
	}
	b.services.on(contract.ListFindings, says(&fulfillmentv1.ListFindingsResponse{Findings: []*fulfillmentv1.Finding{found}}))
	r := b.do("john", http.MethodGet, "/api/ops/findings?all=true", "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"findings.0.kind": "unknown_purchase", "findings.0.hint": "Look.", "findings.0.closed_at": nil})
	if req := b.services.to(contract.ListFindings)[0].req.(*fulfillmentv1.ListFindingsRequest); !req.GetAll() || req.GetLimit() != 50 {
		t.Errorf("asked for %v", req)
	}
	closed := proto.CloneOf(found)
	closed.ClosedAt, closed.ClosedBy, closed.Note = placedAt, people["john"].Person(), "Known."
	b.services.on(contract.CloseFinding, says(&fulfillmentv1.CloseFindingResponse{Finding: closed}))
	r = b.do("john", http.MethodPost, "/api/ops/findings/"+orderID+"/close", `{"note":"Known."}`)
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"closed_by.name": "John Smith", "note": "Known.", "closed_at": "2026-11-21T09:30:00.123Z"})
	if req := b.services.to(contract.CloseFinding)[0].req.(*fulfillmentv1.CloseFindingRequest); req.GetNote() != "Known." || req.GetId() != orderID {
		t.Errorf("asked for %v", req)
	}
	b.do("john", http.MethodPost, "/api/ops/findings/"+orderID+"/close", "").want(t, http.StatusOK, "")
	b.do("john", http.MethodPost, "/api/ops/findings/x/close", "").want(t, http.StatusBadRequest, "bad_format")
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.Reconcile, func(req proto.Message) (proto.Message, error) {
		of := req.(*fulfillmentv1.ReconcileRequest).GetCustomerTenant()
		return &fulfillmentv1.ReconcileResponse{Started: of != "", Reconciliation: &fulfillmentv1.Reconciliation{CustomerTenant: of, UnderWay: true, StartedAt: placedAt}}, nil
	})
	r := b.do("john", http.MethodPost, "/api/ops/reconciliations", `{"customer_tenant":"`+contoso+`"}`)
	r.want(t, http.StatusAccepted, "")
	r.check(t, map[string]any{"started": true, "under_way": true, "customer_tenant": contoso, "started_at": "2026-11-21T09:30:00.123Z"})
	r = b.do("john", http.MethodPost, "/api/ops/reconciliations", "")
	r.want(t, http.StatusAccepted, "")
	r.check(t, map[string]any{"started": false, "under_way": true, "customer_tenant": nil})
	b.do("john", http.MethodPost, "/api/ops/reconciliations", `{"customer_tenant":"x"}`).want(t, http.StatusBadRequest, "bad_format")
}
