package api_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	opsv1 "github.com/seatflow/seatflow/proto/gen/seatflow/ops/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

func (b *bench) rules() {
	b.services.on(contract.ListRules, says(&approvalv1.ListRulesResponse{Rules: []*approvalv1.Rule{
		{Name: "amount_over", Active: true, Threshold: "10000.00", Sentence: "Orders over 10,000.00 require admin approval.", Version: "on-10000.00"},
		{Name: "first_order", Active: true, Version: "on"},
	}}))
	b.services.on(contract.SetRule, says(&approvalv1.SetRuleResponse{Rule: &approvalv1.Rule{
		Name: "amount_over", Threshold: "10000.00", Version: "off-10000.00",
	}}))
}

func TestRules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.rules()
	r := b.do("john", http.MethodGet, "/api/licensing/approval-rules", "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"rules.0.name": "amount_over", "rules.0.threshold": "10000.00", "rules.1.active": true})
	one := b.do("john", http.MethodGet, "/api/licensing/approval-rules/amount_over", "")
	tag := one.Header().Get("ETag")
	if tag == "" || r.at("rules", 0, "etag") != tag {
		t.Errorf("the tag is %q, in the list %v", tag, r.at("rules", 0, "etag"))
	}
	b.do("john", http.MethodGet, "/api/licensing/approval-rules/requester_not_admin", "").want(t, http.StatusNotFound, "no_rule")
	b.do("emily", http.MethodGet, "/api/licensing/approval-rules", "").want(t, http.StatusForbidden, "role_not_allowed")
	path := "/api/licensing/approval-rules/amount_over"
	for body, code := range map[string]string{
		"{}": "nothing_to_change", `{"threshold":"lots"}`: "bad_format", `{"active":"yes"}`: "wrong_type", `{"name":"x"}`: "unknown_field",
	} {
		b.do("john", http.MethodPatch, path, body).want(t, http.StatusBadRequest, code)
	}
	b.do("john", http.MethodPatch, "/api/licensing/approval-rules/first_order", `{"threshold":"1"}`).want(t, http.StatusBadRequest, "no_threshold")
	b.do("john", http.MethodPatch, "/api/licensing/approval-rules/bogus", `{"active":true}`).want(t, http.StatusBadRequest, "not_allowed")
	if n := len(b.services.to(contract.SetRule)); n != 0 {
		t.Errorf("%d faulty changes were made", n)
	}
	changed := b.do("john", http.MethodPatch, path, `{"active":false}`, "If-Match", tag, "Idempotency-Key", "k1")
	changed.want(t, http.StatusOK, "")
	changed.check(t, map[string]any{"active": false, "threshold": "10000.00"})
	if got := changed.Header().Get("ETag"); got != `"off-10000.00"` {
		t.Errorf("the tag is %q", got)
	}
}

// The portal compares nothing itself: what it has read may be old when the change is decided.
func TestRuleIsChangedAsSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.rules()
	for header, want := range map[string][]string{
		"": nil, "*": nil, `"a", *`: nil, `"on-10000.00"`: {"on-10000.00"}, `"a" , "b"`: {"a", "b"}, `W/"a"`: {`W/"a`}, `""`: {""},
	} {
		b.services.asked = nil
		b.do("john", http.MethodPatch, "/api/licensing/approval-rules/amount_over", `{"threshold":"500"}`, "If-Match", header).want(t, http.StatusOK, "")
		req := b.services.to(contract.SetRule)[0].req.(*approvalv1.SetRuleRequest)
		if !slices.Equal(req.GetVersions(), want) || req.GetRule().GetThreshold() != "500" || !req.GetKeepActive() || len(b.services.asked) != 1 {
			t.Errorf("If-Match: %s became %v of %v", header, req, b.services.asked)
		}
	}
	b.do("john", http.MethodPatch, "/api/licensing/approval-rules/first_order", `{"active":true}`)
	if req := b.services.to(contract.SetRule)[1].req.(*approvalv1.SetRuleRequest); !req.GetRule().GetActive() || req.GetKeepActive() || req.GetRule().GetThreshold() != "" {
		t.Errorf("switched on by %v", req)
	}
	b.services.on(contract.SetRule, fails(fault.New(fault.Conflict, "changed_meanwhile", "The rule was changed meanwhile.").Hinted("Read it again.")))
	r := b.do("john", http.MethodPatch, "/api/licensing/approval-rules/amount_over", `{"active":false}`, "If-Match", `"old"`)
	r.want(t, http.StatusPreconditionFailed, "changed_meanwhile")
	r.check(t, map[string]any{"hint": "Read it again.", "detail": "The rule was changed meanwhile."})
	b.services.on(contract.SetRule, fails(fault.New(fault.Conflict, "key_reused", "This key was used before.")))
	b.do("john", http.MethodPatch, "/api/licensing/approval-rules/amount_over", `{"active":false}`, "If-Match", `"old"`).want(t, http.StatusConflict, "key_reused")
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	letterAt := func(code string, minute int) *opsv1.DeadLetterRecord {
		return &opsv1.DeadLetterRecord{Id: orderID, Code: code, State: "open", CreatedAt: timestamppb.New(time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC))}
	}
	for _, s := range []contract.Service{contract.Intake, contract.Approval} {
		b.services.on(contract.ListDeadLetters(s), says(&opsv1.ListDeadLettersResponse{}))
	}
	b.services.on(contract.ListDeadLetters(contract.Fulfillment), says(&opsv1.ListDeadLettersResponse{
		Letters: []*opsv1.DeadLetterRecord{letterAt("rare", 1), letterAt("often", 5), letterAt("often", 3)},
	}))
	r := b.do("john", http.MethodGet, "/api/ops/dead-letters?code=x&all=true", "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{
		"letters.0.created_at": "2026-01-01T00:05:00Z", "letters.2.code": "rare", "causes.0.code": "often", "causes.0.count": 2.0,
		"causes.0.service": "fulfillment", "missing.0": "notification",
	})
	if req := b.services.to(contract.ListDeadLetters(contract.Intake))[0].req.(*opsv1.ListDeadLettersRequest); req.GetCode() != "x" || !req.GetAll() || req.GetLimit() != 50 {
		t.Errorf("asked %v", req)
	}
	b.do("john", http.MethodGet, "/api/ops/dead-letters?service=notification", "").want(t, http.StatusServiceUnavailable, "service_unreachable")
	b.do("emily", http.MethodGet, "/api/ops/dead-letters", "").want(t, http.StatusForbidden, "role_not_allowed")
	b.services.on(contract.ListDeadLetters(contract.Approval), fails(fault.New(fault.Internal, "internal", "x")))
	b.do("john", http.MethodGet, "/api/ops/dead-letters", "").want(t, http.StatusInternalServerError, "internal")
}

