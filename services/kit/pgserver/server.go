package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatflow/seatflow/services/kit/fault"
)

const (
	startTimeout  = 2 * time.Minute // a crash recovery may take its time
	dyingTimeout  = 10 * time.Second
	probeTimeout  = 2 * time.Second
	probeInterval = 20 * time.Millisecond
	immediateWait = 10 * time.Second
	portTries     = 5
	logTail       = 4 << 10 // bytes of the log that an error shows
)

// mallocSettings keep glibc from giving memory back after each statement that the next one takes anew: mapping the pages again
// was a fifteenth of what a busy session costs. A session may keep 16 MB for it. Other C libraries do not know them. The
// caller's environment wins.
var mallocSettings = []string{"MALLOC_TRIM_THRESHOLD_=16777216", "MALLOC_MMAP_THRESHOLD_=16777216"}

// Server is a running server. All methods may be called from any goroutine.
type Server struct {
	port     int
	socket   string
	password string
	pid      int
	tail     *tail
	asked    chan struct{} // closed when Stop or Kill was called
	done     chan struct{} // closed when the process has ended
	err      error         // how it ended; read after done
	ask      func()
}

// Start makes the folder's cluster if there is none, starts the server and waits until it takes connections. ctx bounds
// the start only, which takes two minutes at most; the caller ends the server with Stop or Kill.
func Start(ctx context.Context, o Options) (*Server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errors.New("pgserver: start timeout"))
	defer cancel()
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	f, err := prepare(ctx, bin, o)
	if err != nil {
		return nil, err
	}
	if err := f.awaitFree(ctx); err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		s, err := f.start(ctx, bin, o)
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil, try >= portTries:
			return nil, err
		case strings.Contains(err.Error(), "pre-existing shared memory block"):
			// processes of a killed server are still ending; they notice within moments
			if waitErr := pause(ctx, dyingTimeout/portTries); waitErr != nil {
				return nil, err
			}
		case o.Port != 0 || !strings.Contains(err.Error(), "Address already in use"):
			return nil, err
		}
	}
}

// start is one try to bring the process up.
func (f *folder) start(ctx context.Context, bin string, o Options) (*Server, error) {
	port := o.Port
	if port == 0 {
		var err error
		if port, err = freePort(ctx); err != nil {
			return nil, f.failed("no port is free").Because(err)
		}
	}
	log, err := os.OpenFile(filepath.Join(f.dir, "postgres.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, f.failed("its log cannot be written").Because(err)
	}
	s := &Server{
		port: port, socket: o.SocketDir, password: f.password, tail: &tail{file: log, also: o.Log},
		asked: make(chan struct{}), done: make(chan struct{}),
	}
	s.ask = closeOnce(s.asked)
	// Not CommandContext: ctx bounds the start only, and postgres is ended by the signals it knows.
	cmd := exec.Command(filepath.Join(bin, "postgres"), append([]string{"-D", f.data}, o.settings(port)...)...) //nolint:noctx // see above
	cmd.Env = slices.Concat(mallocSettings, os.Environ(), []string{"LC_ALL=C", "PGTZ=UTC"})
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = s.tail, s.tail
	cmd.SysProcAttr = f.user.attributes(f.dir, true)
	cmd.WaitDelay = immediateWait // grandchildren that outlive a killed server hold the log open
	started := make(chan error, 1)
	go s.run(cmd, log, started)
	if err := <-started; err != nil {
		return nil, f.failed("the program cannot be run").Because(err)
	}
	if err := s.awaitReady(ctx); err != nil {
		s.Kill()
		<-s.done
		return nil, f.failed("it does not come up").Because(fmt.Errorf("%w; end of its log:\n%s", err, s.tail))
	}
	return s, nil
}

// run owns the process. It stays on one thread, since the kernel ends the server when the thread that started it ends.
func (s *Server) run(cmd *exec.Cmd, log *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	err := cmd.Start()
	if err == nil {
		s.pid = cmd.Process.Pid
	}
	started <- err
	if err == nil {
		err = cmd.Wait()
	}
	_ = log.Close() // the server is gone; its log is as complete as it gets
	select {
	case <-s.asked:
	default:
		s.err = fault.New(fault.Unavailable, "postgres_ended", "The private Postgres server ended by itself.").
			In("pgserver.wait").Because(fmt.Errorf("%w; end of its log:\n%s", orExit(err), s.tail))
	}
}

func orExit(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// awaitReady tries to connect until the server lets it.
func (s *Server) awaitReady(ctx context.Context) error {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		err := s.probe(ctx)
		if err == nil {
			return nil
		}
		var refused *pgconn.PgError
		if errors.As(err, &refused) && !strings.HasPrefix(refused.Code, "57") && !strings.HasPrefix(refused.Code, "53") {
			return err // it is up, but for instance the password file does not fit
		}
		select {
		case <-s.done:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("%w, last error: %w", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}

func (s *Server) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errors.New("pgserver: probe timeout"))
	defer cancel()
	conn, err := pgconn.Connect(ctx, s.URL(Superuser, "postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// URL is how to connect as a user to a database. For the superuser it carries the password; for any other, the caller
// adds the one that it gave the user.
func (s *Server) URL(user, db string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + db}
	if user == Superuser {
		u.User = url.UserPassword(user, s.password)
	}
	query := url.Values{"sslmode": {"disable"}}
	if s.socket != "" {
		u.Host = ""
		query.Set("host", s.socket)
		query.Set("port", strconv.Itoa(s.port))
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// Port is the loopback port.
func (s *Server) Port() int { return s.port }

// PID is the server's process id.
func (s *Server) PID() int { return s.pid }

// Done is closed when the server has ended, by whatever.
func (s *Server) Done() <-chan struct{} { return s.done }

// Wait waits until the server has ended. It returns nil after Stop or Kill, else a fault of kind Unavailable with the end
// of the log as its cause.
func (s *Server) Wait() error {
	<-s.done
	return s.err
}

// Stop ends the server: open transactions are rolled back, everything is written. If ctx ends before the server does, the
// server is ended at once, which costs the next start a recovery but no data. Stopping twice is harmless.
func (s *Server) Stop(ctx context.Context) error {
	s.signal(syscall.SIGINT) // "fast" shutdown
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.signal(syscall.SIGQUIT) // "immediate" shutdown
	timer := time.NewTimer(immediateWait)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
		s.Kill()
		<-s.done
	}
	return fault.New(fault.Unavailable, "postgres_cut_off", "The private Postgres server had to be cut off.").
		In("pgserver.stop").Because(context.Cause(ctx))
}

// Kill ends the server as kill -9 does, for tests of what a crash leaves behind. It does not wait; see Wait.
func (s *Server) Kill() { s.signal(syscall.SIGKILL) }

func (s *Server) signal(sig syscall.Signal) {
	s.ask()
	select {
	case <-s.done:
	default:
		_ = syscall.Kill(s.pid, sig) // it may have ended this moment
	}
}
