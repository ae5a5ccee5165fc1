package vendorapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/clock"
	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func server() *Server {
	now := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	return New(Parts{
		World: world.New(now, 1, true, world.Limits{}, world.Settings{}), Plan: faults.New(1), Limiter: traffic.NewLimiter(0),
		Tally: &traffic.Tally{}, Log: traffic.NewLog(1000), Behaviours: behaviours.New(1),
		Clock: clock.New(func() time.Time { return now }, 1), Key: 1, TokenLifetime: time.Hour,
	})
}

func (s *Server) accessToken() string {
	now := s.Clock.Now().Unix()
	return s.tokens.sign(claims{Tenant: seed.PartnerTenant, App: "app", Use: "access", Issued: now, Expires: now + 60})
}

func TestTokensReadBack(t *testing.T) {
	t.Parallel()
	mine, other := newTokens(1), newTokens(2)
	want := claims{Tenant: "tenant", App: "app", User: "user", Use: "access", Issued: 1, Expires: 2, Number: 3}
	token := mine.sign(want)
	for range 2 { // the second time from the cache
		if got, ok := mine.decode(token); !ok || got != want {
			t.Errorf("got %+v %v", got, ok)
		}
	}
	if _, ok := other.decode(token); ok {
		t.Error("another simulator's token was accepted")
	}
	for _, forged := range []string{"", ".", "a.b.c", token + "A", token[:len(token)-2], strings.Replace(token, ".", "", 1), tokenHead} {
		if _, ok := mine.decode(forged); ok {
			t.Errorf("%q was accepted", forged)
		}
	}
}

func TestTokenCacheIsBounded(t *testing.T) {
	t.Parallel()
	tk := newTokens(1)
	for n := range uint64(tokensCached + 10) {
		if _, ok := tk.decode(tk.sign(claims{Number: n})); !ok {
			t.Fatal("not accepted")
		}
	}
	if len(tk.cached) > tokensCached {
		t.Errorf("%d tokens cached", len(tk.cached))
	}
}

func FuzzTokens(f *testing.F) {
	tk := newTokens(1)
	genuine := tk.sign(claims{Tenant: "t", Use: "access", Expires: 9})
	f.Add(genuine)
	f.Add("a.b.c")
	f.Add(tokenHead + "e30.")
	f.Fuzz(func(t *testing.T, token string) {
		if c, ok := tk.decode(token); ok && tk.sign(c) != token {
			t.Errorf("%q was accepted as %+v", token, c)
		}
	})
}

func FuzzCartBody(f *testing.F) {
	s := server()
	token := "Bearer " + s.accessToken()
	f.Add(`{"lineItems":[{"catalogItemId":"` + seed.PowerBIPro + `","quantity":1,"friendlyName":"\u0007\"\\"}]}`)
	f.Add("\xef\xbb\xbf" + `{"LineItems":[{"catalogId":"x:y:z","participants":[{"key":"transaction_reseller","value":"1"}]}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/customers/"+seed.Contoso+"/carts", strings.NewReader(body))
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "OneTime": "one_time", "one_time": "one_time", "Annual": "annual", "oneTime": "one_time"} {
		if got := word(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// BenchmarkPurchase is a benchmark's order without the network: a cart and its checkout, bodies and headers included.
func BenchmarkPurchase(b *testing.B) {
	s := server()
	token := "Bearer " + s.accessToken()
	carts := "/v1/customers/" + seed.Contoso + "/carts"
	body := `{"lineItems":[{"id":0,"catalogItemId":"` + seed.Microsoft365BusinessBasic + `","friendlyName":"SF-0190-1","quantity":1,"termDuration":"P1Y","billingCycle":"annual"}]}`
	send := func(path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusCreated {
			b.Fatal(w.Code, w.Body)
		}
		return w
	}
	b.ReportAllocs()
	for b.Loop() {
		made := send(carts, body).Body.Bytes()
		send(carts+"/"+string(made[7:43])+"/checkout", "")
	}
}

func TestTimesAreWrittenAsTheVendorDoes(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("elsewhere", -5*3600)
	for _, at := range []time.Time{
		time.Date(2026, 3, 14, 9, 5, 7, 123_456_789, time.UTC), time.Date(2026, 12, 31, 23, 59, 59, 999_999_999, zone),
		time.Date(999, 1, 2, 0, 0, 0, 100, time.UTC), {},
	} {
		for name, c := range map[string]struct {
			write  func([]byte, time.Time) []byte
			layout string
		}{
			"time":   {appendTime, `"2006-01-02T15:04:05.0000000Z"`},
			"second": {appendSecond, `"2006-01-02T15:04:05Z"`},
			"day":    {appendDay, `"2006-01-02T00:00:00Z"`},
		} {
			if got, want := string(c.write(nil, at)), at.UTC().Format(c.layout); got != want {
				t.Errorf("%s of %v: %s, want %s", name, at, got, want)
			}
		}
	}
}

func TestPathsLeadToOperations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		op           traffic.Operation
		id           string
	}{
		{"POST", "c/carts", traffic.CreateCart, ""}, {"GET", "c/carts/1", traffic.GetCart, "1"},
		{"POST", "c/carts/1/checkout", traffic.CheckoutCart, "1"}, {"GET", "c/orders", traffic.ListOrders, ""},
		{"HEAD", "c/orders/2", traffic.GetOrder, "2"}, {"GET", "c/orders/2/provisioningstatus", traffic.GetProvisioning, "2"},
		{"GET", "c/subscriptions", traffic.ListSubscriptions, ""}, {"GET", "c/subscriptions/3", traffic.GetSubscription, "3"},
		{"PATCH", "c/subscriptions/3", traffic.UpdateSubscription, "3"},
		{"GET", "c/carts", traffic.Operations, ""}, {"POST", "c/carts/", traffic.Operations, ""}, {"POST", "c", traffic.Operations, ""},
		{"POST", "", traffic.Operations, ""}, {"POST", "c/carts/1/checkout/", traffic.Operations, ""},
		{"POST", "c/carts/1/checkout/x", traffic.Operations, ""}, {"POST", "c/carts/1", traffic.Operations, ""},
	} {
		r := httptest.NewRequest(c.method, "/v1/customers/"+c.path, http.NoBody)
		to, customer, id, ok := find(r)
		if ok != (c.op != traffic.Operations) || ok && (to.op != c.op || customer != "c" || id != c.id) {
			t.Errorf("%s %s: %v %q %q %v", c.method, c.path, to.op, customer, id, ok)
		}
	}
}
