package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/portal/internal/api"
	"github.com/seatflow/seatflow/services/portal/internal/edge"
)

const (
	orderID = "0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10"
	contoso = "2b6ef9a0-7c0d-4f0e-9d55-9b1f5a6f0c11"
	fabrika = "7f3c1c52-9f6f-4a52-8f5e-3c4f4e0a9d22"
)

// asked is one question that the services were asked.
type asked struct {
	method string
	req    proto.Message
	meta   rpc.Meta
}

// answer is what a fake service does with a question.
type answer func(req proto.Message) (proto.Message, error)

// services stands for all services: a row of answers for each method, the last of which is repeated.
type services struct {
	mu      sync.Mutex
	answers map[string][]answer
	asked   []asked
}

func (s *services) Call(ctx context.Context, m contract.Method, req, reply proto.Message, meta rpc.Meta) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{m.Subject(), proto.Clone(req), meta})
	row := s.answers[m.Subject()]
	if len(row) == 0 {
		return fault.New(fault.Unavailable, "service_unreachable", "The service does not answer.").After(2 * time.Second)
	}
	if len(row) > 1 {
		s.answers[m.Subject()] = row[1:]
	}
	out, err := row[0](req)
	if err == nil {
		proto.Merge(reply, out)
	}
	return err
}

func (s *services) on(m contract.Method, row ...answer) { s.answers[m.Subject()] = row }

func (s *services) to(m contract.Method) []asked {
	return slices.DeleteFunc(slices.Clone(s.asked), func(a asked) bool { return a.method != m.Subject() })
}

func says(m proto.Message) answer {
	return func(proto.Message) (proto.Message, error) { return m, nil }
}

func fails(err error) answer { return func(proto.Message) (proto.Message, error) { return nil, err } }

// door knows callers by the token that is their name.
type door map[string]rpc.Caller

func (d door) Authenticate(_ context.Context, header string) (rpc.Caller, error) {
	if header == "" {
		return rpc.Caller{}, fault.New(fault.Unauthenticated, "missing_token", "This needs a bearer token.")
	}
	if c, ok := d[strings.TrimPrefix(header, "Bearer ")]; ok {
		return c, nil
	}
	return rpc.Caller{}, fault.New(fault.Unauthenticated, "invalid_token", "The bearer token is not valid here.")
}

var people = door{
	"john":    {Issuer: "test", Subject: "john", Name: "John Smith", Email: "john@partner.example", Role: orderv1.Role_ROLE_ADMIN},
	"emily":   {Issuer: "test", Subject: "emily", Name: "Emily Chen", Email: "emily@partner.example", Role: orderv1.Role_ROLE_TECHNICIAN},
	"carla":   {Issuer: "test", Subject: "carla", Name: "Carla", Role: orderv1.Role_ROLE_CUSTOMER_ADMIN, Tenant: contoso},
	"frank":   {Issuer: "test", Subject: "frank", Name: "Frank", Role: orderv1.Role_ROLE_CUSTOMER, Tenant: fabrika},
	"billing": {Issuer: "test", Subject: "billing", Role: orderv1.Role_ROLE_SYSTEM},
}

// bench is the API with everything around it, before fake services.
type bench struct {
	t        testing.TB
	services *services
	handler  http.Handler
	metrics  *prometheus.Registry
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, services: &services{answers: map[string][]answer{}}, metrics: prometheus.NewRegistry()}
	log := slog.New(slog.DiscardHandler)
	mux := http.NewServeMux()
	operations := api.New(mux, b.services, people, log, "test")
	handler, err := edge.New(mux, operations.Write, 16, b.metrics, log)
	if err != nil {
		t.Fatal(err)
	}
	b.handler = handler
	return b
}

// reply is an answer, decoded where it is JSON.
type reply struct {
	*httptest.ResponseRecorder
	json map[string]any
}

// do sends a request as somebody; headers are name and value in turn.
func (b *bench) do(who, method, path, body string, headers ...string) reply {
	b.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(b.t.Context(), method, path, reader)
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+who)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, req)
	out := reply{ResponseRecorder: rec}
	if strings.Contains(rec.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(rec.Body.Bytes(), &out.json); err != nil {
			b.t.Errorf("%s %s answers no JSON: %s", method, path, rec.Body)
		}
	}
	return out
}

// want checks the status and, where given, the problem's code.
func (r reply) want(t testing.TB, status int, code string) {
	t.Helper()
	if r.Code != status || code != "" && r.json["code"] != code {
		t.Errorf("answered %d %v, want %d %s: %s", r.Code, r.json["code"], status, code, r.Body)
	}
	if status >= 400 {
		if ct := r.Header().Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("a problem has the content type %q", ct)
		}
		for _, member := range []string{"type", "title", "status", "detail", "code", "trace_id"} {
			if r.json[member] == nil || r.json[member] == "" {
				t.Errorf("the problem has no %s: %s", member, r.Body)
			}
		}
	}
}

// at is a value inside the answer: names and list positions in turn.
func (r reply) at(path ...any) any {
	var v any = r.json
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

func (r reply) check(t testing.TB, want map[string]any) {
	t.Helper()
	for path, w := range want {
		var steps []any
		for p := range strings.SplitSeq(path, ".") {
			if len(p) == 1 && p[0] >= '0' && p[0] <= '9' {
				steps = append(steps, int(p[0]-'0'))
			} else {
				steps = append(steps, p)
			}
		}
		if got := r.at(steps...); got != w {
			t.Errorf("%s is %v, want %v", path, got, w)
		}
	}
}

var placedAt = timestamppb.New(time.Date(2026, 11, 21, 9, 30, 0, 123456789, time.UTC))

// contosoOrder is the first order of the page Pending Orders.
func contosoOrder() *orderv1.Order {
	return &orderv1.Order{
		Id: orderID, Number: "ORD-2026-00148", Customer: &orderv1.Customer{TenantId: contoso, Name: "Contoso Corp"},
		Lines: []*orderv1.Line{{
			Number: 1, Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLZ:0002:CFQ7TTC0K5DR",
			UnitPrice: &orderv1.Money{Amount: "570.00", Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
				Quantity: 25, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
			}},
		}},
		Requester: people["emily"].Person(), PlacedAt: placedAt, Source: "portal", Reference: "PO-7781",
		Amount: &orderv1.Money{Amount: "14250.00", Currency: "USD"},
	}
}

// booked is contosoOrder in the book, with a status.
func booked(s orderv1.Status, owner string) *intakev1.BookOrder {
	return &intakev1.BookOrder{
		Order: contosoOrder(), Owner: owner, UpdatedAt: placedAt,
		View: &orderv1.View{
			Status: s, Sentence: "Order exceeds USD 10,000.00 threshold requiring admin approval.",
			Lines: []*orderv1.LineView{{Number: 1, Status: orderv1.LineStatus_LINE_STATUS_PENDING}},
		},
		Heard: []*orderv1.Position{{Owner: "intake", Sequence: 1}, {Owner: owner, Sequence: 2}},
	}
}

func (b *bench) book(s orderv1.Status, owner string) {
	b.services.on(contract.GetOrder, says(&intakev1.GetOrderResponse{Order: booked(s, owner)}))
}
