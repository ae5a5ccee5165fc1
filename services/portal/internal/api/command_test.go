package api_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

const orderPath = "/api/licensing/orders/" + orderID

func view(s orderv1.Status, sentence string) *orderv1.View {
	return &orderv1.View{Status: s, Sentence: sentence, Lines: []*orderv1.LineView{{Number: 1, Status: orderv1.LineStatus_LINE_STATUS_PENDING}}}
}

func position(owner string, n int64) *orderv1.Position {
	return &orderv1.Position{Owner: owner, Sequence: n}
}

var (
	movedOn    = fails(fault.New(fault.MovedOn, "moved_on", "The order is approved and with fulfillment now.").Owned("fulfillment"))
	notArrived = fails(fault.New(fault.Unavailable, "not_arrived_yet", "The order has not reached this service yet.").After(time.Second))
	cancelled  = says(&fulfillmentv1.CancelResponse{View: view(orderv1.Status_STATUS_CANCELLED, "Cancelled."), Position: position("fulfillment", 4)})
)

func TestApprove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
	b.services.on(contract.ApproveOrder, says(&approvalv1.ApproveResponse{View: view(orderv1.Status_STATUS_PROCESSING, "Approved by John Smith."), Position: position("approval", 3)}))
	r := b.do("john", http.MethodPost, orderPath+"/approve", `{"note":"Budget confirmed."}`)
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"status": "processing", "sentence": "Approved by John Smith.", "owner": "fulfillment", "number": "ORD-2026-00148"})
	if got := r.Header().Get("Seatflow-Position"); got != "approval:3" {
		t.Errorf("the position is %q", got)
	}
	sent := b.services.to(contract.ApproveOrder)[0]
	if req := sent.req.(*approvalv1.ApproveRequest); req.GetOrderId() != orderID || req.GetNote() != "Budget confirmed." || sent.meta.Key == "" {
		t.Errorf("sent %v with %+v", req, sent.meta)
	}
	b.do("john", http.MethodPost, orderPath+"/approve", "").want(t, http.StatusOK, "")
	b.do("emily", http.MethodPost, orderPath+"/approve", "").want(t, http.StatusForbidden, "role_not_allowed")
}

func TestReject(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
	b.services.on(contract.RejectOrder, says(&approvalv1.RejectResponse{View: view(orderv1.Status_STATUS_REJECTED, "Rejected."), Position: position("approval", 3)}))
	for body, code := range map[string]string{"": "required", "{}": "required", `{"reason":""}`: "", `{"reason":"  "}`: "bad_format"} {
		b.do("john", http.MethodPost, orderPath+"/reject", body).want(t, http.StatusBadRequest, code)
	}
	r := b.do("john", http.MethodPost, orderPath+"/reject", `{"reason":"Use the annual plan."}`, "Idempotency-Key", "mine")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"status": "rejected", "label": "Rejected", "owner": "approval"})
	if sent := b.services.to(contract.RejectOrder); len(sent) != 1 || sent[0].meta.Key != "mine" {
		t.Errorf("sent %v", sent)
	}
}

func TestSecondDecisionIsAConflict(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_PROCESSING, "fulfillment")
	b.services.on(contract.ApproveOrder, fails(fault.New(fault.Conflict, "already_decided", "John Smith approved it already.")))
	b.do("john", http.MethodPost, orderPath+"/approve", "").want(t, http.StatusConflict, "already_decided")
	b.services.on(contract.ApproveOrder, movedOn) // fulfillment approves nothing: the answer stands
	r := b.do("john", http.MethodPost, orderPath+"/approve", "")
	r.want(t, http.StatusConflict, "moved_on")
	r.check(t, map[string]any{"owner": "fulfillment"})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_FAILED, "fulfillment")
	b.services.on(contract.RetryOrder, says(&fulfillmentv1.RetryResponse{View: view(orderv1.Status_STATUS_PROCESSING, "Trying again."), Position: position("fulfillment", 5)}))
	b.do("emily", http.MethodPost, orderPath+"/retry", "").check(t, map[string]any{"status": "processing", "owner": "fulfillment"})
	b.do("carla", http.MethodPost, orderPath+"/retry", "").want(t, http.StatusForbidden, "role_not_allowed")
}

func TestRetryOfWhatNeverCameToFulfillment(t *testing.T) {
	t.Parallel()
	for status, code := range map[orderv1.Status]string{
		orderv1.Status_STATUS_AWAITING_APPROVAL: "not_approved", orderv1.Status_STATUS_RECEIVED: "not_approved",
		orderv1.Status_STATUS_REJECTED: "not_failed", orderv1.Status_STATUS_CANCELLED: "not_failed",
	} {
		b := newBench(t)
		b.book(status, "approval")
		b.services.on(contract.RetryOrder, notArrived)
		b.do("john", http.MethodPost, orderPath+"/retry", "").want(t, http.StatusConflict, code)
	}
}

func TestCancelFollowsTheOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
	b.services.on(contract.WithdrawOrder, movedOn)
	b.services.on(contract.CancelOrder, cancelled)
	r := b.do("john", http.MethodDelete, orderPath+"?reason=ordered+twice", "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"status": "cancelled", "owner": "fulfillment"})
	first, second := b.services.to(contract.WithdrawOrder)[0], b.services.to(contract.CancelOrder)[0]
	if first.meta.Key == "" || first.meta.Key != second.meta.Key || second.req.(*fulfillmentv1.CancelRequest).GetReason() != "ordered twice" {
		t.Errorf("sent %+v, then %+v", first, second)
	}
}

