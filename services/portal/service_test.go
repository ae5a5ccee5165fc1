package portal

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/portal/issuer"
)

const order = `{"customer":{"tenant_id":"2b6ef9a0-7c0d-4f0e-9d55-9b1f5a6f0c11","name":"Contoso Corp"},"lines":[{"product":"Microsoft 365 E5",` +
	`"catalog_item":"CFQ7TTC0LFLZ:0002:CFQ7TTC0K5DR","unit_price":{"amount":"570.00","currency":"USD"},` +
	`"new_subscription":{"quantity":25,"term":"P1Y","billing_cycle":"annual"}}],"reference":"PO-7781"}`

// intake answers every order at once.
type intake struct{}

func (intake) Call(_ context.Context, m contract.Method, req, reply proto.Message, meta rpc.Meta) error {
	if m.Name != contract.PlaceOrder.Name {
		return nil
	}
	in, out := req.(*intakev1.PlaceOrderRequest).GetOrder(), reply.(*intakev1.PlaceOrderResponse)
	out.Order = &orderv1.Order{
		Id: "0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10", Number: "ORD-2026-00148", Customer: in.GetCustomer(), Lines: in.GetLines(),
		Requester: meta.Caller.Person(), PlacedAt: timestamppb.Now(), Source: "portal", Amount: &orderv1.Money{Amount: "14250.00", Currency: "USD"},
	}
	out.View = &orderv1.View{Status: orderv1.Status_STATUS_RECEIVED, Lines: []*orderv1.LineView{{Number: 1, Status: orderv1.LineStatus_LINE_STATUS_PENDING}}}
	out.Position = &orderv1.Position{Owner: "intake", Sequence: 1}
	return nil
}

// newHandler is the whole portal but NATS, with a token for it.
func newHandler(t testing.TB) (http.Handler, string) {
	t.Helper()
	p := &portal{cfg: Config{LocalIssuer: t.TempDir()}}
	p.cfg.fill()
	p.env = service.Env{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: new(telemetry.Health)}
	if err := p.prepare(); err != nil {
		t.Fatal(err)
	}
	token, err := p.local.Mint(issuer.Claims{Email: "emily@partner.example", Name: "Emily Chen", Role: "technician"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h, err := p.handler(intake{}, "http://127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	return h, token
}

func place(ctx context.Context, h http.Handler, token string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/licensing/orders", strings.NewReader(order))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func TestRealTokens(t *testing.T) {
	t.Parallel()
	h, token := newHandler(t)
	if rec := place(t.Context(), h, token); rec.Code != http.StatusCreated || !strings.Contains(rec.Body.String(), `"name":"Emily Chen"`) {
		t.Errorf("a good token: %d %s", rec.Code, rec.Body)
	}
	_, foreign := newHandler(t)
	forged := token[:len(token)-8] + "AAAAAAAA"
	for name, bad := range map[string]string{"another issuer's": foreign, "forged": forged, "rubbish": "rubbish"} {
		if rec := place(t.Context(), h, bad); rec.Code != http.StatusUnauthorized || rec.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s token: %d %s", name, rec.Code, rec.Body)
		}
	}
}

func TestDocumentsAreServed(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	for path, kind := range map[string]string{"/docs": "text/html; charset=utf-8", "/openapi.json": "application/json"} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Header().Get("Content-Type"))
		}
	}
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cfg  Config
		want string
	}{
		"nobody may sign in":           {Config{}, "nobody could sign in"},
		"local issuer off loopback":    {Config{LocalIssuer: "x", Listen: "0.0.0.0:8080"}, "loopback address only"},
		"local issuer on every":        {Config{LocalIssuer: "x", Listen: ":8080"}, "loopback address only"},
		"no address":                   {Config{LocalIssuer: "x", Listen: "localhost"}, "--listen must be"},
		"an issuer without encryption": {Config{Issuers: []string{"http://login.example"}}, "must be an https URL"},
		"an unknown role":              {Config{LocalIssuer: "x", Roles: map[string]string{"Boss": "root"}}, `the role "root"`},
		"clocks far apart":             {Config{LocalIssuer: "x", ClockSkew: time.Hour}, "--clock-skew"},
		"no requests at all":           {Config{LocalIssuer: "x", MaxInFlight: -1}, "--max-in-flight"},
	} {
		var all []string
		for _, err := range tc.cfg.Validate() {
			all = append(all, err.Error())
		}
		if got := strings.Join(all, "\n"); !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	good := Config{LocalIssuer: "x", Listen: "[::1]:0", Issuers: []string{"http://127.0.0.1:9/realm", "https://login.example"}}
	if errs := good.Validate(); len(errs) > 0 {
		t.Errorf("good settings: %v", errs)
	}
}

// nobody is a client that takes the answer and forgets it.
type nobody struct {
	header http.Header
	code   int
}

func (n *nobody) Header() http.Header              { return n.header }
func (n *nobody) Write(b []byte) (int, error)      { return len(b), nil }
func (n *nobody) WriteHeader(code int)             { n.code = code }
func (n *nobody) SetReadDeadline(time.Time) error  { return nil }
func (n *nobody) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkPlaceOrder is the portal's own part of one POST, without net/http and without intake.
func BenchmarkPlaceOrder(b *testing.B) {
	h, token := newHandler(b)
	body := strings.NewReader(order)
	req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/api/licensing/orders", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	client := &nobody{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(order)
		clear(client.header)
		req.Body = io.NopCloser(body)
		if h.ServeHTTP(client, req); client.code != http.StatusCreated {
			b.Fatal(client.code)
		}
	}
}

// BenchmarkPlaceOverLoopback adds net/http on both ends.
func BenchmarkPlaceOverLoopback(b *testing.B) {
	h, token := newHandler(b)
	server := httptest.NewServer(h)
	defer server.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/api/licensing/orders", strings.NewReader(order))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "application/json")
			resp, err := server.Client().Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusCreated {
				b.Error(resp.Status, err)
			}
			if err := resp.Body.Close(); err != nil {
				b.Error(err)
			}
		}
	})
}
