package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ListLag is how long a purchase may be missing from the vendor's lists, unless a setting says otherwise.
const ListLag = 15 * time.Minute

// The waits after each complete look into the vendor's lists that has found nothing. The lag comes before the last two looks, so
// only what two looks have not shown that certainly had to counts as not there.
var looks = [...]time.Duration{30 * time.Second, 2 * time.Minute, 5 * time.Minute, afterLag, 2 * time.Minute}

const afterLag = 0 // the lag and a quarter of it

// skew is by how much the vendor's clock may differ from ours.
const skew = 10 * time.Minute

// Found answers StepSearch and StepDeny: the customer's purchases that may be the order's, from the vendor's lists.
type Found struct {
	Answer
	Orders []VendorOrder
}

// search looks for the purchase in the vendor's lists: the cart does not tell what has become of it. It begins when no attempt
// can be on its way any more.
func (w *work) search() {
	t := &w.o.Cart.Track
	t.Step, t.Tries, t.Refused, t.Looks, t.Request, t.Lagged = StepSearch, 0, 0, 0, "", false
	for l := range w.inCart {
		if !l.Trouble.Person { // else people have been told more
			l.Status = LineUnknown
			l.Trouble = Trouble{Code: "purchase_searched", Detail: "Partner Center may have bought it. Seatflow looks for it among the customer's orders…"}
		}
	}
	w.notBefore(t, StepSearch, t.SettledAt, w.cartBody(StepSearch))
}

// CartSearched decides on the answer to StepSearch and StepDeny.
func CartSearched(o *Order, c Outcome, a Found, now time.Time) Decision {
	if l := o.changing(c.ID); l != nil && l.Track.Step == StepDeny {
		return denialSeen(o, c, a, now)
	}
	if o.Cart.Track.Call != c.ID || o.Cart.Track.Step != StepSearch {
		return unchanged(c)
	}
	w := answered(o, c, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	t := &w.o.Cart.Track
	t.Lagged = false
	switch {
	case a.Verdict == Done:
		w.searched(a.Orders)
	case a.Verdict == Refused:
		for l := range w.inCart {
			l.unclear(a.Trouble.Code, "Seatflow cannot read the customer's orders, so it cannot tell whether cart "+w.o.Cart.ID+" was bought. "+a.Trouble.Detail)
		}
		w.later(t, StepSearch, slowly, w.cartBody(StepSearch))
	case t.Tries >= maxAwait:
		for l := range w.inCart {
			l.unclear("purchase_unclear", "Partner Center does not answer what became of cart "+w.o.Cart.ID+".")
		}
		w.later(t, StepSearch, slowly, w.cartBody(StepSearch))
	default:
		w.repeat(t, StepSearch, a.Wait, w.cartBody(StepSearch))
	}
	return w.end()
}

// searched takes what is ours, and decides once what is missing had to show.
func (w *work) searched(orders []VendorOrder) {
	t, cart := &w.o.Cart.Track, w.o.Cart.ID
	w.takeTagged(orders)
	if w.bought() {
		w.close(t)
		return
	}
	if t.Looks < len(looks) {
		wait := looks[t.Looks]
		if wait == afterLag {
			wait = w.lag + w.lag/4
		}
		t.Lagged = t.Looks >= slices.Index(looks[:], afterLag) // nobody hurries this look, nor the one that makes sure
		t.Looks++
		w.later(t, StepSearch, wait, w.cartBody(StepSearch))
		return
	}
	if w.takeFailed(orders); w.bought() {
		w.close(t)
		return
	}
	switch like := w.alike(orders); {
	case like != "":
		for l := range w.inCart {
			l.unclear("purchase_ambiguous", fmt.Sprintf("It is not certain whether cart %s was bought: order %s in Partner Center is like it, "+
				"but does not carry its mark.", cart, like))
		}
	case t.Refusal != (Trouble{}):
		w.failCart(t.Refusal, false)
		return
	case !w.o.Cart.Gone:
		for l := range w.inCart {
			l.unclear("purchase_untold", "Partner Center does not tell what became of cart "+cart+", and shows no order that came of it.")
		}
	default: // the cart is gone and has bought nothing
		for l := range w.inCart {
			l.Status, l.Trouble, l.Group = LineInFlight, Trouble{}, ""
		}
		w.close(t)
		w.o.Cart = Cart{}
		w.create()
		return
	}
	// The cart may tell one day, and its checkout may be repeated, be it only for the answer.
	w.later(t, StepInspect, slowly, w.cartBody(StepInspect))
}

// unclear hands a line to a person, with what is known and what finds the purchase.
func (l *Line) unclear(code, detail string) {
	if l.Trouble.Person && l.Trouble.Code == code {
		return // only a request id differs
	}
	l.Status = LineUnknown
	l.Trouble = Trouble{
		Code: code, Person: true, Owner: OwnerPartner, Detail: strings.TrimSpace(detail) + " Nothing is bought again.",
		Hint: "An admin of the partner has to look in Partner Center for an order, or a subscription whose name ends with [" + l.Token +
			"], and then to settle the line: bought, as which order, or not bought. Until then Seatflow looks again every hour, and at once when it is asked to.",
	}
}

// takeTagged puts on the lines the orders that carry their marks, but for those that came to nothing: another one may show yet.
func (w *work) takeTagged(orders []VendorOrder) {
	w.takeOwn(orders, func(status string) bool { return !cameToNothing(status) })
}

// takeFailed puts on the lines the orders that carry their marks and came to nothing.
func (w *work) takeFailed(orders []VendorOrder) { w.takeOwn(orders, cameToNothing) }

// cameToNothing says whether an order with this status has bought nothing.
func cameToNothing(status string) bool {
	_, failed := failures[status]
	return failed && status != "partial_success"
}

func (w *work) takeOwn(orders []VendorOrder, fits func(status string) bool) {
	for _, vo := range orders {
		if !fits(vo.Status) {
			continue
		}
		found := false
		for l := range w.inCart {
			for _, v := range vo.Lines {
				if l.owns(v) && (vo.ID != "" || v.Subscription != "") {
					l.VendorOrder, found = vo.ID, true
					w.seen(l, vo, v)
					break
				}
			}
		}
		if found && vo.ID != "" {
			w.follow(vo.ID)
		}
	}
}

// owns says whether a vendor's line carries the line's mark.
func (l *Line) owns(v VendorLine) bool {
	return l.Token != "" && strings.Contains(v.Name, "["+l.Token+"]")
}

// alike is a purchase in the lists that carries nobody's mark and may be one of the lines by everything else; empty if there is
// none.
func (w *work) alike(orders []VendorOrder) string {
	for _, vo := range orders {
		if !vo.CreatedAt.IsZero() && vo.CreatedAt.Before(w.o.Approved.GetPlacedAt().AsTime().Add(-skew)) {
			continue
		}
		for l := range w.inCart {
			for _, v := range vo.Lines {
				if !tagged(v.Name) && w.sameItem(l, v, 2) && w.sameTerms(l, vo, v) {
					return vo.ID
				}
			}
		}
	}
	return ""
}

// sameTerms compares term and billing cycle, where the vendor tells them.
func (w *work) sameTerms(l *Line, vo VendorOrder, v VendorLine) bool {
	p, _ := purchaseOf(w.o.wish(l.Number))
	return (v.Term == "" || p.Term == "" || strings.EqualFold(v.Term, p.Term)) && (vo.Cycle == "" || vo.Cycle == p.Cycle)
}
