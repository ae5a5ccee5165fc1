package domain

import (
	"fmt"
	"strings"
	"time"
)

// way is the steps of a change.
type way struct{ read, send, verify, await Step }

var (
	ofSubscription = way{StepRead, StepPatch, StepVerify, StepAwait}
	ofProduct      = way{StepOffer, StepMove, StepTrace, StepFollow}
	ofPurchase     = way{StepPurchase, StepRevoke, StepRevoked, StepRevoking}
)

func (w *work) way(l *Line) way {
	switch ChangeOf(w.o.wish(l.Number)) {
	case ChangeProduct:
		return ofProduct
	case CancelPurchase:
		return ofPurchase
	default:
		return ofSubscription
	}
}

// historyLag is how long a change of product that was made may be missing from the vendor's history of them: as long as the
// vendor's lists are known to lag. Only afterwards may it be sent again, since the vendor would make it twice.
const historyLag = 15 * time.Minute

// change lets a line go.
func (w *work) change(l *Line) {
	wish := w.o.wish(l.Number)
	if l.Said != nil { // a person said that it was not made, so it is made only after a look that shows the same
		l.Status, l.Trouble, l.Track = LineInFlight, Trouble{}, Track{}
		w.plan(&l.Track, w.way(l).verify, 0, w.body(l))
		return
	}
	l.Status, l.Trouble, l.Doubted, l.Recorded, l.Track = LineInFlight, Trouble{}, false, false, Track{}
	l.Base, l.Target, l.From, l.To, l.Item, l.Prior, l.Move = 0, 0, "", "", "", nil, ""
	l.Subscription, l.VendorOrder = subscriptionOf(wish), wish.GetCancelPurchase().GetVendorOrderId()
	w.plan(&l.Track, w.way(l).read, 0, w.body(l))
}

// body is what all calls about a line's change need.
func (w *work) body(l *Line) Body {
	wish := w.o.wish(l.Number)
	b := Body{
		Line: l.Number, Subscription: subscriptionOf(wish), Property: propertyOf(ChangeOf(wish)),
		Base: l.Base, Target: l.Target, From: l.From, To: l.To, Repeat: l.Doubted, By: seatsBy(wish),
	}
	if w.way(l) == ofSubscription {
		b.Attempts = l.Track.Open
	}
	switch c := wish.GetChangeProduct(); {
	case c != nil:
		b.Item, b.Term, b.Cycle = wish.GetCatalogItem(), c.GetTerm(), cycles[c.GetBillingCycle()]
		if l.Item != "" {
			b.Item = l.Item
		}
	case wish.GetCancelPurchase() != nil:
		b.Order, b.Rows = wish.GetCancelPurchase().GetVendorOrderId(), wish.GetCancelPurchase().GetVendorLines()
	}
	return b
}

// changing finds the line whose current call this is.
func (o *Order) changing(call string) *Line {
	for i := range o.Lines {
		if o.Lines[i].Track.Call == call && call != "" {
			return &o.Lines[i]
		}
	}
	return nil
}

// Looked decides on the answer to a look at what a line changes.
func Looked(o *Order, c Outcome, a Seen, now time.Time) Decision {
	if o.changing(c.ID) == nil {
		return unchanged(c)
	}
	w := begin(o, now)
	w.at = c.Queues
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	l := w.o.changing(c.ID)
	l.resume()
	if a.Withheld {
		w.withhold(&l.Track, l.Track.Step, a.Answer, w.body(l), l)
		return w.end()
	}
	switch way := w.way(l); l.Track.Step {
	case way.read:
		w.read(l, a)
	case way.verify:
		w.verified(l, a)
	case way.await:
		w.awaited(l, a)
	}
	return w.end()
}

// read fixes what the change starts from and what it leads to, and has it made. Both commit with the intent to make it.
func (w *work) read(l *Line, a Seen) {
	t := &l.Track
	switch {
	case a.Verdict == Done:
	case a.Verdict == Refused:
		w.refuse(l, a.Trouble)
		return
	case t.Tries >= maxTries:
		w.fail(l, gaveUp(a.Trouble))
		return
	default:
		w.repeat(t, w.way(l).read, a.Wait, w.body(l))
		return
	}
	l.Waiting, l.Trouble = false, Trouble{}
	already, against := w.prepare(l, &a)
	switch {
	case against == (Trouble{}) && !already && a.Against.Code == accountUnderReview:
		w.underReview(l, a.Against)
	case against == (Trouble{}) && !already && a.Against != (Trouble{}):
		w.fail(l, a.Against)
	case against != (Trouble{}):
		w.fail(l, against)
	case already:
		w.settle(l, LineFulfilled, alreadySo(w.o.wish(l.Number)))
	default:
		w.plan(t, w.way(l).send, 0, w.body(l))
	}
}

