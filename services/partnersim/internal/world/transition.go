package world

import (
	"slices"
	"strings"
	"time"
)

// The ways of a transition.
const (
	TransitionOnly         = "transition_only"
	TransitionWithLicenses = "transition_with_license_transfer"
)

// Transition is seats that were moved from a subscription to another product. It shows when it is completed.
type Transition struct {
	ID          ID
	From, To    *Item
	FromID      ID
	ToID        ID
	Term        *Term
	Quantity    int64
	Type        string
	StartedAt   time.Time
	CompletedAt time.Time
}

// TransitionRequest is a transition as the partner wants it.
type TransitionRequest struct {
	From     string // item; empty: not named
	FromID   ID     // zero: not named
	To       string
	ToID     ID // an existing subscription to join; zero: none
	Quantity int64
	Term     string // empty: as it is
	Cycle    string // empty: as it is
	Type     string
}

// Target is what a subscription could be changed into.
type Target struct {
	Item          *Item
	Quantity      int64
	Code          int // why not; 0: it can be
	Subscriptions []TargetSubscription
}

// TargetSubscription is an existing subscription that the seats could join.
type TargetSubscription struct {
	Subscription
	Code int // why not; 0: they can
}

// The documented reasons why a transition cannot be.
const (
	noSourceActive = 2
	noConcurrency  = 4
	noTargetActive = 1
	noShorterTerm  = 3
	noEarlierEnd   = 4
)

// Targets lists what a subscription could be changed into, under ids that are good now.
func (w *World) Targets(now time.Time, customerID, id ID) ([]Target, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, s, refusal := w.subscription(now, customerID, id)
	if refusal != nil {
		return nil, refusal
	}
	var list []Target
	for _, stem := range s.item.Upgrades {
		item := w.catalogue.bySKU[stem]
		if item == nil || item.Retired || item.Country != "" && item.Country != c.Country {
			continue
		}
		t := Target{Item: item, Quantity: s.now(now).quantity}
		switch {
		case s.underway(now):
			t.Code = noConcurrency
		case s.status != StatusActive:
			t.Code = noSourceActive
		}
		for other := range w.all(now, c) {
			if other.item.SKU() == stem && other.status != StatusDeleted {
				t.Subscriptions = append(t.Subscriptions, TargetSubscription{w.view(now, c, other), s.cannotJoin(other)})
			}
		}
		list = append(list, t)
	}
	return list, nil
}

// cannotJoin is the code of why seats of s cannot join another subscription; 0: they can.
func (s *subscription) cannotJoin(other *subscription) int {
	switch {
	case other.status != StatusActive:
		return noTargetActive
	case other.term.months() < s.term.months():
		return noShorterTerm
	case other.term.end(other.start).Before(s.term.end(s.start)):
		return noEarlierEnd
	}
	return 0
}

func (t *Term) months() int {
	switch t.Duration {
	case termMonth:
		return 1
	case termThree:
		return 36
	}
	return 12
}

// Transit moves seats to another product, or to another term of the same. It is not idempotent: a repeat moves as many
// again, and is refused when they are no longer there. What it did shows after the delay that the settings say.
func (w *World) Transit(now time.Time, customerID, id ID, r TransitionRequest, by Request) (Transition, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, s, refusal := w.subscription(now, customerID, id)
	if refusal != nil {
		return Transition{}, refusal
	}
	t := &Transition{
		From: s.item, FromID: s.id, Quantity: r.Quantity, Type: r.Type, StartedAt: now,
		CompletedAt: now.Add(w.settings.TransitionDelay),
	}
	if refusal := w.judgeTransit(now, c, s, &r, t); refusal != nil {
		return Transition{}, refusal
	}
	joined, refusal := w.joined(now, c, s, &r, t)
	if refusal != nil {
		return Transition{}, refusal
	}
	t.ID = w.ids.guid(kindTransition, w.ledger.total)
	before := *s
	s.version++
	s.transitions = append(slices.Clone(s.transitions), t)
	kind := EffectTransition
	if t.To.SKU() == t.From.SKU() {
		kind = EffectTerm
		s.item, s.term, s.start, t.ToID = t.To, t.Term, t.CompletedAt, s.id
	} else {
		w.move(now, c, s, joined, t)
	}
	e := w.effect(now, c, s, &before, kind)
	e.Item, e.Target = t.To.ID, t.ToID
	w.ledger.add(e, by)
	s.hide(&before, t.CompletedAt, now)
	return *t, nil
}

