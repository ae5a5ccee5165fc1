package api_test

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

const goodOrder = `{
  "customer": {"tenant_id": "` + contoso + `", "name": "Contoso Corp"},
  "lines": [{"product": "Microsoft 365 E5", "catalog_item": "CFQ7TTC0LFLZ:0002:CFQ7TTC0K5DR",
    "unit_price": {"amount": "570.00", "currency": "USD"},
    "new_subscription": {"quantity": 25, "term": "P1Y", "billing_cycle": "annual"}}],
  "scheduled_for": "2026-12-01T08:00:00Z", "reference": "PO-7781", "requester": {"name": "Somebody"}
}`

func placed() *intakev1.PlaceOrderResponse {
	return &intakev1.PlaceOrderResponse{
		Order: contosoOrder(), View: &orderv1.View{Status: orderv1.Status_STATUS_RECEIVED},
		Position: &orderv1.Position{Owner: "intake", Sequence: 1},
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.PlaceOrder, says(placed()))
	r := b.do("emily", http.MethodPost, "/api/licensing/orders", goodOrder, "Idempotency-Key", "key-1",
		"Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	r.want(t, http.StatusCreated, "")
	r.check(t, map[string]any{
		"id": orderID, "number": "ORD-2026-00148", "status": "received", "label": "Started", "status_label.pending": "Processing",
		"status_label.historical": "In progress", "owner": "approval", "licences": 25.0, "customer.name": "Contoso Corp",
		"changes": "Microsoft 365 E5: new subscription, 25 seats", "lines.0.change": "new subscription, 25 seats",
		"lines.0.requested.new_subscription.billing_cycle": "annual", "amount.amount": "14250.00", "amount.currency": "USD",
		"created_by.name": "Emily Chen", "created_at": "2026-11-21T09:30:00.123Z", "links.cancel": "/api/licensing/orders/" + orderID,
	})
	if got := r.Header().Get("Location"); got != "/api/licensing/orders/"+orderID {
		t.Errorf("the location is %q", got)
	}
	if got := r.Header().Get("Seatflow-Position"); got != "intake:1" {
		t.Errorf("the position is %q", got)
	}
	sent := b.services.to(contract.PlaceOrder)[0]
	if sent.meta.Key != "key-1" || sent.meta.Caller.Subject != "emily" || sent.meta.Deadline.IsZero() ||
		!strings.Contains(sent.meta.Traceparent, "4bf92f3577b34da6a3ce929d0e0e4736") {
		t.Errorf("sent with %+v", sent.meta)
	}
	order := sent.req.(*intakev1.PlaceOrderRequest).GetOrder()
	if !proto.Equal(order.GetLines()[0].GetNewSubscription(), contosoOrder().GetLines()[0].GetNewSubscription()) ||
		order.GetScheduledFor().GetSeconds() != 1796112000 || order.GetRequester().GetName() != "Somebody" {
		t.Errorf("sent %v", order)
	}
}

func TestValidateOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.PlaceOrder, says(&intakev1.PlaceOrderResponse{}))
	r := b.do("emily", http.MethodPost, "/api/licensing/orders?validate_only=true", goodOrder)
	r.want(t, http.StatusOK, "")
	r.check(t, map[string]any{"valid": true})
	if !b.services.to(contract.PlaceOrder)[0].req.(*intakev1.PlaceOrderRequest).GetValidateOnly() {
		t.Error("the order was really placed")
	}
}

func TestCustomersOrderForThemselvesOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.PlaceOrder, says(placed()))
	b.do("carla", http.MethodPost, "/api/licensing/orders", goodOrder).want(t, http.StatusCreated, "")
	b.do("frank", http.MethodPost, "/api/licensing/orders", goodOrder).want(t, http.StatusForbidden, "other_customer")
}

