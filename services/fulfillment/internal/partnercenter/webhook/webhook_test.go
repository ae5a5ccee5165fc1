package webhook

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/kit/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	organization = "Microsoft Corporation"
	callback     = `{"EventName":"subscription-updated","ResourceUri":"http://api.partnercenter.example/webhooks/v1/customers/C-1/subscriptions/S-1",` +
		`"ResourceName":"subscription","AuditUri":null,"ResourceChangeUtcDate":"2026-11-16T16:19:06.3520276+00:00"}`
)

// keys are made once: they are dear.
var keys = sync.OnceValue(func() (k [2]*rsa.PrivateKey) {
	for i := range k {
		k[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return k
})

// vendor is a signer of callbacks and the host of its certificate.
type vendor struct {
	*httptest.Server
	verifier *Verifier
	roots    *x509.CertPool
	cert     []byte
	fetched  atomic.Int64
	status   int
}

func issue(t *testing.T, issuer string, until time.Time, key *rsa.PrivateKey) (ca *x509.Certificate, leaf []byte) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root", Organization: []string{issuer}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(100 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &keys()[0].PublicKey, keys()[0])
	if err != nil {
		t.Fatal(err)
	}
	if ca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	leaf, err = x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "dispatch"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
	}, ca, &key.PublicKey, keys()[0])
	if err != nil {
		t.Fatal(err)
	}
	return ca, leaf
}

func start(t *testing.T, issuer string) *vendor {
	t.Helper()
	v := &vendor{roots: x509.NewCertPool(), status: http.StatusOK}
	ca, leaf := issue(t, issuer, time.Now().Add(50*time.Hour), keys()[1])
	v.roots.AddCert(ca)
	v.cert = leaf
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.fetched.Add(1)
		w.WriteHeader(v.status)
		_, _ = w.Write(v.cert)
	}))
	verifier, err := New(Config{Hosts: []string{strings.TrimPrefix(v.URL, "http://")}, Roots: v.roots})
	if err != nil {
		t.Fatal(err)
	}
	v.verifier = verifier
	t.Cleanup(func() { verifier.Close(); v.Close() })
	return v
}

func (v *vendor) sign(t *testing.T, body string) http.Header {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, keys()[1], crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("Authorization", "Signature "+base64.StdEncoding.EncodeToString(signature))
	h.Set("X-MS-Certificate-Url", v.URL+"/cert.cer")
	h.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	return h
}

func TestEvent(t *testing.T) {
	t.Parallel()
	v := start(t, organization)
	h := v.sign(t, callback)
	for range 2 {
		e, err := v.verifier.Event(t.Context(), h, []byte(callback))
		want := Event{
			Name: "subscription-updated", Resource: "subscription", CustomerID: "C-1", SubscriptionID: "S-1",
			URI: "http://api.partnercenter.example/webhooks/v1/customers/C-1/subscriptions/S-1",
			At:  time.Date(2026, 11, 16, 16, 19, 6, 352027600, time.UTC),
		}
		if err != nil || e != want {
			t.Errorf("%+v, %v, want %+v", e, err, want)
		}
	}
	h.Set("X-MS-Signature", h.Get("Authorization"))
	h.Set("Authorization", "Bearer x")
	if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); err != nil {
		t.Errorf("signature in the other header: %v", err)
	}
	if n := v.fetched.Load(); n != 1 {
		t.Errorf("the certificate was fetched %d times", n)
	}
}

func TestPEMWithIssuer(t *testing.T) {
	t.Parallel()
	v := start(t, organization)
	v.cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.cert})
	if _, err := v.verifier.Event(t.Context(), v.sign(t, callback), []byte(callback)); err != nil {
		t.Error(err)
	}
}

