package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"

	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

var (
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
)

// memory is what a service's Go runtime tries to stay below, in bytes; with the
// program itself that is less than 80 MB of resident memory. It only makes the
// collector work earlier: what a service holds at full load is a good deal less.
const memory = 44 << 20

// Program is a service's settings, as Main needs them: OpsSettings says where operators look.
type Program interface{ OpsSettings() Ops }

// OpsSettings makes every Config that embeds this one a Program.
func (c Config) OpsSettings() Ops { return c.Ops }

// Main is the body of a service's main: settings, log, the operators' address, signals.
func Main[C Program](name string, run func(ctx context.Context, cfg C, env Env, ready func()) error) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	app.Main(func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
		var cfg C
		check, err := config.Load(name, &cfg, args, stdout)
		if err != nil || check {
			return err
		}
		ops := cfg.OpsSettings()
		log, err := ops.Log.Logger(stderr)
		if err != nil {
			return err
		}
		registry, metrics := telemetry.NewRegistry(name)
		env := Env{Log: log, Metrics: metrics, Health: new(telemetry.Health)}
		// Operators can look before there is anything to see, and must not see a service that is ready.
		env.Health.Set(name, errStarting)
		var at net.Addr
		return app.Run(ctx, log, grace+grace/5,
			app.Part{Name: "ops", Run: func(ctx context.Context, ready func()) error {
				return telemetry.Serve(ctx, ops.Listen, telemetry.Handler(registry, env.Health), func(a net.Addr) {
					at = a
					ready()
				})
			}},
			app.Part{Name: name, Run: func(ctx context.Context, ready func()) error {
				return run(ctx, cfg, env, func() {
					env.Health.Set(name, nil)
					fmt.Fprintf(stdout, "%s is ready; metrics at http://%s/metrics\n", name, at)
					ready()
				})
			}},
		)
	})
}
