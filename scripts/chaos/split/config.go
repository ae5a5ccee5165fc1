package split

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// Config is what the split shape can be told. Port 0 takes a free one.
type Config struct {
	Data string `name:"data" env:"SEATFLOW_DATA" default:"seatflow-data" help:"Folder for databases, streams, keys and logs."`
	Bin  string `name:"bin" default:"bin" help:"Folder with the programs; make build fills it."`

	Listen     string `name:"listen" env:"SEATFLOW_PORTAL_LISTEN" default:"127.0.0.1:8080" help:"Address of the portal."`
	Ops        string `name:"ops" env:"SEATFLOW_OPS_LISTEN" default:"127.0.0.1:9090" help:"First of the addresses with metrics, health and profiles, one for each process."`
	Mail       string `name:"mail" env:"SEATFLOW_MAIL_LISTEN" default:"127.0.0.1:8025" help:"Address of the mail catcher's page."`
	SMTPListen string `name:"smtp-listen" env:"SEATFLOW_SMTP_LISTEN" default:"127.0.0.1:1025" help:"Address of the mail catcher's SMTP server."`
	Sim        string `name:"partnersim-listen" env:"SEATFLOW_PARTNERSIM_LISTEN" default:"127.0.0.1:8090" help:"Address of the Partner Center double."`
	NATSListen string `name:"nats-listen" env:"SEATFLOW_NATS_LISTEN" default:"127.0.0.1:4222" help:"Address of the NATS server."`

	Sources  []string `name:"sources" env:"SEATFLOW_SOURCES" default:"erp" help:"Publishers that get a key and an inbox subject."`
	Admins   []string `name:"admins" env:"SEATFLOW_ADMINS" default:"john.smith@msp.example,dana.reyes@msp.example" help:"E-mail addresses of those who approve orders."`
	Rate     int      `name:"vendor-rate-per-minute" env:"SEATFLOW_VENDOR_RATE_PER_MINUTE" default:"500" help:"Requests a minute to Partner Center; 0 lifts the limit."`
	Replicas int      `name:"replicas" default:"1" help:"Processes of each of the four services."`

	Lease   time.Duration `name:"lease" env:"SEATFLOW_LEASE" default:"10s" help:"After this long without a word a process is believed dead and another takes its work over."`
	Timeout time.Duration `name:"vendor-timeout" default:"3m" help:"How long fulfillment waits for an answer to a purchase or a change."`

	Log telemetry.Settings `embed:""`

	// Services are the only ones to run, without portal and mail catcher; empty runs everything.
	Services []string `kong:"-"`
	// KeepMails is how many of the newest mails the catcher keeps; 0 means its default.
	KeepMails int `kong:"-"`
	// Extra is further environment by member, such as "partnersim": {"SEATFLOW_PARTNERSIM_RATE_PER_MINUTE=0"}.
	Extra map[string][]string `kong:"-"`
}

// Validate checks what a single setting cannot tell; package config calls it.
func (c *Config) Validate() []error {
	var errs []error
	for flag, addr := range map[string]string{
		"--listen": c.Listen, "--ops": c.Ops, "--mail": c.Mail, "--smtp-listen": c.SMTPListen, "--partnersim-listen": c.Sim, "--nats-listen": c.NATSListen,
	} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			errs = append(errs, fmt.Errorf("%s must be an address such as 127.0.0.1:8080", flag))
		}
	}
	if c.Replicas < 1 || c.Replicas > 9 {
		errs = append(errs, errors.New("--replicas must be from 1 to 9"))
	}
	return errs
}

// FreeAddresses has every address chosen at the start, on loopback.
func (c *Config) FreeAddresses() {
	const free = "127.0.0.1:0"
	c.Listen, c.Ops, c.Mail, c.SMTPListen, c.Sim, c.NATSListen = free, free, free, free, free, free
}
