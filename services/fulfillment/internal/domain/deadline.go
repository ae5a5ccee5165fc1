package domain

import "time"

// patience is how long an order may keep a status before somebody has to look why. A status that is not here has no end to wait
// for: the order is done, or failed and waits for whoever was told.
var patience = [...]time.Duration{
	Scheduled:       15 * time.Minute, // after its time
	Processing:      6 * time.Hour,
	OutcomeUnknown:  time.Hour, // four times as long as the vendor's lists may lag
	WaitingOnVendor: 10 * 24 * time.Hour,
	Cancelled:       0, // the last one
}

// leastPatience is what an order may take however fast the vendor's clock goes: processes need time too.
const leastPatience = time.Minute

// Patience is how long, by this machine's clock, an order may keep a status while the vendor's goes at a pace; zero for a status
// without an end to wait for. What waits for its time does not wait for the vendor.
func Patience(s Status, p Pace) time.Duration {
	if s == Scheduled {
		return patience[s]
	}
	return p.Margin(patience[s], leastPatience)
}

// Deadline is until when the order should have moved; zero if it has come to its end, or is [Order.Fresh].
func (o *Order) Deadline() time.Time {
	if wait := patience[o.Status]; wait == 0 || o.Since.IsZero() {
		return time.Time{}
	}
	return o.Since.Add(Patience(o.Status, o.Pace))
}

// Fresh says that the order is on its shortest way: one cart, one checkout. It lasts moments, so its deadline is not kept; who
// looks for orders that stand still looks for old calls too.
func (o *Order) Fresh() bool {
	if o.Status != Processing || o.Calls > 2 {
		return false
	}
	for i := range o.Lines {
		if o.Lines[i].Status == LineHeld {
			return false
		}
	}
	return true
}

// clock notes since when the order has its status. A scheduled one counts from its time.
func (o *Order) clock(before Status, now time.Time) {
	switch {
	case patience[o.Status] == 0, o.Fresh():
		o.Since = time.Time{}
	case o.Status == Scheduled:
		o.Since = o.firesAt()
	case o.Since.IsZero() || o.Status != before:
		o.Since = now
	}
}

// Patient are the statuses that an order may keep for a while only.
func Patient() []Status { return []Status{Scheduled, Processing, WaitingOnVendor, OutcomeUnknown} }
