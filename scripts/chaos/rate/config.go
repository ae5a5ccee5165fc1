package rate

import (
	"errors"
	"time"

	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// Config is what a measurement can be told.
type Config struct {
	Data     string        `name:"data" placeholder:"DIR" help:"Folder for databases, streams and logs; a temporary one, removed when nothing was found, if empty."`
	Bin      string        `name:"bin" default:"bin" help:"Folder with the programs; make build fills it."`
	Rate     int           `name:"rate" default:"500" help:"Requests a minute that the vendor allows."`
	Replicas int           `name:"replicas" default:"3" help:"Processes of fulfillment."`
	For      time.Duration `name:"for" default:"10m" help:"How long to measure."`
	Window   time.Duration `name:"window" default:"60s" help:"What the vendor counts by."`
	Backlog  int           `name:"backlog" default:"10000" help:"Orders of the customer who has many."`
	Every    time.Duration `name:"every" default:"10s" help:"How often another customer gets a single one."`
	Share    int           `name:"share" default:"92" help:"How many of a hundred allowed requests must be used in each window."`

	Log telemetry.Settings `embed:""`
}

// Validate checks what a single setting cannot tell; package config calls it.
func (c *Config) Validate() []error {
	var errs []error
	if c.Rate < 60 || c.Replicas < 1 || c.Replicas > 9 || c.Backlog < 1 {
		errs = append(errs, errors.New("--rate must be 60 or more, --replicas from 1 to 9, --backlog 1 or more"))
	}
	if c.Window < time.Second || c.For < 2*c.Window || c.Every < time.Second {
		errs = append(errs, errors.New("--window and --every must be 1s or more, --for two windows or more"))
	}
	return errs
}
