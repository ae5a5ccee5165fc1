package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/kit/pgserver"
	"github.com/seatflow/seatflow/services/testkit/internal/exit"
)

// postgresVariable names a running server for tests, by a superuser's URL.
const postgresVariable = "SEATFLOW_TEST_POSTGRES_URL"

const (
	adminTimeout = time.Minute
	stopTimeout  = 30 * time.Second
)

// server is the test binary's Postgres.
type server struct {
	url  string // of the superuser
	what string // for people
	stop func(ctx context.Context) error
}

// shared is started at most once; a failure is remembered, so that every test that needs it says the same.
var shared struct {
	once sync.Once
	server
	err error

	mu        sync.Mutex
	templates map[string]*template
}

// template is a database that others are copied from.
type template struct {
	once sync.Once
	name string
	err  error
}

// PostgresServer is the superuser's URL of the server that the test binary's tests share, for tests that need roles or
// several databases; they name these so that they meet nobody else's.
func PostgresServer(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeoutCause(context.Background(), patience+startTimeout, errors.New("testkit: postgres start"))
		defer cancel()
		shared.server, shared.err = choose(ctx)
		if shared.err == nil {
			_, _ = fmt.Fprintln(os.Stderr, "testkit: Postgres is", shared.what)
			stopWithBinary(shared.server)
		}
	})
	if shared.err != nil {
		t.Fatalf("this test needs a Postgres server: %v", shared.err)
	}
	return shared.url
}

// choose takes the first server that is there.
func choose(ctx context.Context) (server, error) {
	if given := os.Getenv(postgresVariable); given != "" {
		return server{url: given, what: "the one that " + postgresVariable + " names"}, nil
	}
	s, why := startContainer(ctx)
	if why == nil {
		return s, nil
	}
	s, err := startOwn(ctx)
	if err != nil {
		return server{}, fmt.Errorf("%s is not set; no container: %w; no programs of its own: %w", postgresVariable, why, err)
	}
	return s, nil
}

// stopWithBinary has a server that was started here ended after the tests.
func stopWithBinary(s server) {
	if s.stop == nil {
		return
	}
	exit.After(func() error {
		ctx, cancel := context.WithTimeoutCause(context.Background(), stopTimeout, errors.New("testkit: postgres stop"))
		defer cancel()
		return s.stop(ctx)
	})
}

// Postgres makes an empty database for this test and returns the superuser's URL of it. The database is dropped when the
// test ends, whoever is still connected.
func Postgres(t testing.TB) string {
	t.Helper()
	return create(t, "template1")
}

// PostgresFrom is Postgres with content: the first test that names key has prepare fill a database, of which this and all
// later ones get copies, which is much faster than migrating each. prepare must close its connections.
func PostgresFrom(t testing.TB, key string, prepare func(ctx context.Context, url string) error) string {
	t.Helper()
	admin := PostgresServer(t)
	shared.mu.Lock()
	if shared.templates == nil {
		shared.templates = map[string]*template{}
	}
	tmpl := shared.templates[key]
	if tmpl == nil {
		tmpl = &template{name: freshName()}
		shared.templates[key] = tmpl
	}
	shared.mu.Unlock()
	tmpl.once.Do(func() {
		ctx, cancel := context.WithTimeoutCause(context.Background(), adminTimeout, errors.New("testkit: template timeout"))
		defer cancel()
		if tmpl.err = execute(ctx, admin, "CREATE DATABASE "+tmpl.name); tmpl.err == nil {
			tmpl.err = prepare(ctx, inDatabase(admin, tmpl.name))
		}
	})
	if tmpl.err != nil {
		t.Fatalf("the template database %q was not made: %v", key, tmpl.err)
	}
	return create(t, tmpl.name)
}

func create(t testing.TB, from string) string {
	t.Helper()
	admin, name := PostgresServer(t), freshName()
	ctx, cancel := context.WithTimeoutCause(t.Context(), adminTimeout, errors.New("testkit: create database timeout"))
	defer cancel()
	if err := execute(ctx, admin, "CREATE DATABASE "+name+" TEMPLATE "+from); err != nil {
		t.Fatalf("no database for this test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeoutCause(context.Background(), adminTimeout, errors.New("testkit: drop database timeout"))
		defer cancel()
		if err := execute(ctx, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("the test's database is left behind: %v", err)
		}
	})
	return inDatabase(admin, name)
}

// freshName is a name that no other test, run or machine has.
func freshName() string { return "seatflow_test_" + strings.ToLower(rand.Text()) }

// execute runs one statement on a connection of its own.
func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// inDatabase is the URL with another database.
func inDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // a server was reached by it, so it parses
	}
	u.Path = "/" + name
	return u.String()
}

// StartPostgres runs a server of the test's own, from the machine's programs, for tests that stop or kill it. Dir may be
// left empty; the folder then lasts as long as the test. It syncs to disk unless o.Unsafe is set. The server is ended with
// the test. To start it again on its data, call pgserver.Start with the folder that Options had, and the same port.
func StartPostgres(t testing.TB, o pgserver.Options) *pgserver.Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = PostgresDir(t)
	}
	s, err := pgserver.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("this test needs a Postgres of its own: %v", err)
	}
	t.Cleanup(func() { _ = s.Stop(t.Context()) }) // that context has ended: the server is cut off
	return s
}

// PostgresDir is a folder for a test's own server; it is removed after the test, and after a killed one by the next run.
func PostgresDir(t testing.TB) string {
	t.Helper()
	dir, remove, err := scratch()
	if err != nil {
		t.Fatalf("no folder for a Postgres server: %v", err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Errorf("the Postgres folder is left behind: %v", err)
		}
	})
	return dir
}
