package calls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// script is a vendor that answers each request as written down, and keeps what it got.
type script struct {
	mu      sync.Mutex
	answers map[string]string // "METHOD last/two/parts" to "status body"
	got     []string
	ids     []string // request ids
	bodies  []string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/token") {
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"t"}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1/customers/c/")
	s.got, s.ids, s.bodies = append(s.got, what), append(s.ids, r.Header.Get("MS-RequestId")), append(s.bodies, string(body))
	status, text, _ := strings.Cut(s.answers[what], " ")
	var code int
	_, _ = fmt.Sscan(status, &code)
	if code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "57")
	}
	w.WriteHeader(max(code, http.StatusOK))
	fmt.Fprint(w, text)
}

// counter counts the permits that were asked for.
type counter struct{ asked *int }

func (c counter) Permit(context.Context, string) (time.Time, error) {
	*c.asked++
	return time.Time{}, nil
}

func (counter) Throttled(context.Context, string, time.Duration) {}

func vendorOf(t *testing.T, answers map[string]string) (*Vendor, *script, *int) {
	t.Helper()
	return vendorWith(t, answers, func(*partnercenter.Config) {})
}

func vendorWith(t *testing.T, answers map[string]string, change func(*partnercenter.Config)) (*Vendor, *script, *int) {
	t.Helper()
	s, spent := &script{answers: answers}, new(int)
	web := httptest.NewServer(s)
	refresh := filepath.Join(t.TempDir(), "refresh-token")
	if err := os.WriteFile(refresh, []byte("r"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := partnercenter.Config{
		BaseURL: web.URL, TokenURL: web.URL + "/token", Tenant: "t", ClientID: "c", Secret: func() (string, error) { return "s", nil },
		RefreshTokenFile: refresh, Permits: counter{spent},
	}
	change(&cfg)
	client, err := partnercenter.New(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); web.Close() })
	return &Vendor{Client: client, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}, s, spent
}

const callID = "0190d2c4-0000-7000-8000-0000000000ff"

// made runs an operation as the engine does.
func (v *Vendor) made(t *testing.T, op domain.Operation, b domain.Body) engine.Result {
	t.Helper()
	b.Customer = "c"
	body, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range v.Operations() {
		if o.Name == string(op) {
			return o.Run(t.Context(), engine.Call{
				ID: callID, Operation: string(op), Body: body, Attempt: 1, SendBefore: time.Now().Add(time.Minute),
			})
		}
	}
	t.Fatalf("no operation %s", op)
	return engine.Result{}
}

func TestCartMade(t *testing.T) {
	t.Parallel()
	v, s, spent := vendorOf(t, map[string]string{"POST carts": `201 {"id":"cart-1","lineItems":[{"id":"0","orderGroup":"a"},
		{"id":"1","orderGroup":"b","error":{"errorCode":10002,"errorDescription":"quota"}}]}`})
	res := v.made(t, domain.CartCreate, domain.Body{Request: "earlier", Lines: []domain.CartLine{
		{Number: 4, Item: "P:S:A", Name: "E5 [SF-1]", Quantity: 3, Term: "P1Y", Cycle: "annual"}, {Number: 7, Item: "Q:S:A", Term: "P1Y"},
	}})
	a, ok := res.Value.(domain.CartMade)
	if !ok || a.Verdict != domain.Done || a.Cart != "cart-1" || a.Groups[4] != "a" || a.Groups[7] != "b" || len(a.Faulty) != 1 {
		t.Fatalf("%+v", res)
	}
	if why := a.Faulty[7]; !strings.HasPrefix(why.Detail, "Partner Center") || why.Code == "" {
		t.Errorf("%+v", why)
	}
	at := len(s.got) - 1                                                                                        // what went before tells nothing
	if s.ids[at] != "earlier" || !strings.Contains(s.bodies[at], `"friendlyName":"E5 [SF-1]"`) || *spent != 2 { // the catalogue is not limited
		t.Errorf("request id %q, %d permits, body %s", s.ids[at], *spent, s.bodies[at])
	}
}