// move takes the seats out of one subscription and puts them into the other, or into a new one.
func (w *World) move(now time.Time, c *customer, s, joined *subscription, t *Transition) {
	s.refunds = slices.Clone(s.refunds) // shared with how it was
	s.giveBack(t.Quantity)
	if s.quantity -= t.Quantity; s.quantity == 0 {
		s.status, s.autoRenew, s.next = StatusDeleted, false, nil
	}
	if joined != nil {
		before := *joined
		joined.quantity += t.Quantity
		joined.version++
		joined.refunds = append(slices.Clone(joined.refunds), Refund{Quantity: t.Quantity, Until: t.CompletedAt.Add(refundWindow)})
		joined.hide(&before, t.CompletedAt, now)
		t.ToID = joined.id
		return
	}
	made := &subscription{}
	made.begin(t.CompletedAt, w.newSubscriptionID(), t.To, t.Term, t.Quantity, t.To.Title)
	c.standing = append(c.standing, made)
	t.ToID = made.id
}

// hide lets a subscription look as before until a time.
func (s *subscription) hide(before *subscription, until, now time.Time) {
	if !now.Before(until) {
		return
	}
	before.changing = nil
	s.changing = &changing{before, until, pendingOperation}
}

const pendingOperation = 900278

// judgeTransit says why a transition is refused, and fills in what it leads to.
func (w *World) judgeTransit(now time.Time, c *customer, s *subscription, r *TransitionRequest, t *Transition) *Refusal {
	switch {
	case s.underway(now):
		return s.busy()
	case s.status != StatusActive || s.item.Kind != NewCommerce:
		return ErrTransitionSource
	case r.From != "" && !strings.EqualFold(r.From, s.item.ID) || r.FromID != ID{} && r.FromID != s.id:
		return ErrInvalidProperty
	case r.Type != TransitionOnly && r.Type != TransitionWithLicenses:
		return ErrEnum
	case c.blocked != nil:
		return c.blocked
	}
	target, refusal := w.catalogue.find(r.To, c.Country)
	if refusal != nil {
		return refusal
	}
	same := target.SKU() == s.item.SKU()
	switch {
	case !same && !slices.Contains(s.item.Upgrades, target.SKU()):
		return ErrTransitionTarget
	case r.Quantity < 1 || r.Quantity > s.quantity || r.Quantity > target.MaxQuantity || same && r.Quantity != s.quantity:
		return ErrQuantity
	}
	t.To, t.Term = target, target.term(orElse(r.Term, s.term.Duration), orElse(r.Cycle, s.term.BillingCycle))
	if t.Term == nil || t.Term.months() < s.term.months() || same && t.Term.Duration == s.term.Duration && t.Term.BillingCycle == s.term.BillingCycle {
		return ErrTransitionTerm
	}
	return nil
}

// joined finds the subscription that the seats are to join; nil: a new one.
func (w *World) joined(now time.Time, c *customer, s *subscription, r *TransitionRequest, t *Transition) (*subscription, *Refusal) {
	if r.ToID == (ID{}) || r.ToID == s.id {
		return nil, nil
	}
	_, other, refusal := w.subscription(now, c.ID, r.ToID)
	switch {
	case refusal != nil:
		return nil, refusal
	case other.underway(now):
		return nil, other.busy()
	case other.item.SKU() != t.To.SKU() || s.cannotJoin(other) != 0 || other.quantity+t.Quantity > t.To.MaxQuantity:
		return nil, ErrTransitionJoin
	}
	return other, nil
}

// Transitions lists the transitions out of a subscription, oldest first; with an id, that one only.
func (w *World) Transitions(now time.Time, customerID, id ID, only ID) ([]Transition, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, s, refusal := w.subscription(now, customerID, id)
	if refusal != nil {
		return nil, refusal
	}
	var list []Transition
	for _, t := range s.transitions {
		if only == (ID{}) || t.ID == only {
			list = append(list, *t)
		}
	}
	return list, nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
