package portal

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/portal/issuer"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newUser makes an NKEY user and the file with its seed.
func newUser(t *testing.T, name string) (user natstest.User, file string, sign nats.Option) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), name+".nk")
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	return natstest.User{Name: name, Nkey: public}, file, nats.Nkey(public, pair.Sign)
}

// serveIntake answers intake's endpoints as the fake does, once slow lets it.
func serveIntake(t *testing.T, nc *nats.Conn, slow <-chan struct{}, began chan<- struct{}) {
	t.Helper()
	handlers := map[string]rpc.Query{}
	for _, m := range contract.Methods {
		handlers[m.Name] = rpc.Query{Method: m, Handle: func(ctx context.Context, req proto.Message, meta rpc.Meta) (proto.Message, error) {
			began <- struct{}{}
			<-slow
			reply := m.Reply()
			err := intake{}.Call(ctx, m, req, reply, meta)
			return reply, err
		}}
	}
	srv, err := rpc.Serve(t.Context(), nc, contract.Intake, handlers, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// post places the order and returns the status and the body.
func post(t *testing.T, base, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/licensing/orders", strings.NewReader(order))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Close = true
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(body)
}

// TestRun starts the portal with no more rights than the contract gives it, and stops it with an order in flight.
func TestRun(t *testing.T) {
	t.Parallel()
	portalUser, keyFile, _ := newUser(t, "portal")
	rights := contract.PermissionsOf(contract.Portal)
	portalUser.Publish, portalUser.Subscribe = rights.Publish, rights.Subscribe
	intakeUser, _, signIntake := newUser(t, "intake")
	server := natstest.Start(t, natstest.Options{Users: []natstest.User{portalUser, intakeUser}})

	dir := t.TempDir()
	env := service.Env{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: new(telemetry.Health)}
	cfg := Config{Listen: "127.0.0.1:0", LocalIssuer: dir, NATS: service.NATS{URL: config.URL(server.URL()), KeyFile: keyFile}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- Run(ctx, cfg, env, func(base string) { up <- base }) }()
	var base string
	select {
	case base = <-up:
	case err := <-ended:
		t.Fatal(err)
	}
	if err := env.Health.Ready(); err != nil {
		t.Error(err)
	}
	local, err := issuer.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	token, err := local.Mint(issuer.Claims{Email: "emily@partner.example", Role: "technician"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if code, body := post(t, base, token); code != http.StatusServiceUnavailable || !strings.Contains(body, "service_unreachable") {
		t.Errorf("without intake: %d %s", code, body)
	}

	slow, began := make(chan struct{}), make(chan struct{}, 1)
	nc := server.Connect(signIntake)
	serveIntake(t, nc, slow, began)
	answered := make(chan int, 1)
	go func() {
		code, _ := post(t, base, token)
		answered <- code
	}()
	<-began
	stop()
	close(slow)
	if code := <-answered; code != http.StatusCreated {
		t.Errorf("the order in flight is answered %d", code)
	}
	if err := <-ended; err != nil {
		t.Errorf("the stop: %v", err)
	}
	if env.Health.Ready() == nil {
		t.Error("a stopped portal is ready")
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	env := service.Env{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: new(telemetry.Health)}
	err := Run(t.Context(), Config{LocalIssuer: t.TempDir(), Listen: "0.0.0.0:0"}, env, func(string) { t.Error("it is ready") })
	if err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("off loopback with the local issuer: %v", err)
	}
}