// Changed decides on the answer to a change.
func Changed(o *Order, c Outcome, a Sent, now time.Time) Decision {
	w := begin(o, now)
	w.at = c.Queues
	l := w.o.changing(c.ID)
	if l == nil || l.Track.Step != w.way(l).send {
		return w.late(c, a)
	}
	t := &l.Track
	l.resume()
	switch {
	case a.Withheld:
		w.withhold(t, t.Step, a.Answer, w.body(l), l)
	case a.Moved && l.Doubted:
		w.fail(l, w.contradicted(l, &a.Seen))
	case a.Moved && t.Tries >= maxTries:
		w.fail(l, w.neverRests(l, &a.Seen))
	case a.Verdict == Conflict && t.Tries >= maxTries:
		w.fail(l, gaveUp(a.Trouble))
	case a.Moved:
		// Nothing was sent and no attempt is open, so the change builds on what is there now. The tries count on: a
		// subscription that never rests comes to an end too.
		w.afresh(l)
		w.repeat(t, w.way(l).read, 0, w.body(l))
	case a.Verdict == Done:
		w.accepted(l, a)
	case a.Verdict == Refused && a.Trouble.Code == accountUnderReview:
		w.underReview(l, a.Trouble)
	case a.Verdict == Refused:
		w.refuse(l, a.Trouble)
	case a.Verdict == Conflict:
		if a.Answered {
			t.Request = ""
		}
		l.Waiting, l.Trouble = a.Wait >= long, Trouble{}
		if l.Waiting {
			l.Trouble = a.Trouble
		}
		w.repeat(t, w.way(l).send, a.Wait, w.body(l))
	default:
		l.unknown(a.Trouble)
		l.Waiting, l.Doubted = false, true
		w.unanswered(t, c, a.Answered)
		w.notBefore(t, w.way(l).verify, t.SettledAt, w.body(l))
	}
	return w.end()
}

// afresh forgets what a change builds on: nothing was sent of it, or only what has certainly had no effect.
func (w *work) afresh(l *Line) {
	l.Waiting, l.Trouble = false, Trouble{}
	l.Base, l.Target, l.From, l.To = 0, 0, "", ""
}

// underReview waits until the vendor has reviewed the customer, who cannot buy before, and then looks anew. Once an attempt went
// unanswered the change stays what it was: only as such it is known not to have been made.
func (w *work) underReview(l *Line, why Trouble) {
	step := w.way(l).read
	if l.Doubted && w.way(l) == ofSubscription {
		step = w.way(l).send
	} else {
		w.afresh(l)
	}
	l.Waiting, l.Trouble = true, reviewed(why)
	w.close(&l.Track)
	w.later(&l.Track, step, slowly, w.body(l))
}

// late takes the good news of an earlier attempt of the same change.
func (w *work) late(c Outcome, a Sent) Decision {
	l := w.o.line(a.Body.Line)
	if a.Verdict != Done || a.Moved || l == nil || l.Status != LineUnknown || l.Target != a.Body.Target || l.Base != a.Body.Base ||
		l.From != a.Body.From || l.To != a.Body.To || QueueKey(w.o.wish(l.Number)) != queueKey(a.Body.Subscription, a.Body.Order) {
		return unchanged(c)
	}
	w.supersede(&l.Track)
	l.Said = nil
	w.accepted(l, a)
	return w.end()
}

// accepted ends the line, or waits until the change shows.
func (w *work) accepted(l *Line, a Sent) {
	if way := w.way(l); way == ofProduct && len(a.Moves) > 0 {
		l.Move = a.Moves[0].ID
	}
	at, why := w.standing(l, &a.Seen)
	switch {
	case at == broken:
		w.fail(l, why)
	case at == wanted && !a.Later:
		w.changedAs(l, &a.Seen, why)
	case at == asBefore && !a.Later && l.From == statusActive && !a.Subscription.Renews && ChangeOf(w.o.wish(l.Number)) == CancelSubscription:
		w.settle(l, LineFulfilled, endsThen)
	default:
		w.await(l)
	}
}

