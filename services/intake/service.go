// Package intake takes orders from systems and people, and keeps the book of what becomes
// of them.
//
// Model: one engine over intake's own database. See internal/domain for the checks, the
// fingerprint and the book, internal/handlers for what comes in and goes out, README.md for
// settings.
//
// Failures: Run returns when its database, its bus or its migrations fail for good.
package intake

import (
	"context"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/intake/internal/handlers"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/service"
)

// Run serves until ctx ends. ready is called once it takes orders.
func Run(ctx context.Context, cfg Config, env service.Env, ready func()) error {
	build := func(ctx context.Context, d service.Deps) (service.Parts, error) {
		validator, err := handlers.NewValidator()
		if err != nil {
			return service.Parts{}, err
		}
		metrics, err := handlers.NewMetrics(ctx, env.Metrics, d.Pool)
		if err != nil {
			return service.Parts{}, err
		}
		s := &handlers.Service{Validator: validator, Metrics: metrics}
		r := &handlers.Reader{DB: d.Pool, Watch: d.Watch}
		return service.Parts{Spec: s.Spec(), Queries: r.Queries()}, nil
	}
	return service.Serve(ctx, contract.Intake, cfg.Config, env, store.Migrations(), build, ready)
}
