// Package up is the all-in-one program: the four services, the portal, the Partner
// Center double, a mail catcher, a NATS server and a private Postgres, in one process.
//
// Model: each part is the same code that a process of its own would run, with the same
// NATS user and the same database role; only what is started differs. Parts start in
// the order of Run and stop in reverse. Failures: a part's death stops all and is named.
package up

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/approval"
	"github.com/seatflow/seatflow/services/intake"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/pgserver"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/portal"
	"github.com/seatflow/seatflow/services/seatflow/internal/mailcatcher"
	"github.com/seatflow/seatflow/services/seatflow/internal/natsserver"
	"github.com/seatflow/seatflow/services/seatflow/internal/setup"
)

// The all-in-one holds what five processes do, each of which may take 80 MB, so its heap may grow further before it is
// collected than theirs: 3 % more orders in a second.
const (
	gcPercent = 800
	memory    = 5 * 80 << 20 // bytes; beyond it the collector works earlier
)

// brokerGCPercent is for the broker alone: it keeps hundreds of megabytes, so Go's own default lets its heap grow enough.
// With what suits the services it would touch new pages for minutes, which costs more than collecting.
const brokerGCPercent = 100

// Tune sets what GOGC and GOMEMLIMIT set, unless somebody set them. It is for the program, not for tests.
func Tune() {
	setGC(gcPercent)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
}

// TuneBroker sets what GOGC sets for a process that is the broker alone, unless somebody set it.
func TuneBroker() { setGC(brokerGCPercent) }

func setGC(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// Run runs everything until ctx ends. ready, if not nil, is called with the
// addresses once orders are taken; the same goes to out as lines for people.
func Run(ctx context.Context, cfg Config, log *slog.Logger, out io.Writer, ready func(Addresses)) error {
	data, err := filepath.Abs(cfg.Data)
	if err != nil {
		return err
	}
	if err := cfg.checkFree(ctx); err != nil {
		return err
	}
	if err := makeFolder(data); err != nil {
		return err
	}
	registry, _ := telemetry.NewRegistry("seatflow")
	r := &runner{cfg: cfg, data: data, log: log, registry: registry, health: new(telemetry.Health)}
	r.at.Keys, r.at.Issuer = setup.KeyDir(data), filepath.Join(data, "issuer")
	parts := []app.Part{{Name: "ops", Run: r.ops}}
	add := func(wanted bool, name string, run func(context.Context, func()) error) {
		if wanted {
			parts = append(parts, app.Part{Name: name, Run: run})
		}
	}
	add(cfg.Postgres == "", "postgres", r.postgres)
	add(cfg.NATS == "", "nats", r.nats)
	parts = append(parts, app.Step("setup", r.setup))
	add(cfg.SMTP == "", "mail catcher", r.mail)
	add(cfg.Partnersim == "", "partnersim", r.partnersim)
	add(true, "approval", r.approval)
	add(true, "fulfillment", r.fulfillment)
	add(true, "notification", r.notification)
	add(true, "intake", r.intake)
	add(true, "portal", r.portal)
	parts = append(parts, app.Step("ready lines", func(context.Context) error {
		if err := r.at.save(data); err != nil {
			return err
		}
		if ready != nil {
			ready(r.at)
		}
		return r.at.tell(out)
	}))
	if err := app.Run(ctx, log, grace, parts...); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "seatflow has stopped; its data stays in "+cfg.Data)
	return err
}

// runner carries what one part makes for the next.
type runner struct {
	cfg      Config
	data     string
	log      *slog.Logger
	registry *prometheus.Registry
	health   *telemetry.Health
	at       Addresses

	adminPostgres string
	layout        setup.Layout
}

func (r *runner) ops(ctx context.Context, ready func()) error {
	return telemetry.Serve(ctx, r.cfg.Ops, telemetry.Handler(r.registry, r.health), func(at net.Addr) {
		r.at.Ops = "http://" + at.String()
		ready()
	})
}

// postgresSettings suit a small machine: durable, with room for bursts. Each session maps the pages of the log's buffers
// that it writes to, so more of them than are written between two syncs cost time without saving any.
var postgresSettings = map[string]string{
	"max_connections": "100", "shared_buffers": "256MB", "wal_compression": "lz4", "max_wal_size": "4GB",
	"checkpoint_timeout": "15min", "wal_buffers": "1MB", "max_prepared_transactions": "0", "jit": "off",
}

func (r *runner) postgres(ctx context.Context, ready func()) error {
	s, err := pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(r.data, "postgres"), Settings: postgresSettings})
	if err != nil {
		return err
	}
	r.adminPostgres = s.URL(pgserver.Superuser, "postgres")
	ready()
	select {
	case <-ctx.Done():
	case <-s.Done():
		return s.Wait()
	}
	return s.Stop(context.WithoutCancel(ctx))
}

func (r *runner) nats(ctx context.Context, ready func()) error {
	users, err := setup.Users(setup.KeyDir(r.data), r.cfg.Sources)
	if err != nil {
		return err
	}
	return natsserver.Run(ctx, natsserver.Options{
		Listen: r.cfg.NATSListen, Store: filepath.Join(r.data, "nats"), Users: users,
	}, r.log, func(url string) {
		r.at.NATS = url
		ready()
	})
}

func (r *runner) setup(ctx context.Context) error {
	if r.cfg.NATS != "" {
		r.at.NATS = r.cfg.NATS.Reveal()
	}
	if r.cfg.Postgres != "" {
		r.adminPostgres = r.cfg.Postgres.Reveal()
	}
	var err error
	r.layout, err = setup.Run(ctx, setup.Options{
		Data: r.data, PostgresURL: r.adminPostgres, NATSURL: r.at.NATS, Sources: r.cfg.Sources, Replicas: 1, Prefix: cmp.Or(r.cfg.Prefix, setup.Prefix),
	}, r.log)
	r.at.Postgres = withoutPassword(r.adminPostgres)
	return err
}

func (r *runner) mail(ctx context.Context, ready func()) error {
	return mailcatcher.Run(ctx, mailcatcher.Config{SMTPListen: r.cfg.SMTPListen, HTTPListen: r.cfg.Mail}, r.log, func(smtp, page string) {
		r.at.SMTP, r.at.Mail = smtp, "http://"+page
		ready()
	})
}

func (r *runner) partnersim(ctx context.Context, ready func()) error {
	cfg := partnersim.Defaults()
	cfg.Listen, cfg.TimeScale = r.cfg.Sim, max(r.cfg.TimeScale, 1)
	return partnersim.Run(ctx, cfg, r.log, func(url string) {
		r.at.Partnersim = url
		ready()
	})
}

// env is what one service gets.
func (r *runner) env(s contract.Service) service.Env {
	return service.Env{Log: r.log, Metrics: telemetry.ForService(r.registry, string(s)), Health: r.health}
}

func (r *runner) approval(ctx context.Context, ready func()) error {
	return approval.Run(ctx, approval.Config{Config: r.base(contract.Approval), Expires: approvalExpires}, r.env(contract.Approval), ready)
}

func (r *runner) intake(ctx context.Context, ready func()) error {
	return intake.Run(ctx, intake.Config{Config: r.base(contract.Intake)}, r.env(contract.Intake), ready)
}

func (r *runner) portal(ctx context.Context, ready func()) error {
	return portal.Run(ctx, portal.Config{
		NATS: r.base(contract.Portal).NATS, Listen: r.cfg.Listen, LocalIssuer: r.at.Issuer,
	}, r.env(contract.Portal), func(url string) {
		r.at.Portal = url
		ready()
	})
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
