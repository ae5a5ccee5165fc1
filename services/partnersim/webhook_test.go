package partnersim_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// callback is what a receiver got.
type callback struct {
	header http.Header
	raw    []byte
	event  map[string]any
}

// receive starts a receiver that answers with the statuses given, then with 200, and registers it.
func (s *sim) receive(more string, statuses ...int) (got chan callback) {
	s.t.Helper()
	got = make(chan callback, 100)
	next := make(chan int, len(statuses))
	for _, status := range statuses {
		next <- status
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		c := callback{header: r.Header, raw: raw}
		_ = json.Unmarshal(raw, &c.event)
		select {
		case status := <-next:
			w.WriteHeader(status)
		default:
		}
		got <- c
	}))
	s.t.Cleanup(receiver.Close)
	s.must(http.StatusOK, "POST", "/webhooks/v1/registration",
		`{"WebhookUrl":"`+receiver.URL+`","WebhookEvents":["subscription-updated","test-created"]`+more+`}`)
	return got
}

// wait gives the next callback.
func (s *sim) wait(got chan callback) callback {
	s.t.Helper()
	select {
	case c := <-got:
		return c
	case <-time.After(20 * time.Second):
		s.t.Fatal("nothing was sent")
		return callback{}
	}
}

// verify checks a callback as a careful receiver does.
func (s *sim) verify(c callback, header string) {
	s.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(s.call("GET", "/admin/webhooks/ca.pem", "").raw))
	path := strings.TrimPrefix(c.header.Get("X-Ms-Certificate-Url"), s.url)
	leaf, err := x509.ParseCertificate([]byte(s.call("GET", path, "").raw))
	if err != nil {
		s.t.Fatalf("certificate at %q: %v", path, err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		s.t.Errorf("chain: %v", err)
	}
	if leaf.Issuer.Organization[0] != "Microsoft Corporation" || c.header.Get("X-Ms-Signature-Algorithm") != "rsa-sha256" {
		s.t.Errorf("issuer %v, headers %v", leaf.Issuer, c.header)
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(c.header.Get(header), "Signature "))
	if err != nil {
		s.t.Fatalf("signature: %v in %v", err, c.header)
	}
	sum := sha256.Sum256(c.raw)
	if err := rsa.VerifyPKCS1v15(leaf.PublicKey.(*rsa.PublicKey), crypto.SHA256, sum[:], signature); err != nil {
		s.t.Errorf("signature: %v", err)
	}
}

// machine lets the machine's time pass, as fast as the scale says.
func machine(scale int) func(*partnersim.Config) {
	return func(c *partnersim.Config) { instant(c); c.Now, c.TimeScale = time.Now, scale }
}

func TestChangesAreNotified(t *testing.T) {
	t.Parallel()
	s := start(t, machine(1))
	got := s.receive("")
	s.must(http.StatusOK, "PATCH", basicPath, `{"quantity":12,"autoRenewEnabled":true}`)
	c := s.wait(got)
	s.verify(c, "Authorization")
	uri, _ := c.event["ResourceUri"].(string)
	if c.event["EventName"] != "subscription-updated" || c.event["ResourceName"] != "subscription" || c.event["AuditUri"] != nil ||
		!strings.HasSuffix(uri, "/webhooks/v1/customers/"+seed.Contoso+"/subscriptions/"+seed.ContosoBusinessBasic) {
		t.Errorf("callback: %s", c.raw)
	}
	if _, err := time.Parse(time.RFC3339Nano, c.event["ResourceChangeUtcDate"].(string)); err != nil {
		t.Error(err)
	}
	s.must(http.StatusOK, "PATCH", basicPath, `{"quantity":12,"autoRenewEnabled":true}`) // no change
	_, bought := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"), line(seed.PerpetualSoftware, "1"))
	id := bought.text("orders", 0, "lineItems", 0, "subscriptionId")
	if c := s.wait(got); !strings.Contains(string(c.raw), id) {
		t.Errorf("a purchase: %s", c.raw)
	}
	if len(got) != 0 {
		t.Errorf("%d more", len(got))
	}
}

