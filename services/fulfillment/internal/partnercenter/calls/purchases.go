package calls

import (
	"context"
	"slices"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// getPurchase reads an order that is to be cancelled.
func (v *Vendor) getPurchase(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	order, answer, _ := v.Client.GetOrder(ctx, a.exchange, a.Customer, a.Order)
	return answer, func(common domain.Answer) any { return domain.Seen{Answer: common, Order: vendorOrder(order, nil)} }
}

// cancelPurchase cancels an order, or lines of it, which the vendor wants named with what they have bought.
func (v *Vendor) cancelPurchase(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	var order partnercenter.Order
	var lines []partnercenter.CancelledLine
	sent := func(answer partnercenter.Answer) (partnercenter.Answer, answered) {
		return answer, func(common domain.Answer) any {
			return domain.Sent{Seen: domain.Seen{Answer: common, Order: vendorOrder(order, nil)}, Later: answer.Status == accepted}
		}
	}
	if len(a.Rows) > 0 {
		var answer partnercenter.Answer
		order, answer, _ = v.Client.GetOrder(ctx, a.further(), a.Customer, a.Order)
		if answer.Outcome == partnercenter.Unknown {
			answer.Outcome = partnercenter.Conflict // nothing was cancelled; what is there was not learnt
		}
		if answer.Outcome != partnercenter.Done {
			return sent(answer)
		}
		for _, l := range order.Lines {
			if slices.Contains(a.Rows, int32(l.Number)) {
				lines = append(lines, partnercenter.CancelledLine{Number: l.Number, OfferID: l.OfferID})
			}
		}
	}
	after, answer, _ := v.Client.CancelOrder(ctx, a.exchange, a.Customer, a.Order, lines...)
	order = after
	return sent(answer)
}
