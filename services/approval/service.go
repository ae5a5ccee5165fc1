// Package approval decides whether an order may be bought: by rules at once, or by an
// admin.
//
// Model: one engine over approval's own database. See internal/domain for the states and
// the rules, internal/handlers for what comes in and goes out, README.md for settings.
//
// Failures: Run returns when its database, its bus or its migrations fail for good.
package approval

import (
	"context"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/approval/internal/handlers"
	"github.com/seatflow/seatflow/services/approval/internal/store"
	"github.com/seatflow/seatflow/services/kit/service"
)

// Run serves until ctx ends. ready is called once it takes orders.
func Run(ctx context.Context, cfg Config, env service.Env, ready func()) error {
	build := func(ctx context.Context, d service.Deps) (service.Parts, error) {
		metrics, err := handlers.NewMetrics(ctx, env.Metrics, d.Pool)
		if err != nil {
			return service.Parts{}, err
		}
		s := &handlers.Service{Patience: cfg.Expires, Metrics: metrics}
		return service.Parts{Spec: s.Spec(), Queries: handlers.Queries(d.Pool)}, nil
	}
	return service.Serve(ctx, contract.Approval, cfg.Config, env, store.Migrations(), build, ready)
}
