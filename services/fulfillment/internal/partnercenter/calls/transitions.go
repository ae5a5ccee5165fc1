package calls

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// checkTransition reads a subscription, whether it may move to another product, and which such moves there have been.
func (v *Vendor) checkTransition(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	seen, answer := v.history(ctx, a)
	if answer.Outcome == partnercenter.Done {
		offers, more, _ := v.Client.ListEligibilities(ctx, a.further(), a.Customer, a.Subscription, partnercenter.TransitionImmediate)
		seen.Offer, answer = offer(offers, a.Item), more
	}
	return answer, func(common domain.Answer) any { seen.Answer = common; return seen }
}

// getTransitions reads a subscription and which moves to another product there have been.
func (v *Vendor) getTransitions(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	seen, answer := v.history(ctx, a)
	return answer, func(common domain.Answer) any { seen.Answer = common; return seen }
}

// history is done only when both questions are: half of it would look as if nothing had happened.
func (v *Vendor) history(ctx context.Context, a *attempt) (domain.Seen, partnercenter.Answer) {
	s, answer, _ := v.Client.GetSubscription(ctx, a.exchange, a.Customer, a.Subscription)
	seen := domain.Seen{Subscription: stateOf(&s)}
	if answer.Outcome != partnercenter.Done {
		return seen, answer
	}
	moves, more, _ := v.Client.ListTransitions(ctx, a.further(), a.Customer, a.Subscription, "")
	if more.Status == http.StatusNotFound { // it has none
		more.Outcome, more.Entry = partnercenter.Done, partnercenter.Entry{}
	}
	for i := range moves {
		if sameProduct(moves[i].ToCatalogItemID, a.Item) {
			seen.Moves = append(seen.Moves, move(&moves[i]))
		}
	}
	return seen, more
}

// createTransition moves seats to another product. The vendor makes it as often as it is asked.
func (v *Vendor) createTransition(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	made, answer, _ := v.Client.CreateTransition(ctx, a.exchange, a.Customer, a.Subscription, partnercenter.NewTransition{
		ToCatalogItemID: a.Item, Quantity: a.Target, TermDuration: a.Term, BillingCycle: a.Cycle, Type: a.To,
	})
	return answer, func(common domain.Answer) any {
		sent := domain.Sent{Seen: domain.Seen{Answer: common}, Later: true}
		if answer.Outcome == partnercenter.Done {
			sent.Moves = []domain.Move{move(&made)}
			sent.Later = sent.Moves[0].State == domain.MoveStarted
		}
		return sent
	}
}

// sameProduct compares product and SKU; the last part of a catalogue item changes with time.
func sameProduct(a, b string) bool { return strings.EqualFold(productAndSKU(a), productAndSKU(b)) }

func productAndSKU(item string) string {
	parts := strings.SplitN(item, ":", 3)
	return strings.Join(parts[:min(2, len(parts))], ":")
}

// offer finds the wanted product among those that the vendor offers, and the way in which users keep their licences if there
// is a choice.
func offer(offers []partnercenter.Eligibility, item string) domain.Offer {
	var out domain.Offer
	for _, o := range offers {
		if !sameProduct(o.CatalogItemID, item) {
			continue
		}
		out.Item = o.CatalogItemID
		for _, w := range o.Ways {
			switch {
			case w.Eligible && (out.Way == "" || w.Type == partnercenter.TransitionWithLicences):
				out.Way = w.Type
			case !w.Eligible && out.Trouble == (domain.Trouble{}):
				out.Trouble = coded(w.Errors)
			}
		}
		if out.Way != "" {
			return out
		}
	}
	if out.Trouble == (domain.Trouble{}) {
		out.Trouble = coded(nil)
	}
	return out
}

// coded is the first of an answer's errors in a sentence.
func coded(errs []partnercenter.CodedError) domain.Trouble {
	first := partnercenter.CodedError{}
	if len(errs) > 0 {
		first = errs[0]
	}
	t := entryTrouble(partnercenter.Describe(0, cmp.Or(first.Code, "900236")), first.Code, first.Description, "")
	if first.Description != "" && !strings.Contains(t.Detail, first.Description) {
		t.Detail += " (" + first.Description + ")"
	}
	return t
}

// move is a transition as the domain sees it. One that has moved the seats and not the licences of all users is done, and
// tells so.
func move(t *partnercenter.Transition) domain.Move {
	m := domain.Move{ID: t.OperationID, Subscription: t.ToSubscriptionID, Quantity: t.Quantity}
	is := map[string]string{}
	for _, e := range t.Events {
		is[e.Name] = e.Status // the last word counts
		if e.Status == partnercenter.EventFailed {
			m.Trouble = coded(e.Errors)
		}
	}
	seats, told := is[partnercenter.EventConversion]
	licences, reassigned := is[partnercenter.EventLicenseReassignment]
	if !told && reassigned {
		seats = partnercenter.EventCompleted // licences follow seats
	}
	switch {
	case seats == partnercenter.EventFailed:
		m.State = domain.MoveFailed
	case seats != partnercenter.EventCompleted:
		m.Trouble = domain.Trouble{}
	case licences == partnercenter.EventFailed:
		m.State = domain.MoveCompleted
		m.Trouble.Detail = "The seats have moved, but not the licences of all users. " + m.Trouble.Detail
		m.Trouble.Hint = "Assign the new product's licences to the users in the admin centre."
	case !reassigned || licences == partnercenter.EventCompleted:
		m.State, m.Trouble = domain.MoveCompleted, domain.Trouble{}
	}
	return m
}
