package fulfillment_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment"
)

// signer signs callbacks as the vendor does.
type signer struct {
	key         *rsa.PrivateKey
	leaf, roots []byte // DER, PEM
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	s := new(signer)
	var err error
	if s.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root", Organization: []string{"Microsoft Corporation"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "dispatch"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, &s.key.PublicKey, s.key)
	if err != nil {
		t.Fatal(err)
	}
	if s.leaf, err = x509.CreateCertificate(rand.Reader, leaf, authority, &s.key.PublicKey, s.key); err != nil {
		t.Fatal(err)
	}
	s.roots = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})
	return s
}

// post sends a callback and gives the answer's status.
func (s *signer) post(t *testing.T, to, certificate, body string) int {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Signature "+base64.StdEncoding.EncodeToString(signature))
	req.Header.Set("X-MS-Certificate-Url", certificate)
	req.Header.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// freeAddress is an address that nobody listens at now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// around answers some requests itself and leaves the others to the vendor's double.
func around(t *testing.T, s *stage, own func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !own(w, r) {
			s.v.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// reviewing is a vendor that has one order in review until it is done, and takes a webhook's registration.
type reviewing struct {
	certificate []byte
	registered  chan string
	name        func() string // the line's at the vendor
	done        atomic.Bool
	looks       atomic.Int64
}

func (v *reviewing) answer(w http.ResponseWriter, r *http.Request) bool {
	status, subscription := "pending_review", ""
	if v.done.Load() {
		status, subscription = "completed", "sub-1"
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /webhook.cer":
		_, _ = w.Write(v.certificate)
	case "POST /v1/customers/" + tenant + "/carts/cart-1/checkout":
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"orders":[{"id":"order-1","status":%q,"lineItems":[{"lineItemNumber":0,"quantity":3,"friendlyName":%q}]}]}`, status, v.name())
	case "GET /v1/customers/" + tenant + "/orders/order-1":
		v.looks.Add(1)
		fmt.Fprintf(w, `{"id":"order-1","status":%q,"lineItems":[{"lineItemNumber":0,"quantity":3,"subscriptionId":%q,"friendlyName":%q}]}`, status, subscription, v.name())
	case "GET /webhooks/v1/registration/events":
		fmt.Fprint(w, `["subscription-updated","test-created"]`)
	case "GET /webhooks/v1/registration":
		w.WriteHeader(http.StatusNotFound)
	case "POST /webhooks/v1/registration":
		fmt.Fprint(w, `{"WebhookUrl":"x","WebhookEvents":[]}`)
		v.registered <- r.Method
	default:
		return false
	}
	return true
}

// An order in review is looked at once an hour; a verified callback about its customer has it looked at now. A repeat, and one
// that is not the vendor's, does nothing. At its start the service registers where it listens.
func TestWebhookBringsALookForward(t *testing.T) {
	t.Parallel()
	signed := newSigner(t)
	address := freeAddress(t)
	review := &reviewing{certificate: signed.leaf, registered: make(chan string, 4)}
	var base string
	s := play(t, func(s *stage, cfg *fulfillment.Config) {
		review.name = func() string { return s.v.names[0] }
		base = around(t, s, review.answer)
		cfg.Vendor.BaseURL = base
		roots := filepath.Join(t.TempDir(), "roots.pem")
		if err := os.WriteFile(roots, signed.roots, 0o600); err != nil {
			t.Fatal(err)
		}
		cfg.Webhook = fulfillment.Webhook{
			Listen: address, URL: "https://hooks.partner.example/webhooks/partner-center", RootsFile: roots,
			CertificateHosts: []string{strings.TrimPrefix(base, "http://")},
		}
	})
	<-review.registered
	s.grant("0190d2c4-0000-7000-8000-00000000001a", purchase())
	s.want("waiting", orderv1.Status_STATUS_WAITING_ON_VENDOR)
	review.done.Store(true)
	to := "http://" + address + "/webhooks/partner-center"
	callback := func(at string) string {
		return `{"EventName":"subscription-updated","ResourceUri":"http://api.partnercenter.example/webhooks/v1/customers/` + strings.ToUpper(tenant) +
			`/subscriptions/` + subscription + `","ResourceName":"subscription","ResourceChangeUtcDate":"` + at + `"}`
	}
	if status := newSigner(t).post(t, to, base+"/webhook.cer", callback("2026-11-28T12:00:00Z")); status != http.StatusUnauthorized {
		t.Errorf("somebody else's callback: %d", status)
	}
	if n := review.looks.Load(); n != 0 {
		t.Errorf("%d looks without a callback", n)
	}
	for range 2 {
		if status := signed.post(t, to, base+"/webhook.cer", callback("2026-11-28T12:00:01Z")); status != http.StatusOK {
			t.Fatalf("the vendor's callback: %d", status)
		}
	}
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if n := review.looks.Load(); n != 1 {
		t.Errorf("%d looks", n)
	}
	for outcome, want := range map[string]float64{"hint": 1, "repeated": 1, "unverified": 1} {
		if got := s.metric("seatflow_fulfillment_callbacks_total", "outcome", outcome); got != want {
			t.Errorf("%v callbacks counted as %s, want %v", got, outcome, want)
		}
	}
}

// metric is the value of one counter or gauge with that label.
func (s *stage) metric(name, label, value string) float64 {
	s.t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == label && l.GetValue() == value {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return 0
}
