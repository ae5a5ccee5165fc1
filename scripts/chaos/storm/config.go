package storm

import (
	"errors"
	"time"

	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// Config is what a storm can be told.
type Config struct {
	Data   string `name:"data" placeholder:"DIR" help:"Folder for databases, streams and logs; a temporary one, removed when nothing was found, if empty."`
	Bin    string `name:"bin" default:"bin" help:"Folder with the programs; make build fills it."`
	Seed   uint64 `name:"seed" default:"0" help:"Decides orders and deaths; 0 takes one by the clock."`
	Times  int    `name:"times" default:"1" help:"Storms one after the other, each with the next seed."`
	Rate   int    `name:"rate" default:"12" help:"Orders a second."`
	Rounds int    `name:"rounds" default:"1" help:"How often each process is killed."`
	Pause  bool   `name:"pause" help:"Also pause processes for longer than their lease (SIGSTOP, SIGCONT), and stop them in order (SIGTERM)."`

	Replicas      int           `name:"replicas" default:"1" help:"Processes of each of the four services."`
	Subscriptions int           `name:"subscriptions" default:"12" help:"Subscriptions that orders change together."`
	Lease         time.Duration `name:"lease" default:"2s" help:"The services' lease."`
	Timeout       time.Duration `name:"vendor-timeout" default:"2s" help:"How long fulfillment waits for the vendor."`
	Calm          bool          `name:"calm" help:"A vendor without faults."`
	Quiet         time.Duration `name:"quiet" default:"3m" help:"How long everything may take to come to rest."`

	Log telemetry.Settings `embed:""`
}

// Validate checks what a single setting cannot tell; package config calls it.
func (c *Config) Validate() []error {
	var errs []error
	if c.Rate < 1 || c.Rate > 1000 {
		errs = append(errs, errors.New("--rate must be from 1 to 1000"))
	}
	if c.Rounds < 0 || c.Times < 1 || c.Replicas < 1 || c.Subscriptions < 1 {
		errs = append(errs, errors.New("--times, --replicas and --subscriptions must be 1 or more, --rounds 0 or more"))
	}
	return errs
}
