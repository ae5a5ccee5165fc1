package domain

import (
	"slices"
	"strings"
	"time"
)

// CartCheckedOut decides on the answer to StepCheckout.
func CartCheckedOut(o *Order, c Outcome, a CheckedOut, now time.Time) Decision {
	t := &o.Cart.Track
	if t.Call != c.ID || t.Step != StepCheckout {
		return lateCheckout(o, c, a, now)
	}
	w := answered(o, c, now)
	t = &w.o.Cart.Track
	w.resumeCart()
	switch {
	case a.Withheld:
		w.withholdCart(StepCheckout, a.Answer)
	case a.Verdict == Done:
		w.checkedOut(a)
	case a.Submitted, a.Running, a.Verdict == Unknown:
		w.checkoutUnknown(c, a)
	case a.Verdict == Refused && !t.Unanswered && a.Trouble.Code == accountUnderReview:
		w.awaitReview(a.Trouble)
	case a.Verdict == Refused && !t.Unanswered:
		w.failCart(a.Trouble, false)
	case a.Verdict == Refused && a.Trouble.Code == cartGone:
		w.o.Cart.Gone, t.Request = true, ""
		w.search()
	case a.Verdict == Refused:
		// An earlier attempt may have bought it: only a look at the cart tells.
		t.Refusal, t.Request = a.Trouble, ""
		w.notBefore(t, StepInspect, t.SettledAt, Body{Cart: w.o.Cart.ID})
	case !t.Unanswered && t.Tries >= maxTries:
		w.failCart(gaveUp(a.Trouble), true)
	default:
		t.Request = ""
		w.checkoutAgain(a.Wait)
	}
	return w.end()
}

// checkoutAgain repeats the checkout of the same cart, which the vendor documents as safe. If its answers have told nothing often
// enough, the vendor's lists are asked.
func (w *work) checkoutAgain(wait time.Duration) {
	t := &w.o.Cart.Track
	if t.Unanswered && t.Tries >= maxBlind {
		w.search()
		return
	}
	t.Looks = 0 // what it buys has to show first
	w.repeat(t, StepCheckout, wait, Body{Cart: w.o.Cart.ID})
}

// lateCheckout takes the good news of an earlier checkout of the same cart. Bad news waits for the current call: by then
// the cart may have been checked out once more.
func lateCheckout(o *Order, c Outcome, a CheckedOut, now time.Time) Decision {
	t := &o.Cart.Track
	if a.Verdict != Done || o.Cart.ID == "" || a.Body.Cart != o.Cart.ID || (t.Step != StepCheckout && t.Step != StepInspect && t.Step != StepSearch) {
		return unchanged(c)
	}
	w := begin(o, now)
	w.take(a.Orders, a.Errors)
	if w.bought() {
		w.supersede(&w.o.Cart.Track)
	}
	return w.end()
}

// checkedOut takes the orders that the cart has become. What is in none of them was refused, if the vendor says so.
func (w *work) checkedOut(a CheckedOut) {
	t := &w.o.Cart.Track
	w.take(a.Orders, a.Errors)
	if w.bought() {
		w.close(t)
		return
	}
	named, sure := w.accounted(a.Errors)
	if t.quiet(w.now) && named && sure {
		for l := range w.inCart {
			e, _ := groupError(l, a.Errors)
			w.fail(l, e.Trouble)
		}
		w.close(t)
		return
	}
	// The answer does not account for every line, or leaves open what became of one, or an earlier attempt may still be trying
	// the failed ones. The cart is checked out again, which tries the failed ones too, so none of them has failed yet.
	for l := range w.inCart {
		e, _ := groupError(l, a.Errors)
		l.unknown(e.Trouble)
	}
	t.Unanswered, t.Request, t.Refusal = true, "", Trouble{}
	if t.Tries >= maxBlind {
		if named {
			t.Refusal = neverCreated
		}
		w.search()
		return
	}
	w.notBefore(t, StepCheckout, t.SettledAt, Body{Cart: w.o.Cart.ID})
}

