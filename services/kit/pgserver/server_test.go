package pgserver_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/pgserver"
)

// childVariable makes this test binary start a server on the folder it names, say where, and wait to be killed.
const childVariable = "SEATFLOW_TEST_PGSERVER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		child(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func child(dir string) {
	s, err := pgserver.Start(context.Background(), pgserver.Options{Dir: dir, Unsafe: true})
	if err != nil {
		_, _ = os.Stdout.WriteString("failed: " + err.Error() + "\n")
		return
	}
	_, _ = os.Stdout.WriteString(s.URL(pgserver.Superuser, "postgres") + "\n")
	<-s.Done()
}

func start(t *testing.T, o pgserver.Options) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(t.Context()) }) // that context has ended by then, so the server is cut off
	return s
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var answer string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestLife(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var log strings.Builder
	o := pgserver.Options{Dir: dir, Unsafe: true, Settings: map[string]string{"max_connections": "17"}, Log: &log}
	s := start(t, o)
	admin := s.URL(pgserver.Superuser, "postgres")
	if got := query(t, admin, "SHOW max_connections"); got != "17" {
		t.Errorf("max_connections %s", got)
	}
	if got := query(t, admin, "SELECT upper('ä')"); got != "Ä" {
		t.Errorf("the locale does not know Unicode: %s", got)
	}
	query(t, admin, "WITH made AS (SELECT lo_create(0)) SELECT 'a large object is kept' FROM made")

	refusesWrongPassword(t, admin)
	refusesFolderInUse(t, o)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Wait(), s.Stop(t.Context())); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "database system is shut down") {
		t.Errorf("the log was not passed on:\n%s", log.String())
	}

	again := start(t, o)
	if got := query(t, again.URL(pgserver.Superuser, "postgres"), "SELECT count(*)::text FROM pg_largeobject_metadata"); got != "1" {
		t.Errorf("rows after a restart: %s", got)
	}
	again.Kill()
	if err := again.Wait(); err != nil {
		t.Error(err)
	}
	o.Port = again.Port()
	third := start(t, o)
	if got := query(t, third.URL(pgserver.Superuser, "postgres"), "SELECT count(*)::text FROM pg_largeobject_metadata"); got != "1" {
		t.Errorf("rows after a kill: %s", got)
	}
	if third.Port() != again.Port() {
		t.Errorf("port %d, asked for %d", third.Port(), again.Port())
	}
}

func refusesWrongPassword(t *testing.T, admin string) {
	t.Helper()
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(pgserver.Superuser, "wrong")
	if _, err := pgx.Connect(t.Context(), u.String()); err == nil {
		t.Error("connected with a wrong password")
	}
}

func refusesFolderInUse(t *testing.T, o pgserver.Options) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // do not wait for the running server to end
	_, err := pgserver.Start(ctx, o)
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.As(err).Message, o.Dir) {
		t.Errorf("got %v", err)
	}
}

func TestEndsByItself(t *testing.T) {
	t.Parallel()
	s := start(t, pgserver.Options{Dir: t.TempDir(), Unsafe: true})
	if err := syscall.Kill(s.PID(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "shut") {
		t.Errorf("got %v", err)
	}
}

func TestSocket(t *testing.T) {
	t.Parallel()
	short, err := os.MkdirTemp("", "sfpg") //nolint:usetesting // a socket's path must be short, a test's folder is not
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	s := start(t, pgserver.Options{Dir: t.TempDir(), Unsafe: true, SocketDir: short})
	where := s.URL(pgserver.Superuser, "postgres")
	if got := query(t, where, "SELECT coalesce(inet_server_addr()::text, 'socket')"); got != "socket" {
		t.Errorf("connected by %s", got)
	}
}

func TestInterruptedInitdbStartsOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	half := filepath.Join(dir, "data.new", "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, pgserver.Options{Dir: dir, Unsafe: true})
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left over is still there: %v", err)
	}
}

func TestBadSettingShowsTheLog(t *testing.T) {
	t.Parallel()
	_, err := pgserver.Start(t.Context(), pgserver.Options{
		Dir: t.TempDir(), Unsafe: true, Settings: map[string]string{"shared_buffers": "much"},
	})
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "shared_buffers") {
		t.Errorf("got %v", err)
	}
}

func TestDiesWithItsStarter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 512)
	n, err := out.Read(line)
	if err != nil || !strings.HasPrefix(string(line[:n]), "postgres://") {
		t.Fatalf("the child said %q, %v", line[:n], err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()                                     // it was killed
	start(t, pgserver.Options{Dir: dir, Unsafe: true}) // waits until the orphan has ended, and would refuse otherwise
}
