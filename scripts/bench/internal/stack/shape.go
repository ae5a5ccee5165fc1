package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
)

// services are those with a database; the portal comes besides.
var services = []string{"intake", "approval", "fulfillment", "notification"}

// StartAllInOne starts the four services and the portal in one process, on the servers that run.
func (s *Stack) StartAllInOne(ctx context.Context) error {
	p, err := start(s.dir, "seatflow", []string{"SEATFLOW_ADMIN_POSTGRES_URL=" + s.adminURL()}, s.o.Died,
		filepath.Join(s.o.Bin, "seatflow"), "up", "--data", s.data, "--listen", "127.0.0.1:0", "--ops", "127.0.0.1:0",
		"--nats", s.nats, "--partnersim", s.partnersim, "--smtp", s.smtp, "--vendor-rate-per-minute", "0", "--sources", Source)
	if err != nil {
		return err
	}
	s.services = append(s.services, p)
	if _, err := p.await(ctx, after("seatflow is ready")); err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(s.data, "run.json"))
	if err != nil {
		return err
	}
	var at struct{ Portal, Ops string }
	if err := json.Unmarshal(raw, &at); err != nil {
		return fmt.Errorf("read run.json: %w", err)
	}
	s.portal, s.ops = at.Portal, at.Ops
	return nil
}

// StartSplit starts each service and the portal as a process of its own. The databases and keys must be there, as
// StartAllInOne leaves them.
func (s *Stack) StartSplit(ctx context.Context) error {
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.portal, s.ops = "http://"+address, ""
	extra := map[string][]string{
		"fulfillment": {
			"SEATFLOW_VENDOR_BASE_URL=" + s.partnersim, "SEATFLOW_VENDOR_TOKEN_URL=" + s.partnersim + "/{tenant}/oauth2/token",
			"SEATFLOW_VENDOR_TENANT=8d4d9c6f-5f0b-4e5a-9a3b-2f6f0c1d7e10", "SEATFLOW_VENDOR_CLIENT_ID=bench",
			"SEATFLOW_VENDOR_CLIENT_SECRET=bench", "SEATFLOW_VENDOR_RATE_PER_MINUTE=0",
		},
		"notification": {
			"SEATFLOW_SMTP_ADDRESS=" + s.smtp, "SEATFLOW_SMTP_TLS=none", "SEATFLOW_SMTP_CONNECTIONS=8",
			"SEATFLOW_ADMINS=john.smith@msp.example", "SEATFLOW_MAIL_FROM=Seatflow <seatflow@msp.example>",
		},
		"portal": {"SEATFLOW_PORTAL_LISTEN=" + address, "SEATFLOW_LOCAL_ISSUER=" + filepath.Join(s.data, "issuer")},
	}
	var group errgroup.Group
	for _, name := range append([]string{"portal"}, services...) {
		env, err := s.settings(name)
		if err != nil {
			return err
		}
		env = append(append(env, "SEATFLOW_OPS_LISTEN=127.0.0.1:0"), extra[name]...)
		p, err := start(s.dir, name, env, s.o.Died, filepath.Join(s.o.Bin, name))
		if err != nil {
			return err
		}
		s.services = append(s.services, p)
		group.Go(func() error {
			_, err := p.await(ctx, after(name+" is ready"))
			return err
		})
	}
	return group.Wait()
}

// StopServices ends Seatflow in whatever shape it runs; the servers stay.
func (s *Stack) StopServices(ctx context.Context) error {
	stopped := make(chan error, len(s.services))
	for _, p := range s.services {
		go func() { stopped <- p.stop(ctx) }()
	}
	var err error
	for range s.services {
		err = errors.Join(err, <-stopped)
	}
	s.services = nil
	return err
}

// settings reads the environment file that setup leaves for a service.
func (s *Stack) settings(service string) ([]string, error) {
	raw, err := os.ReadFile(filepath.Join(s.data, "env", service+".env"))
	if err != nil {
		return nil, err
	}
	var env []string
	for line := range strings.Lines(string(raw)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && !strings.HasPrefix(name, "#") {
			env = append(env, name+"="+strings.Trim(value, "'"))
		}
	}
	return env, nil
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
