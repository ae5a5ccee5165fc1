package postgres_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/proxy"
)

func TestMain(m *testing.M) {
	testkit.MainNoLeaks(m)
}

func open(t *testing.T, c postgres.Config) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func fresh(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return open(t, postgres.Config{URL: config.URL(testkit.Postgres(t))})
}

func exec(t *testing.T, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, sql string) string {
	t.Helper()
	var answer string
	if err := db.QueryRow(t.Context(), sql).Scan(&answer); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func TestOpenSetsUpConnections(t *testing.T) {
	t.Parallel()
	url := config.URL(testkit.Postgres(t))
	pool := open(t, postgres.Config{URL: url, Name: "seatflow-intake"})
	for setting, want := range map[string]string{
		"application_name": "seatflow-intake", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "5s",
	} {
		if got := exec(t, pool, "SHOW "+setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	if got := pool.Config().MaxConns; got != 8 {
		t.Errorf("%d connections", got)
	}
	if mode := pool.Config().ConnConfig.DefaultQueryExecMode; mode != pgx.QueryExecModeCacheStatement {
		t.Errorf("mode %v", mode)
	}
	own := open(t, postgres.Config{URL: url + "&lock_timeout=7s", Conns: 2, IdleInTxTimeout: time.Second})
	if got := exec(t, own, "SHOW lock_timeout"); got != "7s" {
		t.Errorf("the URL's lock_timeout lost: %s", got)
	}
	if got := exec(t, own, "SHOW idle_in_transaction_session_timeout"); got != "1s" || own.Config().MaxConns != 2 {
		t.Errorf("idle %s, %d connections", got, own.Config().MaxConns)
	}
}

func TestOpenFailures(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	server := testkit.PostgresServer(t)
	for name, c := range map[string]struct {
		config postgres.Config
		kind   fault.Kind
	}{
		"nobody there":   {postgres.Config{URL: config.URL("postgres://u:hunter2@" + nobody + "/db")}, fault.Unavailable},
		"not a URL":      {postgres.Config{URL: "postgres://u:hunter2%zz@h/db"}, fault.Invalid},
		"no database":    {postgres.Config{URL: config.URL(strings.Replace(server, "/postgres?", "/nosuch?", 1))}, fault.Internal},
		"wrong password": {postgres.Config{URL: config.URL(server), Password: "hunter2"}, fault.Internal},
	} {
		_, err := postgres.Open(t.Context(), c.config)
		if err == nil || fault.KindOf(err) != c.kind || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInTx(t *testing.T) {
	t.Parallel()
	pool := fresh(t)
	if _, err := pool.Exec(t.Context(), "CREATE TABLE t (v int)"); err != nil {
		t.Fatal(err)
	}
	insert := func(tx pgx.Tx) error {
		_, err := tx.Exec(context.WithoutCancel(t.Context()), "INSERT INTO t VALUES (1)")
		return err
	}
	rows := func() string { return exec(t, pool, "SELECT count(*)::text FROM t") }
	if err := postgres.InTx(t.Context(), pool, insert); err != nil || rows() != "1" {
		t.Fatalf("%v, %s rows", err, rows())
	}
	own := errors.New("changed my mind")
	err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error { return errors.Join(insert(tx), own) })
	if !errors.Is(err, own) || rows() != "1" {
		t.Errorf("after an error: %v, %s rows", err, rows())
	}

	ctx, cancel := context.WithCancel(t.Context())
	err = postgres.InTx(ctx, pool, func(tx pgx.Tx) error { defer cancel(); return errors.Join(insert(tx), own) })
	if !errors.Is(err, own) || rows() != "1" {
		t.Errorf("after a cancelled context: %v, %s rows", err, rows())
	}
	if got := pool.Stat().TotalConns(); got != 1 {
		t.Errorf("the rollback after the context's end cost the connection: %d", got)
	}
	if err := postgres.InTx(ctx, pool, insert); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error { panic(insert(tx)) })
	}()
	if rows() != "1" || pool.Stat().AcquiredConns() != 0 {
		t.Errorf("after a panic: %s rows, %d connections in use", rows(), pool.Stat().AcquiredConns())
	}
}

func TestInTxReportsTheCommit(t *testing.T) {
	t.Parallel()
	pool := fresh(t)
	if _, err := pool.Exec(t.Context(), "CREATE TABLE t (v int UNIQUE DEFERRABLE INITIALLY DEFERRED)"); err != nil {
		t.Fatal(err)
	}
	err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (1), (1)")
		return err
	})
	if !postgres.IsUnique(err, "t_v_key") || fault.KindOf(err) != fault.Conflict || fault.As(err).Op != "postgres.commit" {
		t.Errorf("a deferred violation: %v", err)
	}
	err = postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, _ = tx.Exec(t.Context(), "SELECT 1/0") // the mistake of ignoring an error: commit then rolls back
		return nil
	})
	if err == nil {
		t.Error("a commit that rolled back is reported as success")
	}
}