func TestTransitionsAreNotifiedWhenDone(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { machine(1000)(c); c.TransitionDelay = 10 * time.Second })
	got := s.receive(`,"SignatureTokenToMsSignatureHeader":true`)
	made := s.must(http.StatusOK, "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "1", ""))
	first, second := s.wait(got), s.wait(got)
	s.verify(first, "X-Ms-Signature")
	both := string(first.raw) + string(second.raw)
	if !strings.Contains(both, made.text("ToSubscriptionId")) || !strings.Contains(both, seed.ContosoBusinessBasic) {
		t.Errorf("callbacks: %s", both)
	}
	s.must(http.StatusOK, "GET", subscriptions(seed.Contoso)+"/"+made.text("ToSubscriptionId"), "")
}

func TestNotificationsAreTriedAgain(t *testing.T) {
	t.Parallel()
	s := start(t, machine(1000))
	got := s.receive("", 500, 404)
	s.must(http.StatusOK, "PATCH", basicPath, `{"quantity":12,"autoRenewEnabled":true}`)
	first := s.wait(got)
	s.wait(got)
	if third := s.wait(got); string(third.raw) != string(first.raw) {
		t.Errorf("%s, then %s", first.raw, third.raw)
	}
}

func TestNotificationsComeTwiceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	s := start(t, machine(1))
	got := s.receive("")
	s.must(http.StatusCreated, "POST", "/admin/behaviours", `{"name":"webhook_disorder","times":1,"for_ms":3600000}`)
	s.must(http.StatusCreated, "POST", "/admin/behaviours", `{"name":"webhook_duplicate","times":1,"skip":1}`)
	s.must(http.StatusOK, "PATCH", basicPath, `{"quantity":11,"autoRenewEnabled":true}`)
	_, bought := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	id := bought.text("orders", 0, "lineItems", 0, "subscriptionId")
	counts := map[string]int{}
	first := s.wait(got)
	for _, c := range []callback{first, s.wait(got), s.wait(got)} {
		counts[string(c.raw)]++
	}
	if !strings.Contains(string(first.raw), id) || counts[string(first.raw)] != 2 || len(counts) != 2 {
		t.Errorf("first %s, all %v", first.raw, counts)
	}
}

func TestTestEvents(t *testing.T) {
	t.Parallel()
	s := start(t, machine(1))
	const path = "/webhooks/v1/registration"
	s.refused(404, "1000", "GET", path, "")
	s.refused(404, "1000", "PUT", path, `{"WebhookUrl":"http://127.0.0.1:1","WebhookEvents":["test-created"]}`)
	s.refused(404, "1000", "POST", path+"/validationEvents", "")
	s.refused(400, "3000", "POST", path, `{"WebhookUrl":"here","WebhookEvents":["test-created"]}`)
	s.refused(400, "3000", "POST", path, `{"WebhookUrl":"http://127.0.0.1:1","WebhookEvents":["odd"]}`)
	got := s.receive("")
	s.refused(409, "1000", "POST", path, `{"WebhookUrl":"http://127.0.0.1:1","WebhookEvents":["test-created"]}`)
	id := s.must(http.StatusOK, "POST", path+"/validationEvents", "").text("correlationId")
	c := s.wait(got)
	s.verify(c, "Authorization")
	if c.event["EventName"] != "test-created" || !strings.HasSuffix(c.event["ResourceUri"].(string), id) {
		t.Errorf("callback: %s", c.raw)
	}
	s.must(http.StatusOK, "POST", path+"/validationEvents", "")
	s.wait(got)
	a := s.must(http.StatusTooManyRequests, "POST", path+"/validationEvents", "")
	if a.header.Get("Retry-After") == "" || a.text("statusCode") != "429" {
		t.Errorf("a third: %s", a.raw)
	}
	tested := s.must(http.StatusOK, "GET", path+"/validationEvents/"+id, "")
	if tested.text("correlationId") != id || tested.text("partnerId") != seed.PartnerTenant {
		t.Errorf("tested: %s", tested.raw)
	}
	s.refused(404, "1000", "GET", path+"/validationEvents/"+seed.Contoso, "")
	if a := s.must(http.StatusOK, "GET", path+"/events", ""); len(a.list("items")) < 2 {
		t.Errorf("events: %s", a.raw)
	}
	old := s.must(http.StatusOK, "GET", path, "")
	a = s.must(http.StatusOK, "PUT", path, `{"WebhookUrl":"http://127.0.0.1:1","WebhookEvents":["test-created"]}`)
	if a.text("WebhookUrl") == old.text("WebhookUrl") || a.text("SubscriberId") == "" {
		t.Errorf("changed: %s", a.raw)
	}
	s.must(http.StatusNoContent, "POST", "/admin/reset", "")
	s.refused(404, "1000", "GET", path, "")
}