// await waits until a change shows that the vendor has accepted.
func (w *work) await(l *Line) {
	w.close(&l.Track)
	l.Status, l.Trouble, l.Waiting = LineProvisioning, Trouble{}, false
	w.later(&l.Track, w.way(l).await, pause(polls, 1), w.body(l))
}

// changedAs ends a line whose change shows; why is what of it did not go well, if anything.
func (w *work) changedAs(l *Line, a *Seen, why Trouble) {
	if m, ok := l.move(a.Moves); ok && m.Subscription != "" {
		l.Subscription = m.Subscription
	}
	w.settle(l, LineFulfilled, why)
}

// verified settles an unanswered change by what shows now that no attempt can be on its way.
func (w *work) verified(l *Line, a Seen) {
	t, way := &l.Track, w.way(l)
	if a.Verdict != Done {
		w.unverified(l, a)
		return
	}
	at, why := w.standing(l, &a)
	since := l.Said != nil && (l.Said.Counts || l.Said.Again) // others may have changed it since a person spoke
	l.Said = nil                                              // what shows counts
	switch {
	case since && at != asBefore && !w.isState(l):
		w.fail(l, w.contradicted(l, &a))
	case at == wanted:
		w.changedAs(l, &a, why)
	case at == broken:
		w.fail(l, why)
	case a.Recorded:
		l.Recorded = true
		w.await(l)
	case at == underWay:
		w.await(l)
	case way == ofProduct && !t.Lagged: // it may show later
		t.Lagged = true
		w.later(t, way.verify, historyLag+historyLag/4, w.body(l))
	case at == asBefore && t.Tries >= maxTries:
		w.fail(l, gaveUp(l.Trouble))
	case at == asBefore:
		request := t.Request
		w.looked(t)
		t.Request = request // no answer to it has come yet
		l.Status, l.Trouble = LineInFlight, Trouble{}
		w.repeat(t, way.send, 0, w.body(l))
	default:
		w.fail(l, w.contradicted(l, &a))
	}
}

// unverified looks again. A refused look tells nothing about the change, so it stays unknown, and people are told what is known.
func (w *work) unverified(l *Line, a Seen) {
	if a.Verdict != Refused {
		w.repeat(&l.Track, w.way(l).verify, a.Wait, w.body(l))
		return
	}
	if l.told() {
		w.byWord(l)
		return
	}
	l.Status = LineUnknown
	if !l.Trouble.Person || l.Trouble.Code != a.Trouble.Code { // else only a request id differs
		l.Trouble = a.Trouble
		l.Trouble.Person = true
		l.Trouble.Hint = strings.TrimSpace(fmt.Sprintf("Seatflow had asked for %s and got no answer; it looks again every hour. "+
			"An admin of the partner has to see to it that it may, or look in Partner Center. %s", w.askedFor(l), a.Trouble.Hint))
	}
	w.later(&l.Track, w.way(l).verify, slowly, w.body(l))
}

// awaited looks whether an accepted change shows.
func (w *work) awaited(l *Line, a Seen) {
	t, way := &l.Track, w.way(l)
	at, why := elsewhere, Trouble{}
	if a.Verdict == Done {
		at, why = w.standing(l, &a)
	}
	switch {
	case at == wanted:
		w.changedAs(l, &a, why)
	case at == broken:
		w.fail(l, why)
	case l.Recorded && t.Tries >= maxShow && a.Verdict == Done:
		w.settle(l, LineFulfilled, w.undone(l, &a))
	case t.Tries >= maxAwait && at == underWay:
		l.Waiting, l.Trouble = true, w.slowChange(l)
		w.later(t, way.await, slowly, w.body(l))
	case t.Tries >= maxAwait && a.Verdict == Done:
		w.fail(l, w.contradicted(l, &a))
	case t.refuses(a.Answer), t.Tries >= maxAwait:
		l.unreadable(w.named(l), a.Trouble)
		w.later(t, way.await, slowly, w.body(l))
	default:
		if a.Verdict == Done {
			l.Waiting, l.Trouble = false, Trouble{}
		}
		w.later(t, way.await, max(pause(polls, t.Tries+1), a.Wait), w.body(l))
	}
}