func TestBadBodies(t *testing.T) {
	t.Parallel()
	line := func(s string) string {
		return `{"customer":{"tenant_id":"` + contoso + `","name":"C"},"lines":[` + s + `]}`
	}
	buys := func(s string) string { return line(`{"product":"P","new_subscription":` + s + `}`) }
	priced := func(s string) string { return line(`{"product":"P","unit_price":` + s + `}`) }
	for name, tc := range map[string]struct {
		body   string
		status int
		code   string
		field  string
	}{
		"no body":                {"", 400, "required", ""},
		"not JSON":               {"hello", 400, "malformed_json", ""},
		"cut off":                {`{"customer":`, 400, "malformed_json", ""},
		"two values":             {goodOrder + "{}", 400, "malformed_json", ""},
		"not UTF-8":              {"{\"note\":\"\xff\"}", 400, "malformed_json", ""},
		"a list":                 {"[]", 400, "wrong_type", ""},
		"null":                   {"null", 400, "wrong_type", ""},
		"nothing in it":          {"{}", 400, "invalid_input", "customer"},
		"no lines":               {line(""), 400, "too_few", "lines"},
		"unknown field":          {strings.Replace(goodOrder, `"reference"`, `"colour"`, 1), 400, "unknown_field", "colour"},
		"unknown field inside":   {line(`{"product":"P","discount":5,"add_seats":{"subscription_id":"` + contoso + `","quantity":1}}`), 400, "unknown_field", "lines[0].discount"},
		"other case":             {strings.Replace(goodOrder, `"note"`, `"Note"`, 1) + " ", 201, "", ""},
		"field in capitals":      {strings.Replace(goodOrder, `"lines"`, `"Lines"`, 1), 400, "invalid_input", "Lines"},
		"negative quantity":      {buys(`{"quantity":-3,"term":"P1Y","billing_cycle":"annual"}`), 400, "too_small", "lines[0].new_subscription.quantity"},
		"huge quantity":          {buys(`{"quantity":1e18,"term":"P1Y","billing_cycle":"annual"}`), 400, "too_large", "lines[0].new_subscription.quantity"},
		"endless quantity":       {buys(`{"quantity":1e999,"term":"P1Y","billing_cycle":"annual"}`), 400, "bad_number", ""},
		"half a seat":            {buys(`{"quantity":1.5,"term":"P1Y","billing_cycle":"annual"}`), 400, "wrong_type", "lines[0].new_subscription.quantity"},
		"quantity as text":       {buys(`{"quantity":"3","term":"P1Y","billing_cycle":"annual"}`), 400, "wrong_type", "lines[0].new_subscription.quantity"},
		"unknown term":           {buys(`{"quantity":3,"term":"P2Y","billing_cycle":"annual"}`), 400, "not_allowed", "lines[0].new_subscription.term"},
		"two changes":            {line(`{"product":"P","add_seats":{"subscription_id":"` + contoso + `","quantity":1},"remove_seats":{"subscription_id":"` + contoso + `","quantity":1}}`), 400, "invalid_order", "lines[0]"},
		"no change":              {line(`{"product":"P"}`), 400, "invalid_order", "lines[0]"},
		"malformed currency":     {priced(`{"amount":"5","currency":"usd"}`), 400, "bad_format", "lines[0].unit_price.currency"},
		"amount as number":       {priced(`{"amount":5,"currency":"USD"}`), 400, "wrong_type", "lines[0].unit_price.amount"},
		"negative amount":        {priced(`{"amount":"-5","currency":"USD"}`), 400, "bad_format", "lines[0].unit_price.amount"},
		"malformed tenant":       {`{"customer":{"tenant_id":"x","name":"C"},"lines":[{"product":"P"}]}`, 400, "bad_format", "customer.tenant_id"},
		"malformed time":         {strings.Replace(goodOrder, "2026-12-01T08:00:00Z", "tomorrow", 1), 400, "bad_time", "scheduled_for"},
		"a note over its limit":  {strings.Replace(goodOrder, `"reference"`, `"note":"`+strings.Repeat("x", 2001)+`","reference"`, 1), 400, "too_long", "note"},
		"too large":              {`{"note":"` + strings.Repeat("x", 256<<10) + `"}`, 413, "body_too_large", ""},
		"as large as is allowed": {goodOrder + strings.Repeat(" ", 256<<10-len(goodOrder)), 201, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.services.on(contract.PlaceOrder, says(placed()))
			r := b.do("emily", http.MethodPost, "/api/licensing/orders", tc.body)
			r.want(t, tc.status, tc.code)
			if tc.field != "" && r.at("errors", 0, "field") != tc.field {
				t.Errorf("the field is %v, want %s: %s", r.at("errors", 0, "field"), tc.field, r.Body)
			}
			if tc.status >= 400 && len(b.services.asked) > 0 {
				t.Error("a bad body reached a service")
			}
		})
	}
}

func TestMalformedJSONNamesThePlace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.do("emily", http.MethodPost, "/api/licensing/orders", "{\n  \"note\": oops\n}")
	want := "The body is not valid JSON: line 2, column 11, invalid character 'o' looking for beginning of value."
	if r.json["detail"] != want {
		t.Errorf("the detail is %v", r.json["detail"])
	}
}

