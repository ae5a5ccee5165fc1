package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/portal/issuer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// provider is an OpenID Connect provider of the test's own.
type provider struct {
	*httptest.Server
	key     *ecdsa.PrivateKey
	keyID   atomic.Value
	down    atomic.Bool
	fetches atomic.Int32
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{key: newKey(t)}
	p.keyID.Store("one")
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case p.down.Load():
			http.Error(w, "down", http.StatusBadGateway)
		case r.URL.Path == "/keys":
			p.fetches.Add(1)
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &p.key.PublicKey, KeyID: p.keyID.Load().(string)}}})
		default:
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"})
		}
	}))
	t.Cleanup(p.Close)
	return p
}

type claims map[string]any

// sign makes a token of the provider; changes override its usual claims.
func (p *provider) sign(t *testing.T, key *ecdsa.PrivateKey, changes claims) string {
	t.Helper()
	all := claims{"iss": p.URL, "aud": "seatflow", "sub": "emily", "name": "Emily Chen", "email": "emily@partner.example", "role": "technician", "exp": time.Now().Add(time.Hour).Unix()}
	for k, v := range changes {
		all[k] = v
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: p.keyID.Load().(string)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// newDoor opens a door to the provider and waits for its keys.
func newDoor(t *testing.T, cfg Config, p *provider) *Door {
	t.Helper()
	cfg.Audience, cfg.Skew = "seatflow", 30*time.Second
	if cfg.Remember == 0 {
		cfg.Remember = 100
	}
	if cfg.Claims == (ClaimNames{}) {
		cfg.Claims = DefaultClaims()
	}
	var client *http.Client
	if p != nil {
		cfg.Issuers, client = []string{p.URL}, p.Client()
	}
	d := New(cfg, client, quiet)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { d.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return d
}

func (d *Door) try(t *testing.T, token string) (rpc.Caller, string) {
	t.Helper()
	caller, err := d.Authenticate(t.Context(), "Bearer "+token)
	if err != nil {
		return caller, fault.As(err).Code
	}
	return caller, ""
}

func TestTokens(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	d := newDoor(t, Config{}, p)
	good := p.sign(t, p.key, nil)
	parts := strings.Split(good, ".")
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	now := time.Now()
	for name, tc := range map[string]struct{ token, code string }{
		"good":                        {good, ""},
		"forged with another key":     {p.sign(t, newKey(t), nil), "invalid_token"},
		"changed payload":             {parts[0] + "." + part(`{"iss":"`+p.URL+`","sub":"boss","role":"admin"}`) + "." + parts[2], "invalid_token"},
		"unsigned":                    {part(`{"alg":"none","kid":"one"}`) + "." + parts[1] + ".", "invalid_token"},
		"signed with the public key":  {part(`{"alg":"HS256","kid":"one"}`) + "." + parts[1] + "." + part("x"), "invalid_token"},
		"unknown issuer":              {p.sign(t, p.key, claims{"iss": "https://evil.example"}), "untrusted_token"},
		"for somebody else":           {p.sign(t, p.key, claims{"aud": "another"}), "invalid_token"},
		"for several":                 {p.sign(t, p.key, claims{"aud": []string{"another", "seatflow"}}), ""},
		"expired":                     {p.sign(t, p.key, claims{"exp": now.Add(-time.Minute).Unix()}), "expired_token"},
		"expired within the skew":     {p.sign(t, p.key, claims{"exp": now.Add(-10 * time.Second).Unix()}), ""},
		"never expires":               {p.sign(t, p.key, claims{"exp": nil}), "invalid_token"},
		"not yet":                     {p.sign(t, p.key, claims{"nbf": now.Add(time.Minute).Unix()}), "early_token"},
		"not yet, within the skew":    {p.sign(t, p.key, claims{"nbf": now.Add(10 * time.Second).Unix()}), ""},
		"nobody":                      {p.sign(t, p.key, claims{"sub": ""}), "malformed_token"},
		"no role":                     {p.sign(t, p.key, claims{"role": nil}), "no_role"},
		"a role of another world":     {p.sign(t, p.key, claims{"role": "root"}), "no_role"},
		"a customer without a tenant": {p.sign(t, p.key, claims{"role": "customer"}), "no_tenant"},
		"rubbish":                     {"abc", "malformed_token"},
		"rubbish with dots":           {"a.b.c", "malformed_token"},
		"much too long":               {strings.Repeat("x", 20_000), "malformed_token"},
	} {
		if _, code := d.try(t, tc.token); code != tc.code {
			t.Errorf("%s: %q, want %q", name, code, tc.code)
		}
		if _, code := d.try(t, tc.token); code != tc.code { // once more, past the cache
			t.Errorf("%s again: %q, want %q", name, code, tc.code)
		}
	}
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic abc", good} {
		if _, err := d.Authenticate(t.Context(), header); fault.As(err).Code != "missing_token" {
			t.Errorf("%q: %v", header, err)
		}
	}
	if _, err := d.Authenticate(t.Context(), "bearer  "+good); err != nil {
		t.Errorf("the scheme's case matters: %v", err)
	}
}

func TestCallersOfClaims(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	d := newDoor(t, Config{
		Claims: ClaimNames{Name: "name", Email: "email", Role: "realm_access.roles", Tenant: "https://x.example/tenant"},
		Roles:  map[string]string{"Boss": "admin", "Worker": "technician", "Client": "customer"},
	}, p)
	roles := func(r ...string) claims { return claims{"realm_access": map[string]any{"roles": r}} }
	with := func(c claims, k string, v any) claims { c[k] = v; return c }
	for name, tc := range map[string]struct {
		claims claims
		want   rpc.Caller
	}{
		"the strongest role counts":    {roles("Worker", "Boss", "Other"), rpc.Caller{Name: "Emily Chen", Email: "emily@partner.example", Role: orderv1.Role_ROLE_ADMIN}},
		"an unchecked address":         {with(roles("Worker"), "email_verified", false), rpc.Caller{Name: "Emily Chen", Role: orderv1.Role_ROLE_TECHNICIAN}},
		"an unchecked address in text": {with(roles("Worker"), "email_verified", "false"), rpc.Caller{Name: "Emily Chen", Role: orderv1.Role_ROLE_TECHNICIAN}},
		"a checked address in text":    {with(roles("Worker"), "email_verified", "true"), rpc.Caller{Name: "Emily Chen", Email: "emily@partner.example", Role: orderv1.Role_ROLE_TECHNICIAN}},
		"no address at all":            {with(roles("Worker"), "email", "Emily <emily@partner.example>"), rpc.Caller{Name: "Emily Chen", Role: orderv1.Role_ROLE_TECHNICIAN}},
		"a name with tricks":           {with(roles("Worker"), "name", "Em\x00il\ny"), rpc.Caller{Name: "Emily", Email: "emily@partner.example", Role: orderv1.Role_ROLE_TECHNICIAN}},
		"a name without end":           {with(roles("Worker"), "name", strings.Repeat("é", 300)), rpc.Caller{Name: strings.Repeat("é", 120), Email: "emily@partner.example", Role: orderv1.Role_ROLE_TECHNICIAN}},
		"a customer": {with(roles("Client"), "https://x.example/tenant", "ABC-1"), rpc.Caller{
			Name: "Emily Chen", Email: "emily@partner.example", Role: orderv1.Role_ROLE_CUSTOMER, Tenant: "abc-1",
		}},
		"staff carry no tenant": {with(roles("Boss"), "https://x.example/tenant", "ABC-1"), rpc.Caller{Name: "Emily Chen", Email: "emily@partner.example", Role: orderv1.Role_ROLE_ADMIN}},
	} {
		tc.want.Issuer, tc.want.Subject = p.URL, "emily"
		if got, code := d.try(t, p.sign(t, p.key, tc.claims)); got != tc.want {
			t.Errorf("%s: %+v %s, want %+v", name, got, code, tc.want)
		}
	}
	if _, code := d.try(t, p.sign(t, p.key, roles("admin"))); code != "no_role" {
		t.Errorf("with a translation, the untranslated word opens: %q", code)
	}
}

func TestIssuerDown(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	d := newDoor(t, Config{Remember: 1}, p)
	first, second := p.sign(t, p.key, nil), p.sign(t, p.key, claims{"sub": "john"})
	if _, code := d.try(t, first); code != "" {
		t.Fatal(code)
	}
	p.down.Store(true)
	if _, code := d.try(t, second); code != "" {
		t.Errorf("with keys at hand and the issuer down: %q", code)
	}
	p.keyID.Store("two")
	if _, code := d.try(t, p.sign(t, p.key, nil)); code != "issuer_unreachable" {
		t.Errorf("a new key while the issuer is down: %q", code)
	}
}

func TestIssuerDownFromTheStart(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.down.Store(true)
	d := newDoor(t, Config{}, p)
	token := p.sign(t, p.key, nil)
	if _, code := d.try(t, token); code != "issuer_unreachable" {
		t.Errorf("without keys: %q", code)
	}
	p.down.Store(false)
	for range 100 { // each try waits for a fetch
		if _, code := d.try(t, token); code == "" {
			return
		}
	}
	t.Error("the keys never came")
}

func TestForgedKeysDoNotMakeUsFetch(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	d := newDoor(t, Config{}, p)
	if _, code := d.try(t, p.sign(t, p.key, nil)); code != "" {
		t.Fatal(code)
	}
	p.keyID.Store("two") // rotated: one fetch is due
	if _, code := d.try(t, p.sign(t, p.key, nil)); code != "" {
		t.Errorf("after a rotation: %q", code)
	}
	p.keyID.Store("forged")
	forged := p.sign(t, newKey(t), nil)
	for range 20 {
		if _, code := d.try(t, forged); code != "invalid_token" {
			t.Errorf("forged: %q", code)
		}
	}
	if n := p.fetches.Load(); n != 2 {
		t.Errorf("fetched %d times", n)
	}
}

func TestLocalIssuer(t *testing.T) {
	t.Parallel()
	local, err := issuer.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(t, Config{Local: local}, nil)
	token, err := local.Mint(issuer.Claims{Email: "c@contoso.example", Role: "customer", Tenant: "T1"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	want := rpc.Caller{Issuer: issuer.Name, Subject: "c@contoso.example", Email: "c@contoso.example", Role: orderv1.Role_ROLE_CUSTOMER, Tenant: "t1"}
	if got, code := d.try(t, token); got != want {
		t.Errorf("%+v %s", got, code)
	}
	d.now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	if _, code := d.try(t, token); code != "expired_token" {
		t.Errorf("a remembered token outlives its end: %q", code)
	}
	if _, code := newDoor(t, Config{}, nil).try(t, token); code != "untrusted_token" {
		t.Errorf("without a local issuer: %q", code)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache(3)
	now := time.Now()
	for i := range byte(10) {
		c.put(c.now(), tokenKey{i}, rpc.Caller{}, now.Add(time.Minute))
		if i > 0 {
			c.get(tokenKey{0}, now) // in use, so it stays
		}
	}
	if len(c.entries) != 3 || c.recent.Len() != 3 {
		t.Errorf("holds %d and %d", len(c.entries), c.recent.Len())
	}
	if _, ok := c.get(tokenKey{0}, now); !ok {
		t.Error("the one in use was dropped")
	}
	if _, ok := c.get(tokenKey{9}, now.Add(time.Minute)); ok || len(c.entries) != 2 {
		t.Error("an expired one is still there")
	}
}

// TestWithdrawnKey: a token that was remembered is looked at anew when the issuer has other keys, and is not remembered
// if that happens while it is being checked.
func TestWithdrawnKey(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	d := newDoor(t, Config{}, p)
	old := p.sign(t, p.key, nil)
	if _, code := d.try(t, old); code != "" {
		t.Fatal(code)
	}
	p.keyID.Store("two") // the old one is gone
	if _, code := d.try(t, p.sign(t, p.key, nil)); code != "" {
		t.Fatalf("after a rotation: %q", code)
	}
	if _, code := d.try(t, old); code != "invalid_token" {
		t.Errorf("a token of a withdrawn key: %q", code)
	}
	era := d.seen.now()
	d.seen.forget()
	d.seen.put(era, tokenKey{1}, rpc.Caller{}, time.Now().Add(time.Minute))
	if _, ok := d.seen.get(tokenKey{1}, time.Now()); ok {
		t.Error("a token that was checked by the old keys is remembered")
	}
}

func BenchmarkRememberedToken(b *testing.B) {
	local, err := issuer.New(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	d := New(Config{Local: local, Remember: 10}, nil, quiet)
	token, err := local.Mint(issuer.Claims{Email: "a@b.example", Role: "admin"}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	header := "Bearer " + token
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Authenticate(b.Context(), header); err != nil {
			b.Fatal(err)
		}
	}
}
