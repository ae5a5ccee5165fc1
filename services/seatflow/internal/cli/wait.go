package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// lookEvery is how often an order that is waited for is read.
const lookEvery = 200 * time.Millisecond

type waitOrder struct {
	Order  string        `arg:"" help:"Number or id."`
	Status []string      `arg:"" optional:"" help:"Statuses, such as waiting_on_vendor; otherwise any in which the order goes no further by itself."`
	Within time.Duration `name:"within" default:"1m" help:"How long to wait at most."`
}

// resting are the statuses that nothing but a person's command or the vendor ends.
var resting = []string{
	"awaiting_approval", "scheduled", "waiting_on_vendor", "failed", "completed_with_errors", "completed", "rejected", "expired", "cancelled", "deleted",
}

var (
	// final are the statuses that no order leaves.
	final = []string{"completed", "rejected", "expired", "cancelled", "deleted"}
	// statuses are all that an order can be waited for in.
	statuses = append([]string{"received", "processing", "outcome_unknown"}, resting...)
)

// run reads the order until it stands as it should.
func (w *waitOrder) run(ctx context.Context, c *client.Client) (client.Order, error) {
	wanted := w.Status
	if len(wanted) == 0 {
		wanted = resting
	}
	for _, s := range wanted {
		if !slices.Contains(statuses, s) {
			return client.Order{}, fault.New(fault.Invalid, "unknown_status", s+" is no status of an order.").
				Hinted("Use one of " + strings.Join(statuses, ", ") + ".")
		}
	}
	over := time.NewTimer(w.Within)
	defer over.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		o, err := c.Get(ctx, w.Order, "")
		if err != nil || slices.Contains(wanted, o.Status) {
			return o, err
		}
		if slices.Contains(final, o.Status) {
			return o, fault.New(fault.Conflict, "at_its_end", "The order is "+strings.ReplaceAll(o.Status, "_", " ")+" and goes no further.").
				Hinted(o.Sentence)
		}
		select {
		case <-ctx.Done():
			return o, context.Cause(ctx)
		case <-over.C:
			return o, fault.New(fault.Unavailable, "not_yet", "After "+w.Within.String()+" the order is "+strings.ReplaceAll(o.Status, "_", " ")+".").
				Hinted(o.Sentence)
		case <-look.C:
		}
	}
}
