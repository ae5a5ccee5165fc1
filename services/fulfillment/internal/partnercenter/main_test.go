package partnercenter

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// vendor is a Partner Center for one test: a sign-in that hands out numbered tokens, and whatever the test answers.
type vendor struct {
	*httptest.Server
	client  *Client
	metrics *prometheus.Registry
	clock   *clock
	signIns atomic.Int64
	// exchanged counts the refresh tokens that were used up.
	exchanged atomic.Int64
	life      string // expires_in of the tokens
	refuse    atomic.Bool
}

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

const testSecret = "s3cret&value"

func startVendor(t testing.TB, answer http.HandlerFunc, change ...func(*Config)) *vendor {
	t.Helper()
	v := &vendor{metrics: prometheus.NewRegistry(), clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, life: `"3600"`}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tenant-1/oauth2/token", v.signIn)
	mux.HandleFunc("/", answer)
	v.Server = httptest.NewServer(mux)
	cfg := Config{
		BaseURL: v.URL, TokenURL: v.URL + "/{tenant}/oauth2/token", Tenant: "tenant-1", ClientID: "client-1",
		Secret: func() (string, error) { return testSecret, nil },
	}
	for _, f := range change {
		f(&cfg)
	}
	client, err := New(cfg, slog.New(slog.DiscardHandler), v.metrics)
	if err != nil {
		t.Fatal(err)
	}
	client.now = v.clock.now
	v.client = client
	t.Cleanup(func() {
		client.Close()
		v.Close()
	})
	return v
}

func (v *vendor) signIn(w http.ResponseWriter, r *http.Request) {
	n := v.signIns.Add(1)
	if r.FormValue("grant_type") == "refresh_token" {
		v.signInUser(w, r)
		return
	}
	if v.refuse.Load() || r.FormValue("client_secret") != testSecret || r.FormValue("grant_type") != "client_credentials" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"the secret `+testSecret+` is wrong"}`)
		return
	}
	_, _ = io.WriteString(w, `{"token_type":"Bearer","expires_in":`+v.life+`,"access_token":"token-`+strconv.FormatInt(n, 10)+`"}`)
}

// signInUser exchanges the refresh token refresh-<n> for the access token user-<n+1> and refresh-<n+1>, once.
func (v *vendor) signInUser(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(strings.TrimPrefix(r.FormValue("refresh_token"), "refresh-"), 10, 64)
	if err != nil || r.FormValue("client_secret") != testSecret || !v.exchanged.CompareAndSwap(n, n+1) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"`+r.FormValue("refresh_token")+` is spent"}`)
		return
	}
	next := strconv.FormatInt(n+1, 10)
	_, _ = io.WriteString(w, `{"token_type":"Bearer","expires_in":`+v.life+`,"access_token":"user-`+next+`","refresh_token":"refresh-`+next+`"}`)
}

// signedIn gives the client a file with the refresh token refresh-0.
func signedIn(t testing.TB) func(*Config) {
	path := filepath.Join(t.TempDir(), "refresh-token")
	if err := os.WriteFile(path, []byte("refresh-0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *Config) { c.RefreshTokenFile = path }
}

// answering answers every request with one status and body.
func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func exchangeIDs() Exchange { return Exchange{RequestID: "req-1", CorrelationID: "corr-1"} }

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// value is the value of one counter series, 0 if there is none.
func (v *vendor) value(t *testing.T, name string, labels map[string]string) float64 {
	t.Helper()
	families, err := v.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
	series:
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if want, ok := labels[l.GetName()]; ok && want != l.GetValue() {
					continue series
				}
			}
			return m.GetCounter().GetValue()
		}
	}
	return 0
}
