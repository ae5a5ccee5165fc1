package bus_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// key is an NKEY pair: its public part, its seed, and a file with the seed.
func key(t *testing.T) (public, seed, file string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	if public, err = pair.PublicKey(); err != nil {
		t.Fatal(err)
	}
	raw, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	return public, string(raw), write(t, string(raw)+"\n")
}

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key.nk")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// freePort is a port at which nothing listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestRefusals: each says what is wrong, at once or when the caller's patience is over, and tells no secret.
func TestRefusals(t *testing.T) {
	t.Parallel()
	public, _, _ := key(t)
	_, strangerSeed, stranger := key(t)
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	accountSeed, err := account.Seed()
	if err != nil {
		t.Fatal(err)
	}
	server := natstest.Start(t, natstest.Options{Users: []natstest.User{{Name: "intake", Nkey: public}}})
	gone := "nats://" + net.JoinHostPort("127.0.0.1", "1")
	for name, c := range map[string]struct {
		cfg    bus.Config
		want   string
		secret string
	}{
		"no server":               {bus.Config{URL: gone, User: "intake"}, gone, ""},
		"a password in it":        {bus.Config{URL: "nats://admin:hunter2@127.0.0.1:1", User: "intake"}, gone, "hunter2"},
		"a token in it":           {bus.Config{URL: "nats://t0psecret@127.0.0.1:1", User: "intake"}, gone, "t0psecret"},
		"several servers":         {bus.Config{URL: "nats://a:hunter2@127.0.0.1:1, 127.0.0.1:1", User: "intake"}, gone + "," + gone, "hunter2"},
		"no URL":                  {bus.Config{User: "intake"}, "cannot be read", ""},
		"a broken URL":            {bus.Config{URL: "nats://admin:hunter2@127.0.0.1:port", User: "intake"}, "cannot be read", "hunter2"},
		"no key":                  {bus.Config{URL: server.URL(), User: "intake"}, "Authorization Violation", ""},
		"another's key":           {bus.Config{URL: server.URL(), User: "intake", SeedFile: stranger}, "Authorization Violation", strangerSeed},
		"no key file":             {bus.Config{URL: server.URL(), SeedFile: "/no/such/file"}, "/no/such/file", ""},
		"an empty file":           {bus.Config{URL: server.URL(), SeedFile: write(t, "")}, "not an NKEY seed", ""},
		"no seed":                 {bus.Config{URL: server.URL(), SeedFile: write(t, "my password")}, "not an NKEY seed", "my password"},
		"a public key":            {bus.Config{URL: server.URL(), SeedFile: write(t, public)}, "not an NKEY seed", public},
		"an account's seed":       {bus.Config{URL: server.URL(), SeedFile: write(t, string(accountSeed))}, "not a user's", string(accountSeed)},
		"a folder for a file":     {bus.Config{URL: server.URL(), SeedFile: t.TempDir()}, "read the NATS key", ""},
		"a seed in small letters": {bus.Config{URL: server.URL(), SeedFile: write(t, strings.ToLower(strangerSeed))}, "not an NKEY seed", strings.ToLower(strangerSeed)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			var log bytes.Buffer
			nc, err := bus.Connect(ctx, c.cfg, slog.New(slog.NewTextHandler(&log, nil)), nil)
			if err == nil {
				nc.Close()
				t.Fatal("it connects")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("it says %q, not %q", err, c.want)
			}
			if c.secret != "" && strings.Contains(err.Error()+log.String(), c.secret) {
				t.Errorf("it tells a secret: %q, %q", err, log.String())
			}
		})
	}
}

// TestWaitsForTheServer: programs may start before the broker does.
func TestWaitsForTheServer(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	public, _, file := key(t)
	refused := make(chan struct{})
	front, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", "0"))
	if err != nil {
		t.Fatal(err)
	}
	go func() { // tells of the first try, and drops it
		defer close(refused)
		if c, err := front.Accept(); err == nil {
			_ = c.Close()
		}
		_ = front.Close()
	}()
	type result struct {
		nc  *nats.Conn
		err error
	}
	done := make(chan result, 1)
	go func() {
		nc, err := bus.Connect(t.Context(), bus.Config{
			URL: "nats://" + front.Addr().String() + ",nats://127.0.0.1:" + strconv.Itoa(port), User: "intake", SeedFile: file,
		}, quiet(), nil)
		done <- result{nc, err}
	}()
	testkit.Wait(t, "the first try", refused)
	natstest.Start(t, natstest.Options{Port: port, Users: []natstest.User{{Name: "intake", Nkey: public}}})
	r := testkit.Wait(t, "the connection", done)
	if r.err != nil {
		t.Fatal(r.err)
	}
	r.nc.Close()
}

// TestComesBack: a connection that is lost is found again, its owner hears of both, and what is sent meanwhile fails at once.
func TestComesBack(t *testing.T) {
	t.Parallel()
	public, _, file := key(t)
	stranger, _, _ := key(t)
	server := natstest.Start(t, natstest.Options{Users: []natstest.User{{Name: "intake", Nkey: public}}})
	changes := make(chan error, 100)
	nc, err := bus.Connect(t.Context(), bus.Config{URL: server.URL(), User: "intake", SeedFile: file}, quiet(), func(err error) { changes <- err })
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	inbox := nc.NewInbox()
	if !strings.HasPrefix(inbox, "_INBOX_intake.") {
		t.Errorf("its inbox is %s", inbox)
	}
	server.Stop()
	if err := testkit.Wait(t, "the loss", changes); err == nil {
		t.Error("a loss without a reason")
	}
	if err := nc.Publish("x", nil); err == nil {
		t.Error("what cannot be sent is kept")
	}
	// Meanwhile the server does not know the key, which the library takes for final unless told otherwise.
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	blind := natstest.Start(t, natstest.Options{Port: port, Users: []natstest.User{{Name: "other", Nkey: stranger}}})
	refusals := make(chan struct{}, 1)
	nc.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) {
		select {
		case refusals <- struct{}{}:
		default:
		}
	})
	for range 3 {
		testkit.Wait(t, "a refusal", refusals)
	}
	blind.Stop()
	server.Restart()
	testkit.Until(t, "the return", changes, nc.IsConnected)
}

// TestRightMissing: a refused subject is named in the log.
func TestRightMissing(t *testing.T) {
	t.Parallel()
	public, _, file := key(t)
	server := natstest.Start(t, natstest.Options{Users: []natstest.User{{Name: "intake", Nkey: public, Publish: []string{"mine"}, Subscribe: []string{"_INBOX_intake.>"}}}})
	said := make(lines, 10)
	nc, err := bus.Connect(t.Context(), bus.Config{URL: server.URL(), User: "intake", SeedFile: file}, slog.New(slog.NewTextHandler(said, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Publish("another's", nil); err != nil {
		t.Fatal(err)
	}
	if line := testkit.Wait(t, "the report", said); !strings.Contains(line, "another's") {
		t.Errorf("it says %s", line)
	}
}

// lines is a log whose lines can be waited for.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}
