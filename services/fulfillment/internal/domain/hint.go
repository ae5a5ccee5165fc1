package domain

import (
	"slices"
	"strings"
	"time"
)

// hintEvery is how often at most an order follows hints.
const hintEvery = 5 * time.Second

// Callback is what the vendor has sent by itself. It is a hint: it may come twice, late or never, and proves nothing.
type Callback struct {
	Name string
	// URI is the resource's address and Changed when it changed, both as told; with Name they tell repeats apart.
	URI, Changed string
	ReceivedAt   time.Time
}

// Hint decides on the vendor's word that a subscription has changed: the looks that the order has planned and that may learn
// of it are made now. subscription may be one that the order does not know yet.
func Hint(o *Order, subscription string, now time.Time) Decision {
	looks := o.looks(subscription)
	if len(looks) == 0 || now.Sub(o.HintedAt) < hintEvery {
		return Decision{}
	}
	c := o.clone()
	c.HintedAt = now
	return Decision{Order: c, Hastened: looks}
}

// looks are the calls with which the order asks how far the vendor is with what it has accepted for a subscription. A vendor
// order may bring it if one of its lines has none yet. A look that settles an attempt without an answer is none of them: it
// has to wait until the attempt can have no more effect and the vendor's lists have caught up.
func (o *Order) looks(subscription string) (calls []string) {
	about := func(l *Line) bool {
		return !l.Status.Settled() && (l.Subscription == "" || strings.EqualFold(l.Subscription, subscription))
	}
	for i := range o.Polls {
		p := &o.Polls[i]
		for j := range o.Lines {
			if l := &o.Lines[j]; p.Track.Call != "" && l.VendorOrder == p.VendorOrder && about(l) {
				calls = append(calls, p.Track.Call)
				break
			}
		}
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Track.Step.follows() && l.Track.Call != "" && about(l) {
			calls = append(calls, l.Track.Call)
		}
	}
	return calls
}

// follows says whether the step asks how far the vendor is with a change that it has accepted.
func (s Step) follows() bool { return s == StepAwait || s == StepFollow || s == StepRevoking }

// Listens says whether a word of the vendor's that something has changed may bring the order on: it looks again and again how
// far the vendor is.
func (o *Order) Listens() bool {
	return len(o.Polls) > 0 || slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Track.Step.follows() })
}
