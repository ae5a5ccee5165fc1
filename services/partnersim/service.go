// Package partnersim is a double of Microsoft's Partner Center: it answers the documented calls of the API as documented,
// its errors and delays included, and can be told to fail in all the ways that make buying exactly once hard.
//
// Model: one world of customers, catalogue, carts, orders and subscriptions, in memory, behind two doors: the vendor's own
// (internal/vendorapi, and the token endpoint of its identity provider) and one for those who test with it
// (internal/adminapi). See README.md for both.
//
// Guarantees: whatever faults are planned, a cart is bought at most once, and the ledger has every effect. State lives as
// long as the process: after a new start, ids given out before are unknown, unless they are seeded ones.
//
// Failures: Run returns a fault of kind Invalid for settings that cannot be used, and of kind Unavailable when the address
// cannot be served. Calls that go wrong are answered in the vendor's words, see internal/vendorapi.
package partnersim

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/partnersim/internal/adminapi"
	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/clock"
	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/hooks"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/vendorapi"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
	"github.com/seatflow/seatflow/services/partnersim/scenarios"
)

// Command is the program of its own: settings from args and the environment, logs to stderr.
func Command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var settings struct {
		Config    `embed:""`
		Telemetry telemetry.Settings `embed:""`
	}
	check, err := config.Load("partnersim", &settings, args, stdout)
	if err != nil || check {
		return err
	}
	log, err := settings.Telemetry.Logger(stderr)
	if err != nil {
		return err
	}
	return Run(ctx, settings.Config, log, func(url string) {
		log.InfoContext(ctx, "partnersim ready", slog.String("url", url), slog.String("admin", url+"/admin/"))
	})
}

// Run serves the simulator until ctx ends. ready, if not nil, is called once with the base URL, such as
// "http://127.0.0.1:8090", which serves both the API and the token endpoint. Calls under way when ctx ends are answered;
// planned delays end at once then.
func Run(ctx context.Context, cfg Config, log *slog.Logger, ready func(baseURL string)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	handler, err := newHandler(ctx, cfg)
	if err != nil {
		return err
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		handler.hooks.Run(ctx)
	}()
	defer func() {
		cancel()
		<-told
	}()
	listen := cfg.Listen
	if listen == "" {
		listen = defaultListen
	}
	return telemetry.Serve(ctx, listen, handler, func(at net.Addr) {
		log.DebugContext(ctx, "partnersim listens", slog.String("address", at.String()))
		if ready != nil {
			ready("http://" + at.String())
		}
	})
}

// newHandler wires the parts together. The context's end ends planned delays.
func newHandler(ctx context.Context, cfg Config) (*doors, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return nil, err
	}
	settings := world.Settings{
		ProvisioningDelay: cfg.ProvisioningDelay, ListLag: cfg.ListLag, RefuseRecheckout: cfg.Recheckout == recheckoutRefuse,
		ETags: cfg.ETags, UserTokens: cfg.UserTokens, Sandbox: cfg.Sandbox, SandboxLimits: cfg.SandboxLimits, TransitionDelay: cfg.TransitionDelay, ReviewDelay: cfg.ReviewDelay,
	}
	limits := world.Limits{Purchases: cfg.KeepOrders, Effects: cfg.KeepEffects}
	simulated := clock.New(cfg.Now, cfg.TimeScale)
	vendor := world.New(simulated.Now(), cfg.Key, cfg.Seed, limits, settings)
	plan, behave := faults.New(cfg.FaultSeed), behaviours.New(cfg.FaultSeed)
	limiter, tally, requests := traffic.NewLimiter(cfg.RatePerMinute), &traffic.Tally{}, traffic.NewLog(cfg.KeepRequests)
	registry, registerer := telemetry.NewRegistry("partnersim")
	if err := registerer.Register(newMetrics(vendor, tally)); err != nil {
		return nil, fault.New(fault.Internal, "metrics", "The metrics could not be registered.").In("partnersim.run").Because(err)
	}
	webhooks := hooks.New(simulated, behave)
	admin, script := adminapi.New(adminapi.Parts{
		World: vendor, Behaviours: behave, Plan: plan, Limiter: limiter, Tally: tally, Log: requests, Clock: simulated,
		Hooks: webhooks, Start: settings, Limit: cfg.RatePerMinute, Scale: cfg.TimeScale,
	})
	if err := playAll(script, cfg.Scenarios); err != nil {
		return nil, err
	}
	return &doors{
		hooks: webhooks,
		vendor: vendorapi.New(vendorapi.Parts{
			World: vendor, Behaviours: behave, Plan: plan, Limiter: limiter, Tally: tally, Log: requests, Clock: simulated,
			Arrived: script.Arrived, Hooks: webhooks, Key: cfg.Key, Stop: ctx.Done(),
			TokenLifetime: cfg.TokenLifetime, ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret.Reveal(),
		}),
		admin: admin,
		ops:   telemetry.Handler(registry, &telemetry.Health{}),
	}, nil
}

// playAll plays the scenarios of the start: shipped ones by their names, others by their files.
func playAll(script *adminapi.Script, names []string) error {
	for _, name := range names {
		text, ok := scenarios.Read(name)
		err := error(nil)
		if !ok {
			text, err = os.ReadFile(name)
		}
		if err == nil {
			err = script.Load(text)
		}
		if err != nil {
			return fault.New(fault.Invalid, "bad_scenario", "The scenario "+name+" cannot be played.").In("partnersim.run").On(name).Because(err)
		}
	}
	return nil
}

// filled gives the settings with what was left open, or says what is wrong with them.
func (c Config) filled() (Config, error) {
	wrong := c.Validate()
	if c.Recheckout != "" && c.Recheckout != recheckoutReplay && c.Recheckout != recheckoutRefuse {
		wrong = append(wrong, fault.New(fault.Invalid, "recheckout", "Recheckout must be replay or refuse."))
	}
	if len(wrong) > 0 {
		e := fault.New(fault.Invalid, "bad_settings", "The simulator's settings are not usable.").In("partnersim.run")
		for _, w := range wrong {
			e = e.With(fault.Violation{Code: "bad_setting", Message: w.Error()})
		}
		return c, e
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = defaultTokenLifetime
	}
	if c.TimeScale == 0 {
		c.TimeScale = 1
	}
	if c.KeepRequests == 0 {
		c.KeepRequests = defaultKeepRequests
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for c.Key == 0 {
		var random [8]byte
		_, _ = crand.Read(random[:]) // never fails: it ends the process rather than give bad randomness
		c.Key = binary.BigEndian.Uint64(random[:])
	}
	return c, nil
}

// doors leads each request to its part. A mux cannot: the token endpoint's path begins with any tenant.
type doors struct {
	vendor, admin, ops http.Handler
	hooks              *hooks.Hub
}

func (d *doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/v1/"), strings.HasPrefix(path, "/webhooks/v1/"):
		d.vendor.ServeHTTP(w, r)
	case path == hooks.CertificatePath, path == hooks.AuthorityPath:
		d.hooks.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/admin/"):
		d.admin.ServeHTTP(w, r)
	case path == "/metrics" || path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/debug/pprof/"):
		d.ops.ServeHTTP(w, r)
	default:
		d.vendor.ServeHTTP(w, r)
	}
}