// neverCreated is the trouble of lines of which the vendor says, in a way that leaves it open, that nothing came of them, when its
// lists do not show them either.
var neverCreated = Trouble{
	Code: "order_not_created",
	Detail: "Partner Center has said each time that this part of the order was not created, and shows no order that came of it. " +
		"Seatflow has stopped trying; nothing was bought.",
	Hint: "Retry the order to buy it.",
}

// accounted says whether the vendor's errors name each line that the cart has not bought, and whether they say for certain that
// nothing came of it.
func (w *work) accounted(errs []GroupError) (named, sure bool) {
	named, sure = true, true
	for l := range w.inCart {
		e, told := groupError(l, errs)
		named, sure = named && told, sure && !e.Unclear
	}
	return named, sure
}

// groupError finds the error of a line's order group. A group that nobody named is that of all lines without one.
func groupError(l *Line, errs []GroupError) (GroupError, bool) {
	for _, e := range errs {
		if e.Group == l.Group || l.Group == "" || e.Group == "" {
			return e, true
		}
	}
	return GroupError{}, false
}

// bought says whether the cart has no line left.
func (w *work) bought() bool {
	for range w.inCart {
		return false
	}
	return true
}

// checkoutUnknown repeats the checkout of the same cart, which the vendor documents as safe, or looks for the
// orders if the vendor says that the cart has been submitted before.
func (w *work) checkoutUnknown(c Outcome, a CheckedOut) {
	t := &w.o.Cart.Track
	if a.Submitted {
		t.Unanswered = true
		w.d.Settled = append(w.d.Settled, c.ID)
		w.search()
		return
	}
	for l := range w.inCart {
		l.unknown(a.Trouble)
	}
	if a.Running { // this attempt has ended without doing anything
		t.Unanswered, t.Request = true, ""
		w.d.Settled = append(w.d.Settled, c.ID)
	} else {
		w.unanswered(t, c, a.Answered)
	}
	w.checkoutAgain(a.Wait)
}

// unknown notes that nobody knows what became of the line. What was told before stays: it is as true as the next words that the
// vendor's silence is put in, and whoever was asked to act on it still has to.
func (l *Line) unknown(why Trouble) {
	if l.Status != LineUnknown || l.Trouble.Detail == "" {
		l.Trouble = why
	}
	l.Status = LineUnknown
}

// inspectAgain looks at the cart of a track that was parked. Whatever the look shows, only this cart is ever checked out.
func (w *work) inspectAgain() {
	for l := range w.inCart {
		l.Trouble = Trouble{Code: "looked_at_again", Detail: "Seatflow looks at cart " + w.o.Cart.ID + " in Partner Center again…"}
	}
	w.plan(&w.o.Cart.Track, StepInspect, 0, Body{Cart: w.o.Cart.ID})
}

