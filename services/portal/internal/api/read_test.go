package api_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	notificationv1 "github.com/seatflow/seatflow/proto/gen/seatflow/notification/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

func TestGet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	book := booked(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
	book.NeedsAttention = true
	book.Order.OnBehalfOf = &orderv1.Person{Name: "Ann Other"}
	b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: book}))
	r := b.do("john", http.MethodGet, "/api/licensing/orders/ORD-2026-00148", "", "Seatflow-Position", "approval:2")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{
		"status": "awaiting_approval", "label": "Awaiting Approval", "status_label.recent": "Started", "needs_attention": true,
		"sentence": "Order exceeds USD 10,000.00 threshold requiring admin approval.", "on_behalf_of.name": "Ann Other",
		"lines.0.status": "pending", "created_by.email": "emily@partner.example", "links.approve": "/api/licensing/orders/" + orderID + "/approve",
	})
	if got := r.Header().Get("Seatflow-Position"); got != "approval:2" {
		t.Errorf("the position is %q", got)
	}
	req := b.services.to(contract.GetOrder)[0].req.(*intakev1.GetOrderRequest)
	want := &intakev1.GetOrderRequest{Id: "ORD-2026-00148", AtLeast: &orderv1.Position{Owner: "approval", Sequence: 2}}
	if !proto.Equal(req, want) {
		t.Errorf("asked %v", req)
	}
	b.do("john", http.MethodGet, "/api/licensing/orders/"+orderID+"?at_least=intake:7", "", "Seatflow-Position", "approval:2")
	if got := b.services.to(contract.GetOrder)[1].req.(*intakev1.GetOrderRequest).GetAtLeast(); got.GetOwner() != "intake" || got.GetSequence() != 7 {
		t.Errorf("asked for %v", got)
	}
}

func TestEveryStatusHasItsLabels(t *testing.T) {
	t.Parallel()
	want := map[string][3]string{
		"draft": {"", "Started", "Draft"}, "received": {"Processing", "Started", "In progress"},
		"awaiting_approval": {"Awaiting Approval", "Started", "In progress"}, "scheduled": {"Scheduled", "Started", "In progress"},
		"processing":            {"Processing", "Provisioning started", "In progress"},
		"waiting_on_vendor":     {"Processing", "Provisioning started", "In progress"},
		"outcome_unknown":       {"Processing", "Provisioning started", "In progress"},
		"failed":                {"Failed", "Provisioning failed", "Completed with errors"},
		"completed_with_errors": {"Failed", "Provisioning failed", "Completed with errors"},
		"completed":             {"", "Provisioning finished", "Completed"}, "rejected": {"", "Rejected", "Rejected"},
		"expired": {"", "Expired", "Expired"}, "cancelled": {"", "Cancelled", "Cancelled"}, "deleted": {"", "Deleted", "Deleted"},
		"status_77": {"Processing", "Started", "In progress"},
	}
	got := map[string][3]string{}
	numbers := []orderv1.Status{77}
	for n := range orderv1.Status_name {
		if n != 0 {
			numbers = append(numbers, orderv1.Status(n))
		}
	}
	for _, n := range numbers {
		b := newBench(t)
		b.book(n, "approval")
		r := b.do("john", http.MethodGet, "/api/licensing/orders/"+orderID, "")
		text := func(name string) string { s, _ := r.at("status_label", name).(string); return s }
		got[r.json["status"].(string)] = [3]string{text("pending"), text("recent"), text("historical")}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the labels (-want +got):\n%s", diff)
	}
}