// TestNotTheVendors: what is wrong with a callback, one thing at a time.
func TestNotTheVendors(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(v *vendor, h http.Header, body *string){
		"another body":   func(_ *vendor, _ http.Header, body *string) { *body += " " },
		"no signature":   func(_ *vendor, h http.Header, _ *string) { h.Del("Authorization") },
		"bearer":         func(_ *vendor, h http.Header, _ *string) { h.Set("Authorization", "Bearer abc") },
		"not base64":     func(_ *vendor, h http.Header, _ *string) { h.Set("Authorization", "Signature §") },
		"an old hash":    func(_ *vendor, h http.Header, _ *string) { h.Set("X-MS-Signature-Algorithm", "rsa-sha1") },
		"no algorithm":   func(_ *vendor, h http.Header, _ *string) { h.Del("X-MS-Signature-Algorithm") },
		"another hash":   func(_ *vendor, h http.Header, _ *string) { h.Set("X-MS-Signature-Algorithm", "rsa-sha512") },
		"no certificate": func(_ *vendor, h http.Header, _ *string) { h.Del("X-MS-Certificate-Url") },
		"another host": func(_ *vendor, h http.Header, _ *string) {
			h.Set("X-MS-Certificate-Url", "https://elsewhere.example/c")
		},
		"another port": func(_ *vendor, h http.Header, _ *string) { h.Set("X-MS-Certificate-Url", "http://127.0.0.1:1/c") },
		"a host in a login": func(v *vendor, h http.Header, _ *string) {
			h.Set("X-MS-Certificate-Url", "http://x@"+strings.TrimPrefix(v.URL, "http://"))
		},
		"no https": func(v *vendor, h http.Header, _ *string) {
			v.verifier.certificates.Hosts = []string{"far.example"}
			h.Set("X-MS-Certificate-Url", "http://far.example/c")
		},
		"no certificate at all": func(v *vendor, _ http.Header, _ *string) { v.cert = []byte("<html>") },
		"an unknown root":       func(v *vendor, _ http.Header, _ *string) { v.verifier.certificates.Roots = x509.NewCertPool() },
		"expired": func(v *vendor, _ http.Header, _ *string) {
			v.verifier.certificates.now = func() time.Time { return time.Now().Add(60 * time.Hour) }
		},
		"another issuer": func(v *vendor, _ http.Header, _ *string) { v.verifier.certificates.Organization = "Someone Else" },
		"a long body":    func(_ *vendor, _ http.Header, body *string) { *body = strings.Repeat(" ", MaxBody) + *body },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, body := start(t, organization), callback
			h := v.sign(t, body)
			spoil(v, h, &body)
			e, err := v.verifier.Event(t.Context(), h, []byte(body))
			if fault.KindOf(err) != fault.Unauthenticated || e != (Event{}) {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

// TestCertificateThatCannotBeHad: the vendor is to deliver again, and the host is left alone for a while.
func TestCertificateThatCannotBeHad(t *testing.T) {
	t.Parallel()
	v := start(t, organization)
	at := time.Now()
	v.verifier.certificates.now = func() time.Time { return at }
	v.status = http.StatusFound
	h := v.sign(t, callback)
	for range 3 {
		if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
	}
	if n := v.fetched.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	v.status, at = http.StatusOK, at.Add(pause)
	if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); err != nil {
		t.Error(err)
	}
	v.cert, at = nil, at.Add(kept-time.Second)
	if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); err != nil {
		t.Errorf("within a day: %v", err)
	}
	at = at.Add(time.Second)
	if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); err == nil {
		t.Error("the certificate is used for more than a day")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	at = at.Add(pause)
	if _, err := v.verifier.Event(gone, h, []byte(callback)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
}

// TestStrangersKeepNoCertificateAway: addresses that strangers make up on the pinned host do not keep one from being fetched
// again that was good before.
func TestStrangersKeepNoCertificateAway(t *testing.T) {
	t.Parallel()
	v := start(t, organization)
	at := time.Now()
	v.verifier.certificates.now = func() time.Time { return at }
	h := v.sign(t, callback)
	if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); err != nil {
		t.Fatal(err)
	}
	at = at.Add(kept)
	stranger, good := h.Clone(), v.cert
	stranger.Set("X-MS-Certificate-Url", h.Get("X-MS-Certificate-Url")+"?made-up")
	v.cert = []byte("nothing")
	if _, err := v.verifier.Event(t.Context(), stranger, []byte(callback)); err == nil {
		t.Fatal("a certificate that is none is believed")
	}
	v.cert = good
	if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); err != nil {
		t.Errorf("after a stranger's call: %v", err)
	}
	// Its own failures count for it, so that the host is left alone.
	at, v.cert = at.Add(kept), nil
	before := v.fetched.Load()
	for range 3 {
		if _, err := v.verifier.Event(t.Context(), h, []byte(callback)); err == nil {
			t.Error("no certificate is believed")
		}
	}
	if n := v.fetched.Load() - before; n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	v := start(t, organization)
	for body, want := range map[string]Event{
		`{"eventName":"test-created","resourceUri":"http://h/webhooks/v1/registration/validationEvents/x","auditUrl":"y"}`: {
			Name: "test-created", URI: "http://h/webhooks/v1/registration/validationEvents/x",
		},
		`{"EventName":"azure-fraud-event-detected","ResourceUri":"https://h/v1/fraudEvents?SubscriptionId=s-2&EventStatus=a","ResourceChangeUtcDate":"2026-02-17T00:05:39"}`: {
			Name: "azure-fraud-event-detected", URI: "https://h/v1/fraudEvents?SubscriptionId=s-2&EventStatus=a", SubscriptionID: "s-2",
			At: time.Date(2026, 2, 17, 0, 5, 39, 0, time.UTC),
		},
		`{"EventName":"e","ResourceUri":"https://h/customers/..%2f..%2fx/subscriptions"}`: {Name: "e", URI: "https://h/customers/..%2f..%2fx/subscriptions"},
		`{"EventName":"e","ResourceUri":"%zz","ResourceChangeUtcDate":"soon"}`:            {Name: "e", URI: "%zz"},
		"\ufeff" + `{"EventName":"e"}`: {Name: "e"},
		`{"EventName":""}`:             {},
		`{"EventName":5}`:              {},
		`[]`:                           {},
		``:                             {},
	} {
		e, err := v.verifier.Event(t.Context(), v.sign(t, body), []byte(body))
		if e != want || (err == nil) != (want.Name != "") || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %+v, %v, want %+v", body, e, err, want)
		}
	}
}

func TestHostIsNeeded(t *testing.T) {
	t.Parallel()
	for _, hosts := range [][]string{nil, {""}} {
		if _, err := New(Config{Hosts: hosts}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v", err)
		}
	}
}

// TestVendorSamples reads the callbacks among the vendor's samples, in the folder that SEATFLOW_VENDOR_SAMPLES names; without
// it those above are what is read.
func TestVendorSamples(t *testing.T) {
	t.Parallel()
	folder, set := os.LookupEnv("SEATFLOW_VENDOR_SAMPLES")
	if !set {
		return
	}
	files, err := filepath.Glob(filepath.Join(folder, "webhooks.callback.request.*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no callbacks in SEATFLOW_VENDOR_SAMPLES=%q (%v)", folder, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(data) {
			continue
		}
		e, err := read(data)
		if err != nil || e.Name == "" || e.At.IsZero() || e.Name == "subscription-updated" && (e.Resource != "subscription" || e.URI == "") {
			t.Errorf("%s: %+v, %v", filepath.Base(file), e, err)
		}
	}
}
