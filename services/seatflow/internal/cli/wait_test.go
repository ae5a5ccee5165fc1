package cli_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWaitEndsWithTheOrder: what can never come is not waited for.
func TestWaitEndsWithTheOrder(t *testing.T) {
	t.Parallel()
	done := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Replace(order, "awaiting_approval", "completed", 1)))
	}))
	t.Cleanup(done.Close)
	token := tokenFile(t)
	for words, want := range map[string]string{
		"x":                  "",
		"x completed":        "",
		"x failed":           "The order is completed and goes no further.",
		"x completd":         "completd is no status of an order.",
		"x awaiting-payment": "Use one of received,",
	} {
		args := append([]string{"orders", "wait"}, strings.Fields(words)...)
		_, err := run(t, append(args, "--within", "1h", "--url", done.URL, "--token-file", token)...)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", words, err, want)
		}
	}
}

func TestTokenNeedsAnAddress(t *testing.T) {
	t.Parallel()
	if _, err := run(t, "token", "--data", t.TempDir(), "--email", "emily"); err == nil || !strings.Contains(err.Error(), "is not an e-mail address") {
		t.Errorf("%v", err)
	}
}
