// Package webhook tells whether a callback is Partner Center's and what it says.
//
// Model: a [Verifier] takes a callback's headers and raw body. The headers name a certificate, a signature and how it was
// made. The certificate comes from the one host that is pinned by setting, its chain leads to given roots, its issuer is the
// organisation that is set; with its key the signature over the raw body is verified. Only then is the body read.
//
// Guarantees: nothing of a callback is believed, and none of its addresses but the pinned certificate's is called, before the
// signature was verified. Redirects are not followed. Sizes and times have limits, and one certificate is fetched at a time,
// so that strangers can make this program neither fetch nor keep much, nor keep it from fetching anew what was good. A certificate
// is fetched once and kept for a day, or until it expires.
//
// An event is a hint and no more: the vendor may send it twice, late (up to 48 hours), out of order or never, and it carries
// nothing of the resource. Whoever gets one asks Partner Center.
//
// Failures: unauthenticated for a callback that is not the vendor's, invalid for one that is and cannot be read, unavailable
// when the certificate cannot be had now; the vendor delivers up to ten times.
package webhook

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	_ "crypto/sha256" // the hashes that signatures may name
	_ "crypto/sha512"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// MaxBody is the longest body in bytes that is looked at; printed ones have a few hundred.
const MaxBody = 64 << 10

// Config says whose callbacks count. Zero values mean the defaults named here.
type Config struct {
	// Hosts are where certificates may come from, each a host or host:port; at least one. They are called by https, a
	// loopback one by http too.
	Hosts []string
	// Organization must have issued the certificate; default "Microsoft Corporation".
	Organization string
	// Roots are the certificates that its chain must lead to, issuing ones included; nil means the machine's.
	Roots *x509.CertPool
	// Timeout is how long fetching a certificate may take; default 10 s.
	Timeout time.Duration
}

// Event is what a verified callback says.
type Event struct {
	Name           string // subscription-updated, test-created …
	Resource       string // subscription, test …; "" where not told
	URI            string // of the resource as told; with Name and At it tells repeats apart
	CustomerID     string // from the URI, "" if it has none
	SubscriptionID string // likewise
	At             time.Time
}

// Verifier verifies callbacks. It is safe for concurrent use.
type Verifier struct {
	certificates *certificates
}

// New makes a verifier. It calls nobody. A configuration without a host is refused (kind invalid).
func New(cfg Config) (*Verifier, error) {
	if len(cfg.Hosts) == 0 || slices.Contains(cfg.Hosts, "") {
		return nil, fault.New(fault.Invalid, "invalid_setting", "The host that the webhook's certificates come from is missing.").In("webhook.new")
	}
	if cfg.Organization == "" {
		cfg.Organization = "Microsoft Corporation"
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = fetchTimeout
	}
	return &Verifier{certificates: newCertificates(cfg)}, nil
}

// Close closes the connections that are idle.
func (v *Verifier) Close() { v.certificates.transport.CloseIdleConnections() }

// Event verifies a callback and reads it.
func (v *Verifier) Event(ctx context.Context, headers http.Header, body []byte) (Event, error) {
	if len(body) > MaxBody {
		return Event{}, refused("the body is too long")
	}
	signature, hash, err := signed(headers)
	if err != nil {
		return Event{}, err
	}
	cert, err := v.certificates.get(ctx, headers.Get("X-MS-Certificate-Url"))
	if err != nil {
		return Event{}, err
	}
	h := hash.New()
	h.Write(body)
	if err := rsa.VerifyPKCS1v15(cert, hash, h.Sum(nil), signature); err != nil {
		return Event{}, refused("the signature does not fit the body")
	}
	return read(body)
}

// hashes are the signatures that are accepted, sha256 or better.
var hashes = map[string]crypto.Hash{"rsa-sha256": crypto.SHA256, "rsa-sha384": crypto.SHA384, "rsa-sha512": crypto.SHA512}

// signed takes the signature out of either header that it may stand in.
func signed(headers http.Header) (signature []byte, hash crypto.Hash, err error) {
	hash, ok := hashes[strings.ToLower(strings.TrimSpace(headers.Get("X-MS-Signature-Algorithm")))]
	if !ok {
		return nil, 0, refused("the signature is missing or made in a way that is not accepted")
	}
	for _, name := range []string{"X-MS-Signature", "Authorization"} {
		scheme, text, ok := strings.Cut(strings.TrimSpace(headers.Get(name)), " ")
		if !ok || !strings.EqualFold(scheme, "Signature") {
			continue
		}
		signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(signature) == 0 {
			return nil, 0, refused("the signature cannot be read")
		}
		return signature, hash, nil
	}
	return nil, 0, refused("the signature is missing")
}

// read reads a body that is the vendor's.
func read(body []byte) (Event, error) {
	var b struct { // names are compared without case
		EventName, ResourceName, ResourceURI, ResourceChangeUtcDate string
	}
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &b); err != nil || b.EventName == "" {
		return Event{}, fault.New(fault.Invalid, "callback_unreadable", "The callback cannot be read.").In("webhook.event").Because(err)
	}
	e := Event{Name: b.EventName, Resource: b.ResourceName, URI: b.ResourceURI, At: moment(b.ResourceChangeUtcDate)}
	if u, err := url.Parse(b.ResourceURI); err == nil {
		e.CustomerID, e.SubscriptionID = ids(u)
	}
	return e, nil
}

// ids takes the customer's and the subscription's id out of a resource's address.
func ids(u *url.URL) (customer, subscription string) {
	segments := strings.Split(u.Path, "/")
	for i, s := range segments[:len(segments)-1] {
		switch strings.ToLower(s) {
		case "customers":
			customer = id(segments[i+1])
		case "subscriptions":
			subscription = id(segments[i+1])
		}
	}
	for name, values := range u.Query() {
		if strings.EqualFold(name, "SubscriptionId") && subscription == "" {
			subscription = id(values[0])
		}
	}
	return customer, subscription
}

// id lets through what can be an id, and nothing else.
func id(s string) string {
	const most = 64
	if len(s) > most || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return ""
	}
	return s
}

// moment reads a date; one without a zone is UTC, and none is the zero time.
func moment(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// refused is the error for what is not the vendor's.
func refused(why string) error {
	return fault.New(fault.Unauthenticated, "callback_not_verified", "The callback is not signed by Microsoft: "+why+".").In("webhook.event")
}
