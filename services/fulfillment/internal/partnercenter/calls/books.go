package calls

import (
	"context"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// Ours compares the vendor's books of a customer with our own records. It gives what they disagree about and the ids of the
// customer's findings so far.
type Ours func(ctx context.Context, customer string, theirs domain.Books) (found []domain.Discrepancy, standing []string, err error)

// compareBooks reads all that the vendor has of a customer, then our records: what is bought in between is ours already, and
// too young for the vendor's lists. Only when they disagree the vendor's activity log is read too. It changes nothing, so it may be
// sent late.
func (v *Vendor) compareBooks(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	ask := partnercenter.Exchange{CorrelationID: a.exchange.CorrelationID}
	unread := func(common domain.Answer) any { return domain.BooksSeen{Answer: common} }
	orders, answer, _ := v.Client.ListOrders(ctx, ask, a.Customer)
	if answer.Outcome != partnercenter.Done {
		return answer, unread
	}
	subscriptions, answer, _ := v.Client.ListSubscriptions(ctx, ask, a.Customer)
	if answer.Outcome != partnercenter.Done {
		return answer, unread
	}
	theirs := books(orders, subscriptions)
	found, standing, err := v.Ours(ctx, a.Customer, theirs)
	if err == nil && len(found) > 0 { // seldom, so that who did it is worth one more question
		theirs.Deeds = v.deeds(ctx, ask, a.Customer)
		found, standing, err = v.Ours(ctx, a.Customer, theirs)
	}
	if err != nil {
		answer.Outcome = partnercenter.Conflict // nothing was learnt, but not for want of the vendor: it is compared again later
		return answer, unread
	}
	return answer, func(common domain.Answer) any {
		return domain.BooksSeen{Answer: common, Found: found, Standing: standing}
	}
}

func books(orders []partnercenter.Order, subscriptions []partnercenter.Subscription) domain.Books {
	b := domain.Books{
		Orders: make([]domain.BookOrder, len(orders)), Subscriptions: make([]domain.BookSubscription, len(subscriptions)),
	}
	for i, o := range orders {
		lines := make([]domain.BookLine, len(o.Lines))
		for j, l := range o.Lines {
			lines[j] = domain.BookLine{
				Name: l.FriendlyName, Subscription: l.SubscriptionID, Quantity: l.Quantity, Transaction: word(l.TransactionType),
			}
		}
		b.Orders[i] = domain.BookOrder{
			ID: o.ID, Status: o.Status, CreatedAt: o.CreatedAt, Transaction: word(o.TransactionType), Lines: lines,
		}
	}
	for i := range subscriptions {
		s := &subscriptions[i]
		ends := s.CommitmentEndsBy
		if ends.IsZero() {
			ends = s.CommitmentEndsAt
		}
		b.Subscriptions[i] = domain.BookSubscription{
			ID: s.ID, Order: s.OrderID, Name: s.FriendlyName, Status: s.Status, Quantity: s.Quantity, CreatedAt: s.CreatedAt, EndsAt: lasting(ends),
		}
	}
	return b
}

// word is one of the vendor's words without the underscores and capitals in which it comes one time or the other.
func word(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "") }

// lasting takes the year 9999, which the vendor writes for "for ever", as no end.
func lasting(ends time.Time) time.Time {
	const never = 9999
	if ends.Year() >= never {
		return time.Time{}
	}
	return ends
}
