package fulfillment

import (
	"context"
	"log/slog"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/budget"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
)

// permits is the rate budget as the client asks it.
type permits struct {
	budget *budget.Budget
	pace   domain.Pace
	log    *slog.Logger
}

// Permit waits for the token of a request: the one that its call brought, or another one.
func (p permits) Permit(ctx context.Context, resource string) (until time.Time, err error) {
	return p.budget.Permit(ctx, resource)
}

// Throttled has all replicas wait for as long as the vendor asks.
func (p permits) Throttled(ctx context.Context, resource string, asked time.Duration) {
	if err := p.budget.Block(ctx, resource, p.pace.Real(asked)); err != nil {
		p.log.WarnContext(ctx, "the other replicas do not hear that the vendor asks for silence", slog.String("resource", resource), slog.Any("error", err))
	}
}