func TestReplayAndDiscard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.ReplayDeadLetter(contract.Approval), says(&opsv1.ReplayDeadLetterResponse{Letter: &opsv1.DeadLetterRecord{Id: orderID, State: "replayed"}}))
	b.services.on(contract.DiscardDeadLetter(contract.Approval), says(&opsv1.DiscardDeadLetterResponse{Letter: &opsv1.DeadLetterRecord{Id: orderID, State: "discarded"}}))
	path := "/api/ops/dead-letters/approval/" + orderID
	b.do("john", http.MethodPost, path+"/replay", "").check(t, map[string]any{"state": "replayed", "service": "approval"})
	b.do("john", http.MethodPost, path+"/discard", "").check(t, map[string]any{"state": "discarded"})
	b.do("john", http.MethodPost, "/api/ops/dead-letters/portal/"+orderID+"/replay", "").want(t, http.StatusBadRequest, "not_allowed")
	b.do("john", http.MethodPost, "/api/ops/dead-letters/approval/x/replay", "").want(t, http.StatusBadRequest, "bad_format")
	b.do("carla", http.MethodPost, path+"/replay", "").want(t, http.StatusForbidden, "role_not_allowed")
}

func TestEveryOperationNeedsAToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"", "/pending", "/" + orderID, "/" + orderID + "/timeline", "/" + orderID + "/notifications"} {
		b.do("", http.MethodGet, "/api/licensing/orders"+path, "").want(t, http.StatusUnauthorized, "missing_token")
	}
	for _, path := range []string{"", "/" + orderID + "/approve", "/" + orderID + "/reject", "/" + orderID + "/retry"} {
		r := b.do("forger", http.MethodPost, "/api/licensing/orders"+path, "not even JSON")
		r.want(t, http.StatusUnauthorized, "invalid_token")
		if got := r.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, `Bearer realm="seatflow", error="invalid_token"`) {
			t.Errorf("WWW-Authenticate is %q", got)
		}
	}
	b.do("", http.MethodDelete, orderPath, "").want(t, http.StatusUnauthorized, "missing_token")
	b.do("", http.MethodPatch, "/api/licensing/approval-rules/amount_over", "{}").want(t, http.StatusUnauthorized, "missing_token")
	b.do("", http.MethodGet, "/api/ops/dead-letters", "").want(t, http.StatusUnauthorized, "missing_token")
	if len(b.services.asked) > 0 {
		t.Errorf("a stranger reached a service: %v", b.services.asked)
	}
}

func TestAnswersAreCountedByRoute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.do("john", http.MethodGet, orderPath, "").want(t, http.StatusServiceUnavailable, "")
	b.do("", http.MethodGet, orderPath, "")
	b.do("john", http.MethodGet, "/nothing/here", "")
	b.do("john", "PROPFIND", "/nothing/here", "")
	want := `# HELP seatflow_http_requests_total HTTP requests answered, by route, method and status code.
# TYPE seatflow_http_requests_total counter
seatflow_http_requests_total{code="401",method="GET",route="/api/licensing/orders/{id}"} 1
seatflow_http_requests_total{code="404",method="GET",route="unknown"} 1
seatflow_http_requests_total{code="404",method="other",route="unknown"} 1
seatflow_http_requests_total{code="503",method="GET",route="/api/licensing/orders/{id}"} 1
`
	if err := testutil.GatherAndCompare(b.metrics, strings.NewReader(want), "seatflow_http_requests_total"); err != nil {
		t.Error(err)
	}
}

func TestAnswersKeepBrowsersCareful(t *testing.T) {
	t.Parallel()
	r := newBench(t).do("john", http.MethodGet, orderPath, "")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := r.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if len(r.Header().Get("X-Request-Id")) != 32 {
		t.Errorf("the request id is %q", r.Header().Get("X-Request-Id"))
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Error(err)
	}
}
