package service

import (
	"errors"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// Config is what every service with an engine can be told. A service embeds it in its own.
type Config struct {
	Postgres postgres.Config `embed:"" envprefix:"SEATFLOW_"`
	NATS     NATS            `embed:""`
	Ops      Ops             `embed:""`
	Engine   Engine          `embed:""`
}

// NATS says how to reach the broker.
type NATS struct {
	URL     config.URL `name:"nats" env:"SEATFLOW_NATS_URL" default:"nats://127.0.0.1:4222" help:"NATS server."`
	KeyFile string     `name:"nats-key" env:"SEATFLOW_NATS_KEY_FILE" placeholder:"FILE" help:"File with the NKEY seed of this program's NATS user; seatflow setup writes it."`
}

// Ops is where operators look, and how the log reads.
type Ops struct {
	Listen string             `name:"ops" env:"SEATFLOW_OPS_LISTEN" default:"127.0.0.1:9090" help:"Address of /metrics, /healthz, /readyz and /debug/pprof; operators only."`
	Log    telemetry.Settings `embed:""`
}

// Engine tunes the engine.
type Engine struct {
	Lease       time.Duration `name:"lease" env:"SEATFLOW_LEASE" default:"10s" help:"After this long without a word a process is believed dead and another takes its work over."`
	Backlog     int           `name:"backlog" env:"SEATFLOW_BACKLOG" default:"50000" help:"Events that may wait for NATS before new work is refused as busy."`
	Concurrency int           `name:"concurrency" env:"SEATFLOW_CONCURRENCY" default:"64" help:"Calls to the outside at once."`
}

// Validate checks what a single setting cannot tell; package config calls it.
func (e *Engine) Validate() []error {
	var errs []error
	if e.Lease < time.Second {
		errs = append(errs, errors.New("--lease must be 1s or more"))
	}
	if e.Backlog < 1 {
		errs = append(errs, errors.New("--backlog must be 1 or more"))
	}
	if e.Concurrency < 1 || e.Concurrency > 4096 {
		errs = append(errs, errors.New("--concurrency must be from 1 to 4096"))
	}
	return errs
}
