package spree

import (
	"errors"
	"time"

	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// Config is what a spree can be told.
type Config struct {
	Data     string        `name:"data" placeholder:"DIR" help:"Folder for databases, streams and logs; a temporary one, removed when nothing was found, if empty."`
	Bin      string        `name:"bin" default:"bin" help:"Folder with the programs; make build fills it."`
	Seed     uint64        `name:"seed" default:"0" help:"Decides orders, blows and faults; 0 takes one by the clock."`
	Lines    int           `name:"lines" default:"10000" help:"Approved lines."`
	Replicas int           `name:"replicas" default:"3" help:"Processes of fulfillment."`
	Faults   int           `name:"faults" default:"20" help:"How many of a hundred requests meet a fault at the vendor."`
	Scale    int           `name:"scale" default:"30" help:"How many times faster everything at the vendor goes: its clock, its limits and fulfillment's waits."`
	Every    time.Duration `name:"every" default:"4s" help:"How often a replica is killed or paused, on average."`
	Lease    time.Duration `name:"lease" default:"2s" help:"The replicas' lease."`
	Timeout  time.Duration `name:"vendor-timeout" default:"2s" help:"How long fulfillment waits for the vendor."`
	Quiet    time.Duration `name:"quiet" default:"15m" help:"How long everything may take to come to its end."`

	Log telemetry.Settings `embed:""`
}

// Validate checks what a single setting cannot tell; package config calls it.
func (c *Config) Validate() []error {
	var errs []error
	if c.Lines < 1 || c.Lines > 200_000 {
		errs = append(errs, errors.New("--lines must be from 1 to 200000"))
	}
	if c.Faults < 0 || c.Faults > 60 {
		errs = append(errs, errors.New("--faults must be from 0 to 60"))
	}
	if c.Scale < 1 || c.Scale > 200 {
		errs = append(errs, errors.New("--scale must be from 1 to 200"))
	}
	if c.Replicas < 1 || c.Replicas > 9 || c.Every < time.Second {
		errs = append(errs, errors.New("--replicas must be from 1 to 9, --every 1s or more"))
	}
	return errs
}
