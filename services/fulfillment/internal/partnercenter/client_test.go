package partnercenter

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/kit/fault"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/answers/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRequests checks what goes over the wire for each operation.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, tc := range requests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var line, body string
			var header http.Header
			v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
				sent, _ := io.ReadAll(r.Body)
				line, body, header = r.Method+" "+r.URL.RequestURI(), string(sent), r.Header
				w.Header().Set("MS-RequestId", "req-1,req-1")
				w.Header().Set("MS-CorrelationId", "corr-1")
				w.Header().Set("MS-CV", "cv.0")
				w.Header().Set("MS-ServerId", "030020344")
				answering(tc.status, fixture(t, tc.fixture))(w, r)
			}, signedIn(t))
			answer, err := tc.call(testContext(t), v.client)
			if err != nil || answer.Outcome != Done || answer.Status != tc.status || answer.Requests != 1 {
				t.Fatalf("answer %+v, error %v", answer, err)
			}
			if answer.RequestID != "req-1" || answer.CorrelationID != "corr-1" || answer.CV != "cv.0" || answer.ServerID != "030020344" {
				t.Errorf("MS headers: %+v", answer)
			}
			if line != tc.line || body != tc.body {
				t.Errorf("sent %q with %q, want %q with %q", line, body, tc.line, tc.body)
			}
			for name, want := range map[string]string{
				"MS-RequestId": "req-1", "MS-CorrelationId": "corr-1",
				"MS-Contract-Version": "v1", "X-Locale": "en-US", "MS-PartnerCenter-Application": "Seatflow",
			} {
				if got := header.Get(name); got != want {
					t.Errorf("header %s is %q, want %q", name, got, want)
				}
			}
			if got := header.Get("Authorization"); got != "Bearer token-1" && got != "Bearer user-1" {
				t.Errorf("token %q", got)
			}
		})
	}
}

func TestSetQuantitySendsTheWholeResourceBack(t *testing.T) {
	t.Parallel()
	document := strings.TrimSpace(fixture(t, "subscription"))
	var ifMatch, sent string
	var ids []string
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		ids = append(ids, r.Method+" "+r.Header.Get("MS-RequestId")+" "+r.Header.Get("MS-CorrelationId"))
		if r.Method == http.MethodPatch {
			body, _ := io.ReadAll(r.Body)
			ifMatch, sent = r.Header.Get("If-Match"), string(body)
			answering(200, sent)(w, r)
			return
		}
		answering(200, document)(w, r)
	})
	changed, answer, err := v.client.ChangeQuantity(testContext(t), exchangeIDs(), "c", "s-1", 25)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(document, `"Quantity": 10`, `"Quantity": 25`, 1); sent != want {
		t.Errorf("sent %s, want %s", sent, want)
	}
	if ifMatch != `"e-1"` || changed.Quantity != 25 || answer.Requests != 2 {
		t.Errorf("If-Match %s, quantity %d, requests %d", ifMatch, changed.Quantity, answer.Requests)
	}
	if want := []string{"GET  corr-1", "PATCH req-1 corr-1"}; !slices.Equal(ids, want) {
		t.Errorf("ids %q, want %q", ids, want)
	}
}

// TestChangesChangeOneProperty: everything else goes back as it came, whatever it is.
func TestChangesChangeOneProperty(t *testing.T) {
	t.Parallel()
	document := strings.TrimSpace(fixture(t, "subscription_nce"))
	instructions := document[strings.Index(document, `{"product":{"productId"`):strings.Index(document, ",\n \"suspensionReasons")]
	next := NextTerm{ProductID: "P", SKUID: "S", AvailabilityID: "A", TermDuration: "P3Y", Quantity: 4, CustomTermEnd: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}
	for name, tc := range map[string]struct {
		old, now string
		change   func(c *Client, s Subscription) (Subscription, Answer, error)
	}{
		"suspend": {`"status":"active"`, `"status":"suspended"`, func(c *Client, s Subscription) (Subscription, Answer, error) {
			return c.SetStatus(t.Context(), exchangeIDs(), "c", s, SubscriptionSuspended)
		}},
		"renewal off": {`"autoRenewEnabled":true`, `"autoRenewEnabled":false`, func(c *Client, s Subscription) (Subscription, Answer, error) {
			return c.SetAutoRenew(t.Context(), exchangeIDs(), "c", s, false)
		}},
		"no next term": {instructions, `null`, func(c *Client, s Subscription) (Subscription, Answer, error) {
			return c.SetNextTerm(t.Context(), exchangeIDs(), "c", s, nil)
		}},
		"next term": {
			instructions,
			`{"product":{"productId":"P","skuId":"S","availabilityId":"A","termDuration":"P3Y"},"quantity":4,"customTermEndDate":"2027-01-02T00:00:00Z"}`,
			func(c *Client, s Subscription) (Subscription, Answer, error) {
				return c.SetNextTerm(t.Context(), exchangeIDs(), "c", s, &next)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent string
			v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.Header["If-Match"] != nil {
					t.Errorf("If-Match %q without an etag", r.Header["If-Match"])
				}
				if sent = string(body); r.Method == http.MethodGet {
					sent = document
				}
				answering(200, sent)(w, r)
			})
			current, _, err := v.client.GetSubscription(testContext(t), exchangeIDs(), "c", "s-9")
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := tc.change(v.client, current); err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(document, tc.old, tc.now, 1); sent != want || !strings.Contains(document, tc.old) {
				t.Errorf("sent %s, want %s", sent, want)
			}
		})
	}
}

