package seatflow_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/seatflow/internal/journey"
	"github.com/seatflow/seatflow/services/seatflow/internal/up"
	"github.com/seatflow/seatflow/services/testkit"
)

func TestMain(m *testing.M) {
	if as := os.Getenv(typedAs); as != "" {
		if err := typed(as, os.Args[1:]); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "seatflow:", err)
			os.Exit(1)
		}
		return
	}
	testkit.Main(m)
}

// TestJourney makes every journey on the all-in-one program, started as `seatflow up` starts it.
func TestJourney(t *testing.T) {
	t.Parallel()
	postgres, prefix := databases(t)
	journey.Run(t, journey.Addresses{Addresses: start(t, up.Config{Data: t.TempDir(), Postgres: config.URL(postgres), Prefix: prefix})})
}

// databases names a server and what this test's databases and roles there begin with. They are dropped after it.
func databases(t *testing.T) (server, prefix string) {
	t.Helper()
	server, prefix = testkit.PostgresServer(t), "seatflow_test_"+strings.ToLower(rand.Text())+"_"
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Errorf("the test's databases are left behind: %v", err)
			return
		}
		for _, s := range contract.EngineServices {
			for _, sql := range []string{"drop database if exists " + prefix + string(s) + " with (force)", "drop role if exists " + prefix + string(s)} {
				if _, err := conn.Exec(ctx, sql); err != nil {
					t.Error(err)
				}
			}
		}
		if err := conn.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return server, prefix
}

// start runs the program until the test ends. Its log is the test's output.
func start(t *testing.T, cfg up.Config) up.Addresses {
	t.Helper()
	at, _ := startUntil(t, cfg)
	return at
}

// startUntil is start with a way to stop it sooner.
func startUntil(t *testing.T, cfg up.Config) (at up.Addresses, stop func()) {
	t.Helper()
	const free = "127.0.0.1:0"
	cfg.Listen, cfg.Ops, cfg.Mail, cfg.SMTPListen, cfg.Sim, cfg.NATSListen = free, free, free, free, free, free
	cfg.Sources, cfg.Admins, cfg.Rate = journey.Sources, []string{"john.smith@msp.example", "dana.reyes@msp.example"}, 0
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan up.Addresses, 1), make(chan error, 1)
	log := slog.New(quiet{slog.NewJSONHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})})
	go func() { ended <- up.Run(ctx, cfg, log, t.Output(), func(at up.Addresses) { ready <- at }) }()
	stop = sync.OnceFunc(func() {
		end()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("it did not stop in order: %v", err)
			}
		case <-time.After(2 * time.Minute):
			t.Error("it did not stop in two minutes")
		}
	})
	t.Cleanup(stop)
	select {
	case at := <-ready:
		return at, stop
	case err := <-ended:
		ended <- err
		t.Fatalf("it did not start: %v", err)
		panic("unreachable")
	}
}

// quiet leaves out what the NATS server says: the journeys try rights that nobody has, hundreds of them.
type quiet struct{ slog.Handler }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "nats" {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }
func (q quiet) WithGroup(name string) slog.Handler   { return quiet{q.Handler.WithGroup(name)} }
