// Package stack starts what a measurement needs and ends it again: Postgres, NATS, the Partner Center double, the mail
// sink, and Seatflow itself in one process or in five.
//
// Model: everything lives in one temporary folder and on free loopback ports, so that it meets nothing else on the machine.
// The servers are processes of their own and stay while Seatflow changes its shape.
//
// Guarantees: Postgres syncs as it does by default. Stop ends every process and removes the folder; on Linux the kernel
// ends them too when this program is killed. Failures: a program that does not become ready, or ends by itself, is named
// with the end of its output.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seatflow/seatflow/scripts/bench/internal/proc"
	"github.com/seatflow/seatflow/scripts/bench/internal/store"
	"github.com/seatflow/seatflow/scripts/bench/internal/witness"
	"github.com/seatflow/seatflow/services/kit/pgserver"
)

const (
	// Source is the publisher whose key the load signs in with.
	Source = "erp"
	// Sink is the one argument with which this program is the mail sink.
	Sink = "sink"
)

// oneCore keeps the doubles, which are never near the work of a core, from looking for more work on the other ones each
// time they have some: what that takes is lost to what is measured.
var oneCore = []string{"GOMAXPROCS=1"}

// Options say what to start.
type Options struct {
	// Bin is the folder of the built programs.
	Bin string
	// Effects is how many purchases the double remembers one by one.
	Effects int
	// Keep leaves the folder in place at the end.
	Keep bool
	// Died is told when something ends by itself.
	Died func(error)
}

// Stack is what runs.
type Stack struct {
	o    Options
	dir  string
	data string
	wg   sync.WaitGroup

	pg       *pgserver.Server
	servers  []*Process // NATS, partnersim, mail
	services []*Process // Seatflow, in whatever shape

	nats, partnersim, smtp, mail string
	portal                       string
	ops                          string
}

// postgresSettings are those that `seatflow up` gives its private server, with more log kept for use again: see store.FillLog.
var postgresSettings = map[string]string{
	"max_connections": "100", "shared_buffers": "256MB", "wal_compression": "lz4", "max_wal_size": "4GB", "min_wal_size": "1GB",
	"checkpoint_timeout": "15min", "wal_buffers": "1MB", "jit": "off",
}

