package natstest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/seatflow/seatflow/services/testkit/internal/exit"
)

// urlVariable names a running server for tests that need no server of their own.
const urlVariable = "SEATFLOW_TEST_NATS_URL"

const (
	startTimeout = 30 * time.Second
	maxPayload   = 1 << 20
	maxStore     = 64 << 30 // a limit, not a reservation on disk: the contract's streams together
)

// Options say what a server is to be. The zero value is a server that lets everybody do everything.
type Options struct {
	// StoreDir is where JetStream keeps its streams; empty means a folder of the test's own.
	StoreDir string
	// Port to listen on; 0 takes a free one.
	Port int
	// Users are the NKEY users with their rights; with any, nobody else gets in.
	Users []User
	// Process runs the server in a process of its own, so that it can be killed.
	Process bool
	// SyncAlways makes JetStream write each message through to the disk before it is acknowledged.
	SyncAlways bool
	// MaxPayload is the largest message in bytes; 0 means 1 MiB.
	MaxPayload int32
}

// User is one NKEY user. Rights that are empty altogether let it do everything.
type User struct {
	Name      string   // shown in the server's words only
	Nkey      string   // public key, "U…"
	Publish   []string // subjects it may publish to
	Subscribe []string // subjects it may subscribe to
	// Respond lets it answer requests: at most so many replies each, within five minutes. 0 forbids it.
	Respond int
}

// Server is a running or stopped server. Its methods are for the test's goroutine.
type Server struct {
	t    testing.TB
	o    Options
	here *server.Server // in this process
	away *process       // in a process of its own
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.StoreDir == "" {
		o.StoreDir = t.TempDir()
	}
	s := &Server{t: t, o: o}
	t.Cleanup(s.Stop)
	s.Restart()
	return s
}

// shared is the server that URL gives.
var shared struct {
	once sync.Once
	url  string
	err  error
}

// URL is a server that others use too, so streams and subjects need names of their own. testkit.Main ends it.
func URL(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() {
		if given := os.Getenv(urlVariable); given != "" {
			shared.url = given
			_, _ = fmt.Fprintln(os.Stderr, "testkit: NATS is the one that", urlVariable, "names")
			return
		}
		shared.url, shared.err = startShared()
		_, _ = fmt.Fprintln(os.Stderr, "testkit: NATS is embedded,", server.VERSION)
	})
	if shared.err != nil {
		t.Fatalf("this test needs a NATS server: %v", shared.err)
	}
	return shared.url
}

// startShared runs a server in this process until testkit.Main ends it.
func startShared() (string, error) {
	dir, err := os.MkdirTemp("", "seatflow-testnats-")
	if err != nil {
		return "", err
	}
	s := &Server{o: Options{StoreDir: dir}}
	if s.here, err = run(&s.o); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	exit.After(func() error {
		s.Stop()
		return os.RemoveAll(dir)
	})
	return s.URL(), nil
}

// URL is where clients connect; it stays the same over restarts.
func (s *Server) URL() string {
	return "nats://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(s.o.Port))
}

// StoreDir is JetStream's folder. Touch it only while the server is stopped.
func (s *Server) StoreDir() string { return s.o.StoreDir }

// Restart starts the server, after stopping it if it runs, on its store and its port.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	var err error
	if s.o.Process {
		s.away, err = startProcess(s.t.Context(), &s.o)
	} else {
		s.here, err = run(&s.o)
	}
	if err != nil {
		s.t.Fatalf("natstest: the server does not start: %v", err)
	}
}

// Stop ends the server in good order. Stopping twice is harmless.
func (s *Server) Stop() {
	if s.here != nil {
		s.here.Shutdown()
		s.here.WaitForShutdown()
		s.here = nil
	}
	if s.away != nil {
		s.away.stop()
		s.away = nil
	}
}

// Kill ends the server as kill -9 does; it needs Options.Process.
func (s *Server) Kill() {
	s.t.Helper()
	if s.away == nil {
		s.t.Fatal("natstest: only a running server with Options.Process can be killed")
	}
	s.away.kill()
	s.away = nil
}

// Connect connects with these options until the test ends.
func (s *Server) Connect(options ...nats.Option) *nats.Conn {
	s.t.Helper()
	nc, err := nats.Connect(s.URL(), options...)
	if err != nil {
		s.t.Fatalf("natstest: %v", err)
	}
	s.t.Cleanup(nc.Close)
	return nc
}

// run starts a server in this process and notes the port it took in o.
func run(o *Options) (*server.Server, error) {
	srv, err := server.NewServer(serverOptions(o))
	if err != nil {
		return nil, err
	}
	srv.Start()
	if !srv.ReadyForConnections(startTimeout) {
		srv.Shutdown()
		return nil, fmt.Errorf("it is not ready after %v", startTimeout)
	}
	addr, ok := srv.Addr().(*net.TCPAddr)
	if !ok {
		srv.Shutdown()
		return nil, fmt.Errorf("it listens on %v", srv.Addr())
	}
	o.Port = addr.Port
	return srv, nil
}

func serverOptions(o *Options) *server.Options {
	options := &server.Options{
		ServerName: "natstest", Host: "127.0.0.1", Port: o.Port, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: o.StoreDir, JetStreamMaxStore: maxStore, SyncAlways: o.SyncAlways, MaxPayload: o.MaxPayload,
	}
	if options.Port == 0 {
		options.Port = server.RANDOM_PORT
	}
	if options.MaxPayload == 0 {
		options.MaxPayload = maxPayload
	}
	for _, u := range o.Users {
		options.Nkeys = append(options.Nkeys, &server.NkeyUser{Nkey: u.Nkey, Permissions: u.permissions()})
	}
	return options
}

func (u User) permissions() *server.Permissions {
	if len(u.Publish) == 0 && len(u.Subscribe) == 0 && u.Respond == 0 {
		return nil
	}
	p := &server.Permissions{Publish: only(u.Publish), Subscribe: only(u.Subscribe)}
	if u.Respond > 0 {
		p.Response = &server.ResponsePermission{MaxMsgs: u.Respond, Expires: 5 * time.Minute}
	}
	return p
}

// only allows these subjects; no subjects allow nothing.
func only(subjects []string) *server.SubjectPermission {
	if len(subjects) == 0 {
		return &server.SubjectPermission{Deny: []string{">"}}
	}
	return &server.SubjectPermission{Allow: subjects}
}