func TestCancelDoesNotFollowForEver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_PROCESSING, "fulfillment")
	b.services.on(contract.WithdrawOrder, movedOn)
	b.services.on(contract.CancelOrder, fails(fault.New(fault.MovedOn, "moved_on", "It went back.").Owned("approval")))
	b.do("john", http.MethodDelete, orderPath, "").want(t, http.StatusConflict, "moved_on")
	if hops := len(b.services.asked) - 1; hops != 4 {
		t.Errorf("asked %d times", hops)
	}
	b.services.on(contract.CancelOrder, fails(fault.New(fault.MovedOn, "moved_on", "It went somewhere.").Owned("warehouse")))
	b.do("john", http.MethodDelete, orderPath, "").want(t, http.StatusConflict, "moved_on")
}

func TestCancelAsksTheOwner(t *testing.T) {
	t.Parallel()
	approval, fulfillment := contract.WithdrawOrder.Subject(), contract.CancelOrder.Subject()
	for name, tc := range map[string]struct {
		status orderv1.Status
		owner  string
		asked  string
		answer int
		code   string
	}{
		"just placed":        {orderv1.Status_STATUS_RECEIVED, "intake", approval, 200, ""},
		"waits for approval": {orderv1.Status_STATUS_AWAITING_APPROVAL, "approval", approval, 200, ""},
		"just granted":       {orderv1.Status_STATUS_PROCESSING, "approval", approval, 200, ""},
		"being bought":       {orderv1.Status_STATUS_PROCESSING, "fulfillment", fulfillment, 200, ""},
		"failed":             {orderv1.Status_STATUS_FAILED, "fulfillment", fulfillment, 200, ""},
		"completed":          {orderv1.Status_STATUS_COMPLETED, "fulfillment", fulfillment, 200, ""},
		"completed, unheard": {orderv1.Status_STATUS_COMPLETED, "other", "", 409, "already_completed"},
		"rejected":           {orderv1.Status_STATUS_REJECTED, "approval", "", 409, "already_ended"},
		"expired":            {orderv1.Status_STATUS_EXPIRED, "approval", "", 409, "already_ended"},
		"cancelled already":  {orderv1.Status_STATUS_CANCELLED, "approval", "", 200, ""},
	} {
		b := newBench(t)
		b.book(tc.status, tc.owner)
		b.services.on(contract.WithdrawOrder, says(&approvalv1.CancelResponse{View: view(orderv1.Status_STATUS_CANCELLED, ""), Position: position("approval", 0)}))
		b.services.on(contract.CancelOrder, cancelled)
		b.do("carla", http.MethodDelete, orderPath, "").want(t, tc.answer, tc.code)
		got := ""
		if len(b.services.asked) > 1 {
			got = b.services.asked[1].method
		}
		if got != tc.asked {
			t.Errorf("%s: asked %q, want %q", name, got, tc.asked)
		}
	}
}

func TestCommandWaitsForTheOrderToArrive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.book(orderv1.Status_STATUS_RECEIVED, "intake")
		granted := says(&approvalv1.ApproveResponse{View: view(orderv1.Status_STATUS_PROCESSING, ""), Position: position("approval", 3)})
		b.services.on(contract.ApproveOrder, append([]answer{notArrived}, notArrived, granted)...)
		start := time.Now()
		b.do("john", http.MethodPost, orderPath+"/approve", "").want(t, http.StatusOK, "")
		if took := time.Since(start); took != 75*time.Millisecond {
			t.Errorf("waited %s", took)
		}
		sent := b.services.to(contract.ApproveOrder)
		if len(sent) != 3 || sent[0].meta.Key == "" || sent[0].meta.Key != sent[2].meta.Key {
			t.Errorf("sent %+v", sent)
		}
	})
}

func TestCommandGivesUpAfterASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.book(orderv1.Status_STATUS_RECEIVED, "intake")
		b.services.on(contract.ApproveOrder, notArrived)
		start := time.Now()
		r := b.do("john", http.MethodPost, orderPath+"/approve", "")
		r.want(t, http.StatusServiceUnavailable, "not_arrived_yet")
		if r.Header().Get("Retry-After") != "1" {
			t.Errorf("Retry-After is %q", r.Header().Get("Retry-After"))
		}
		if took := time.Since(start); took > time.Second || took < 500*time.Millisecond {
			t.Errorf("waited %s", took)
		}
	})
}

func TestCommandToAServiceThatIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
	r := b.do("john", http.MethodPost, orderPath+"/approve", "") // says itself to come back in 2 seconds
	r.want(t, http.StatusServiceUnavailable, "service_unreachable")
	if r.Header().Get("Retry-After") != "2" || len(b.services.to(contract.ApproveOrder)) != 1 {
		t.Errorf("Retry-After is %q", r.Header().Get("Retry-After"))
	}
}

func TestCommandOnAnUnknownOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.GetOrder, fails(fault.New(fault.NotFound, "no_order", "There is no such order.")))
	for _, tc := range [][2]string{{"POST", "/approve"}, {"POST", "/retry"}, {"DELETE", ""}} {
		b.do("john", tc[0], orderPath+tc[1], "").want(t, http.StatusNotFound, "no_order")
	}
	b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{}))
	b.do("john", http.MethodGet, orderPath, "").want(t, http.StatusNotFound, "no_order")
}
