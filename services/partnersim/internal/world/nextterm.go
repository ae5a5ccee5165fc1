package world

import (
	"strings"
	"time"
)

// NextTerm is what is to become of a subscription when it renews.
type NextTerm struct {
	ProductID    string
	SKUID        string
	Availability string
	BillingCycle string
	TermDuration string
	PromotionID  string
	Quantity     int64
}

// judgeNext says why instructions for the next term are refused.
func (w *World) judgeNext(c *customer, s *subscription, change *Change) *Refusal {
	n := change.Next
	if n == nil || s.next != nil && *n == *s.next {
		return nil
	}
	if !change.AutoRenew {
		return ErrNextTermRenew
	}
	stem := strings.ToUpper(n.ProductID + ":" + n.SKUID)
	item := w.catalogue.bySKU[stem]
	if item == nil {
		return ErrNextTermTarget
	}
	if n.Availability != "" {
		found, refusal := w.catalogue.find(stem+":"+n.Availability, c.Country)
		if refusal != nil {
			return refusal
		}
		item = found
	}
	switch {
	case item.Kind != s.item.Kind:
		return ErrNextTermTarget
	case item.term(n.TermDuration, n.BillingCycle) == nil:
		return ErrNextTermTerm
	case n.Quantity < item.MinQuantity || n.Quantity > item.MaxQuantity:
		return ErrQuantity
	}
	return nil
}

// sameNext compares instructions by what they say.
func sameNext(a, b *NextTerm) bool { return a == b || a != nil && b != nil && *a == *b }

// Register registers an Azure subscription for reservations, which takes as long as provisioning. A repeat changes nothing.
func (w *World) Register(now time.Time, customerID, id ID, by Request) *Refusal {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, s, refusal := w.subscription(now, customerID, id)
	switch {
	case refusal != nil:
		return refusal
	case s.item.Kind != AzurePlan:
		return ErrNotAzure
	case !s.registered.IsZero():
		return nil
	}
	before := *s
	s.registered = now.Add(w.settings.ProvisioningDelay)
	w.ledger.add(w.effect(now, c, s, &before, EffectRegistration), by)
	return nil
}

// AddOns lists the legacy add-ons of a subscription.
func (w *World) AddOns(now time.Time, customerID, id ID) ([]Subscription, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, parent, refusal := w.subscription(now, customerID, id)
	if refusal != nil {
		return nil, refusal
	}
	var list []Subscription
	for s := range w.all(now, c) {
		if s.parent == parent.id && s.parent != (ID{}) {
			list = append(list, w.view(now, c, s))
		}
	}
	return list, nil
}
