package calls

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// getSubscription reads a subscription, and before a change of seats what else decides whether it can be made: the product's limits,
// the seats that users have, and whether the customer may buy more. What of that
// cannot be learnt is left out: the vendor judges in the end.
func (v *Vendor) getSubscription(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	s, answer, _ := v.Client.GetSubscription(ctx, a.exchange, a.Customer, a.Subscription)
	state := stateOf(&s)
	var against domain.Trouble
	if answer.Outcome == partnercenter.Done && a.By != 0 && a.Target == 0 {
		v.limits(ctx, a, &s, &state)
		if a.By > 0 { // more seats are bought
			asking, cancel := context.WithTimeoutCause(ctx, maxChecks, errChecks)
			against = v.standingOf(asking, a).trouble
			cancel()
		}
	}
	recorded := false
	if seats, word := a.Property.Of(&state); answer.Outcome == partnercenter.Done && len(a.Attempts) > 0 && (seats != a.Target || word != a.To) {
		recorded = v.recorded(ctx, a) // else it would be made again after somebody has undone it
	}
	return answer, func(common domain.Answer) any {
		return domain.Seen{Answer: common, Subscription: state, Against: against, Recorded: recorded}
	}
}

// stateOf is a subscription as the domain sees it.
func stateOf(s *partnercenter.Subscription) domain.SubscriptionState {
	out := domain.SubscriptionState{
		Status: s.Status, Quantity: s.Quantity, Renews: s.AutoRenew, NextTerm: nextTerm(s), CancellableUntil: s.CancellableUntil,
		Refundable: s.RefundableQuantity, Limited: s.RefundableQuantity > 0 || len(s.Refundable) > 0,
	}
	for _, r := range s.Refunds {
		if r.Until.After(out.CancellableUntil) {
			out.CancellableUntil = r.Until
		}
	}
	if day := 24 * time.Hour; !out.CancellableUntil.IsZero() && out.CancellableUntil.Equal(out.CancellableUntil.Truncate(day)) {
		out.CancellableUntil = out.CancellableUntil.Add(day) // a date, whose day counts
	}
	return out
}

// nextTerm is the term and billing cycle that a subscription renews with.
func nextTerm(s *partnercenter.Subscription) string {
	term, cycle := cmp.Or(s.RenewalTermDuration, s.TermDuration), s.BillingCycle
	if s.NextTerm != nil {
		term, cycle = cmp.Or(s.NextTerm.TermDuration, term), cmp.Or(s.NextTerm.BillingCycle, cycle)
	}
	return term + " " + cycle
}

// limits adds how many seats the product may have and, before seats are removed, how many licences users have.
func (v *Vendor) limits(ctx context.Context, a *attempt, s *partnercenter.Subscription, into *domain.SubscriptionState) {
	sku := v.sku(ctx, a, s.OfferID)
	if sku == nil {
		return
	}
	into.Least, into.Most = sku.MinimumQuantity, sku.MaximumQuantity
	if a.By >= 0 || sku.ProvisioningID == "" {
		return
	}
	licences, answer, _ := v.Client.ListSubscribedSKUs(ctx, a.further(), a.Customer)
	for _, l := range licences {
		if answer.Outcome == partnercenter.Done && strings.EqualFold(l.ID, sku.ProvisioningID) {
			into.Licences, into.Assigned, into.Counted = l.Active, l.Consumed, true
		}
	}
}

// skuLasts is how long limits of a product are believed; they hardly ever change.
const skuLasts = time.Hour

// sku reads what a catalogue item is an instance of; nil for items of the old kind and when it cannot be read.
func (v *Vendor) sku(ctx context.Context, a *attempt, item string) *partnercenter.SKU {
	parts := strings.Split(item, ":")
	if len(parts) < 2 {
		return nil
	}
	return v.skus.get(ctx, a.Customer+"/"+parts[0]+":"+parts[1], func() (*partnercenter.SKU, time.Duration) {
		sku, answer, _ := v.Client.GetSKU(ctx, a.further(), partnercenter.Market{Customer: a.Customer}, parts[0], parts[1])
		if answer.Outcome != partnercenter.Done {
			return nil, 0
		}
		return &sku, skuLasts
	})
}

