package partnercenter

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestQuestionsOfAUser: what only a signed-in user may ask goes out with such a user's token, and without one it is refused
// here, in words that name the setting.
func TestQuestionsOfAUser(t *testing.T) {
	t.Parallel()
	var auth string
	see := func(w http.ResponseWriter, r *http.Request) {
		auth = r.Header.Get("Authorization")
		answering(500, "")(w, r)
	}
	with, without := startVendor(t, see, signedIn(t)), startVendor(t, see)
	wanted := 0
	for _, tc := range requests {
		auth = ""
		_, _ = tc.call(testContext(t), with.client)
		asked := auth == "Bearer user-1"
		auth = ""
		answer, err := tc.call(testContext(t), without.client)
		local := answer.Entry.Word == NoUserSignIn && answer.Outcome == Refused && answer.Requests == 0 && auth == ""
		if asked != local || local && !strings.Contains(err.Error()+answer.Entry.Hint, "SEATFLOW_VENDOR_REFRESH_TOKEN_FILE") {
			t.Errorf("%s: as a user %v, refused without one %v: %+v", tc.name, asked, local, answer)
		}
		if asked {
			wanted++
		}
	}
	if wanted != 9 {
		t.Errorf("%d operations want a user", wanted)
	}
}

func TestRefreshTokenIsRotated(t *testing.T) {
	t.Parallel()
	var path string
	v := startVendor(t, answering(200, fixture(t, "direct_sign")), signedIn(t), func(c *Config) { path = c.RefreshTokenFile })
	for n := 1; n <= 3; n++ {
		if _, _, err := v.client.GetDirectSignStatus(testContext(t), exchangeIDs(), "c"); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if want := fmt.Sprintf("refresh-%d\n", n); err != nil || string(data) != want {
			t.Fatalf("file holds %q (%v), want %q", data, err, want)
		}
		v.clock.advance(3570 * time.Second)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".refresh-token-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRefreshTokenOfAnotherReplica: replicas share the file, and a token that one of them has used up is read anew.
func TestRefreshTokenOfAnotherReplica(t *testing.T) {
	t.Parallel()
	var path string
	v := startVendor(t, answering(200, fixture(t, "direct_sign")), signedIn(t), func(c *Config) { path = c.RefreshTokenFile })
	source := v.client.userTokens
	old, err := source.refresh.read()
	if err != nil {
		t.Fatal(err)
	}
	// The other replica is through before this one's exchange arrives: the file changes between read and refusal.
	v.exchanged.Store(7)
	if err := (&refreshFile{path: path}).store("refresh-7"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := source.observed(testContext(t), old); !errors.Is(err, errInvalidGrant) {
		t.Errorf("the spent token: %v", err)
	}
	if _, _, err := v.client.GetDirectSignStatus(testContext(t), exchangeIDs(), "c"); err != nil {
		t.Error(err)
	}
}

func TestSpentRefreshTokenIsAnOperatorsMatter(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }, signedIn(t))
	v.exchanged.Store(3)
	_, answer, err := v.client.GetDirectSignStatus(testContext(t), exchangeIDs(), "c")
	if answer.Outcome != NotSent || answer.Entry.Word != "user_sign_in_refused" || answer.Entry.Actor != Operator {
		t.Errorf("answer %+v", answer)
	}
	if strings.Contains(err.Error(), "refresh-0") {
		t.Errorf("the error quotes the token: %v", err)
	}
	if _, _, err := v.client.tokens.get(testContext(t)); err != nil {
		t.Errorf("the application's own sign-in: %v", err)
	}
}

func TestRefreshTokenThatCannotBeRead(t *testing.T) {
	t.Parallel()
	v := startVendor(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }, func(c *Config) {
		c.RefreshTokenFile = filepath.Join(t.TempDir(), "none")
	})
	_, answer, err := v.client.GetDirectSignStatus(testContext(t), exchangeIDs(), "c")
	if answer.Entry.Word != "user_sign_in_refused" || !errors.Is(err, errNoRefreshToken) {
		t.Errorf("answer %+v, error %v", answer, err)
	}
}

// TestRefreshTokenThatCannotBeStored: the newest is used all the same, from memory, until somebody puts another into the file.
func TestRefreshTokenThatCannotBeStored(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	f := &refreshFile{path: filepath.Join(dir, "token")}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := f.read(); err != nil || got != "old" {
		t.Fatal(got, err)
	}
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	err := f.store("newest")
	if err == nil || strings.Contains(err.Error(), "newest") || strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	if got, err := f.read(); err != nil || got != "newest" {
		t.Errorf("read %q, %v", got, err)
	}
	if err := os.WriteFile(f.path, []byte("by hand"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := f.read(); err != nil || got != "by hand" {
		t.Errorf("read %q, %v", got, err)
	}
}