func TestAnotherCustomersOrderDoesNotExist(t *testing.T) {
	t.Parallel()
	for _, tc := range [][2]string{
		{"GET", ""}, {"GET", "/timeline"}, {"DELETE", ""},
	} {
		b := newBench(t)
		b.book(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
		b.do("frank", tc[0], "/api/licensing/orders/"+orderID+tc[1], "").want(t, http.StatusNotFound, "no_order")
		if len(b.services.asked) != 1 {
			t.Errorf("%v: a question went out about another's order: %v", tc, b.services.asked)
		}
	}
	b := newBench(t)
	b.services.on(contract.ListOrders, says(&intakev1.ListOrdersResponse{Orders: []*intakev1.BookOrder{booked(orderv1.Status_STATUS_FAILED, "fulfillment")}}))
	r := b.do("frank", http.MethodGet, "/api/licensing/orders", "")
	if r.want(t, http.StatusOK, ""); r.at("orders", 0) != nil {
		t.Errorf("a customer sees another's order in a list: %s", r.Body)
	}
	if got := b.services.to(contract.ListOrders)[0].req.(*intakev1.ListOrdersRequest).GetTenantId(); got != fabrika {
		t.Errorf("asked for the tenant %q", got)
	}
	if r := b.do("frank", http.MethodGet, "/api/licensing/orders?customer="+contoso, ""); r.at("orders", 0) != nil || len(b.services.asked) != 1 {
		t.Errorf("asked for another customer: %s", r.Body)
	}
}

func TestCustomersSeeNoStaffAddresses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")
	r := b.do("carla", http.MethodGet, "/api/licensing/orders/"+orderID, "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"created_by.name": "Emily Chen", "created_by.email": nil, "links.approve": nil, "links.notifications": nil})
}

func TestList(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct {
		req   *intakev1.ListOrdersRequest
		label string
	}{
		"":                           {&intakev1.ListOrdersRequest{Scope: intakev1.Scope_SCOPE_RECENT, Limit: 50}, "Provisioning failed"},
		"?view=historical&limit=200": {&intakev1.ListOrdersRequest{Scope: intakev1.Scope_SCOPE_HISTORICAL, Limit: 200}, "Completed with errors"},
		"?view=historical&state=active&q=ORD&cursor=abc": {&intakev1.ListOrdersRequest{
			Scope: intakev1.Scope_SCOPE_HISTORICAL, Limit: 50, ActiveOnly: true, Search: "ORD", Cursor: "abc",
		}, "Completed with errors"},
		"?state=draft&customer=" + contoso: {&intakev1.ListOrdersRequest{
			Scope: intakev1.Scope_SCOPE_RECENT, Limit: 50, TenantId: contoso, Statuses: []orderv1.Status{orderv1.Status_STATUS_DRAFT},
		}, "Provisioning failed"},
		"?status=failed,completed_with_errors": {&intakev1.ListOrdersRequest{
			Scope: intakev1.Scope_SCOPE_RECENT, Limit: 50,
			Statuses: []orderv1.Status{orderv1.Status_STATUS_FAILED, orderv1.Status_STATUS_COMPLETED_WITH_ERRORS},
		}, "Provisioning failed"},
		"/pending": {&intakev1.ListOrdersRequest{Scope: intakev1.Scope_SCOPE_PENDING, Limit: 50}, "Failed"},
	} {
		b := newBench(t)
		b.services.on(contract.ListOrders, says(&intakev1.ListOrdersResponse{
			Orders: []*intakev1.BookOrder{booked(orderv1.Status_STATUS_FAILED, "fulfillment")}, NextCursor: "next",
		}))
		r := b.do("emily", http.MethodGet, "/api/licensing/orders"+path, "")
		r.want(t, http.StatusOK, "")
		r.check(t, map[string]any{
			"orders.0.label": want.label, "orders.0.number": "ORD-2026-00148", "orders.0.licences": 25.0, "next_cursor": "next",
			"orders.0.links.retry": "/api/licensing/orders/" + orderID + "/retry",
		})
		if req := b.services.to(contract.ListOrders)[0].req; !proto.Equal(req, want.req) {
			t.Errorf("%s: asked %v", path, req)
		}
	}
	b := newBench(t)
	if r := b.do("emily", http.MethodGet, "/api/licensing/orders?state=draft&status=failed", ""); r.Code != 200 || len(b.services.asked) > 0 {
		t.Errorf("what cannot match was asked for: %d", r.Code)
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_PROCESSING, "fulfillment")
	b.services.on(contract.GetTimeline, says(&intakev1.GetTimelineResponse{Entries: []*intakev1.TimelineEntry{
		{
			At: placedAt, Type: "seatflow.approval.granted.v1", Owner: "approval", Sequence: 2, Status: orderv1.Status_STATUS_PROCESSING,
			By: people["john"].Person(), Sentence: "Approved by John Smith.",
			Lines: []*orderv1.LineView{{Number: 1, Status: orderv1.LineStatus_LINE_STATUS_IN_FLIGHT, VendorOrderId: "V1"}},
		},
		{At: placedAt, Type: "seatflow.notification.sent.v1", Owner: "notification", Sentence: "Mail sent."},
	}}))
	r := b.do("carla", http.MethodGet, "/api/licensing/orders/ORD-2026-00148/timeline", "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{
		"number": "ORD-2026-00148", "entries.0.by.name": "John Smith", "entries.0.by.email": nil, "entries.0.label": "Provisioning started",
		"entries.0.lines.0.vendor_order_id": "V1", "entries.0.lines.0.status": "in_flight", "entries.1.status": nil,
	})
	if id := b.services.to(contract.GetTimeline)[0].req.(*intakev1.GetTimelineRequest).GetId(); id != orderID {
		t.Errorf("asked for %q", id)
	}
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book(orderv1.Status_STATUS_PROCESSING, "fulfillment")
	b.services.on(contract.ListDeliveries, says(&notificationv1.ListDeliveriesResponse{Deliveries: []*notificationv1.DeliveryRecord{
		{Id: "d1", Kind: "approval_needed", Channel: "email", Recipient: "john@partner.example", Status: "sent", Attempts: 1, UpdatedAt: placedAt},
	}}))
	path := "/api/licensing/orders/ORD-2026-00148/notifications"
	r := b.do("emily", http.MethodGet, path, "")
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"deliveries.0.status": "sent", "deliveries.0.attempts": 1.0, "deliveries.0.updated_at": "2026-11-21T09:30:00.123Z"})
	b.do("carla", http.MethodGet, path, "").want(t, http.StatusForbidden, "role_not_allowed")
}

func TestExportIsSafeAndWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	evil := booked(orderv1.Status_STATUS_FAILED, "fulfillment")
	evil.Order.Customer.Name = `=HYPERLINK("http://evil.example","Contoso")`
	evil.Order.Reference = " \t@SUM(A1)"
	evil.Order.Requester.Name = "＝cmd"
	evil.View.Sentence = "two\nlines, \"quoted\""
	evil.View.Hint = "-1+1"
	evil.Order.ScheduledFor = timestamppb.New(placedAt.AsTime())
	next := func(cursor string, orders ...*intakev1.BookOrder) answer {
		return func(req proto.Message) (proto.Message, error) {
			if limit := req.(*intakev1.ListOrdersRequest).GetLimit(); limit != 200 {
				return nil, fmt.Errorf("the page is %d", limit)
			}
			return &intakev1.ListOrdersResponse{Orders: orders, NextCursor: cursor}, nil
		}
	}
	b.services.on(contract.ListOrders, next("more", evil), next("", booked(orderv1.Status_STATUS_AWAITING_APPROVAL, "approval")))
	r := b.do("john", http.MethodGet, "/api/licensing/orders/pending?format=csv", "")
	r.want(t, http.StatusOK, "")
	if ct := r.Header().Get("Content-Type"); ct != "text/csv; charset=utf-8; header=present" {
		t.Errorf("the content type is %q", ct)
	}
	rows, err := csv.NewReader(strings.NewReader(r.Body.String())).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	for name, want := range map[string]string{
		"customer": `'=HYPERLINK("http://evil.example","Contoso")`, "reference": "' \t@SUM(A1)", "created_by": "'＝cmd",
		"sentence": "two\nlines, \"quoted\"", "hint": "'-1+1", "changes": "Microsoft 365 E5: new subscription, 25 seats",
		"amount": "14250.00", "status": "Failed", "scheduled_for": "2026-11-21T09:30:00Z",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for _, cells := range rows[1:] {
		for _, cell := range cells {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell starts a formula: %q", cell)
			}
		}
	}
}

func TestExportFailsWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.ListOrders,
		says(&intakev1.ListOrdersResponse{Orders: []*intakev1.BookOrder{booked(orderv1.Status_STATUS_FAILED, "fulfillment")}, NextCursor: "more"}),
		fails(fault.New(fault.Unavailable, "busy", "Busy.")))
	b.do("john", http.MethodGet, "/api/licensing/orders/pending?format=csv", "").want(t, http.StatusServiceUnavailable, "busy")
}
