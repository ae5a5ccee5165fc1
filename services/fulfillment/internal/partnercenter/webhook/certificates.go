package webhook

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

const (
	fetchTimeout   = 10 * time.Second
	kept           = 24 * time.Hour
	pause          = 10 * time.Second // after a certificate that could not be had, none that was never good is fetched for so long
	maxCertificate = 64 << 10         // bytes
	maxKept        = 8
	minKeyBits     = 2048
)

var (
	errFetchTimeout = errors.New("webhook: certificate timeout")
	errPaused       = errors.New("webhook: the last certificate could not be had")
)

// certificates fetches and keeps the vendor's certificates.
type certificates struct {
	Config
	transport *http.Transport
	now       func() time.Time

	turn   chan struct{}        // holds one element: the right to fetch, and to touch failed
	failed map[string]time.Time // by address, of those that were good before; "" is all others, whoever made them up

	mu   sync.RWMutex
	good map[string]certificate
}

type certificate struct {
	key   *rsa.PublicKey
	until time.Time
}

func newCertificates(cfg Config) *certificates {
	return &certificates{
		Config: cfg, now: time.Now, turn: make(chan struct{}, 1), failed: map[string]time.Time{}, good: map[string]certificate{},
		transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: fetchTimeout, MaxConnsPerHost: 1, IdleConnTimeout: time.Minute,
			MaxResponseHeaderBytes: 16 << 10,
		},
	}
}

// get gives the key of the certificate at an address.
func (c *certificates) get(ctx context.Context, address string) (*rsa.PublicKey, error) {
	if key := c.known(address); key != nil {
		return key, nil
	}
	if err := c.allowed(address); err != nil {
		return nil, err
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, unavailable(context.Cause(ctx))
	}
	if key := c.known(address); key != nil {
		return key, nil
	}
	whose := c.wasGood(address)
	if c.now().Sub(c.failed[whose]) < pause {
		return nil, unavailable(errPaused)
	}
	data, err := c.fetch(ctx, address)
	if err != nil {
		if ctx.Err() == nil { // a caller that went away says nothing about the certificate
			c.failed[whose] = c.now()
		}
		return nil, unavailable(err)
	}
	cert, err := c.verify(data)
	if err != nil {
		c.failed[whose] = c.now()
		return nil, refused(err.Error())
	}
	c.keep(address, cert)
	return cert.key, nil
}

// wasGood gives an address back under which there was a good certificate before, and nothing for any other.
func (c *certificates) wasGood(address string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if _, ok := c.good[address]; ok {
		return address
	}
	return ""
}

func (c *certificates) known(address string) *rsa.PublicKey {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if cert, ok := c.good[address]; ok && c.now().Before(cert.until) {
		return cert.key
	}
	return nil
}

func (c *certificates) keep(address string, cert certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.good) >= maxKept {
		clear(c.good)
		clear(c.failed)
	}
	c.good[address] = cert
}

// allowed says whether an address is one of those that are pinned.
func (c *certificates) allowed(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(address) > 1024:
		return refused("its certificate's address is missing or odd")
	case !slices.ContainsFunc(c.Hosts, func(host string) bool { return strings.EqualFold(host, u.Host) }):
		return refused("its certificate is not at the host that is set")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return refused("its certificate is not at an https address")
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func (c *certificates) fetch(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, errFetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.transport.RoundTrip(req) // not through http.Client: redirects are not followed
	if err != nil {
		return nil, because(ctx, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxCertificate+1))
	switch {
	case err != nil:
		return nil, because(ctx, err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("webhook: certificate: status %d", resp.StatusCode)
	case len(data) > maxCertificate:
		return nil, errors.New("webhook: certificate is too large")
	}
	return data, nil
}

func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// verify reads a certificate, DER or PEM, and what stands beside it, and follows its chain to the roots.
func (c *certificates) verify(data []byte) (certificate, error) {
	all, err := parse(data)
	if err != nil || len(all) == 0 {
		return certificate{}, errors.New("its certificate cannot be read")
	}
	leaf, beside := all[0], x509.NewCertPool()
	for _, cert := range all[1:] {
		beside.AddCert(cert)
	}
	now := c.now()
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: c.Roots, Intermediates: beside, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}); err != nil {
		return certificate{}, errors.New("its certificate's chain does not lead to a root that is trusted")
	}
	if !slices.Contains(leaf.Issuer.Organization, c.Organization) {
		return certificate{}, errors.New("its certificate is of another issuer")
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < minKeyBits {
		return certificate{}, errors.New("its certificate's key is not fit for signatures")
	}
	until := now.Add(kept)
	if leaf.NotAfter.Before(until) {
		until = leaf.NotAfter
	}
	return certificate{key: key, until: until}, nil
}

func parse(data []byte) ([]*x509.Certificate, error) {
	if block, _ := pem.Decode(data); block == nil {
		return x509.ParseCertificates(data)
	}
	var der []byte
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			der = append(der, block.Bytes...)
		}
	}
	return x509.ParseCertificates(der)
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "certificate_unavailable", "The certificate of the callback cannot be had at the moment.").
		In("webhook.event").Because(err)
}
