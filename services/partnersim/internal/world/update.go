package world

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
)

// Update changes a subscription to what a full-resource update says. All of it is done or, when refused, nothing. What is
// equal already is no change, so a repeat has no effect and no ledger row.
//
//	active ◄──► suspended      (suspending switches auto-renew off)
//	   └──► deleted ◄──┘       (within 7 days of the start)
func (w *World) Update(now time.Time, customerID, id ID, change Change) (Subscription, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, s, refusal := w.subscription(now, customerID, id)
	if refusal != nil {
		return Subscription{}, refusal
	}
	if s.underway(now) {
		return Subscription{}, s.busy()
	}
	if change.IfMatch != "" {
		if _, struck := change.By.Behave.Ask(behaviours.EtagStale); struck {
			s.version++
		}
	}
	quantity, status := s.quantity, s.status
	if change.Quantity != nil {
		quantity = *change.Quantity
	}
	if change.Status != nil {
		status = *change.Status
	}
	if refusal := s.judge(now, change, quantity, status); refusal != nil {
		return Subscription{}, refusal
	}
	if refusal := w.judgeNext(c, s, &change); refusal != nil {
		return Subscription{}, refusal
	}
	switch {
	case quantity <= s.quantity:
	case c.blocked != nil:
		return Subscription{}, c.blocked
	case w.settings.SandboxLimits && quantity > sandboxSeats:
		return Subscription{}, ErrSandboxLimit
	}
	before := *s
	s.apply(now, change, quantity, status)
	if kind := s.differs(&before); kind != "" {
		s.version++
		w.ledger.add(w.effect(now, c, s, &before, kind), change.By)
		s.changing = nil
		if r, struck := change.By.Behave.Ask(behaviours.PatchAccepted); struck {
			before.changing = nil
			s.changing = &changing{&before, now.Add(r.For), r.Code}
		}
	}
	return w.view(now, c, s), nil
}

// busy is the answer while an earlier change is under way.
func (s *subscription) busy() *Refusal {
	return refuse(409, s.changing.code, "There is a pending operation on the subscription. Try again later.")
}

// judge says whether the vendor refuses a change.
func (s *subscription) judge(now time.Time, change Change, quantity int64, status string) *Refusal {
	if id, ok := ParseID(change.ID); change.ID != "" && (!ok || id != s.id) {
		return ErrInvalidProperty
	}
	if change.IfMatch != "" && change.IfMatch != s.etag() {
		return ErrETag
	}
	switch {
	case s.status == StatusDeleted:
		return ErrDeleted
	case status == StatusSuspended && quantity != s.quantity && s.status != StatusSuspended:
		return ErrQuantityWhileHalting
	case s.status == StatusSuspended && status == StatusSuspended && s.changes(change, quantity):
		return ErrSuspended
	case quantity < s.item.MinQuantity || quantity > s.item.MaxQuantity:
		return ErrQuantity
	case quantity != s.quantity && s.item.Kind == AzurePlan:
		return ErrQuantityHere
	case quantity < s.quantity && s.item.Kind != Legacy && s.quantity-quantity > s.refundable(now):
		return ErrDecrease
	case change.BillingCycle != "" && change.BillingCycle != s.term.BillingCycle:
		return ErrCycleHere
	case change.AutoRenew && !s.item.Renews():
		return ErrAutoRenew
	}
	switch status {
	case StatusActive, StatusSuspended:
		return nil
	case StatusDeleted:
		if s.late(now) && !s.lapses(now, status) {
			return ErrCancellationWindow
		}
		return nil
	case "none", "pending", "expired", "disabled":
		if status == s.status {
			return nil
		}
		return ErrStatusMove
	}
	return ErrEnum
}

// late says whether the time is over in which the subscription can be cancelled.
func (s *subscription) late(now time.Time) bool {
	window, _ := s.window()
	return window < forever && !now.Before(s.start.Add(window))
}

// lapses says whether a wish to cancel takes effect only when the term ends.
func (s *subscription) lapses(now time.Time, status string) bool {
	_, atRenewal := s.window()
	return status == StatusDeleted && atRenewal && s.late(now)
}

func (s *subscription) changes(change Change, quantity int64) bool {
	return quantity != s.quantity || change.FriendlyName != nil && *change.FriendlyName != s.name || change.AutoRenew
}

func (s *subscription) refundable(now time.Time) int64 {
	sum := int64(0)
	for _, r := range s.refunds {
		if now.Before(r.Until) {
			sum += r.Quantity
		}
	}
	return sum
}

func (s *subscription) apply(now time.Time, change Change, quantity int64, status string) {
	if quantity != s.quantity { // the old ones may be shared with a copy of s
		s.refunds = slices.DeleteFunc(slices.Clone(s.refunds), func(r Refund) bool { return !now.Before(r.Until) })
	}
	switch {
	case quantity > s.quantity:
		s.refunds = append(s.refunds, Refund{Quantity: quantity - s.quantity, Until: now.Add(refundWindow)})
	case quantity < s.quantity:
		s.giveBack(s.quantity - quantity)
	}
	s.quantity = quantity
	if change.FriendlyName != nil && *change.FriendlyName != "" {
		s.name = *change.FriendlyName
	}
	s.autoRenew = change.AutoRenew && status == StatusActive
	if s.next = nil; s.autoRenew {
		s.next = change.Next
	}
	if !s.lapses(now, status) {
		s.status = status
	}
}

// giveBack takes seats out of what may be given back, the newest first.
func (s *subscription) giveBack(seats int64) {
	for seats > 0 && len(s.refunds) > 0 {
		last := &s.refunds[len(s.refunds)-1]
		taken := min(seats, last.Quantity)
		last.Quantity -= taken
		seats -= taken
		if last.Quantity == 0 {
			s.refunds = s.refunds[:len(s.refunds)-1]
		}
	}
}

// differs names the foremost change, or is empty when there is none.
func (s *subscription) differs(before *subscription) EffectKind {
	switch {
	case s.quantity != before.quantity:
		return EffectQuantity
	case s.status != before.status:
		return EffectStatus
	case !sameNext(s.next, before.next):
		return EffectTerm
	case s.name != before.name:
		return EffectName
	case s.autoRenew != before.autoRenew:
		return EffectAutoRenew
	}
	return ""
}

func (w *World) effect(now time.Time, c *customer, s, before *subscription, kind EffectKind) Effect {
	e := Effect{
		At: now, Kind: kind, Customer: c.ID, Subscription: s.id, Item: s.item.ID, Before: before.quantity, After: s.quantity,
		Status: s.status, FriendlyName: s.name,
	}
	if s.bought != nil {
		e.Line = s.line()
		e.Order = w.orderID(s.bought, s.bought.lines[e.Line].Group)
		e.Cart = w.ids.guid(kindCart, s.bought.number)
	}
	return e
}

// etag is opaque to clients: base64 of id and version, as the vendor's legacy ones are.
func (s *subscription) etag() string {
	raw := append([]byte(`{"id":"`), s.id.String()...)
	raw = append(raw, `","version":`...)
	raw = append(strconv.AppendInt(raw, s.version, 10), '}')
	return base64.StdEncoding.EncodeToString(raw)
}
