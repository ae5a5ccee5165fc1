package up

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/seatflow/internal/setup"
)

// Config is what the all-in-one program can be told. Port 0 takes a free port.
type Config struct {
	Data string `name:"data" env:"SEATFLOW_DATA" default:"seatflow-data" help:"Folder for databases, streams and keys."`

	Listen     string `name:"listen" env:"SEATFLOW_PORTAL_LISTEN" default:"127.0.0.1:8080" help:"Address of the portal."`
	Ops        string `name:"ops" env:"SEATFLOW_OPS_LISTEN" default:"127.0.0.1:9090" help:"Address of metrics, health and profiles; operators only."`
	Mail       string `name:"mail" env:"SEATFLOW_MAIL_LISTEN" default:"127.0.0.1:8025" help:"Address of the mail catcher's page."`
	SMTPListen string `name:"smtp-listen" env:"SEATFLOW_SMTP_LISTEN" default:"127.0.0.1:1025" help:"Address of the mail catcher's SMTP server."`
	Sim        string `name:"partnersim-listen" env:"SEATFLOW_PARTNERSIM_LISTEN" default:"127.0.0.1:8090" help:"Address of the Partner Center double."`
	NATSListen string `name:"nats-listen" env:"SEATFLOW_NATS_LISTEN" default:"127.0.0.1:4222" help:"Address of the NATS server in this process."`

	Postgres   config.URL `name:"postgres" env:"SEATFLOW_ADMIN_POSTGRES_URL" placeholder:"URL" help:"Administrator's URL of a given Postgres server, instead of a private one."`
	NATS       config.URL `name:"nats" env:"SEATFLOW_NATS_URL" placeholder:"URL" help:"A given NATS server that knows the users of seatflow setup, instead of one in this process."`
	Partnersim string     `name:"partnersim" env:"SEATFLOW_VENDOR_BASE_URL" placeholder:"URL" help:"A given Partner Center double, instead of one in this process."`
	SMTP       string     `name:"smtp" env:"SEATFLOW_SMTP" placeholder:"HOST:PORT" help:"A given mail server without sign-in, instead of the catcher."`

	Sources []string `name:"sources" env:"SEATFLOW_SOURCES" default:"erp" help:"Publishers that get a key and an inbox subject."`
	Admins  []string `name:"admins" env:"SEATFLOW_ADMINS" default:"john.smith@msp.example,dana.reyes@msp.example" help:"E-mail addresses of those who approve orders."`
	Prefix  string   `name:"database-prefix" env:"SEATFLOW_DATABASE_PREFIX" default:"seatflow_" help:"What the names of databases and roles begin with."`
	Rate    int      `name:"vendor-rate-per-minute" env:"SEATFLOW_VENDOR_RATE_PER_MINUTE" default:"500" help:"Requests a minute to Partner Center; 0 lifts the limit."`

	DryRun    bool          `name:"vendor-dry-run" env:"SEATFLOW_VENDOR_DRY_RUN" help:"Log every request that would change anything at Partner Center instead of sending it."`
	TimeScale int           `name:"vendor-time-scale" env:"SEATFLOW_VENDOR_TIME_SCALE" default:"1" help:"How many times faster than the real one the double's clock goes, and with it every wait for it. A given double must go as fast."`
	Undo      time.Duration `name:"undo-window" env:"SEATFLOW_UNDO_WINDOW" default:"0" help:"How long an approved order waits, and can be cancelled, before it is sent to Partner Center."`

	Log telemetry.Settings `embed:""`
}

// maxScale is how fast the double's clock goes at most.
const maxScale = 10_000

// Validate checks what a single setting cannot tell; package config calls it.
func (c *Config) Validate() []error {
	var errs []error
	for _, l := range c.listeners() {
		if _, _, err := net.SplitHostPort(l.addr); err != nil {
			errs = append(errs, fmt.Errorf("%s must be an address such as 127.0.0.1:8080", l.flag))
		}
	}
	errs = append(errs,
		server("--postgres", c.Postgres.Reveal(), "postgres://admin@host:5432/postgres", "postgres", "postgresql"),
		server("--partnersim", c.Partnersim, "http://127.0.0.1:8090", "http", "https"))
	if _, _, err := net.SplitHostPort(c.SMTP); c.SMTP != "" && err != nil {
		errs = append(errs, errors.New("--smtp must be host:port, such as mail.example.com:25"))
	}
	for _, s := range c.Sources {
		if !setup.ValidSource(s) {
			errs = append(errs, fmt.Errorf("--sources: %q is not 1 to 32 letters, digits or dashes, or is a service's name", s))
		}
	}
	for _, a := range c.Admins {
		if _, err := mail.ParseAddress(a); err != nil {
			errs = append(errs, fmt.Errorf("--admins: %q is not an e-mail address", a))
		}
	}
	if c.TimeScale < 0 || c.TimeScale > maxScale {
		errs = append(errs, fmt.Errorf("--vendor-time-scale must be 1 to %d", maxScale))
	}
	if c.Undo < 0 {
		errs = append(errs, errors.New("--undo-window must not be negative"))
	}
	if c.Rate < 0 {
		errs = append(errs, errors.New("--vendor-rate-per-minute must not be negative"))
	}
	return errs
}

// listener is an address that this process is to serve, and the flag that says so.
type listener struct{ flag, addr string }

// listeners are the addresses of all that is not given from elsewhere.
func (c *Config) listeners() []listener {
	all := []listener{{"--listen", c.Listen}, {"--ops", c.Ops}}
	if c.SMTP == "" {
		all = append(all, listener{"--mail", c.Mail}, listener{"--smtp-listen", c.SMTPListen})
	}
	if c.Partnersim == "" {
		all = append(all, listener{"--partnersim-listen", c.Sim})
	}
	if c.NATS == "" {
		all = append(all, listener{"--nats-listen", c.NATSListen})
	}
	return all
}

// server is what is wrong with a given server's URL; nil for none. It does not quote it, since it may hold a password.
func server(flag, given, example string, schemes ...string) error {
	if given == "" {
		return nil
	}
	if u, err := url.Parse(given); err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return fmt.Errorf("%s must be a URL such as %s", flag, example)
	}
	return nil
}