func TestLostCommitAnswer(t *testing.T) {
	t.Parallel()
	server := testkit.Postgres(t)
	direct := open(t, postgres.Config{URL: config.URL(server)})
	if _, err := direct.Exec(t.Context(), "CREATE TABLE t (v int)"); err != nil {
		t.Fatal(err)
	}
	p := proxy.New(t, net.JoinHostPort(direct.Config().ConnConfig.Host, port(direct)))
	pool := open(t, postgres.Config{URL: config.URL(through(t, server, p.Addr()))})
	err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (1)")
		p.CutAfter(1) // the commit goes through, its answer does not
		return err
	})
	if !postgres.IsConnection(err) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	if got := exec(t, direct, "SELECT count(*)::text FROM t"); got != "1" {
		t.Errorf("%s rows: the test does not test a lost answer", got)
	}
}

func port(pool *pgxpool.Pool) string { return strconv.Itoa(int(pool.Config().ConnConfig.Port)) }

// through is a server's URL with another address.
func through(t *testing.T, server, addr string) string {
	t.Helper()
	before, rest, found := strings.Cut(server, "@")
	_, path, slash := strings.Cut(rest, "/")
	if !found || !slash {
		t.Fatalf("an odd URL")
	}
	return before + "@" + addr + "/" + path
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t)
	first := fstest.MapFS{"00001_a.sql": migration("CREATE TABLE a (v int); INSERT INTO a VALUES (1);")}
	both := fstest.MapFS{"00001_a.sql": first["00001_a.sql"], "00002_b.sql": migration("INSERT INTO a VALUES (2);")}
	var starters errgroup.Group
	for range 4 {
		pool := open(t, postgres.Config{URL: config.URL(url), Conns: 2})
		starters.Go(func() error { return postgres.Migrate(t.Context(), pool, both, "service_version") })
	}
	if err := starters.Wait(); err != nil {
		t.Fatal(err)
	}
	pool := open(t, postgres.Config{URL: config.URL(url)})
	if got := exec(t, pool, "SELECT string_agg(v::text, ',' ORDER BY v) FROM a"); got != "1,2" {
		t.Errorf("rows %s", got)
	}
	if err := postgres.Migrate(t.Context(), pool, first, "service_version"); err != nil {
		t.Errorf("a database newer than the program: %v", err)
	}
	other := fstest.MapFS{"00001_c.sql": migration("CREATE TABLE c (v int);")}
	if err := postgres.Migrate(t.Context(), pool, other, "engine_version"); err != nil {
		t.Fatal(err)
	}
	if got := exec(t, pool, "SELECT max(version_id)::text FROM engine_version"); got != "1" {
		t.Errorf("version %s", got)
	}
	bad := fstest.MapFS{"00001_c.sql": other["00001_c.sql"], "00002_d.sql": migration("CREATE TABLE d (v int); SELECT 1/0;")}
	err := postgres.Migrate(t.Context(), pool, bad, "engine_version")
	if fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "version:2") {
		t.Errorf("a faulty migration: %v", err)
	}
	if got := exec(t, pool, "SELECT coalesce(to_regclass('d')::text, 'none')"); got != "none" {
		t.Error("half a migration stands")
	}
	if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("the pool was closed: %v", err)
	}
}

func migration(sql string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql + "\n")}
}

func TestServerGone(t *testing.T) {
	t.Parallel()
	server := testkit.Postgres(t)
	direct := open(t, postgres.Config{URL: config.URL(server)})
	p := proxy.New(t, net.JoinHostPort(direct.Config().ConnConfig.Host, port(direct)))
	pool := open(t, postgres.Config{URL: config.URL(through(t, server, p.Addr())), Conns: 1})
	err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		p.Cut()
		_, err := tx.Exec(t.Context(), "SELECT 1")
		return err
	})
	if !postgres.IsConnection(err) || postgres.Kind(err) != fault.Unavailable {
		t.Errorf("cut off inside a transaction: %v", err)
	}
	err = postgres.InTx(t.Context(), pool, func(pgx.Tx) error { return nil })
	if !postgres.IsConnection(err) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("cut off before: %v", err)
	}
	p.Pass()
	if err := postgres.InTx(t.Context(), pool, func(pgx.Tx) error { return nil }); err != nil {
		t.Errorf("the pool did not recover: %v", err)
	}
}