// What each kind of answer means to the engine and to the domain.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer  string
		verdict domain.Verdict
		notSent bool
		unknown bool
		check   func(domain.CheckedOut) bool
	}{
		"done": {answer: `201 {"orders":[{"id":"o","status":"completed","lineItems":[{"offerId":"P:S:A","quantity":3,"subscriptionId":"s"}]}],
			"orderErrors":[{"orderGroupId":"b","code":800018,"description":"too many"}]}`, verdict: domain.Done,
			check: func(a domain.CheckedOut) bool {
				return a.Orders[0].Lines[0].Subscription == "s" && a.Errors[0].Group == "b" && a.Errors[0].Trouble.Detail != "" && !a.Errors[0].Unclear
			}},
		"unclear in part": {answer: `201 {"orders":[],"orderErrors":[{"orderGroupId":"b","code":800005,"description":"x"}]}`, verdict: domain.Done,
			check: func(a domain.CheckedOut) bool { return a.Errors[0].Unclear }},
		"not yet in part": {answer: `201 {"orders":[],"orderErrors":[{"orderGroupId":"b","code":800082,"description":"x"}]}`, verdict: domain.Done,
			check: func(a domain.CheckedOut) bool { return a.Errors[0].Unclear }},
		"refused":   {answer: `400 {"code":800070,"description":"x"}`, verdict: domain.Refused, check: func(a domain.CheckedOut) bool { return a.Trouble.Hint != "" }},
		"busy":      {answer: `409 {"code":800064}`, verdict: domain.Conflict, check: func(a domain.CheckedOut) bool { return a.Wait > 0 && a.Running }},
		"ordering":  {answer: `409 {"code":800060}`, unknown: true, check: func(a domain.CheckedOut) bool { return a.Wait > 0 && a.Running }},
		"submitted": {answer: `400 {"code":800065}`, unknown: true, check: func(a domain.CheckedOut) bool { return a.Submitted && a.Answered }},
		"broken":    {answer: `503 `, unknown: true, check: func(a domain.CheckedOut) bool { return a.Answered && !a.Submitted }},
		"nonsense":  {answer: `201 <html>`, unknown: true},
		"throttled": {answer: `429 {"statusCode":429}`, notSent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, s, _ := vendorOf(t, map[string]string{"POST carts/cart-1/checkout": c.answer})
			res := v.made(t, domain.CartCheckout, domain.Body{Cart: "cart-1"})
			if res.NotSent != c.notSent || res.Unknown != c.unknown {
				t.Fatalf("%+v", res)
			}
			if c.notSent {
				if res.RetryAfter != 57*time.Second {
					t.Errorf("retry after %v", res.RetryAfter)
				}
				return
			}
			a := res.Value.(domain.CheckedOut)
			if a.Verdict != c.verdict || a.Body.Cart != "cart-1" || s.ids[0] != callID {
				t.Errorf("request %s: %+v", s.ids[0], a)
			}
			if c.check != nil && !c.check(a) {
				t.Errorf("%+v", a)
			}
		})
	}
}

