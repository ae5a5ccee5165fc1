package calls

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// listPurchases reads the customer's orders and subscriptions, and keeps what may have come of the call's lines. A subscription
// can show before its order does, so it stands for the order then. Only both lists together are a complete look.
func (v *Vendor) listPurchases(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	orders, answer, _ := v.Client.ListOrders(ctx, a.exchange, a.Customer)
	var subscriptions []partnercenter.Subscription
	if answer.Outcome == partnercenter.Done {
		subscriptions, answer, _ = v.Client.ListSubscriptions(ctx, a.further(), a.Customer)
	}
	return answer, func(common domain.Answer) any {
		found := domain.Found{Answer: common}
		if common.Verdict != domain.Done {
			return found
		}
		for _, o := range orders {
			vo := dated(o, vendorOrder(o, nil))
			if a.concerns(&vo) {
				found.Orders = append(found.Orders, vo)
			}
		}
		for i := range subscriptions {
			if vo := orderOf(&subscriptions[i]); a.concerns(&vo) && !hasOrder(orders, vo.ID) {
				found.Orders = append(found.Orders, vo)
			}
		}
		return found
	}
}

// maxSkew is by how much the vendor's clock may be behind.
const maxSkew = time.Hour

// concerns says whether an order may be about the call's lines: it is not older than they are, or has the name of one.
func (a *attempt) concerns(o *domain.VendorOrder) bool {
	if o.CreatedAt.IsZero() || !o.CreatedAt.Before(a.Since.Add(-maxSkew)) {
		return true
	}
	return slices.ContainsFunc(o.Lines, func(l domain.VendorLine) bool {
		return slices.ContainsFunc(a.Lines, func(own domain.CartLine) bool { return own.Name == l.Name })
	})
}

// orderOf is the order that a subscription shows. How far it is, only the order itself tells, unless there is none.
func orderOf(s *partnercenter.Subscription) domain.VendorOrder {
	o := domain.VendorOrder{ID: s.OrderID, Status: partnercenter.OrderPending, Cycle: s.BillingCycle, CreatedAt: s.CreatedAt}
	if o.ID == "" {
		o.Status = partnercenter.OrderCompleted
	}
	o.Lines = []domain.VendorLine{{
		Item: s.OfferID, Name: s.FriendlyName, Quantity: s.Quantity, Term: s.TermDuration, Subscription: s.ID,
	}}
	return o
}

func hasOrder(orders []partnercenter.Order, id string) bool {
	return id != "" && slices.ContainsFunc(orders, func(o partnercenter.Order) bool { return strings.EqualFold(o.ID, id) })
}
