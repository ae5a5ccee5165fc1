// Package auth says who is calling: it turns a bearer token into a caller.
//
// Model: a token is a JWT of one of the configured OpenID Connect issuers, or of the local issuer. go-oidc checks
// signature, issuer, audience and expiry; the claims that the settings name give subject, name, e-mail, role and tenant.
// What was verified once is remembered by the token's SHA-256 in a bounded cache, never beyond the token's expiry, nor
// beyond a change of a provider's keys.
//
// Guarantees: no token is believed without a signature by a key of the issuer it names. A forged token never makes the
// portal fetch keys more often than every half minute. Keys once fetched serve on while the issuer is down. A customer's
// role without a tenant, and a token without a role that we know, open nothing.
//
// Failures: Unauthenticated for a missing, malformed, forged or expired token; Forbidden for a good token that gives no
// role; Unavailable while an issuer's keys cannot be had.
package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/portal/issuer"
)

// Config says whom to believe.
type Config struct {
	// Issuers are the URLs of OpenID Connect providers, as their tokens spell them.
	Issuers []string
	// Audience is what a provider's token must be meant for.
	Audience string
	Claims   ClaimNames
	// Roles translates a provider's role names into ours; empty means that it uses ours.
	Roles map[string]string
	// Skew is how far clocks may differ.
	Skew time.Duration
	// Remember bounds the cache, in tokens.
	Remember int
	// Local is the local issuer, nil when there is none.
	Local *issuer.Issuer
}

const (
	maxToken = 16 << 10
	// usualToken is how long most tokens are at most.
	usualToken = 1 << 10
	// rememberFor bounds how long a verified token is believed without looking at its signature again.
	rememberFor = 5 * time.Minute
)

// algorithms are the signatures we accept: asymmetric ones only.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// Door checks tokens. It is safe for concurrent use.
type Door struct {
	cfg     Config
	issuers map[string]*trusted
	seen    *cache
	now     func() time.Time
}

// trusted is one issuer that we believe.
type trusted struct {
	verifier *oidc.IDTokenVerifier
	claims   ClaimNames
	roles    map[string]string
	keys     *remoteKeys // nil for the local issuer, whose key is at hand
}

// New makes a door. client fetches providers' keys; log is told when that fails.
func New(cfg Config, client *http.Client, log *slog.Logger) *Door {
	d := &Door{cfg: cfg, issuers: map[string]*trusted{}, seen: newCache(cfg.Remember), now: time.Now}
	for _, url := range cfg.Issuers {
		keys := newRemoteKeys(url, client, log, d.seen.forget)
		d.issuers[url] = &trusted{
			verifier: oidc.NewVerifier(url, keys, d.verifying(cfg.Audience)), claims: cfg.Claims, roles: cfg.Roles, keys: keys,
		}
	}
	if cfg.Local != nil {
		d.issuers[issuer.Name] = &trusted{
			verifier: oidc.NewVerifier(issuer.Name, cfg.Local.KeySet(), d.verifying(issuer.Audience)), claims: DefaultClaims(),
		}
	}
	return d
}

func (d *Door) verifying(audience string) *oidc.Config {
	return &oidc.Config{
		ClientID: audience, SupportedSigningAlgs: algorithms,
		Now: func() time.Time { return d.now().Add(-d.cfg.Skew) },
	}
}

// Run keeps the providers' keys fresh until ctx ends.
func (d *Door) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, t := range d.issuers {
		if t.keys != nil {
			wg.Go(func() { t.keys.run(ctx) })
		}
	}
	<-ctx.Done()
	wg.Wait()
}

// Faults that say nothing about the token's content.
var (
	errMissing = fault.New(fault.Unauthenticated, "missing_token", "This needs a bearer token.").
			Hinted("Send the header Authorization: Bearer <token>.")
	errMalformed = fault.New(fault.Unauthenticated, "malformed_token", "The bearer token is not a signed JSON Web Token.")
	errUntrusted = fault.New(fault.Unauthenticated, "untrusted_token", "The bearer token is not from an issuer that is trusted here, or not meant for Seatflow.")
	errForged    = fault.New(fault.Unauthenticated, "invalid_token", "The bearer token is not valid here.")
	errExpired   = fault.New(fault.Unauthenticated, "expired_token", "The bearer token has expired.").Hinted("Get a new token and send the request again.")
	errEarly     = fault.New(fault.Unauthenticated, "early_token", "The bearer token is not valid yet.")
)

// Authenticate reads the value of an Authorization header.
func (d *Door) Authenticate(ctx context.Context, header string) (rpc.Caller, error) {
	token, err := bearer(header)
	if err != nil {
		return rpc.Caller{}, err
	}
	var room [usualToken]byte
	key := sha256.Sum256(append(room[:0], token...))
	if caller, ok := d.seen.get(key, d.now()); ok {
		return caller, nil
	}
	era := d.seen.now()
	caller, until, err := d.verify(ctx, token)
	if err != nil {
		return rpc.Caller{}, err
	}
	d.seen.put(era, key, caller, until)
	return caller, nil
}

func bearer(header string) (string, error) {
	if header == "" {
		return "", errMissing
	}
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", errMissing
	}
	if token = strings.TrimSpace(token); token == "" {
		return "", errMissing
	}
	if len(token) > maxToken {
		return "", errMalformed
	}
	return token, nil
}

// verify does the whole check and says until when it may be remembered.
func (d *Door) verify(ctx context.Context, token string) (rpc.Caller, time.Time, error) {
	keyID, from, err := peek(token)
	if err != nil {
		return rpc.Caller{}, time.Time{}, errMalformed.Because(err)
	}
	t, ok := d.issuers[from]
	if !ok {
		return rpc.Caller{}, time.Time{}, errUntrusted
	}
	if t.keys != nil {
		if err := t.keys.ensure(ctx, keyID); err != nil {
			return rpc.Caller{}, time.Time{}, err
		}
	}
	id, err := t.verifier.Verify(ctx, token)
	if err != nil {
		var expired *oidc.TokenExpiredError
		if errors.As(err, &expired) {
			return rpc.Caller{}, time.Time{}, errExpired
		}
		return rpc.Caller{}, time.Time{}, errForged.Because(err)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return rpc.Caller{}, time.Time{}, errMalformed.Because(err)
	}
	now := d.now()
	if nbf, ok := claims["nbf"].(float64); ok && now.Add(d.cfg.Skew).Before(time.Unix(int64(nbf), 0)) {
		return rpc.Caller{}, time.Time{}, errEarly
	}
	caller, err := t.claims.caller(id, claims, t.roles)
	if err != nil {
		return rpc.Caller{}, time.Time{}, err
	}
	until := now.Add(rememberFor)
	if end := id.Expiry.Add(d.cfg.Skew); end.Before(until) {
		until = end
	}
	return caller, until, nil
}

// peek reads, without believing it, which issuer and which key a token names.
func peek(token string) (keyID, from string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", "", errors.New("not three parts")
	}
	var header struct {
		KeyID string `json:"kid"`
	}
	var payload struct {
		Issuer string `json:"iss"`
	}
	if err := decode(parts[0], &header); err != nil {
		return "", "", err
	}
	if err := decode(parts[1], &payload); err != nil {
		return "", "", err
	}
	return header.KeyID, payload.Issuer, nil
}

func decode(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