// A change of seats is sent only if the subscription still has the quantity that it builds on.
func TestSetSeats(t *testing.T) {
	t.Parallel()
	const path = "subscriptions/s"
	body := domain.Body{Line: 1, Subscription: "s", Base: 10, Target: 25}
	again := body
	again.Repeat = true
	for name, c := range map[string]struct {
		have, patched string
		body          domain.Body
		sent          bool
		check         func(engine.Result, domain.Sent) bool
	}{
		"set": {`200 {"id":"s","quantity":10}`, `200 {"id":"s","quantity":25}`, body, true,
			func(_ engine.Result, a domain.Sent) bool {
				return a.Verdict == domain.Done && a.Subscription.Quantity == 25 && !a.Later
			}},
		"later": {`200 {"id":"s","quantity":10}`, `202 `, body, true,
			func(_ engine.Result, a domain.Sent) bool { return a.Verdict == domain.Done && a.Later }},
		"moved": {`200 {"id":"s","quantity":11}`, ``, body, false,
			func(_ engine.Result, a domain.Sent) bool { return a.Moved && a.Subscription.Quantity == 11 }},
		"somebody else's 25": {`200 {"id":"s","quantity":25}`, ``, body, false,
			func(_ engine.Result, a domain.Sent) bool { return a.Moved }},
		"our own 25": {`200 {"id":"s","quantity":25}`, ``, again, false,
			func(_ engine.Result, a domain.Sent) bool {
				return a.Verdict == domain.Done && !a.Moved && a.Subscription.Quantity == 25
			}},
		"not found": {`404 {"code":20003}`, ``, body, false,
			func(_ engine.Result, a domain.Sent) bool {
				return a.Verdict == domain.Refused && strings.HasPrefix(a.Trouble.Detail, "Partner Center: Subscription not found.")
			}},
		"no quantity told": {`200 {"id":"s"}`, ``, domain.Body{Line: 1, Subscription: "s", Base: 0, Target: 10}, false,
			func(r engine.Result, a domain.Sent) bool { return a.Verdict == domain.Conflict && !r.Unknown }},
		"set, and not told": {`200 {"id":"s","quantity":10}`, `200 {"id":"s","quantity":"2.5e1"}`, body, true,
			func(r engine.Result, a domain.Sent) bool { return a.Verdict == domain.Unknown && r.Unknown }},
		"cannot look": {`503 `, ``, body, false,
			func(r engine.Result, a domain.Sent) bool { return a.Verdict == domain.Conflict && !r.Unknown }},
		"no answer": {`200 {"id":"s","quantity":10}`, `504 `, body, true,
			func(r engine.Result, a domain.Sent) bool { return a.Verdict == domain.Unknown && r.Unknown }},
		"too few left": {`200 {"id":"s","quantity":10}`, `400 {"code":800090}`, body, true,
			func(_ engine.Result, a domain.Sent) bool {
				return a.Verdict == domain.Refused && a.Trouble.Detail != ""
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, s, spent := vendorOf(t, map[string]string{"GET " + path: c.have, "PATCH " + path: c.patched})
			res := v.made(t, domain.SubscriptionPatch, c.body)
			a, _ := res.Value.(domain.Sent)
			if res.NotSent || !c.check(res, a) {
				t.Errorf("%+v", res)
			}
			if sent := len(s.got) == 2; sent != c.sent || *spent != len(s.got) {
				t.Errorf("requests %v, %d permits", s.got, *spent)
			}
		})
	}
}

// Two changes of one subscription do not run at once in one process.
func TestSetSeatsOneAtATime(t *testing.T) {
	t.Parallel()
	v, s, _ := vendorOf(t, nil)
	v.changing.Store("s", nil)
	if res := v.made(t, domain.SubscriptionPatch, domain.Body{Subscription: "s"}); !res.NotSent || len(s.got) != 0 {
		t.Errorf("%+v after %v", res, s.got)
	}
}

// An order that is completed without a subscription id is asked for its lines' provisioning when that look goes deep, one that is
// completed in part always.
func TestGetOrder(t *testing.T) {
	t.Parallel()
	for status, deep := range map[string]bool{"completed": true, "partialSuccess": false} {
		v, _, spent := vendorOf(t, map[string]string{
			"GET orders/o":                    `200 {"id":"o","status":"` + status + `","lineItems":[{"lineItemNumber":0,"offerId":"P:S:A","quantity":3}]}`,
			"GET orders/o/provisioningstatus": `200 {"items":[{"lineItemNumber":0,"status":"Fulfilled"}]}`,
		})
		res := v.made(t, domain.OrderGet, domain.Body{Order: "o", Deep: deep})
		a := res.Value.(domain.OrderSeen)
		if a.Verdict != domain.Done || a.Order.Lines[0].Provisioning != domain.VendorFulfilled || *spent != 2 {
			t.Errorf("%s: %+v, %d permits", status, res, *spent)
		}
	}
}