func TestBadHeadersAndParameters(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, path string
		headers      []string
		status       int
		code, field  string
	}{
		"content type":      {"POST", "/api/licensing/orders", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "not_json", ""},
		"long key":          {"POST", "/api/licensing/orders", []string{"Idempotency-Key", strings.Repeat("k", 129)}, 400, "too_long", "Idempotency-Key"},
		"key with blanks":   {"POST", "/api/licensing/orders", []string{"Idempotency-Key", "two words"}, 400, "bad_format", "Idempotency-Key"},
		"unknown parameter": {"GET", "/api/licensing/orders?veiw=recent", nil, 400, "unknown_parameter", "veiw"},
		"unknown view":      {"GET", "/api/licensing/orders?view=all", nil, 400, "not_allowed", "view"},
		"unknown status":    {"GET", "/api/licensing/orders?status=failed,lost", nil, 400, "not_allowed", "status[1]"},
		"limit of nothing":  {"GET", "/api/licensing/orders?limit=0", nil, 400, "too_small", "limit"},
		"limit in words":    {"GET", "/api/licensing/orders?limit=ten", nil, 400, "wrong_type", "limit"},
		"bad position":      {"GET", "/api/licensing/orders/" + orderID + "?at_least=now", nil, 400, "bad_format", "at_least"},
		"bad header":        {"GET", "/api/licensing/orders/" + orderID, []string{"Seatflow-Position", "a:-1"}, 400, "bad_format", "Seatflow-Position"},
		"strange id":        {"GET", "/api/licensing/orders/a%2Fb", nil, 400, "bad_format", "id"},
		"no such path":      {"GET", "/api/licensing/nothing", nil, 404, "no_path", ""},
		"no such method":    {"PUT", "/api/licensing/orders", nil, 405, "method_not_allowed", ""},
		"another method":    {"DELETE", "/api/ops/submissions", nil, 405, "method_not_allowed", ""},
	} {
		body := ""
		if tc.method == "POST" {
			body = goodOrder
		}
		r := newBench(t).do("emily", tc.method, tc.path, body, tc.headers...)
		r.want(t, tc.status, tc.code)
		if tc.field != "" && r.at("errors", 0, "field") != tc.field {
			t.Errorf("%s: the field is %v: %s", name, r.at("errors", 0, "field"), r.Body)
		}
		if allow := r.Header().Get("Allow"); tc.status == 405 && allow != map[string]string{"PUT": "GET, POST", "DELETE": "GET, PUT"}[tc.method] {
			t.Errorf("%s: allowed is %q", name, allow)
		}
	}
}

func TestEachFaultKind(t *testing.T) {
	t.Parallel()
	for kind, status := range map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.Conflict: 409, fault.MovedOn: 409, fault.TooMany: 429, fault.Unavailable: 503,
	} {
		b := newBench(t)
		b.services.on(contract.PlaceOrder, fails(fault.New(kind, "the_code", "A sentence with secrets.").At("note").Hinted("Do this.").On("order 7").Because(http.ErrBodyNotAllowed)))
		r := b.do("emily", http.MethodPost, "/api/licensing/orders", goodOrder, "X-Request-Id", "mine")
		r.want(t, status, "the_code")
		if r.json["type"] != "/docs#problem-"+kind.String() || r.Header().Get("X-Request-Id") != "mine" {
			t.Errorf("%v: %s", kind, r.Body)
		}
		if kind == fault.Internal && strings.Contains(r.Body.String(), "secrets") {
			t.Errorf("an internal fault shows its sentence: %s", r.Body)
		}
		if strings.Contains(r.Body.String(), "request method or response") || strings.Contains(r.Body.String(), "order 7") {
			t.Errorf("%v shows its cause: %s", kind, r.Body)
		}
		if waits := r.Header().Get("Retry-After") == "1"; waits != fault.Retryable(kind) {
			t.Errorf("%v: Retry-After is %q", kind, r.Header().Get("Retry-After"))
		}
		if asks := r.Header().Get("WWW-Authenticate") != ""; asks != (kind == fault.Unauthenticated) {
			t.Errorf("%v: WWW-Authenticate is %q", kind, r.Header().Get("WWW-Authenticate"))
		}
		if shown := r.at("errors", 0, "field") == "note" && r.at("hint") == "Do this."; shown == (kind == fault.Internal) {
			t.Errorf("%v: %s", kind, r.Body)
		}
	}
}

func TestAllViolationsAreShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.services.on(contract.PlaceOrder, fails(fault.New(fault.Invalid, "invalid_order", "The order is not valid.").With(
		fault.Violation{Field: "lines[0].unit_price", Code: "currency", Message: "One currency per order.", Hint: "Split it."},
		fault.Violation{Field: "note", Code: "control_character", Message: "No control characters."})))
	r := b.do("emily", http.MethodPost, "/api/licensing/orders", goodOrder)
	r.want(t, http.StatusBadRequest, "invalid_order")
	r.check(t, map[string]any{"errors.0.field": "lines[0].unit_price", "errors.0.hint": "Split it.", "errors.1.code": "control_character"})
}
