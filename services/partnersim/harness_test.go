package partnersim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sim is a running simulator with a clock that only the test moves.
type sim struct {
	t      *testing.T
	url    string
	client *http.Client
	clock  *clock
	token  string
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// start runs a simulator whose settings are the defaults but for what change says, signed in.
func start(t *testing.T, change func(*partnersim.Config)) *sim {
	t.Helper()
	s := &sim{t: t, client: &http.Client{Transport: &http.Transport{}}, clock: &clock{now: time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)}}
	cfg := partnersim.Defaults()
	cfg.Listen, cfg.Now, cfg.Key = "127.0.0.1:0", s.clock.read, 42
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- partnersim.Run(ctx, cfg, slog.New(slog.DiscardHandler), func(url string) { ready <- url })
	}()
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case s.url = <-ready:
	case err := <-done:
		done <- err
		t.Fatalf("Run ended before it was ready: %v", err)
	}
	s.signIn()
	return s
}

// instant makes orders completed at once, and listed at once.
func instant(cfg *partnersim.Config) { cfg.ProvisioningDelay, cfg.ListLag = 0, 0 }

func (s *sim) signIn() {
	s.t.Helper()
	a := s.form("/"+seed.PartnerTenant+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {seed.ClientID}, "client_secret": {seed.ClientSecret},
		"resource": {"https://graph.windows.net"},
	})
	if a.status != http.StatusOK {
		s.t.Fatalf("sign-in answered %d %v", a.status, a.body)
	}
	s.token = a.text("access_token")
}

// answer is what came back; body is nil when it was no JSON object.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
	err    error
}

// at walks into the body: names and, for lists, numbers.
func (a answer) at(path ...any) any {
	var v any = a.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (a answer) text(path ...any) string {
	switch v := a.at(path...).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (a answer) list(path ...any) []any {
	l, _ := a.at(path...).([]any)
	return l
}

func (s *sim) send(req *http.Request) answer {
	s.t.Helper()
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw), err: err}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	d.UseNumber()
	var v any
	derr := d.Decode(&v)
	switch v := v.(type) {
	case map[string]any:
		a.body = v
	case []any: // a bare list
		a.body = map[string]any{"items": v}
	}
	if derr != nil && strings.Contains(resp.Header.Get("Content-Type"), "json") && len(raw) > 0 {
		s.t.Errorf("%s %s answered what is no JSON: %v\n%s", req.Method, req.URL.Path, derr, raw)
	}
	return a
}

func (s *sim) request(method, path, body string, headers ...string) *http.Request {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" && !strings.HasPrefix(path, "/admin/") {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	for n := 0; n+1 < len(headers); n += 2 {
		req.Header.Set(headers[n], headers[n+1])
	}
	return req
}

// call sends JSON and gives the answer, whatever it is; with no answer at all, err is set.
func (s *sim) call(method, path, body string, headers ...string) answer {
	s.t.Helper()
	return s.send(s.request(method, path, body, headers...))
}

// must is call with an expected status.
func (s *sim) must(status int, method, path, body string, headers ...string) answer {
	s.t.Helper()
	a := s.call(method, path, body, headers...)
	if a.err != nil || a.status != status {
		s.t.Fatalf("%s %s: got %d (%v), want %d\n%s", method, path, a.status, a.err, status, a.raw)
	}
	return a
}

// refused expects the vendor's error body with a status and code.
func (s *sim) refused(status int, code string, method, path, body string, headers ...string) {
	s.t.Helper()
	a := s.must(status, method, path, body, headers...)
	if a.text("code") != code || a.text("description") == "" || a.text("source") == "" || a.at("data") == nil {
		s.t.Errorf("%s %s: want code %s in shape 1, got %s", method, path, code, a.raw)
	}
}

func (s *sim) form(path string, values url.Values) answer {
	s.t.Helper()
	return s.send(s.request(http.MethodPost, path, values.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", ""))
}

func carts(customer string) string         { return "/v1/customers/" + customer + "/carts" }
func orders(customer string) string        { return "/v1/customers/" + customer + "/orders" }
func subscriptions(customer string) string { return "/v1/customers/" + customer + "/subscriptions" }

// line is one cart line of seats.
func line(item string, quantity string, more ...string) string {
	return `{"catalogItemId":"` + item + `","quantity":` + quantity + strings.Join(more, "") + `}`
}

func cart(lines ...string) string { return `{"lineItems":[` + strings.Join(lines, ",") + `]}` }

// buy makes a cart and checks it out.
func (s *sim) buy(customer string, lines ...string) (cartID string, checkout answer) {
	s.t.Helper()
	cartID = s.must(http.StatusCreated, "POST", carts(customer), cart(lines...)).text("id")
	return cartID, s.must(http.StatusCreated, "POST", carts(customer)+"/"+cartID+"/checkout", "")
}

// lost expects that the connection was closed without an answer.
func (s *sim) lost(method, path, body string) {
	s.t.Helper()
	a := s.call(method, path, body)
	if !errors.Is(a.err, io.EOF) && !errors.Is(a.err, io.ErrUnexpectedEOF) {
		s.t.Errorf("%s %s: want a closed connection, got %d %v", method, path, a.status, a.err)
	}
}

// summary is the ledger in numbers.
func (s *sim) summary() answer { return s.must(http.StatusOK, "GET", "/admin/ledger/summary", "") }

// expectPurchases checks how many lines were bought in all.
func (s *sim) expectPurchases(want string) {
	s.t.Helper()
	a := s.summary()
	got := a.text("by_kind", "purchase")
	if got == "" {
		got = "0"
	}
	if got != want || a.text("carts_bought_twice") != "0" {
		s.t.Errorf("purchases: got %s, want %s: %s", got, want, a.raw)
	}
}