// Who claims an order learns when it was made, on which terms, and who of ours has it; without the latter nothing was learnt.
func TestClaimOrder(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, map[string]string{
		"GET orders/o": `200 {"id":"o","status":"completed","billingCycle":"annual","creationDate":"2026-11-21T09:00:00Z",
			"lineItems":[{"lineItemNumber":0,"offerId":"P:S:A","quantity":3,"subscriptionId":"s","termDuration":"P1Y"}]}`,
	})
	var err error
	v.Holders = func(_ context.Context, customer, order string) ([]domain.Place, error) {
		return []domain.Place{{Order: customer + "/" + order}}, err
	}
	a := v.made(t, domain.OrderGet, domain.Body{Order: "o", Claim: true}).Value.(domain.OrderSeen)
	if o := a.Order; a.Verdict != domain.Done || o.Cycle != "annual" || o.CreatedAt.Year() != 2026 || o.Lines[0].Term != "P1Y" ||
		len(a.Holders) != 1 || a.Holders[0].Order != "c/o" {
		t.Errorf("%+v", a)
	}
	err = errors.New("no database")
	if a := v.made(t, domain.OrderGet, domain.Body{Order: "o", Claim: true}).Value.(domain.OrderSeen); a.Verdict != domain.Unknown {
		t.Errorf("without our own records: %+v", a)
	}
}

// A subscription without a readable quantity was not read.
func TestNoQuantity(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, map[string]string{"GET subscriptions/s": `200 {"id":"s","quantity":5e1}`})
	res := v.made(t, domain.SubscriptionGet, domain.Body{Subscription: "s"})
	if a := res.Value.(domain.Seen); a.Verdict != domain.Unknown || res.Unknown || res.NotSent {
		t.Errorf("%+v", res)
	}
}

// A question without an answer is no unknown outcome.
func TestQuestionsAreNeverUnknown(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, map[string]string{"GET carts/cart-1": `500 `, "GET subscriptions/s": `502 `, "POST carts": `504 `})
	for op, body := range map[domain.Operation]domain.Body{
		domain.CartGet: {Cart: "cart-1"}, domain.SubscriptionGet: {Subscription: "s"}, domain.CartCreate: {},
	} {
		if res := v.made(t, op, body); res.Unknown || res.NotSent || res.Value == nil {
			t.Errorf("%s: %+v", op, res)
		}
	}
}

// A body that this version does not know is left to one that does.
func TestForeignBody(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, nil)
	res := v.running(v.checkOut)(t.Context(), engine.Call{Body: []byte("{")})
	if !res.NotSent || res.RetryAfter < time.Minute {
		t.Errorf("%+v", res)
	}
}

// Each try has a correlation id of its own, in which the call's id is seen.
func TestNumbered(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{callID: true}
	for _, n := range []uint32{1, 2, 300, followUp} {
		id := numbered(callID, n)
		if seen[id] || id[:28] != callID[:28] || uuid.Validate(id) != nil || numbered(id, n) != callID {
			t.Errorf("%d: %s", n, id)
		}
		seen[id] = true
	}
	if id := numbered("odd", 1); id != "odd" {
		t.Errorf("%s", id)
	}
}

// Every call to the vendor is counted there, so it waits for its turn.
func TestEveryOperationHasAUse(t *testing.T) {
	t.Parallel()
	for _, o := range new(Vendor).Operations() {
		if o.Resource == "" || o.Local {
			t.Errorf("%s has no row in uses", o.Name)
		}
		if domain.Operation(o.Name).Effect() && !o.Changes {
			t.Errorf("%s goes on while submissions are paused", o.Name)
		}
	}
}