// Start starts the servers. The caller calls Stop.
func Start(ctx context.Context, o Options) (s *Stack, err error) {
	if o.Bin, err = filepath.Abs(o.Bin); err != nil {
		return nil, err
	}
	for _, program := range []string{"seatflow", "partnersim"} {
		if _, err := os.Stat(filepath.Join(o.Bin, program)); err != nil {
			return nil, fmt.Errorf("the programs are not built, run make build: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "seatflow-bench-")
	if err != nil {
		return nil, err
	}
	s = &Stack{o: o, dir: dir, data: filepath.Join(dir, "data")}
	err = errors.Join(os.Chmod(dir, 0o711), os.Mkdir(s.data, 0o711)) //nolint:gosec // Postgres' own user has to get through
	for _, step := range []func(context.Context) error{s.startPostgres, s.startNATS, s.startPartnersim, s.startMail} {
		if err == nil {
			err = step(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop(ctx))
	}
	return s, nil
}

// Stop ends everything that was started, last first. It outlives its context's end.
func (s *Stack) Stop(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	err := s.StopServices(ctx)
	for i := len(s.servers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.servers[i].stop(ctx))
	}
	s.servers = nil
	if s.pg != nil {
		stop, cancel := context.WithTimeoutCause(ctx, stopTimeout, errStopTimeout)
		err = errors.Join(err, s.pg.Stop(stop))
		cancel()
		s.pg = nil
	}
	s.wg.Wait()
	if s.o.Keep {
		return err
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// Dir is the folder of everything, with a log per process.
func (s *Stack) Dir() string { return s.dir }

func (s *Stack) startPostgres(ctx context.Context) error {
	pg, err := pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(s.dir, "postgres"), Settings: postgresSettings})
	if err != nil {
		return err
	}
	s.pg = pg
	s.wg.Go(func() {
		if err := pg.Wait(); err != nil {
			s.o.Died(err)
		}
	})
	return store.FillLog(ctx, s.adminURL())
}

// server starts one of the programs that stay, and waits for what it says when it is ready.
func (s *Stack) server(ctx context.Context, name string, env []string, ready func(string) (string, bool), program string, args ...string) (string, error) {
	p, err := start(s.dir, name, env, s.o.Died, program, args...)
	if err != nil {
		return "", err
	}
	s.servers = append(s.servers, p)
	return p.await(ctx, ready)
}

func (s *Stack) startNATS(ctx context.Context) (err error) {
	s.nats, err = s.server(ctx, "nats", nil, after("nats "), filepath.Join(s.o.Bin, "seatflow"), "nats", "--data", s.data, "--listen", "127.0.0.1:0", "--sources", Source)
	return err
}

func (s *Stack) startPartnersim(ctx context.Context) (err error) {
	ready := func(line string) (string, bool) {
		var said struct{ Msg, URL string }
		err := json.Unmarshal([]byte(line), &said)
		return said.URL, err == nil && said.Msg == "partnersim ready"
	}
	s.partnersim, err = s.server(ctx, "partnersim", oneCore, ready, filepath.Join(s.o.Bin, "partnersim"), "--listen", "127.0.0.1:0", "--rate-per-minute", "0",
		"--provisioning-delay", "0s", "--log-format", "json", "--keep-effects", strconv.Itoa(s.o.Effects))
	return err
}

func (s *Stack) startMail(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	line, err := s.server(ctx, "mail", oneCore, after("smtp "), self, Sink)
	if err != nil {
		return err
	}
	var ok bool
	if s.smtp, s.mail, ok = strings.Cut(line, " page "); !ok {
		return fmt.Errorf("the mail sink says %q, not where its page is", line)
	}
	return nil
}

// after finds what stands behind a word at the beginning of a line.
func after(word string) func(string) (string, bool) {
	return func(line string) (string, bool) {
		rest, ok := strings.CutPrefix(line, word)
		return strings.TrimSpace(rest), ok
	}
}

// Witness is whom to ask what really happened.
func (s *Stack) Witness() witness.Witness {
	return witness.Witness{Partnersim: s.partnersim, Mail: s.mail}
}

// Portal is the base URL of the HTTP API, and Ops that of metrics and profiles, empty in the split shape.
func (s *Stack) Portal() string { return s.portal }

// Ops is where the all-in-one process shows its metrics and profiles; empty in the split shape.
func (s *Stack) Ops() string { return s.ops }

// NATS is the broker's URL.
func (s *Stack) NATS() string { return s.nats }

// Key is the file with a NATS user's key.
func (s *Stack) Key(user string) string { return filepath.Join(s.data, "keys", user+".nk") }

// Databases gives the services' own databases, from the settings that setup leaves for them.
func (s *Stack) Databases() (store.Databases, error) {
	out := store.Databases{}
	for _, service := range services {
		env, err := s.settings(service)
		if err != nil {
			return nil, err
		}
		for _, v := range env {
			if u, ok := strings.CutPrefix(v, "SEATFLOW_POSTGRES_URL="); ok {
				out[service] = u
			}
		}
	}
	return out, nil
}

// Token makes a bearer token of the local issuer.
func (s *Stack) Token(ctx context.Context, role, name, email string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errStartTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.o.Bin, "seatflow"), "token",
		"--data", s.data, "--role", role, "--name", name, "--email", email, "--ttl", (12 * time.Hour).String())
	cmd.Env = clean(os.Environ())
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return "", fmt.Errorf("make a token: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Usage reads what every process has used; this program is "bench" and all together are "machine".
func (s *Stack) Usage() (map[string]proc.Usage, error) {
	out := map[string]proc.Usage{}
	var faults []error
	note := func(name string, u proc.Usage, err error) {
		out[name] = u
		if err != nil {
			faults = append(faults, fmt.Errorf("read what %s uses: %w", name, err))
		}
	}
	family, err := proc.OfFamily(s.pg.PID())
	note("postgres", family, err)
	for _, p := range append(append([]*Process(nil), s.servers...), s.services...) {
		u, err := proc.Of(p.PID)
		note(p.Name, u, err)
	}
	own, err := proc.Of(os.Getpid())
	note("bench", own, err)
	machine, err := proc.Machine()
	note("machine", proc.Usage{CPU: machine}, err)
	return out, errors.Join(faults...)
}

// Memory reads the memory of every process but Postgres', whose many and large ones take too long to be read while
// something is measured.
func (s *Stack) Memory() (map[string]int64, error) {
	out := map[string]int64{}
	for _, p := range append(append([]*Process(nil), s.servers...), s.services...) {
		u, err := proc.Of(p.PID)
		if err != nil {
			return nil, fmt.Errorf("read the memory of %s: %w", p.Name, err)
		}
		out[p.Name] = u.Memory
	}
	return out, nil
}

// Services are the names of Seatflow's own processes.
func (s *Stack) Services() []string {
	names := make([]string, len(s.services))
	for i, p := range s.services {
		names[i] = p.Name
	}
	return names
}

// adminURL is the Postgres administrator's, which is handed on in the environment only.
func (s *Stack) adminURL() string { return s.pg.URL(pgserver.Superuser, "postgres") }
