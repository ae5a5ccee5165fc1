package domain

import "strings"

// Subscription says which order changes a subscription's seats now. Of all orders about one subscription only that one sends
// changes: a change builds on a quantity, and one without an answer can be settled only while no other is made.
type Subscription struct {
	// Holder is the order's id; empty while nobody changes it.
	Holder string
}

// SubscriptionKey is a subscription's id in the form in which turns are kept.
func SubscriptionKey(id string) string { return strings.ToLower(id) }

// Behind is the order that keeps another one, asking, from changing the subscription; empty if it is the asking one's turn.
// holder is the order that Holder names, as it is now; nil if it was not loaded, and is then believed to go on.
func (s Subscription) Behind(asking, subscription string, holder *Order) string {
	if s.Holder == asking || holder != nil && holder.ID == s.Holder && !holder.Changes(subscription) {
		return ""
	}
	return s.Holder
}

// Turn gives the subscription to an order that now changes it, and takes it back from one that does no more. changed is
// false if nothing is to be stored.
func (s Subscription) Turn(o *Order, subscription string) (next Subscription, changed bool) {
	switch changes := o.Changes(subscription); {
	case changes && s.Holder != o.ID:
		return Subscription{Holder: o.ID}, true
	case !changes && s.Holder == o.ID:
		return Subscription{}, true
	default:
		return s, false
	}
}

// Changes says whether a change of the subscription is decided on and not settled.
func (o *Order) Changes(subscription string) bool {
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Status.Settled() || SubscriptionKey(l.Subscription) != SubscriptionKey(subscription) {
			continue
		}
		switch l.Track.Step {
		case StepPatch, StepVerify, StepAwait:
			return true
		default: // it only reads as yet
		}
	}
	return false
}
