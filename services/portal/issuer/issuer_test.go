package issuer_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/seatflow/seatflow/services/portal/issuer"
)

var emily = issuer.Claims{Email: "emily@partner.example", Name: "Emily Chen", Role: "technician"}

func newIssuer(t *testing.T, dir string) *issuer.Issuer {
	t.Helper()
	i, err := issuer.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestTokensAreGoodForTheSameFolderOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	token, err := newIssuer(t, dir).Mint(emily, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	check := func(i *issuer.Issuer) (*oidc.IDToken, error) {
		cfg := &oidc.Config{ClientID: issuer.Audience, SupportedSigningAlgs: []string{oidc.ES256}}
		return oidc.NewVerifier(issuer.Name, i.KeySet(), cfg).Verify(t.Context(), token)
	}
	id, err := check(newIssuer(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != emily.Email {
		t.Errorf("the subject is %q", id.Subject)
	}
	if _, err := check(newIssuer(t, t.TempDir())); err == nil {
		t.Error("another folder's key accepts the token")
	}
	info, err := os.Stat(filepath.Join(dir, "local-issuer.key"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key file's mode is %o", info.Mode().Perm())
	}
}

func TestManyStartTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	bodies := make([]string, 8)
	for n := range bodies {
		wg.Go(func() {
			i, err := issuer.New(dir)
			if err != nil {
				t.Error(err)
				return
			}
			bodies[n] = get(t, i, "http://127.0.0.1/keys", "127.0.0.1:80").Body.String()
		})
	}
	wg.Wait()
	for _, b := range bodies {
		if b != bodies[0] {
			t.Fatalf("two processes made two keys: %s and %s", bodies[0], b)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestKeyFilesRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"others may read it": {"x", 0o644, "chmod 600"},
		"no key at all":      {"x", 0o600, "no PEM block"},
		"not a private key":  {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0o600, "local-issuer.key"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "local-issuer.key")
		if err := os.WriteFile(path, []byte(tc.content), tc.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := issuer.New(dir); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMintRefuses(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, t.TempDir())
	for name, tc := range map[string]struct {
		claims issuer.Claims
		ttl    time.Duration
	}{
		"nobody":                    {issuer.Claims{Role: "admin"}, time.Hour},
		"an unknown role":           {issuer.Claims{Email: "a@b.example", Role: "root"}, time.Hour},
		"a customer without tenant": {issuer.Claims{Email: "a@b.example", Role: "customer"}, time.Hour},
		"no lifetime":               {emily, 0},
		"a lifetime too long":       {emily, issuer.MaxTTL + 1},
	} {
		if _, err := i.Mint(tc.claims, tc.ttl); err == nil {
			t.Errorf("%s got a token", name)
		}
	}
}

func get(t *testing.T, i *issuer.Issuer, url, local string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	addr, err := net.ResolveTCPAddr("tcp", local)
	if err != nil {
		t.Error(err)
	}
	req = req.WithContext(context.WithValue(req.Context(), http.LocalAddrContextKey, net.Addr(addr)))
	rec := httptest.NewRecorder()
	i.Handler().ServeHTTP(rec, req)
	return rec
}

func TestServedOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, t.TempDir())
	rec := get(t, i, "http://localhost:8080/.well-known/openid-configuration", "127.0.0.1:8080")
	var doc map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || doc["issuer"] != issuer.Name {
		t.Errorf("the discovery document is %s (%v)", rec.Body, err)
	}
	if doc["jwks_uri"] != "http://localhost:8080/keys" {
		t.Errorf("the keys are at %v", doc["jwks_uri"])
	}
	if keys := get(t, i, "http://[::1]/keys", "[::1]:80").Body.String(); strings.Contains(keys, `"d"`) || !strings.Contains(keys, `"ES256"`) {
		t.Errorf("the keys are %s", keys)
	}
	for _, from := range [][2]string{{"http://localhost/keys", "192.0.2.1:80"}, {"http://evil.example/keys", "127.0.0.1:80"}} {
		if rec := get(t, i, from[0], from[1]); rec.Code != http.StatusForbidden {
			t.Errorf("%v is answered %d", from, rec.Code)
		}
	}
}
