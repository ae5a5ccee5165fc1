package partnercenter

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

func TestTokenIsFetchedOnceForManyCalls(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(200, `{"id":"o"}`))
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if _, _, err := v.client.GetOrder(testContext(t), exchangeIDs(), "c", "o"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := v.signIns.Load(); n != 1 {
		t.Errorf("%d sign-ins", n)
	}
}

func TestTokenIsRenewedThirtySecondsEarly(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(200, `{"id":"o"}`))
	for _, step := range []struct {
		wait    time.Duration
		signIns int64
	}{{0, 1}, {3569 * time.Second, 1}, {time.Second, 2}, {time.Second, 2}} {
		v.clock.advance(step.wait)
		if _, _, err := v.client.GetOrder(testContext(t), exchangeIDs(), "c", "o"); err != nil {
			t.Fatal(err)
		}
		if n := v.signIns.Load(); n != step.signIns {
			t.Errorf("after another %v: %d sign-ins, want %d", step.wait, n, step.signIns)
		}
	}
}

func TestRejectedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Header.Get("Authorization") == "Bearer token-1" {
			answering(401, `{"code":400}`)(w, r)
			return
		}
		answering(201, `{"id":"o"}`)(w, r)
	})
	_, answer, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
	if err != nil || answer.Requests != 2 || requests.Load() != 2 || v.signIns.Load() != 2 {
		t.Errorf("answer %+v, error %v, %d sign-ins", answer, err, v.signIns.Load())
	}
}

func TestTokenRejectedTwiceIsAnOperatorsMatter(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(401, ``))
	_, answer, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
	if answer.Outcome != Refused || answer.Entry.Class != Setup || answer.Requests != 2 || fault.KindOf(err) != fault.Internal {
		t.Errorf("answer %+v, error %v", answer, err)
	}
}

func TestSendBeforeHoldsForTheSecondTryToo(t *testing.T) {
	t.Parallel()
	var v *vendor
	v = startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		v.clock.advance(time.Minute)
		answering(401, ``)(w, r)
	})
	ex := exchangeIDs()
	ex.SendBefore = v.clock.now().Add(10 * time.Second)
	_, answer, err := v.client.CheckoutCart(testContext(t), ex, "c", "k")
	if answer.Outcome != NotSent || answer.Requests != 1 || !errors.Is(err, errLate) {
		t.Errorf("answer %+v, error %v", answer, err)
	}
}

func TestRefusedSignIn(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	v.refuse.Store(true)
	for range 3 {
		_, answer, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
		if answer.Outcome != NotSent || answer.Entry.Word != "sign_in_refused" || answer.Entry.Actor != Operator {
			t.Errorf("answer %+v", answer)
		}
		if !strings.Contains(err.Error(), "invalid_client") || strings.Contains(err.Error(), testSecret) {
			t.Errorf("error %v", err)
		}
	}
	if n := v.signIns.Load(); n != 1 {
		t.Errorf("%d sign-ins within a second", n)
	}
	v.refuse.Store(false)
	v.clock.advance(signInPause)
	if _, _, err := v.client.tokens.get(testContext(t)); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestSecretThatCannotBeRead(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }, func(c *Config) {
		c.Secret = func() (string, error) { return "", errors.New("file holds " + testSecret) }
	})
	_, answer, err := v.client.CheckoutCart(testContext(t), exchangeIDs(), "c", "k")
	if answer.Outcome != NotSent || strings.Contains(err.Error(), testSecret) {
		t.Errorf("answer %+v, error %v", answer, err)
	}
}

func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for body, want := range map[string]time.Duration{
		`{"access_token":"abc","expires_in":"3600"}`:  3570 * time.Second,
		`{"access_token":"abc","expires_in":3599}`:    3569 * time.Second,
		`{"access_token":"abc","expires_in":40}`:      20 * time.Second,
		`{"Access_Token":"abc"}`:                      tokenLifetime - tokenEarly,
		`{"access_token":"abc","expires_in":1e99}`:    tokenLifetime - tokenEarly,
		`{"access_token":"a b","expires_in":3599}`:    0,
		`{"access_token":"a\r\nb","expires_in":3599}`: 0,
		`{"access_token":""}`:                         0,
		`{"access_token":"abc"`:                       0,
	} {
		got, _, err := readToken(&Answer{Status: 200}, []byte(body), now)
		if (err == nil) != (want > 0) {
			t.Errorf("%s: error %v", body, err)
			continue
		}
		if err == nil && got.until.Sub(now) != want {
			t.Errorf("%s: good for %v, want %v", body, got.until.Sub(now), want)
		}
	}
}

// TestRefusedSignInIsLogged: an operator hears of a secret that has expired, once a minute, by the application and by the user,
// and the log has no secret.
func TestRefusedSignInIsLogged(t *testing.T) {
	t.Parallel()
	v := startVendor(t, answering(200, `{"id":"o"}`), signedIn(t))
	var log bytes.Buffer
	v.client.log = slog.New(slog.NewTextHandler(&log, nil))
	v.refuse.Store(true)
	v.exchanged.Store(7)
	ask := func() {
		_, _, _ = v.client.GetOrder(testContext(t), exchangeIDs(), "c", "o")
		_, _, _ = v.client.GetProvisioning(testContext(t), exchangeIDs(), "c", "o")
	}
	ask()
	v.clock.advance(2 * signInPause)
	ask()
	if n := strings.Count(log.String(), "level=WARN msg=\"sign-in refused\""); n != 2 || !strings.Contains(log.String(), "code=user_sign_in_refused") ||
		!strings.Contains(log.String(), "code=sign_in_refused") || strings.Contains(log.String(), testSecret) || strings.Contains(log.String(), "refresh-0") {
		t.Errorf("logged %d times: %s", n, &log)
	}
	v.clock.advance(signInTold)
	ask()
	if n := strings.Count(log.String(), "sign-in refused"); n != 4 {
		t.Errorf("logged %d times after a minute: %s", n, &log)
	}
	v.refuse.Store(false)
	v.clock.advance(2 * signInPause)
	if _, _, err := v.client.GetOrder(testContext(t), exchangeIDs(), "c", "o"); err != nil {
		t.Error(err)
	}
}

// TestTokensAreAskedForAnAudience: another cloud's is a setting; the older form names it as a resource, the newer in a scope.
func TestTokensAreAskedForAnAudience(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]string{"/oauth2/token": {"resource", "https://api.other.example"}, "/oauth2/v2.0/token": {"scope", "https://api.other.example/.default"}} {
		var asked atomic.Pointer[string]
		v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				got := r.FormValue(want[0])
				asked.Store(&got)
			}
			answering(200, `{"id":"o","access_token":"t"}`)(w, r)
		}, func(c *Config) {
			c.TokenURL, c.Audience = strings.Replace(c.TokenURL, "{tenant}/oauth2/token", "other"+path, 1), "https://api.other.example"
		})
		if _, _, err := v.client.GetOrder(testContext(t), exchangeIDs(), "c", "o"); err != nil || *asked.Load() != want[1] {
			t.Errorf("%s: %v, asked for %v", path, err, asked.Load())
		}
	}
}