// CartInspected decides on the answer to StepInspect.
func CartInspected(o *Order, c Outcome, a CartSeen, now time.Time) Decision {
	if o.Cart.Track.Call != c.ID || o.Cart.Track.Step != StepInspect {
		return unchanged(c)
	}
	w := answered(o, c, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	t, body := &w.o.Cart.Track, Body{Cart: w.o.Cart.ID}
	switch {
	case a.Verdict == Done && a.State == CartActive && t.quiet(now):
		refusal := t.Refusal
		w.looked(t)
		if refusal.Code == accountUnderReview {
			w.awaitReview(refusal)
			break
		}
		if refusal != (Trouble{}) {
			w.failCart(refusal, false)
			break
		}
		for l := range w.inCart {
			l.Status, l.Trouble = LineInFlight, Trouble{}
		}
		if w.o.Cart.Sealed { // it has bought nothing, and never will
			w.close(t)
			w.o.Cart = Cart{}
			w.create()
			break
		}
		t.Looks = 0
		w.repeat(t, StepCheckout, 0, body)
	case a.Verdict == Done && a.State == CartOrdered && w.o.Cart.Sealed:
		w.search()
	case a.Verdict == Done && a.State == CartOrdered:
		// Bought. The documented answer to a repeated checkout names the orders.
		t.Refusal = Trouble{}
		w.checkoutAgain(0)
	case a.Verdict == Done && a.State == CartUnclear && t.Tries >= maxBlind:
		t.Refusal = Trouble{} // the cart does not say that it counts
		w.search()
	case a.Verdict == Refused && a.Trouble.Code == cartGone:
		w.o.Cart.Gone = true
		w.search()
	case a.Verdict == Refused:
		for l := range w.inCart {
			l.unclear("purchase_unclear", "Seatflow cannot look at cart "+w.o.Cart.ID+", so it cannot tell whether it was bought. "+a.Trouble.Detail)
		}
		w.later(t, StepInspect, slowly, body)
	case t.Tries >= maxAwait:
		for l := range w.inCart {
			l.unclear("purchase_unclear", "Partner Center does not answer what became of cart "+w.o.Cart.ID+".")
		}
		w.later(t, StepInspect, slowly, body)
	default:
		w.repeat(t, StepInspect, a.Wait, body)
	}
	return w.end()
}

// cartGone is the code of a cart that the vendor does not have any more.
const cartGone = "cart_gone"

// take puts the vendor's orders on the lines that they belong to. errs are the parts of the cart that did not become one.
func (w *work) take(orders []VendorOrder, errs []GroupError) {
	for _, vo := range orders {
		lines, known := w.candidates(&vo, errs)
		found := w.match(vo.Lines, lines)
		fresh := false
		for i, l := range lines {
			if j := found[i]; j >= 0 && i >= known {
				l.VendorOrder, fresh = vo.ID, true
				w.seen(l, vo, vo.Lines[j])
			}
		}
		if fresh { // else it is followed already
			w.follow(vo.ID)
		}
	}
}

// candidates are the lines that an order may have: first, and so many, those of which it is known already, so that nobody else
// gets what is theirs; then those in the cart, but for those whose part was refused, unless the order carries their mark.
func (w *work) candidates(vo *VendorOrder, errs []GroupError) (lines []*Line, known int) {
	for i := range w.o.Lines {
		l := &w.o.Lines[i]
		if _, buys := purchaseOf(w.o.wish(l.Number)); buys && l.VendorOrder == vo.ID && !w.o.inCart(l) {
			lines = append(lines, l)
		}
	}
	known = len(lines)
	for l := range w.inCart {
		if l.Group == "" || !slices.ContainsFunc(errs, func(e GroupError) bool { return e.Group == l.Group }) ||
			slices.ContainsFunc(vo.Lines, l.owns) {
			lines = append(lines, l)
		}
	}
	return lines, known
}

// match finds for each of our lines the vendor's: by the token in its name, by what is known of it, else by product and quantity.
// The result has the index of the vendor's line, or -1.
func (w *work) match(theirs []VendorLine, ours []*Line) []int {
	found := make([]int, len(ours))
	used := make([]bool, len(theirs))
	for i := range found {
		found[i] = -1
	}
	for _, same := range []func(l *Line, v VendorLine) bool{
		(*Line).owns,
		func(l *Line, v VendorLine) bool {
			return !tagged(v.Name) && l.Subscription != "" && strings.EqualFold(l.Subscription, v.Subscription)
		},
		func(l *Line, v VendorLine) bool { return !tagged(v.Name) && w.sameItem(l, v, 3) },
		func(l *Line, v VendorLine) bool { return !tagged(v.Name) && w.sameItem(l, v, 2) },
	} {
		for i, l := range ours {
			for j, v := range theirs {
				if found[i] < 0 && !used[j] && same(l, v) {
					found[i], used[j] = j, true
				}
			}
		}
	}
	return found
}

// tagged says whether a name carries a line's token, so that it can be matched by nothing else.
func tagged(name string) bool { return strings.Contains(name, "[SF-") }

// sameItem compares quantity and so many parts of the catalogue item, in any case.
func (w *work) sameItem(l *Line, v VendorLine, parts int) bool {
	wish := w.o.wish(l.Number)
	p, _ := purchaseOf(wish)
	return p.Quantity == v.Quantity &&
		strings.EqualFold(firstParts(wish.GetCatalogItem(), parts), firstParts(v.Item, parts))
}

func firstParts(item string, n int) string {
	parts := strings.SplitN(item, ":", n+1)
	return strings.Join(parts[:min(n, len(parts))], ":")
}