func TestChangeQuantityAccepted(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			w.Header().Set("Location", "/customers/c/subscriptions/s-1")
			w.WriteHeader(http.StatusAccepted)
			return
		}
		answering(200, fixture(t, "subscription"))(w, r)
	})
	changed, answer, err := v.client.ChangeQuantity(testContext(t), exchangeIDs(), "c", "s-1", 25)
	if err != nil || answer.Status != 202 || answer.Location == "" || changed.ID != "s-1" {
		t.Errorf("changed %+v, answer %+v, error %v", changed, answer, err)
	}
}

func TestChangeQuantityReadFailedIsNotSent(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]Outcome{500: NotSent, 404: Refused, 429: Throttled} {
		v := startVendor(t, answering(status, ""))
		_, answer, err := v.client.ChangeQuantity(testContext(t), exchangeIDs(), "c", "s-1", 25)
		if err == nil || answer.Outcome != want {
			t.Errorf("status %d: outcome %v, want %v (error %v)", status, answer.Outcome, want, err)
		}
	}
}

func TestAnswersAreTyped(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(201, fixture(t, "checkout")))
	result, _, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Orders) != 1 || len(result.Errors) != 1 || result.Errors[0].Code != "800017" {
		t.Fatalf("result %+v", result)
	}
	o := result.Orders[0]
	if o.ID != "0a1b2c3d4e5f" || o.Status != OrderCompleted || o.TotalPrice != json.Number("1425.00") || o.TransactionType != "user_purchase" {
		t.Errorf("order %+v", o)
	}
	if want := time.Date(2026, 3, 1, 12, 0, 1, 5e8, time.UTC); !o.CreatedAt.Equal(want) {
		t.Errorf("created at %v, want %v", o.CreatedAt, want)
	}
	if l := o.Lines[0]; l.SubscriptionID != "s-1" || l.FriendlyName != "sf-0190 ü" || l.Quantity != 25 || l.Pricing.Price != "57.00" {
		t.Errorf("line %+v", l)
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	t.Parallel()
	_, err := New(Config{
		BaseURL: "ftp://x", TokenURL: "https://user:hunter2@login/x", MaxConns: -1,
		Timeouts: map[string]time.Duration{"checkout_cart": -1},
	}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	f := fault.As(err)
	if f == nil || f.Kind != fault.Invalid || len(f.Violations) != 7 {
		t.Fatalf("error %v", err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error quotes a password: %v", err)
	}
}

func TestClientsShareARegistry(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	cfg := Config{Tenant: "t", ClientID: "c", Secret: func() (string, error) { return "s", nil }}
	for range 2 {
		if _, err := New(cfg, slog.New(slog.DiscardHandler), reg); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBodyCanBeSentAgain: a connection that turns out to be closed before a byte has moved is replaced, and the whole body
// goes over the new one.
func TestBodyCanBeSentAgain(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(201, `{}`))
	const body = `{"lineItems":[]}`
	req := v.client.newRequest(t.Context(), new(sending), request{op: opCreateCart, body: []byte(body)}, new(token))
	for range 3 {
		got, err := io.ReadAll(req.Body)
		if err != nil || string(got) != body || req.ContentLength != int64(len(body)) {
			t.Fatalf("%d bytes, announced %d: %q, %v", len(got), req.ContentLength, got, err)
		}
		if req.Body, err = req.GetBody(); err != nil {
			t.Fatal(err)
		}
	}
}
