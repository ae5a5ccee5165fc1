// Package issuer is a local issuer of bearer tokens, for trying Seatflow out and for tests, never for production.
//
// Model: one ES256 key lies in a file of a folder; whoever may read the file may mint tokens. The portal reads the same
// folder and checks signatures with the public half directly, so nothing needs to be fetched.
//
// Guarantees: the key file is made once, even when several processes start at the same time, and is readable by its
// owner alone; a file that others may read is refused. The discovery document and the keys are served to loopback only.
//
// Failures: New fails when the folder cannot be used or the key is not one of ours; Mint when the claims make no sense.
package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// Name is the iss claim of every token minted here, and Audience their aud claim.
const (
	Name     = "seatflow-local"
	Audience = "seatflow"
)

// MaxTTL bounds how long a token of this issuer may live.
const MaxTTL = 30 * 24 * time.Hour

// Claims say whom a token stands for.
type Claims struct {
	// Subject names the person; it is the e-mail address when empty.
	Subject string
	Name    string
	Email   string
	// Role is admin, technician, customer_admin, customer or system.
	Role string
	// Tenant is the one customer (an Entra tenant id) that a customer's user belongs to.
	Tenant string
}

// Issuer mints tokens with the key of one folder.
type Issuer struct {
	key    *ecdsa.PrivateKey
	keyID  string
	signer jose.Signer
}

// New reads the folder's key, or makes the folder and the key.
func New(dir string) (*Issuer, error) {
	key, err := loadOrCreate(dir)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("local issuer: encode the public key: %w", err)
	}
	sum := sha256.Sum256(der)
	keyID := hex.EncodeToString(sum[:8])
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("local issuer: prepare signing: %w", err)
	}
	return &Issuer{key: key, keyID: keyID, signer: signer}, nil
}

// KeySet checks signatures of this issuer's tokens without asking anyone.
func (i *Issuer) KeySet() oidc.KeySet {
	return &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{&i.key.PublicKey}}
}

// payload is a token's body, in the names that OpenID Connect gives them.
type payload struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Role     string `json:"role"`
	Tenant   string `json:"tenant,omitempty"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// Mint makes a token that is good for ttl from now.
func (i *Issuer) Mint(c Claims, ttl time.Duration) (string, error) {
	if c.Subject == "" {
		c.Subject = c.Email
	}
	if err := c.check(ttl); err != nil {
		return "", err
	}
	now := time.Now()
	body, err := json.Marshal(payload{
		Issuer: Name, Audience: Audience, Subject: c.Subject, Name: c.Name, Email: c.Email, Role: c.Role,
		Tenant: c.Tenant, IssuedAt: now.Unix(), Expires: now.Add(ttl).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("local issuer: encode the claims: %w", err)
	}
	signed, err := i.signer.Sign(body)
	if err != nil {
		return "", fmt.Errorf("local issuer: sign: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("local issuer: serialize: %w", err)
	}
	return token, nil
}

func (c Claims) check(ttl time.Duration) error {
	if c.Subject == "" {
		return fmt.Errorf("local issuer: a token needs a subject or an e-mail address")
	}
	switch c.Role {
	case "admin", "technician", "system":
	case "customer_admin", "customer":
		if c.Tenant == "" {
			return fmt.Errorf("local issuer: the role %s needs a tenant, the customer that the person belongs to", c.Role)
		}
	default:
		return fmt.Errorf("local issuer: the role is %q and must be admin, technician, customer_admin, customer or system", c.Role)
	}
	if ttl <= 0 || ttl > MaxTTL {
		return fmt.Errorf("local issuer: a token lives %s and may live up to %s", ttl, MaxTTL)
	}
	return nil
}

// Handler serves /.well-known/openid-configuration and /keys to callers that reach it over loopback, by a loopback
// name; everyone else is forbidden.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, map[string]any{
			"issuer":                                Name,
			"jwks_uri":                              "http://" + r.Host + "/keys",
			"id_token_signing_alg_values_supported": []string{string(jose.ES256)},
			"response_types_supported":              []string{"id_token"},
			"subject_types_supported":               []string{"public"},
		})
	})
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: &i.key.PublicKey, KeyID: i.keyID, Algorithm: string(jose.ES256), Use: "sig"},
	}}
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, keys) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !reachedByLoopback(r) {
			http.Error(w, "The local issuer answers on loopback only.", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the client has gone; nothing is left to tell it
	}
}

// reachedByLoopback looks at the address that took the connection and at the name it was called by.
func reachedByLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && Loopback(addr.String()) && Loopback(r.Host)
}

// Loopback says whether a host, or host and port, names this machine to itself: localhost or a loopback address.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
