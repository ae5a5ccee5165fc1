package partnercenter

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// writeAnswers is every kind of answer to a write, and what is to be made of it.
var writeAnswers = []struct {
	name    string
	status  int
	body    string
	outcome Outcome
	word    string
	kind    fault.Kind
}{
	{"done", 201, `{"id":"o","lineItems":[]}`, Done, "", 0},
	{"done with an unknown status word", 201, `{"id":"o","status":"teleporting"}`, Done, "", 0},
	{"refused", 403, `{"code":2091,"description":"gone"}`, Refused, "product_not_available", fault.Conflict},
	{"refused, code as text", 403, `{"code":"2091"}`, Refused, "product_not_available", fault.Conflict},
	{"subscription not found", 404, `{"code":20003}`, Refused, "subscription_not_found", fault.NotFound},
	{"insufficient seats", 400, `{"code":800090}`, Refused, "insufficient_seats", fault.Invalid},
	{"unknown code", 400, `{"code":424242}`, Refused, "vendor_refused", fault.Invalid},
	{"no body", 403, ``, Refused, "vendor_refused", fault.Conflict},
	{"a page", 400, `<html>no</html>`, Refused, "vendor_refused", fault.Invalid},
	{"credit", 403, `{"code":800023}`, Refused, "credit_limit", fault.Conflict},
	{"set-up", 403, `{"code":900329}`, Refused, "vendor_access_denied", fault.Internal},
	{"other shape", 404, `{"code":600074,"message":"m","isRetryable":false}`, Refused, "customer_not_found", fault.NotFound},
	{"in progress", 409, `{"code":800060}`, Unknown, "order_in_progress", fault.Unavailable},
	{"cart in progress", 409, `{"code":800064}`, Conflict, "cart_in_progress", fault.Unavailable},
	{"conflict without code", 409, ``, Conflict, "vendor_conflict", fault.Conflict},
	{"stale etag", 400, `{"code":2055}`, Conflict, "vendor_conflict", fault.Conflict},
	{"precondition", 412, ``, Conflict, "vendor_conflict", fault.Conflict},
	{"cart already submitted", 400, `{"code":800065}`, Unknown, "cart_already_submitted", fault.Unavailable},
	{"throttled", 429, `{"statusCode":429,"message":"slow down"}`, Throttled, "vendor_throttled", fault.TooMany},
	{"request timeout", 408, ``, Unknown, "vendor_timeout", fault.Unavailable},
	{"server error", 500, `{"code":800005}`, Unknown, "order_not_created", fault.Unavailable},
	{"server error, unknown code", 500, `{"code":"x"}`, Unknown, "vendor_timeout", fault.Unavailable},
	{"gateway", 502, `<html>`, Unknown, "vendor_timeout", fault.Unavailable},
	{"gateway timeout", 504, ``, Unknown, "vendor_timeout", fault.Unavailable},
	{"redirect", 307, ``, Unknown, "vendor_timeout", fault.Unavailable},
	{"truncated success", 201, `{"id":"o","li`, Unknown, "vendor_unreadable", fault.Unavailable},
	{"empty success", 201, ``, Unknown, "vendor_unreadable", fault.Unavailable},
	{"success without id", 201, `{"status":"completed"}`, Unknown, "vendor_unreadable", fault.Unavailable},
	{"error inside success", 200, `{"code":400072,"description":"no"}`, Refused, "product_not_available", fault.Conflict},
	{"unknown error inside success", 200, `{"code":800090}`, Unknown, "vendor_unreadable", fault.Unavailable},
}

func TestOutcomeOfAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range writeAnswers {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v := startVendor(t, answering(tc.status, tc.body))
			_, answer, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
			if answer.Outcome != tc.outcome || answer.Entry.Word != tc.word {
				t.Errorf("outcome %v (%s), want %v (%s)", answer.Outcome, answer.Entry.Word, tc.outcome, tc.word)
			}
			if (err == nil) != (tc.outcome == Done) {
				t.Errorf("error %v with outcome %v", err, answer.Outcome)
			}
			if f := fault.As(err); f != nil && (f.Kind != tc.kind || f.Code != tc.word || f.Message == "" || f.Hint == "") {
				t.Errorf("fault %+v", f)
			}
			if answer.RequestID != "req-1" || answer.CorrelationID != "corr-1" {
				t.Errorf("ids missing in %+v", answer)
			}
			labels := map[string]string{"operation": "checkout_cart", "outcome": tc.outcome.String()}
			if n := v.value(t, "seatflow_vendor_calls_total", labels); n != 1 {
				t.Errorf("calls counted: %v", n)
			}
		})
	}
}

func TestUnknownCodesAreCounted(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]float64{`{"code":424242}`: 1, `{"code":2091}`: 1, ``: 0, `{"code":20003}`: 1, `{"code":800009}`: 0} {
		v := startVendor(t, answering(400, body))
		if _, _, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k"); err == nil {
			t.Error("no error")
		}
		if n := v.value(t, "seatflow_vendor_unknown_codes_total", nil); n != want {
			t.Errorf("%s: %v counted, want %v", body, n, want)
		}
	}
}

func TestThrottledSaysHowLong(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"57": 57 * time.Second, "": defaultWait, "-4": defaultWait, "999999999999": 24 * time.Hour, "soon": defaultWait,
		"Sun, 01 Mar 2026 12:00:40 GMT": 40 * time.Second,
	} {
		v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			answering(429, `{"statusCode":429,"message":"m"}`)(w, r)
		})
		_, answer, err := v.client.GetOrder(testContext(t), exchangeIDs(), "c", "o")
		if answer.Outcome != Throttled || answer.RetryAfter != want || fault.As(err).RetryAfter != want {
			t.Errorf("Retry-After %q: %v after %v (%v), want %v", header, answer.Outcome, answer.RetryAfter, err, want)
		}
	}
}

