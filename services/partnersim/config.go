package partnersim

import (
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/partnersim/internal/clock"
	"github.com/seatflow/seatflow/services/partnersim/scenarios"
)

// Config is how the simulator starts. Defaults gives the values that the tags name; the zero values of Listen, the Keep
// settings, TimeScale and TokenLifetime mean their defaults too, all others mean what they say.
type Config struct {
	Listen string `env:"SEATFLOW_PARTNERSIM_LISTEN" default:"127.0.0.1:8090" help:"Address to serve on; port 0 takes a free one."`

	RatePerMinute     int           `env:"SEATFLOW_PARTNERSIM_RATE_PER_MINUTE" default:"500" help:"Requests that a partner tenant may send in any minute, per resource (orders and carts; subscriptions). 0: no limit."`
	ProvisioningDelay time.Duration `env:"SEATFLOW_PARTNERSIM_PROVISIONING_DELAY" default:"1s" help:"From checkout until the order is completed. 0: checkout answers completed, with subscription ids."`
	ListLag           time.Duration `env:"SEATFLOW_PARTNERSIM_LIST_LAG" default:"15m" help:"Until a new order shows in its customer's list."`
	Recheckout        string        `env:"SEATFLOW_PARTNERSIM_RECHECKOUT" default:"replay" enum:"replay,refuse" help:"What a repeated checkout of one cart gets: the first orders again, or 400/800065 (${enum})."`
	ETags             bool          `name:"etags" env:"SEATFLOW_PARTNERSIM_ETAGS" help:"Give subscriptions an etag, as legacy ones have."`
	UserTokens        bool          `env:"SEATFLOW_PARTNERSIM_USER_TOKENS" help:"Refuse application-only tokens where the vendor takes App+User only, as documented."`
	Sandbox           bool          `env:"SEATFLOW_PARTNERSIM_SANDBOX" help:"Be an integration sandbox: reservations can be cancelled, and what orders have bought for 60 days."`
	SandboxLimits     bool          `env:"SEATFLOW_PARTNERSIM_SANDBOX_LIMITS" help:"Have a sandbox's limits: 5 subscriptions and 2 reservations per customer, 25 licences per subscription."`
	TransitionDelay   time.Duration `env:"SEATFLOW_PARTNERSIM_TRANSITION_DELAY" default:"2s" help:"How long a change to another product takes."`
	ReviewDelay       time.Duration `env:"SEATFLOW_PARTNERSIM_REVIEW_DELAY" default:"2s" help:"How long an uploaded purchase order is looked at. 0: until an admin moves the order."`

	TokenLifetime time.Duration `env:"SEATFLOW_PARTNERSIM_TOKEN_LIFETIME" default:"1h" help:"How long an access token is good, in whole seconds."`
	ClientID      string        `env:"SEATFLOW_PARTNERSIM_CLIENT_ID" help:"The only application that may sign in. Empty: any."`
	ClientSecret  config.Secret `env:"SEATFLOW_PARTNERSIM_CLIENT_SECRET" help:"The secret that an application must sign in with. Empty: any."`

	Seed         bool     `env:"SEATFLOW_PARTNERSIM_SEED" default:"true" negatable:"" help:"Start with the documented customers and subscriptions."`
	Key          uint64   `env:"SEATFLOW_PARTNERSIM_KEY" default:"0" help:"Decides which ids and tokens are made. 0: others at every start."`
	FaultSeed    uint64   `env:"SEATFLOW_PARTNERSIM_FAULT_SEED" default:"1" help:"Decides which calls meet a fault that strikes by chance."`
	KeepOrders   int      `env:"SEATFLOW_PARTNERSIM_KEEP_ORDERS" default:"40000" help:"How many of the newest carts are kept, with their orders and subscriptions."`
	TimeScale    int      `env:"SEATFLOW_PARTNERSIM_TIME_SCALE" default:"1" help:"How many times as fast as the machine's the simulated time runs: 60 makes a minute of a second."`
	Scenarios    []string `env:"SEATFLOW_PARTNERSIM_SCENARIOS" help:"Scenarios to play from the start: names of shipped ones, or files."`
	KeepRequests int      `env:"SEATFLOW_PARTNERSIM_KEEP_REQUESTS" default:"40000" help:"How many of the newest requests the log keeps."`
	KeepEffects  int      `env:"SEATFLOW_PARTNERSIM_KEEP_EFFECTS" default:"40000" help:"How many of the newest effects the ledger keeps in full."`

	// Now is the clock that simulated time is made from; nil means the machine's. It must be safe for concurrent use.
	Now func() time.Time `kong:"-"`
}

const (
	defaultListen        = "127.0.0.1:8090"
	defaultTokenLifetime = time.Hour
	defaultKeepRequests  = 40_000
	recheckoutReplay     = "replay"
	recheckoutRefuse     = "refuse"
)

// Defaults is the configuration that a start without any settings has.
func Defaults() Config {
	return Config{
		Listen: defaultListen, RatePerMinute: 500, ProvisioningDelay: time.Second, ListLag: 15 * time.Minute,
		Recheckout: recheckoutReplay, TokenLifetime: defaultTokenLifetime, TransitionDelay: 2 * time.Second, ReviewDelay: 2 * time.Second, Seed: true, FaultSeed: 1,
		KeepOrders: 40_000, KeepEffects: 40_000, KeepRequests: defaultKeepRequests, TimeScale: 1,
	}
}

// Validate gives one sentence per setting that is out of bounds.
func (c *Config) Validate() []error {
	var faults []error
	check := func(good bool, sentence string) {
		if !good {
			faults = append(faults, errors.New(sentence))
		}
	}
	check(c.RatePerMinute >= 0, "The rate per minute must be 0 (no limit) or more.")
	check(c.ProvisioningDelay >= 0, "The provisioning delay must not be negative.")
	check(c.ListLag >= 0, "The list lag must not be negative.")
	check(c.TransitionDelay >= 0, "The transition delay must not be negative.")
	check(c.ReviewDelay >= 0, "The review delay must not be negative.")
	check(c.TokenLifetime == 0 || c.TokenLifetime >= time.Second, "A token must be good for at least one second.")
	check(c.KeepOrders >= 0, "The number of orders to keep must not be negative.")
	check(c.TimeScale >= 0 && c.TimeScale <= clock.MaxScale, "The time scale must be 1 to 10000.")
	check(c.KeepRequests >= 0, "The number of requests to keep must not be negative.")
	check(c.KeepEffects >= 0, "The number of effects to keep must not be negative.")
	for _, name := range c.Scenarios {
		_, shipped := scenarios.Read(name)
		_, err := os.Stat(name)
		check(shipped || err == nil, "The scenario "+name+" is neither a file nor shipped, as "+strings.Join(scenarios.Names(), ", ")+" are.")
	}
	if c.Listen != "" {
		_, _, err := net.SplitHostPort(c.Listen)
		check(err == nil, "--listen must be an address such as 127.0.0.1:8090.")
	}
	return faults
}
