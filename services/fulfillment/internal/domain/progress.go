package domain

import (
	"slices"
	"time"
)

// Seats is how many seats of a line are usable, of how many that it orders; both 0 where seats are not what it is about.
func (o *Order) Seats(l *Line) (usable, ordered int64) {
	wish := o.wish(l.Number)
	p, buys := purchaseOf(wish)
	if ordered = p.Quantity; !buys {
		ordered = max(0, seatsBy(wish))
	}
	if l.Status == LineFulfilled {
		return ordered, ordered
	}
	return min(l.Seats, ordered), ordered
}

// WaitsFor is who has to move before the line goes on; 0 while it goes on by itself.
func (l *Line) WaitsFor() Owner {
	if l.Waiting || l.Trouble.Person || l.Status.lost() {
		return l.Trouble.Owner
	}
	return 0
}

// Planned notes when a call is made by this machine's clock, so that people are told the right time.
func (o *Order) Planned(call string, at time.Time) {
	note := func(t *Track) {
		if t.Call == call && !t.Due.IsZero() {
			t.Due = at
		}
	}
	note(&o.Cart.Track)
	for i := range o.Polls {
		note(&o.Polls[i].Track)
	}
	for i := range o.Lines {
		note(&o.Lines[i].Track)
	}
}

// NextLook is when the line is looked at again, if that is a while off; else zero.
func (o *Order) NextLook(l *Line) time.Time {
	switch i := slices.IndexFunc(o.Polls, func(p Poll) bool { return p.VendorOrder == l.VendorOrder }); {
	case l.Status.Settled():
		return time.Time{}
	case o.inCart(l) && !l.told():
		return o.Cart.Track.Due
	case i >= 0:
		return o.Polls[i].Track.Due
	default:
		return l.Track.Due
	}
}