// TestLostAnswers: the request was read by the vendor and no whole answer came.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	hijacked := func(then func(net.Conn)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			then(conn)
			_ = conn.Close()
		}
	}
	say := func(text string) func(net.Conn) {
		return func(c net.Conn) { _, _ = io.WriteString(c, text) }
	}
	cases := map[string]struct {
		answer  http.HandlerFunc
		outcome Outcome
	}{
		"closed":            {hijacked(func(net.Conn) {}), Unknown},
		"reset":             {hijacked(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), Unknown},
		"not HTTP":          {hijacked(say("what?\r\n\r\n")), Unknown},
		"half a body":       {hijacked(say("HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"id\":")), Unknown},
		"half an error":     {hijacked(say("HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n{\"code\":")), Unknown},
		"half a throttling": {hijacked(say("HTTP/1.1 429 Slow\r\nContent-Length: 500\r\n\r\n{")), Throttled},
		"endless body":      {answering(201, `{"x":"`+strings.Repeat("y", maxBody)+`"}`), Unknown},
		"endless chunks": {func(w http.ResponseWriter, _ *http.Request) {
			for range 2 + maxBody/1024 {
				_, _ = w.Write(make([]byte, 1024))
			}
		}, Unknown},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := startVendor(t, tc.answer)
			_, answer, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
			if answer.Outcome != tc.outcome || err == nil || answer.Requests != 1 {
				t.Errorf("answer %+v, error %v", answer, err)
			}
		})
	}
}

func TestSlowAnswerIsUnknownAndNamesItsDeadline(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	v := startVendor(t, func(http.ResponseWriter, *http.Request) { <-done },
		func(c *Config) { c.Timeouts = map[string]time.Duration{"checkout_cart": 100 * time.Millisecond} })
	defer close(done)
	_, answer, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
	if answer.Outcome != Unknown || !errors.Is(err, expired[opCheckoutCart]) {
		t.Errorf("outcome %v, error %v", answer.Outcome, err)
	}
}

func TestReadFailuresNeverSpeakOfAnOrder(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(503, `{"code":800003}`))
	_, answer, err := v.client.GetOrder(testContext(t), exchangeIDs(), "c", "o")
	if answer.Outcome != Unknown || answer.Code != "800003" || strings.Contains(fault.As(err).Message, "Order may") {
		t.Errorf("answer %+v, error %v", answer, err)
	}
}

// TestNotSent: whatever fails before the first byte is certain not to have happened.
func TestNotSent(t *testing.T) {
	t.Parallel()
	silent := httptest.NewUnstartedServer(nil)
	silent.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	silent.StartTLS()
	t.Cleanup(silent.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	cancelled, cancel := context.WithCancel(testContext(t))
	cancel()
	cases := map[string]struct {
		base string
		ctx  context.Context
		ex   Exchange
		word string
	}{
		"nobody listens":     {closed.URL, nil, exchangeIDs(), "vendor_unreachable"},
		"untrusted server":   {silent.URL, nil, exchangeIDs(), "vendor_unreachable"},
		"cancelled":          {"", cancelled, exchangeIDs(), "vendor_unreachable"},
		"send_before passed": {"", nil, Exchange{SendBefore: time.Date(2026, 3, 1, 11, 59, 59, 0, time.UTC)}, "send_too_late"},
		"header not allowed": {"", nil, Exchange{RequestID: "a\nb"}, "vendor_unreachable"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := startVendor(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
			if _, _, err := v.client.tokens.get(testContext(t)); err != nil {
				t.Fatal(err)
			}
			if tc.base != "" {
				other := *v.client.base
				other.Scheme, other.Host, _ = strings.Cut(tc.base, "://")
				v.client.base = &other
			}
			ctx := tc.ctx
			if ctx == nil {
				ctx = testContext(t)
			}
			_, answer, err := v.client.CheckoutCart(ctx, tc.ex, "c", "k")
			if answer.Outcome != NotSent || answer.Entry.Word != tc.word || answer.Requests != 0 || err == nil {
				t.Errorf("answer %+v, error %v", answer, err)
			}
		})
	}
}

func TestBadIDsAreRefusedHere(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	for _, id := range []string{"", ".", ".."} {
		_, answer, err := v.client.GetOrder(testContext(t), exchangeIDs(), id, "o")
		if answer.Outcome != Refused || fault.KindOf(err) != fault.Invalid {
			t.Errorf("id %q: answer %+v, error %v", id, answer, err)
		}
	}
	_, answer, err := v.client.SetQuantity(testContext(t), exchangeIDs(), "c", Subscription{ID: "s"}, 3)
	if answer.Outcome != Refused || err == nil {
		t.Errorf("subscription that was never read: answer %+v, error %v", answer, err)
	}
}

func TestExchangeIsLogged(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("MS-CV", "cv.7")
		w.Header().Set("MS-ServerId", "0000005B")
		answering(400, `{"code":800009,"description":"lines"}`)(w, r)
	})
	var log bytes.Buffer
	v.client.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if _, _, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k"); err == nil {
		t.Error("no error")
	}
	for _, want := range []string{"ms_request_id=req-1", "ms_correlation_id=corr-1", "ms_cv=cv.7", "ms_server_id=0000005B", "code=800009"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in %s", want, &log)
		}
	}
	for _, never := range []string{testSecret, "s3cret", "token-1"} {
		if strings.Contains(log.String(), never) {
			t.Errorf("%s is in %s", never, &log)
		}
	}
}
