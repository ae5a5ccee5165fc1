package split

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/pgserver"
)

const (
	grace        = 2 * time.Minute
	setupTimeout = 2 * time.Minute
	// partnerTenant is the partner's own tenant in the Partner Center double.
	partnerTenant = "8d4d9c6f-5f0b-4e5a-9a3b-2f6f0c1d7e10"
	// refreshToken is taken by the double at any time; the replicas share the file that holds the newest one.
	refreshToken = "partnersim-refresh-token"
)

// postgresSettings are those of `seatflow up`, with room for the connections of all replicas.
var postgresSettings = map[string]string{
	"max_connections": "200", "shared_buffers": "256MB", "wal_compression": "lz4", "max_wal_size": "4GB",
	"checkpoint_timeout": "15min", "wal_buffers": "1MB", "max_prepared_transactions": "0", "jit": "off",
}

// Shape is a Seatflow in processes.
type Shape struct {
	cfg     Config
	log     *slog.Logger
	data    string
	bin     string
	members []*member // in the order of their start
	at      Addresses
	client  *http.Client
	// listens is where each member listens; ops is each service process' operators' address.
	listens struct{ portal, mail, smtp, sim, nats string }
	ops     map[string]string
	// adminURL is the administrator's, password included; known once Postgres has run, and the same from then on.
	adminURL string
	known    sync.Once
	port     int
}

// New prepares a shape: it chooses addresses and starts nothing.
func New(ctx context.Context, cfg Config, log *slog.Logger) (*Shape, error) {
	s := &Shape{cfg: cfg, log: log, ops: map[string]string{}, client: &http.Client{Timeout: probeTimeout}}
	var err error
	if s.data, err = filepath.Abs(cfg.Data); err != nil {
		return nil, err
	}
	if s.bin, err = filepath.Abs(cfg.Bin); err != nil {
		return nil, err
	}
	var p ports
	defer p.release()
	for _, want := range []struct {
		into *string
		addr string
	}{
		{&s.listens.portal, cfg.Listen}, {&s.listens.mail, cfg.Mail}, {&s.listens.smtp, cfg.SMTPListen},
		{&s.listens.sim, cfg.Sim}, {&s.listens.nats, cfg.NATSListen},
	} {
		if *want.into, err = p.pick(ctx, want.addr); err != nil {
			return nil, err
		}
	}
	if s.port, err = p.port(ctx); err != nil {
		return nil, err
	}
	for _, name := range s.processes() {
		if s.ops[name], err = p.following(ctx, cfg.Ops); err != nil {
			return nil, err
		}
	}
	s.at = Addresses{
		Portal: "http://" + s.listens.portal, Mail: "http://" + s.listens.mail, SMTP: s.listens.smtp, NATS: "nats://" + s.listens.nats,
		Partnersim: "http://" + s.listens.sim, Keys: filepath.Join(s.data, "keys"), Issuer: filepath.Join(s.data, "issuer"),
		Processes: map[string]string{},
	}
	for name, addr := range s.ops {
		s.at.Processes[name] = "http://" + addr
	}
	s.at.Ops = s.at.Processes["intake"]
	s.list()
	return s, nil
}

// Data is the data folder.
func (s *Shape) Data() string { return s.data }

// AdminURL is the administrator's URL of the Postgres server, password included; known once Run said ready.
func (s *Shape) AdminURL() string { return s.adminURL }

// Names are the members, in the order of their start.
func (s *Shape) Names() []string {
	names := make([]string, len(s.members))
	for i, m := range s.members {
		names[i] = m.name
	}
	return names
}

// Signal sends a signal to a member's process; false if none runs.
func (s *Shape) Signal(name string, sig syscall.Signal) bool {
	for _, m := range s.members {
		if m.name == name {
			pid, sent := m.signal(sig)
			s.log.Info("signal sent", slog.String("process", name), slog.Int("pid", pid), slog.String("signal", sig.String()), slog.Bool("sent", sent))
			return sent
		}
	}
	return false
}

// Starts is how often a member was started.
func (s *Shape) Starts(name string) int {
	for _, m := range s.members {
		if m.name == name {
			_, n := m.readiness()
			return n
		}
	}
	return 0
}

// AwaitReady waits until the member's process can be used: the one that runs, or else the next.
func (s *Shape) AwaitReady(ctx context.Context, name string) error {
	for _, m := range s.members {
		if m.name != name {
			continue
		}
		ready, _ := m.readiness()
		select {
		case <-ready:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%s is not up again: %w", name, context.Cause(ctx))
		}
	}
	return errors.New("no process is called " + name)
}

// Run runs everything until ctx ends. ready is called once orders are taken.
func (s *Shape) Run(ctx context.Context, ready func(Addresses)) error {
	for _, dir := range []string{s.data, filepath.Join(s.data, "log")} {
		if err := os.MkdirAll(dir, 0o711); err != nil { // Postgres' own user has to get through
			return err
		}
	}
	if err := os.WriteFile(s.refreshFile(), []byte(refreshToken), 0o600); err != nil {
		return err
	}
	var parts []app.Part
	for _, m := range s.members {
		parts = append(parts, app.Part{Name: m.name, Run: m.keep})
		if m.name == "nats" {
			parts = append(parts, app.Step("setup", s.setup))
		}
	}
	parts = append(parts, app.Step("ready lines", func(context.Context) error {
		if err := s.at.save(s.data); err != nil {
			return err
		}
		ready(s.at)
		return nil
	}))
	return app.Run(ctx, s.log, grace, parts...)
}

func (s *Shape) refreshFile() string { return filepath.Join(s.data, "vendor-refresh-token") }

// startPostgres starts the private Postgres, each time on the same port.
func (s *Shape) startPostgres(ctx context.Context) (life, error) {
	server, err := pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(s.data, "postgres"), Port: s.port, Settings: postgresSettings})
	if err != nil {
		return nil, err
	}
	s.known.Do(func() {
		s.adminURL = server.URL(pgserver.Superuser, "postgres")
		s.at.Postgres = withoutPassword(s.adminURL)
	})
	return server, nil
}

// setup makes databases, roles, streams and keys; on a folder that has them it changes nothing.
func (s *Shape) setup(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, setupTimeout, errors.New("split: setup timeout"))
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "seatflow"), "setup", "--data", s.data, "--nats", s.at.NATS, "--sources", strings.Join(s.cfg.Sources, ","))
	cmd.Env = append(os.Environ(), "SEATFLOW_ADMIN_POSTGRES_URL="+s.adminURL)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("seatflow setup: %w\n%s", err, out)
	}
	return nil
}

// answers probes an HTTP address for status 200.
func (s *Shape) answers(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		res, err := s.client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return errors.New(address + " answers " + strconv.Itoa(res.StatusCode))
		}
		return nil
	}
}

// listening probes an address for somebody who takes connections.
func listening(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// withoutPassword shows where the server is and nothing more.
func withoutPassword(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(unreadable)"
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}
