package domain

import (
	"fmt"
	"time"
)

// seats is the body of all calls about a line's subscription.
func seats(l *Line) Body {
	return Body{Line: l.Number, Subscription: l.Subscription, Base: l.Base, Target: l.Target, Repeat: l.Doubted}
}

// seatLine finds the line whose current call this is.
func (o *Order) seatLine(call string) *Line {
	for i := range o.Lines {
		if o.Lines[i].Track.Call == call && call != "" {
			return &o.Lines[i]
		}
	}
	return nil
}

// SubscriptionRead decides on the answer to StepRead, StepVerify and StepAwait.
func SubscriptionRead(o *Order, c Outcome, a SubscriptionSeen, now time.Time) Decision {
	if o.seatLine(c.ID) == nil {
		return unchanged(c)
	}
	w := begin(o, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	l := w.o.seatLine(c.ID)
	switch l.Track.Step {
	case StepRead:
		w.seatsRead(l, a, c.Behind)
	case StepVerify:
		w.seatsVerified(l, a)
	case StepAwait:
		w.seatsAwaited(l, a)
	}
	return w.end()
}

// seatsRead fixes base and target, and has the change made. Both commit with the intent to make it, and with the turn: while
// another order changes the subscription, what is read there is not yet what this change builds on.
func (w *work) seatsRead(l *Line, a SubscriptionSeen, behind string) {
	t := &l.Track
	switch {
	case a.Verdict == Done && behind != "":
		l.Turns++
		body := seats(l)
		body.Behind = behind
		w.later(t, StepRead, pause(turns, l.Turns), body)
		t.Tries-- // to wait for one's turn is no failure
		return
	case a.Verdict == Done:
	case a.Verdict == Refused:
		w.fail(l, a.Trouble)
		return
	case t.Tries >= maxTries:
		w.fail(l, gaveUp(a.Trouble))
		return
	default:
		w.repeat(t, StepRead, a.Wait, seats(l))
		return
	}
	_, by := subscriptionOf(w.o.wish(l.Number))
	if a.Quantity+by < 1 {
		w.fail(l, Trouble{
			Code:   "insufficient_seats",
			Detail: fmt.Sprintf("Partner Center: Insufficient seats. The subscription has %d, so %d cannot be removed.", a.Quantity, -by),
			Hint:   "Remove fewer seats, or order the cancellation of the subscription.",
		})
		return
	}
	l.Base, l.Target, l.Turns = a.Quantity, a.Quantity+by, 0
	w.plan(t, StepPatch, 0, seats(l))
}

// SeatsChanged decides on the answer to StepPatch.
func SeatsChanged(o *Order, c Outcome, a SeatsSet, now time.Time) Decision {
	if l := o.seatLine(c.ID); l == nil || l.Track.Step != StepPatch {
		return lateSeats(o, c, a, now)
	}
	w := begin(o, now)
	l := w.o.seatLine(c.ID)
	t := &l.Track
	switch {
	case a.Moved && l.Doubted:
		w.fail(l, contradicted(l, a.Quantity))
	case a.Moved && t.Tries >= maxTries:
		w.fail(l, neverRests(a.Quantity))
	case a.Verdict == Conflict && t.Tries >= maxTries:
		w.fail(l, gaveUp(a.Trouble))
	case a.Moved:
		// Nothing was sent and no attempt is open, so the change builds on what is there now. The tries count on: a
		// quantity that never rests comes to an end too.
		l.Base, l.Target = 0, 0
		w.repeat(t, StepRead, 0, seats(l))
	case a.Verdict == Done:
		w.seatsAccepted(l, a)
	case a.Verdict == Refused:
		w.fail(l, a.Trouble)
	case a.Verdict == Conflict:
		l.Waiting, l.Trouble = a.Wait >= long, Trouble{}
		if l.Waiting {
			l.Trouble = a.Trouble
		}
		w.repeat(t, StepPatch, a.Wait, seats(l))
	default:
		l.unknown(a.Trouble)
		l.Waiting, l.Doubted = false, true
		w.unanswered(t, c, a.Answered)
		w.notBefore(t, StepVerify, t.SettledAt, seats(l))
	}
	return w.end()
}

// lateSeats takes the good news of an earlier attempt of the same change.
func lateSeats(o *Order, c Outcome, a SeatsSet, now time.Time) Decision {
	l := o.line(a.Body.Line)
	if a.Verdict != Done || a.Moved || l == nil || l.Status != LineUnknown ||
		l.Subscription != a.Body.Subscription || l.Target != a.Body.Target || l.Base != a.Body.Base {
		return unchanged(c)
	}
	w := begin(o, now)
	l = w.o.line(a.Body.Line)
	w.supersede(&l.Track)
	w.seatsAccepted(l, a)
	return w.end()
}

// seatsAccepted ends the line, or waits until the change shows.
func (w *work) seatsAccepted(l *Line, a SeatsSet) {
	if !a.Later && a.Quantity == l.Target {
		w.fulfil(l)
		return
	}
	w.close(&l.Track)
	l.Status, l.Trouble, l.Waiting = LineProvisioning, Trouble{}, false
	w.later(&l.Track, StepAwait, pause(polls, 1), seats(l))
}

// seatsVerified settles an unanswered change by what the subscription shows now that no attempt can be on its way.
func (w *work) seatsVerified(l *Line, a SubscriptionSeen) {
	t := &l.Track
	switch {
	case a.Verdict == Done && a.Quantity == l.Target:
		w.fulfil(l)
	case a.Verdict == Done && a.Quantity == l.Base && t.Tries >= maxTries:
		w.fail(l, gaveUp(l.Trouble))
	case a.Verdict == Done && a.Quantity == l.Base:
		w.looked(t)
		l.Status, l.Trouble = LineInFlight, Trouble{}
		w.repeat(t, StepPatch, 0, seats(l))
	case a.Verdict == Done:
		w.fail(l, contradicted(l, a.Quantity))
	case a.Verdict == Refused:
		// A refused look tells nothing about the change, so it stays unknown, and people are told with what is known.
		if !l.Trouble.Person || l.Trouble.Code != a.Trouble.Code { // else only a request id differs
			l.Trouble = a.Trouble
			l.Trouble.Person = true
			l.Trouble.Hint = fmt.Sprintf("Seatflow had asked for %d instead of %d seats and got no answer; it looks again every hour. "+
				"An admin of the partner has to see to it that it may, or look in Partner Center. %s", l.Target, l.Base, a.Trouble.Hint)
		}
		w.later(t, StepVerify, slowly, seats(l))
	default:
		w.repeat(t, StepVerify, a.Wait, seats(l))
	}
}

// seatsAwaited looks whether an accepted change shows.
func (w *work) seatsAwaited(l *Line, a SubscriptionSeen) {
	t := &l.Track
	switch {
	case a.Verdict == Done && a.Quantity == l.Target:
		w.fulfil(l)
	case t.Tries >= maxAwait && a.Verdict == Done:
		w.fail(l, contradicted(l, a.Quantity))
	case t.refuses(a.Answer), t.Tries >= maxAwait:
		l.unreadable("subscription "+l.Subscription, a.Trouble)
		w.later(t, StepAwait, slowly, seats(l))
	default:
		if a.Verdict == Done {
			l.Waiting, l.Trouble = false, Trouble{}
		}
		w.later(t, StepAwait, max(pause(polls, t.Tries+1), a.Wait), seats(l))
	}
}

// neverRests is the trouble of a change whose subscription had another quantity each time that it was about to be sent.
func neverRests(shown int64) Trouble {
	return Trouble{
		Code: "quantity_moving",
		Detail: fmt.Sprintf("The subscription was changed by others each time Seatflow was about to change it; it shows %d seats now. "+
			"Seatflow has stopped trying; nothing was changed.", shown),
		Hint: "Find out who else changes the subscription, then retry the order.",
	}
}

// contradicted hands a change to a person when the vendor shows neither what was nor what was asked for.
func contradicted(l *Line, shown int64) Trouble {
	return Trouble{
		Code: "quantity_unclear",
		Detail: fmt.Sprintf("Seatflow asked Partner Center for %d instead of %d seats; the subscription now shows %d.",
			l.Target, l.Base, shown),
		Hint: "Somebody else may have changed it. Check the subscription in Partner Center, and retry only if the change is still wanted.",
	}
}
