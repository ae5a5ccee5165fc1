package domain

import (
	"fmt"
	"slices"
	"strconv"
)

// standing is where the vendor shows a change to be.
type standing uint8

const (
	elsewhere standing = iota // neither as before nor as wanted
	asBefore
	underWay
	wanted
	broken // it failed at the vendor
)

// standing compares what the vendor shows with what was before and what is wanted. why says why it is broken, or what of it did
// not go well.
func (w *work) standing(l *Line, a *Seen) (at standing, why Trouble) {
	switch wish := w.o.wish(l.Number); w.way(l) {
	case ofProduct:
		return l.moved(a)
	case ofPurchase:
		if a.Order.ID == "" {
			return elsewhere, Trouble{}
		}
		if cancelled(&a.Order, wish.GetCancelPurchase().GetVendorLines()) {
			return wanted, Trouble{}
		}
		return asBefore, Trouble{}
	default:
		switch seats, word := propertyOf(ChangeOf(wish)).Of(&a.Subscription); {
		case seats == l.Target && word == l.To:
			return wanted, Trouble{}
		case seats == l.Base && word == l.From:
			return asBefore, Trouble{}
		default:
			return elsewhere, Trouble{}
		}
	}
}

// moved is the standing of a change of product.
func (l *Line) moved(a *Seen) (standing, Trouble) {
	m, ok := l.move(a.Moves)
	switch {
	case !ok && a.Subscription.Quantity == l.Base && a.Subscription.Status == l.From:
		return asBefore, Trouble{}
	case !ok:
		return elsewhere, Trouble{}
	case m.State == MoveCompleted:
		return wanted, m.Trouble
	case m.State == MoveFailed:
		return broken, m.Trouble
	default:
		return underWay, Trouble{}
	}
}

// move finds the line's own change of product: the one that it knows, or one that was not there before.
func (l *Line) move(moves []Move) (Move, bool) {
	prior := slices.Clone(l.Prior)
	for _, m := range moves {
		if l.Move != "" {
			if m.ID == l.Move {
				return m, true
			}
			continue
		}
		if i := slices.Index(prior, m.ID); i >= 0 {
			prior = slices.Delete(prior, i, i+1)
			continue
		}
		if m.Quantity > 0 && m.Quantity != l.Target { // somebody else's
			continue
		}
		return m, true
	}
	return Move{}, false
}

// cancelled says whether a purchase, or these lines of it, are cancelled.
func cancelled(o *VendorOrder, rows []int32) bool {
	if o.Status == "cancelled" {
		return true
	}
	if len(rows) == 0 {
		return false
	}
	for _, n := range rows {
		if !slices.ContainsFunc(o.Lines, func(l VendorLine) bool { return l.Number == int(n) && l.Quantity == 0 }) {
			return false
		}
	}
	return true
}

// isState says that a line leads to a state that is the same whoever has brought it about, not to a difference.
func (w *work) isState(l *Line) bool {
	return w.way(l) == ofPurchase || w.way(l) == ofSubscription && propertyOf(ChangeOf(w.o.wish(l.Number))) != PropertySeats
}

// askedFor is what a line has asked the vendor for.
func (w *work) askedFor(l *Line) string {
	switch wish, way := w.o.wish(l.Number), w.way(l); {
	case way == ofProduct:
		return fmt.Sprintf("the move of %d seats to %s", l.Target, wish.GetProduct())
	case way == ofPurchase:
		return "the cancellation of order " + l.VendorOrder
	case propertyOf(ChangeOf(wish)) == PropertySeats:
		return fmt.Sprintf("%d instead of %d seats", l.Target, l.Base)
	default:
		p := propertyOf(ChangeOf(wish))
		return p.said(l.To) + " instead of " + p.said(l.From)
	}
}

// named is what a line changes, for people who look for it in Partner Center.
func (w *work) named(l *Line) string {
	if w.way(l) == ofPurchase {
		return "order " + l.VendorOrder
	}
	return "subscription " + l.Subscription
}

// shown is what the vendor shows of what a line changes.
func (w *work) shown(l *Line, a *Seen) string {
	p := propertyOf(ChangeOf(w.o.wish(l.Number)))
	switch seats, word := p.Of(&a.Subscription); {
	case w.way(l) == ofProduct:
		return fmt.Sprintf("%d seats, status %s, and no such move", seats, a.Subscription.Status)
	case w.way(l) == ofPurchase:
		return "status " + a.Order.Status
	case p == PropertySeats:
		return strconv.FormatInt(seats, 10)
	default:
		return p.said(word)
	}
}

// undone tells that a change was made and does not show any more.
func (w *work) undone(l *Line, a *Seen) Trouble {
	return Trouble{
		Code: "changed_since",
		Detail: "Partner Center made the change, " + w.askedFor(l) + ", and somebody has changed the subscription since: it shows " +
			w.shown(l, a) + " now. Nothing was made twice.",
		Hint: "Order it again if it is still wanted.",
	}
}

// slowChange tells that what the vendor says is under way has neither come nor failed for about a day. It is not failed: it may
// still come.
func (w *work) slowChange(l *Line) Trouble {
	return Trouble{
		Code: "vendor_slow", Person: true, Owner: OwnerPartner,
		Detail: "Partner Center has begun " + w.askedFor(l) + ", but has not said for a long time whether it is done. Nothing is changed again.",
		Hint:   "An admin of the partner has to look at " + w.named(l) + " in Partner Center. Seatflow looks again every hour.",
	}
}

// neverRests is the trouble of a change whose subscription was another one each time that it was about to be sent.
func (w *work) neverRests(l *Line, a *Seen) Trouble {
	shows := w.shown(l, a)
	if propertyOf(ChangeOf(w.o.wish(l.Number))) == PropertySeats {
		shows += " seats"
	}
	return Trouble{
		Code: "quantity_moving",
		Detail: "The subscription was changed by others each time Seatflow was about to change it; it shows " + shows + " now. " +
			"Seatflow has stopped trying; nothing was changed.",
		Hint: "Find out who else changes the subscription, then retry the order.",
	}
}

// contradicted hands a change to a person when the vendor shows neither what was nor what was asked for.
func (w *work) contradicted(l *Line, a *Seen) Trouble {
	what := thing(w.o.wish(l.Number))
	code := "quantity_unclear"
	if l.Target == 0 {
		code = "state_unclear"
	}
	return Trouble{
		Code:   code,
		Detail: fmt.Sprintf("Seatflow asked Partner Center for %s; the %s now shows %s.", w.askedFor(l), what, w.shown(l, a)),
		Hint: "Somebody else may have changed it. Check the " + what +
			" in Partner Center, and retry only if the change is still wanted.",
	}
}
