package testkit_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/kit/pgserver"
	"github.com/seatflow/seatflow/services/testkit"
)

// childVariable makes a run of TestChild print the server's process id and wait to be killed.
const childVariable = "SEATFLOW_TESTKIT_CHILD"

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func one(t *testing.T, url, sql string) string {
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

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	a, b := testkit.Postgres(t), testkit.Postgres(t)
	if one(t, a, "SELECT current_database()") == one(t, b, "SELECT current_database()") {
		t.Error("two tests share a database")
	}
}

func TestDatabaseIsDroppedThoughConnected(t *testing.T) { //nolint:tparallel // it looks at what the inner test left
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		url := testkit.Postgres(t)
		conn, err := pgx.Connect(context.WithoutCancel(t.Context()), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	if got := one(t, testkit.PostgresServer(t), "SELECT count(*)::text FROM pg_database WHERE datname = '"+name+"'"); got != "0" {
		t.Errorf("database %s is still there", name)
	}
}

func TestPostgresFrom(t *testing.T) {
	t.Parallel()
	runs := 0
	prepare := func(ctx context.Context, url string) error {
		runs++
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "CREATE TABLE t AS SELECT 'here'::text AS v")
		return errors.Join(err, conn.Close(ctx))
	}
	for range 3 {
		if got := one(t, testkit.PostgresFrom(t, "testkit", prepare), "SELECT v FROM t"); got != "here" {
			t.Errorf("got %q", got)
		}
	}
	if runs != 1 {
		t.Errorf("prepared %d times", runs)
	}
}

func TestServerOfOnesOwn(t *testing.T) {
	t.Parallel()
	o := pgserver.Options{Dir: testkit.PostgresDir(t), Unsafe: true}
	s := testkit.StartPostgres(t, o)
	s.Kill()
	if err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	o.Port = s.Port()
	again := testkit.StartPostgres(t, o)
	if got := one(t, again.URL(pgserver.Superuser, "postgres"), "SELECT 'up'"); got != "up" {
		t.Errorf("got %q", got)
	}
}

func TestChild(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		return // only a part of the next test
	}
	s := testkit.StartPostgres(t, pgserver.Options{Unsafe: true})
	if _, err := os.Stdout.WriteString("up " + s.URL(pgserver.Superuser, "postgres") + "\n"); err != nil {
		t.Fatal(err)
	}
	<-make(chan struct{})
}

func TestNothingOutlivesAKilledBinary(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var url string
	for url == "" && lines.Scan() {
		url, _ = strings.CutPrefix(lines.Text(), "up ")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return // dead already
	}
	defer func() { _ = conn.Close(t.Context()) }()
	// It is dying: the connection ends, without anybody's help, when the server does.
	if _, err := conn.WaitForNotification(t.Context()); err == nil || t.Context().Err() != nil {
		t.Errorf("the server lives on: %v", err)
	}
}

func TestWaitAndUntil(t *testing.T) {
	t.Parallel()
	ch := make(chan int, 1)
	ch <- 7
	if got := testkit.Wait(t, "a number", ch); got != 7 {
		t.Errorf("got %d", got)
	}
	wake := make(chan struct{})
	count := 0
	go func() {
		for range 3 {
			wake <- struct{}{}
		}
	}()
	testkit.Until(t, "three signals", wake, func() bool { count++; return count == 4 })
}
