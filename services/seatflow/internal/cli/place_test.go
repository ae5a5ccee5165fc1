package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRefusalsNameFlags: what is wrong with an order of flags is told by the flag, with an order of a file by its field.
func TestRefusalsNameFlags(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"code":"invalid","detail":"The request is not valid.","errors":[
			{"field":"customer.tenant_id","message":"Give a UUID."},{"field":"lines[0].add_seats.quantity","message":"Give at least 1."},{"field":"odd","message":"Odd."}]}`))
	}))
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	token := tokenFile(t)
	for _, check := range []string{"", " --validate-only"} {
		for args, want := range map[string]string{
			"add_seats":      "--customer: Give a UUID.\n  --quantity: Give at least 1.\n  odd: Odd.",
			"--file " + file: "customer.tenant_id: Give a UUID.\n  lines[0].add_seats.quantity: Give at least 1.",
		} {
			given := append([]string{"orders", "place", "--url", s.URL, "--token-file", token}, strings.Fields(args+check)...)
			if _, err := run(t, given...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", args+check, err, want)
			}
		}
	}
}

func TestCheckedOrderAsJSON(t *testing.T) {
	t.Parallel()
	url, _ := operators(t, map[string]string{"/api/licensing/orders": `{"valid":true,"sentence":"The order is valid."}`})
	out, err := run(t, "orders", "place", "suspend", "--validate-only", "--json", "--url", url, "--token-file", tokenFile(t))
	var told struct{ Valid bool }
	if err != nil || json.Unmarshal([]byte(out), &told) != nil || !told.Valid {
		t.Errorf("%v\n%s", err, out)
	}
}
