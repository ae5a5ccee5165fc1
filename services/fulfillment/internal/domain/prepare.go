package domain

import (
	"fmt"
	"slices"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// prepare fixes what a change starts from and what it leads to. against is what stands against it; already says that what it
// is to lead to is there, which is enough for a state, and never for a difference.
func (w *work) prepare(l *Line, a *Seen) (already bool, against Trouble) {
	wish := w.o.wish(l.Number)
	change, s := ChangeOf(wish), &a.Subscription
	if change == CancelPurchase {
		return w.preparePurchase(l, wish.GetCancelPurchase(), a)
	}
	if to, sets := statusTo[change]; sets {
		if l.From, l.To = s.Status, to; s.Status == to {
			return true, Trouble{}
		}
	}
	if against = inStatus(change, s.Status); against != (Trouble{}) {
		return false, against
	}
	switch change {
	case AddSeats, RemoveSeats:
		l.Base, l.Target = s.Quantity, s.Quantity+seatsBy(wish)
		return false, seatsAgainst(s, seatsBy(wish))
	case CancelSubscription:
		if !s.CancellableUntil.IsZero() && w.now.After(s.CancellableUntil) {
			return false, tooLateToEnd(s)
		}
	case SetAutoRenew:
		_, l.From = PropertyRenewal.Of(s)
		l.To = RenewalOff
		if wish.GetSetAutoRenew().GetEnabled() {
			l.To = RenewalOn
		}
		return l.From == l.To, Trouble{}
	case ChangeTerm:
		return l.prepareTerm(wish.GetChangeTerm(), s)
	case ChangeProduct:
		return false, l.prepareMove(wish, a)
	default: // its status is all there is to it
	}
	return false, Trouble{}
}

// statusTo is the status that a change leads to.
var statusTo = map[Change]string{Suspend: statusSuspended, Reactivate: statusActive, CancelSubscription: statusDeleted}

// doing is what a change that stands against a status cannot do.
var doing = map[Change]string{
	AddSeats: "no seats can be added", RemoveSeats: "no seats can be removed", Suspend: "it cannot be suspended",
	Reactivate: "it cannot be reactivated", CancelSubscription: "it cannot be cancelled", SetAutoRenew: "its renewal cannot be switched",
	ChangeTerm: "its term cannot be changed", ChangeProduct: "its product cannot be changed",
}

// inStatus says what the subscription's status has against a change. A word that we do not know is the vendor's to judge.
func inStatus(change Change, status string) Trouble {
	known := map[string]string{
		statusActive:    "",
		statusPending:   "Retry the order when the subscription is active.",
		statusSuspended: "Order its reactivation first, then retry this order.",
		statusExpired:   "Order a new subscription.",
		statusDisabled:  "Order a new subscription.",
		statusDeleted:   "Order a new subscription.",
	}
	hint, judged := known[status]
	fits := status == statusActive
	switch change {
	case Reactivate:
		fits = status == statusSuspended
	case CancelSubscription:
		fits = fits || status == statusSuspended
		hint = "Nothing is left to be cancelled."
		if status == statusPending {
			hint = known[status]
		}
	default: // only what is active can be changed
	}
	if fits || !judged {
		return Trouble{}
	}
	return Trouble{
		Code:   "subscription_" + status,
		Detail: "Partner Center: The subscription is " + status + ", so " + doing[change] + ".",
		Hint:   hint,
	}
}

// seatsAgainst says why the subscription cannot have so many seats more, or fewer. Of assigned seats no code of the vendor
// speaks, and removing them would take the product away from people.
func seatsAgainst(s *SubscriptionState, by int64) Trouble {
	n := s.Quantity + by
	insufficient := Trouble{Code: "insufficient_seats", Hint: "Remove fewer seats."}
	switch free := s.Licences - s.Assigned; {
	case n < 1:
		insufficient.Detail = fmt.Sprintf("Partner Center: Insufficient seats. The subscription has %d, so %d cannot be removed.", s.Quantity, -by)
		insufficient.Hint = "Remove fewer seats, or order the cancellation of the subscription."
	case by < 0 && s.Counted && free < -by:
		insufficient.Detail = fmt.Sprintf("Partner Center: Insufficient seats. Of the customer's %d licences %d are assigned to users, so %d cannot be removed; %d can.",
			s.Licences, s.Assigned, -by, max(free, 0))
		insufficient.Hint = "Remove license assignments from users before reducing subscription quantity, then retry the order, or remove fewer seats."
	case by < 0 && s.Limited && s.Refundable < -by:
		insufficient.Detail = fmt.Sprintf("Partner Center: Insufficient seats. Microsoft takes back only %d of the %d seats now, so %d cannot be removed.",
			max(s.Refundable, 0), s.Quantity, -by)
		insufficient.Hint = "Seats can be given back within 7 days of buying or adding them. Remove fewer, or wait for the end of the term."
	case by < 0 && n < s.Least:
		insufficient.Detail = fmt.Sprintf("Partner Center: Insufficient seats. The product needs at least %d, so %d of %d cannot be removed.", s.Least, -by, s.Quantity)
	case by > 0 && s.Most > 0 && n > s.Most:
		return Trouble{
			Code:   "quantity_limit",
			Detail: fmt.Sprintf("Partner Center: The subscription has %d seats and may have %d, so %d cannot be added.", s.Quantity, s.Most, by),
			Hint:   fmt.Sprintf("Add at most %d seats, or order a further subscription.", max(s.Most-s.Quantity, 0)),
		}
	default:
		return Trouble{}
	}
	return insufficient
}

// tooLateToEnd is the trouble of a cancellation after its time.
func tooLateToEnd(s *SubscriptionState) Trouble {
	return Trouble{
		Code: "cancellation_window",
		Detail: "Partner Center: The subscription could be cancelled until " +
			s.CancellableUntil.UTC().Format("2 January 2006, 15:04 UTC") + "; now it runs to the end of its term.",
		Hint: endsWithTerm,
	}
}

// endsWithTerm is what to order where a subscription cannot be cancelled any more.
const endsWithTerm = "To let it end with its term, order set_auto_renew with enabled false."

// endsThen is told of a cancellation that the vendor makes when the term ends.
var endsThen = Trouble{
	Code: "ends_with_term", Detail: "Partner Center: The days for a cancellation are over, so the subscription ends with its term and is billed until then.",
	Hint: "To keep it, order set_auto_renew with enabled true before its term ends.",
}

// prepareTerm works out what the subscription is to renew with.
func (l *Line) prepareTerm(c *orderv1.ChangeTerm, s *SubscriptionState) (already bool, against Trouble) {
	if !s.Renews {
		return false, Trouble{
			Code: "renewal_off", Detail: "Partner Center: The subscription does not renew, so there is no next term to change.",
			Hint: "Order set_auto_renew with enabled true first, then retry this order.",
		}
	}
	term, cycle, _ := strings.Cut(s.NextTerm, " ")
	if c.GetTerm() != "" {
		term = c.GetTerm()
	}
	if c.GetBillingCycle() != 0 {
		cycle = cycles[c.GetBillingCycle()]
	}
	l.From, l.To = s.NextTerm, term+" "+cycle
	return l.From == l.To, Trouble{}
}

// prepareMove works out how many seats move to another product, and in which way.
func (l *Line) prepareMove(wish *orderv1.Line, a *Seen) Trouble {
	l.Base, l.Target, l.From = a.Subscription.Quantity, int64(wish.GetChangeProduct().GetQuantity()), a.Subscription.Status
	if l.Target == 0 {
		l.Target = l.Base
	}
	switch o := a.Offer; {
	case l.Target > l.Base:
		return Trouble{
			Code:   "insufficient_seats",
			Detail: fmt.Sprintf("Partner Center: Insufficient seats. The subscription has %d, so %d cannot move to another product.", l.Base, l.Target),
			Hint:   "Move fewer seats.",
		}
	case o.Item == "":
		return Trouble{
			Code:   "transition_not_offered",
			Detail: "Partner Center: The subscription cannot be changed to " + wish.GetProduct() + "; Microsoft does not offer that.",
			Hint:   "Order a new subscription of it, and let this one end.",
		}
	case o.Way == "":
		return o.Trouble
	}
	l.Item, l.To, l.Prior = a.Offer.Item, a.Offer.Way, nil
	for _, m := range a.Moves {
		l.Prior = append(l.Prior, m.ID)
	}
	return Trouble{}
}

// preparePurchase looks whether there is anything to be cancelled.
func (w *work) preparePurchase(l *Line, c *orderv1.CancelPurchase, a *Seen) (already bool, against Trouble) {
	l.From, l.To = a.Order.Status, "cancelled"
	if cancelled(&a.Order, nil) {
		return true, Trouble{}
	}
	for _, n := range c.GetVendorLines() {
		if !slices.ContainsFunc(a.Order.Lines, func(v VendorLine) bool { return v.Number == int(n) }) {
			return false, Trouble{
				Code:   "no_such_vendor_line",
				Detail: fmt.Sprintf("Partner Center: Order %s has no line %d. Nothing was cancelled.", l.VendorOrder, n),
				Hint:   "The vendor counts the lines of an order from 0. Place the order again with the right ones.",
			}
		}
	}
	return cancelled(&a.Order, c.GetVendorLines()), Trouble{}
}

// alreadySo is what is told of a change that had nothing to do.
func alreadySo(wish *orderv1.Line) Trouble {
	what := map[Change]string{
		Suspend: "The subscription was suspended already", Reactivate: "The subscription was active already",
		CancelSubscription: "The subscription was cancelled already", CancelPurchase: "The purchase was cancelled already",
		SetAutoRenew: "The subscription's renewal was off already", ChangeTerm: "The subscription renews with that term already",
	}[ChangeOf(wish)]
	if wish.GetSetAutoRenew().GetEnabled() {
		what = "The subscription's renewal was on already"
	}
	return Trouble{Code: "already_so", Detail: what + "; nothing had to be changed."}
}

// refuse fails a line that the vendor refuses, and says what else could be ordered.
func (w *work) refuse(l *Line, why Trouble) {
	if ChangeOf(w.o.wish(l.Number)) == CancelSubscription {
		why.Hint = strings.TrimSpace(why.Hint + " " + endsWithTerm)
	}
	w.fail(l, why)
}
