package notification

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
)

var required = []string{"--postgres", "postgres://notification@localhost/notification", "--smtp-address", "mail.example.com:587", "--mail-from", "Seatflow <seatflow@example.com>"}

// TestDefaults holds the defaults of the flags and those of a Config made by hand together.
func TestDefaults(t *testing.T) {
	t.Parallel()
	var flags, byHand Config
	if _, err := config.Load("notification", &flags, append(required, "--admins", "ann@example.com, bob@example.com"), io.Discard); err != nil {
		t.Fatal(err)
	}
	flags = flags.filled()
	byHand.SMTP.Address, byHand.SMTP.TLS, byHand.SMTP.IdleTimeout = flags.SMTP.Address, flags.SMTP.TLS, flags.SMTP.IdleTimeout
	byHand.Admins = []string{"ann@example.com", " bob@example.com", ""}
	byHand = byHand.filled()
	if diff := cmp.Diff(flags.SMTP, byHand.SMTP, cmp.Comparer(func(a, b config.Secret) bool { return a == b })); diff != "" {
		t.Errorf("mail settings differ:\n%s", diff)
	}
	if flags.Command != byHand.Command || flags.Engine.Concurrency != 4 || byHand.Engine.Concurrency != 4 {
		t.Errorf("%q and %q, %d and %d", flags.Command, byHand.Command, flags.Engine.Concurrency, byHand.Engine.Concurrency)
	}
	if diff := cmp.Diff([]string{"ann@example.com", "bob@example.com"}, flags.Admins); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(flags.Admins, byHand.Admins); diff != "" {
		t.Error(diff)
	}
}

func TestFaultySettings(t *testing.T) {
	t.Parallel()
	for flag, values := range map[string][]string{
		"--admins":        {"ann", "Ann <ann@example.com>", "ann@example.com,bob"},
		"--mail-from":     {"seatflow", "a@b.example, c@d.example"},
		"--mail-reply-to": {"nobody"},
		"--mail-domain":   {"a@b", "a b"},
		"--portal-url":    {"seatflow.example.com", "ftp://seatflow.example.com", "https://"},
		"--mail-command":  {"bin/seat\nflow"},
	} {
		for _, value := range values {
			var cfg Config
			_, err := config.Load("notification", &cfg, append(required, flag, value), io.Discard)
			f := fault.As(err)
			if f == nil || len(f.Violations) != 1 || !strings.Contains(f.Violations[0].String(), flag) {
				t.Errorf("%s %q: %v", flag, value, err)
			}
		}
	}
}
