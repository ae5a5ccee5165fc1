package up

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/seatflow/internal/mailcatcher"
	"github.com/seatflow/seatflow/services/seatflow/internal/natsserver"
	"github.com/seatflow/seatflow/services/seatflow/internal/setup"
)

// The parts of the all-in-one program that can also run as processes of their own.

// Setup is `seatflow setup`.
type Setup struct {
	Data     string             `name:"data" env:"SEATFLOW_DATA" default:"seatflow-data" help:"Folder for keys, passwords and environment files."`
	Postgres config.URL         `name:"postgres" env:"SEATFLOW_ADMIN_POSTGRES_URL" required:"" placeholder:"URL" help:"Administrator's URL of the Postgres server."`
	NATS     config.URL         `name:"nats" env:"SEATFLOW_NATS_URL" default:"nats://127.0.0.1:4222" help:"NATS server; it must know the users (see --users-only)."`
	Sources  []string           `name:"sources" env:"SEATFLOW_SOURCES" default:"erp" help:"Publishers that get a key and an inbox subject."`
	Replicas int                `name:"replicas" env:"SEATFLOW_STREAM_REPLICAS" default:"1" help:"Copies of each stream: 1 on one node, 3 in a cluster."`
	Users    bool               `name:"users-only" help:"Only make the keys and the NATS server's list of users, and stop."`
	Log      telemetry.Settings `embed:""`
}

// Run makes keys and users, then databases, roles, streams and consumers.
func (s *Setup) Run(ctx context.Context, log *slog.Logger, out io.Writer) error {
	data, err := filepath.Abs(s.Data)
	if err != nil {
		return err
	}
	users, err := setup.Users(setup.KeyDir(data), s.Sources)
	if err != nil {
		return err
	}
	list := filepath.Join(data, "nats-users.conf")
	if err := os.WriteFile(list, []byte(setup.ServerConfig(users)), 0o600); err != nil {
		return fmt.Errorf("store the list of users: %w", err)
	}
	fmt.Fprintf(out, "keys        %s\nnats users  %s (include it in the NATS server's configuration)\n", setup.KeyDir(data), list)
	if s.Users {
		return nil
	}
	l, err := setup.Run(ctx, setup.Options{
		Data: data, PostgresURL: s.Postgres.Reveal(), NATSURL: s.NATS.Reveal(), Sources: s.Sources, Replicas: s.Replicas, Prefix: setup.Prefix,
	}, log)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "settings    %s (one file of environment variables per service)\nsetup is done\n", l.EnvDir)
	return err
}

// NATS is `seatflow nats`: the broker as a process of its own.
type NATS struct {
	Data    string             `name:"data" env:"SEATFLOW_DATA" default:"seatflow-data" help:"Folder for streams and keys."`
	Listen  string             `name:"listen" env:"SEATFLOW_NATS_LISTEN" default:"127.0.0.1:4222" help:"Address to serve on; port 0 takes a free one."`
	Sources []string           `name:"sources" env:"SEATFLOW_SOURCES" default:"erp" help:"Publishers that may sign in."`
	Log     telemetry.Settings `embed:""`
}

// Run serves until ctx ends.
func (n *NATS) Run(ctx context.Context, log *slog.Logger, out io.Writer) error {
	data, err := filepath.Abs(n.Data)
	if err != nil {
		return err
	}
	users, err := setup.Users(setup.KeyDir(data), n.Sources)
	if err != nil {
		return err
	}
	return natsserver.Run(ctx, natsserver.Options{Listen: n.Listen, Store: filepath.Join(data, "nats"), Users: users}, log, func(url string) {
		fmt.Fprintln(out, "nats", url)
	})
}

// Mail is `seatflow mail`: the mail catcher as a process of its own.
type Mail struct {
	SMTPListen string             `name:"smtp-listen" env:"SEATFLOW_SMTP_LISTEN" default:"127.0.0.1:1025" help:"Address of the SMTP server; port 0 takes a free one."`
	HTTPListen string             `name:"http-listen" env:"SEATFLOW_MAIL_LISTEN" default:"127.0.0.1:8025" help:"Address of the page."`
	Keep       int                `name:"keep" default:"200" help:"How many of the newest mails are kept."`
	Log        telemetry.Settings `embed:""`
}

// Run serves until ctx ends.
func (m *Mail) Run(ctx context.Context, log *slog.Logger, out io.Writer) error {
	cfg := mailcatcher.Config{SMTPListen: m.SMTPListen, HTTPListen: m.HTTPListen, Keep: m.Keep}
	return mailcatcher.Run(ctx, cfg, log, func(smtp, page string) { fmt.Fprintln(out, "smtp", smtp, "page http://"+page) })
}
