package hooks

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"sync"
	"time"
)

// Where certificates are served: the one that signatures are made with, and that of its issuer.
const (
	CertificatePath = "/certificates/webhook.cer" // DER
	AuthorityPath   = "/admin/webhooks/ca.pem"    // PEM
)

const (
	keyBits      = 2048
	organization = "Microsoft Corporation"
	validBefore  = 24 * time.Hour // of the machine's time, as receivers see it
	validAfter   = 10 * 365 * 24 * time.Hour
)

// signer signs with a key and certificates of its own, which live as long as it does.
type signer struct {
	once      sync.Once
	key       *rsa.PrivateKey
	leaf      []byte // DER
	authority []byte // DER
	err       error
}

func (s *signer) prepare() error {
	s.once.Do(func() { s.err = s.issue(time.Now()) })
	return s.err
}

// issue makes an authority and a certificate by it.
func (s *signer) issue(now time.Time) error {
	root, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	if s.key, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
		return err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "partnersim issuing authority", Organization: []string{organization}},
		NotBefore: now.Add(-validBefore), NotAfter: now.Add(validAfter), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "partnersim webhooks", Organization: []string{organization}},
		NotBefore: now.Add(-validBefore), NotAfter: now.Add(validAfter), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if s.authority, err = x509.CreateCertificate(rand.Reader, authority, authority, &root.PublicKey, root); err != nil {
		return err
	}
	s.leaf, err = x509.CreateCertificate(rand.Reader, leaf, authority, &s.key.PublicKey, root)
	return err
}

// sign gives the signature over a body, in base64.
func (s *signer) sign(body []byte) (string, error) {
	if err := s.prepare(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	return base64.StdEncoding.EncodeToString(signature), err
}

// ServeHTTP gives out the certificates: at CertificatePath the one that signatures are made with, at AuthorityPath the one
// that a receiver has to trust.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.signer.prepare(); err != nil {
		http.Error(w, "The certificates could not be made.", http.StatusInternalServerError)
		return
	}
	switch r.URL.Path {
	case CertificatePath:
		w.Header().Set("Content-Type", "application/pkix-cert")
		_, _ = w.Write(h.signer.leaf) // a client that has gone misses its answer
	case AuthorityPath:
		w.Header().Set("Content-Type", "application/x-pem-file")
		_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: h.signer.authority}) // likewise
	default:
		http.NotFound(w, r)
	}
}
