package cli

import (
	"context"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

type settleOrder struct {
	Order        string  `arg:"" help:"Number or id."`
	Line         []int32 `name:"line" required:"" placeholder:"N,..." help:"The lines that it is about."`
	Bought       string  `name:"bought" xor:"outcome" placeholder:"ORDER" help:"They were bought; what Partner Center calls the order that they became."`
	Subscription string  `name:"subscription" placeholder:"ID" help:"With --bought: what Partner Center calls the subscription that a single line became, if known."`
	NotBought    bool    `name:"not-bought" xor:"outcome" help:"They were not bought, and no order is on its way."`
	Changed      bool    `name:"changed" xor:"outcome" help:"What they ask for was changed."`
	NotChanged   bool    `name:"not-changed" xor:"outcome" help:"Nothing was changed, and no change is on its way."`
	Note         string  `name:"note" required:"" placeholder:"TEXT" help:"Who says so, and from what."`
}

func (s *settleOrder) run(ctx context.Context, c *client.Client) (client.Order, error) {
	said := client.Settlement{Lines: s.Line, VendorOrderID: s.Bought, VendorSubscriptionID: s.Subscription, Note: s.Note}
	switch {
	case s.Bought != "" || s.Changed:
		said.Outcome = "done"
	case s.NotBought || s.NotChanged:
		said.Outcome = "not_done"
	default:
		return client.Order{}, fault.New(fault.Invalid, "outcome_missing", "Say what became of it: --bought ORDER, --not-bought, --changed or --not-changed.")
	}
	return c.Settle(ctx, s.Order, said)
}
