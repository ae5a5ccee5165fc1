package domain

import (
	"slices"
	"testing"
	"time"
)

// vendorSub is a subscription of the model. A change of product that has been made may show later.
type vendorSub struct {
	SubscriptionState
	moves []vendorMove
}

type vendorMove struct {
	Move
	seats int64
	by    string
	shown time.Time
}

func newSub() *vendorSub {
	return &vendorSub{SubscriptionState: SubscriptionState{Status: "active", Quantity: 10, Renews: true, NextTerm: "P1Y annual"}}
}

// change does what a call about a subscription or a purchase asks for.
func (v *vendor) change(c Call, m mood) any {
	b, s := c.Body, v.subs[c.Body.Subscription]
	switch c.Operation {
	case SubscriptionGet:
		return v.shows(b, s)
	case SubscriptionPatch:
		before := v.effects[v.by]
		sent := v.set(b, s, m)
		v.logged[c.ID] = v.effects[v.by] > before
		return sent
	case TransitionCheck, TransitionGet:
		s.proceed(v, m)
		return v.shows(b, s)
	case TransitionCreate:
		return v.move(b, s, m)
	case PurchaseGet:
		return Seen{Answer: with(done, b), Order: v.purchase(b)}
	case PurchaseCancel:
		return v.revoke(b, m)
	default:
		return nil // it asks nobody
	}
}

// shows is a subscription as the vendor shows it now.
func (v *vendor) shows(b Body, s *vendorSub) Seen {
	seen := Seen{Answer: with(done, b), Subscription: s.SubscriptionState, Offer: Offer{Item: "P:S:A", Way: "transition_only"}}
	if seats, word := b.Property.Of(&s.SubscriptionState); v.logs && (seats != b.Target || word != b.To) {
		seen.Recorded = slices.ContainsFunc(b.Attempts, func(call string) bool { return v.logged[call] })
	}
	for _, m := range s.moves {
		if m.shown.After(v.now) {
			seen.Subscription.Quantity += m.seats
			seen.Subscription.Status = "active"
			continue
		}
		seen.Moves = append(seen.Moves, m.Move)
	}
	return seen
}

// set does what the caller's glue and the vendor do together: compare, then set.
func (v *vendor) set(b Body, s *vendorSub, m mood) any {
	sent := Sent{Seen: v.shows(b, s)}
	switch seats, word := b.Property.Of(&s.SubscriptionState); {
	case (b.Repeat || b.Property != PropertySeats) && seats == b.Target && word == b.To:
		return sent
	case seats != b.Base || word != b.From:
		sent.Moved = true
		return sent
	case s.Status == "deleted", s.Status == "suspended" && b.Property != PropertyStatus:
		return Sent{Seen: Seen{Answer: with(refused("2001"), b)}}
	}
	switch b.Property {
	case PropertySeats:
		s.Quantity = b.Target
	case PropertyStatus:
		s.Status, s.Renews = b.To, s.Renews && b.To == "active"
	case PropertyRenewal:
		s.Renews = b.To == RenewalOn
	case PropertyTerm:
		s.NextTerm = b.To
	}
	v.effects[v.by]++
	return Sent{Seen: v.shows(b, s), Later: m == slow}
}

// move changes the product of some seats, however often it is asked to.
func (v *vendor) move(b Body, s *vendorSub, m mood) any {
	if s.Status != "active" || s.Quantity < b.Target {
		return Sent{Seen: Seen{Answer: with(refused("900236"), b)}}
	}
	made := vendorMove{Move: Move{ID: v.id("move")}, seats: b.Target, by: v.by, shown: v.now}
	if m == slow {
		made.shown = v.now.Add(historyLag)
	}
	if s.Quantity -= b.Target; s.Quantity == 0 {
		s.Status = "deleted"
	}
	s.moves = append(s.moves, made)
	v.effects[v.by]++
	return Sent{Seen: Seen{Answer: with(done, b), Moves: []Move{made.Move}}}
}

// proceed brings changes of product on: they succeed or, partly, are undone.
func (s *vendorSub) proceed(v *vendor, m mood) {
	for i := range s.moves {
		switch move := &s.moves[i]; {
		case move.State != MoveStarted, m == slow:
		case m == partly:
			move.State, move.Trouble = MoveFailed, Trouble{Code: "transition_failed", Detail: "Partner Center: Failed."}
			s.Quantity, s.Status = s.Quantity+move.seats, "active"
			v.effects[move.by]--
		default:
			move.State, move.Subscription = MoveCompleted, "s3"
		}
	}
}

func (v *vendor) purchase(b Body) VendorOrder {
	shown := *v.orders[b.Order]
	shown.Lines = slices.Clone(shown.Lines)
	return shown
}

// revoke cancels a purchase, or lines of it.
func (v *vendor) revoke(b Body, m mood) any {
	o := v.orders[b.Order]
	if !cancelled(o, b.Rows) {
		v.effects[v.by]++
	}
	for i := range o.Lines {
		if len(b.Rows) == 0 || slices.Contains(b.Rows, int32(i)) {
			o.Lines[i].Quantity = 0
		}
	}
	if cancelled(o, []int32{0, 1}) {
		o.Status = "cancelled"
	}
	return Sent{Seen: Seen{Answer: with(done, b), Order: v.purchase(b)}, Later: m == slow}
}

// Lines are cancelled when the vendor shows them with quantity 0; what it does not show proves nothing.
func TestCancelledIsShown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []VendorLine
		want  bool
	}{
		"shown as cancelled": {[]VendorLine{{Number: 0, Quantity: 3}, {Number: 1, Quantity: 0}}, true},
		"shown as bought":    {[]VendorLine{{Number: 0, Quantity: 0}, {Number: 1, Quantity: 3}}, false},
		"without a quantity": {[]VendorLine{{Number: 1, Quantity: QuantityNotTold}}, false},
		"not shown":          {[]VendorLine{{Number: 0, Quantity: 0}}, false},
		"no lines at all":    {nil, false},
	} {
		if got := cancelled(&VendorOrder{ID: "o", Status: "completed", Lines: c.lines}, []int32{1}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