// further is the exchange of a further question of the same call: its id is another one that can be found beside the first.
func (a *attempt) further() partnercenter.Exchange {
	ask := a.exchange
	a.asked++
	ask.RequestID = numbered(ask.RequestID, followUp+a.asked)
	return ask
}

// changeSubscription reads the subscription and changes one property of it, if that is still what the change builds on. The
// vendor has no way to make that one step, so changes of one subscription from this process go one at a time.
func (v *Vendor) changeSubscription(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	if _, busy := v.changing.LoadOrStore(a.Subscription, nil); busy {
		return partnercenter.Answer{Outcome: partnercenter.NotSent}, nil
	}
	defer v.changing.Delete(a.Subscription)
	read := partnercenter.Exchange{CorrelationID: a.exchange.CorrelationID, SendBefore: a.exchange.SendBefore}
	current, answer, _ := v.Client.GetSubscription(ctx, read, a.Customer, a.Subscription)
	state := stateOf(&current)
	seen := func(moved bool) answered {
		return func(common domain.Answer) any {
			return domain.Sent{Seen: domain.Seen{Answer: common, Subscription: state}, Moved: moved}
		}
	}
	seats, word := a.Property.Of(&state)
	switch {
	case answer.Outcome == partnercenter.Unknown:
		answer.Outcome = partnercenter.Conflict // nothing was changed; what is there was not learnt
		return answer, seen(false)
	case answer.Outcome != partnercenter.Done:
		return answer, seen(false)
	case (a.Repeat || a.Property != domain.PropertySeats) && seats == a.Target && word == a.To:
		return answer, seen(false) // by an attempt of ours, or a state that somebody else has brought about
	case seats != a.Base || word != a.From:
		return answer, seen(true)
	}
	changed, answer := v.patch(ctx, a, &current)
	state = stateOf(&changed)
	return answer, func(common domain.Answer) any {
		return domain.Sent{Seen: domain.Seen{Answer: common, Subscription: state}, Later: answer.Status == accepted}
	}
}

// accepted is the status of a change that the vendor makes later.
const accepted = 202

func (v *Vendor) patch(ctx context.Context, a *attempt, current *partnercenter.Subscription) (changed partnercenter.Subscription, answer partnercenter.Answer) {
	switch a.Property {
	case domain.PropertyStatus:
		changed, answer, _ = v.Client.SetStatus(ctx, a.exchange, a.Customer, *current, a.To)
	case domain.PropertyRenewal:
		changed, answer, _ = v.Client.SetAutoRenew(ctx, a.exchange, a.Customer, *current, a.To == domain.RenewalOn)
	case domain.PropertyTerm:
		changed, answer, _ = v.Client.SetNextTerm(ctx, a.exchange, a.Customer, *current, v.next(ctx, a, current))
	default:
		changed, answer, _ = v.Client.SetQuantity(ctx, a.exchange, a.Customer, *current, a.Target)
	}
	return changed, answer
}

// next is what the subscription is to renew with: what is scheduled already or what it is now, in another term or cycle. A
// term may be sold under an availability of its own; where none is found the vendor says whether the present one will do.
func (v *Vendor) next(ctx context.Context, a *attempt, s *partnercenter.Subscription) *partnercenter.NextTerm {
	var next partnercenter.NextTerm
	if s.NextTerm != nil {
		next = *s.NextTerm
	}
	if parts := strings.Split(s.OfferID, ":"); next.ProductID == "" && len(parts) == 3 {
		next.ProductID, next.SKUID, next.AvailabilityID = parts[0], parts[1], parts[2]
	}
	next.Quantity = cmp.Or(next.Quantity, s.Quantity)
	next.TermDuration, next.BillingCycle, _ = strings.Cut(a.To, " ")
	if was, _, _ := strings.Cut(a.From, " "); was == next.TermDuration || next.ProductID == "" {
		return &next
	}
	sold, _, _ := v.Client.ListAvailabilities(ctx, a.further(), partnercenter.Market{Customer: a.Customer}, next.ProductID, next.SKUID)
	for _, s := range sold {
		for _, t := range s.Terms {
			if t.Duration == next.TermDuration && (t.BillingCycle == "" || t.BillingCycle == next.BillingCycle) {
				next.AvailabilityID = s.ID
				return &next
			}
		}
	}
	return &next
}
