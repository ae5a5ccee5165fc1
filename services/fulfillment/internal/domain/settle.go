package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Said is what a person says became of a line that was handed to them. It is looked into once before it counts.
//
//	handed over ─► said ─┬─ bought ─► the order is read ─┬─► it has the mark: the line takes it, and goes on like any other
//	     ▲               │               ▲               ├─► it fits, but has no mark: the lists are read
//	     │               │               │ nothing       └─► it does not fit: handed over again
//	     │               ├─ not ────► the lists are read ──┬─► nothing: failed; a retry buys anew, under another mark
//	     │               │                                 ├─► its mark is there: the line takes that
//	     │               │                                 └─► they cannot be read: handed over again
//	     │               └─ changed, not changed ─► what is changed is read ─┬─► it shows: that counts
//	     │                                                                   └─► it cannot be read: the word counts
//	     └──
//
// Once somebody has spoken about a line of a cart, that cart is never checked out again: it might buy what was bought by other
// means, or what is bought anew.
type Said struct {
	// Done says that it was bought, or changed.
	Done bool `json:"d,omitempty"`
	// Order is what the vendor calls the purchase, Subscription, if known, what came of it.
	Order        string `json:"o,omitempty"`
	Subscription string `json:"u,omitempty"`
	// Note is who says so, and from what.
	Note string    `json:"n,omitempty"`
	By   Person    `json:"b,omitzero"`
	At   time.Time `json:"a,omitzero"`
	// Counts says that it has been looked into, Again that another word counted before, after which the line was tried again.
	Counts bool `json:"c,omitempty"`
	Again  bool `json:"g,omitempty"`
	// Searched says that the vendor's lists do not have the line's mark.
	Searched bool `json:"s,omitempty"`
	// Before is what was told of the line until then.
	Before Trouble `json:"e,omitzero"`
}

func (s *Said) same(other *Said) bool {
	return s.Done == other.Done && strings.EqualFold(s.Order, other.Order) && (other.Subscription == "" || strings.EqualFold(s.Subscription, other.Subscription))
}

// says puts it into words, without the note.
func (s *Said) says(buys bool) string {
	who := s.By.called()
	if who == "" {
		who = "an admin"
	}
	what := "was changed"
	switch {
	case buys && s.Done:
		what = "was bought, as order " + s.Order
	case buys:
		what = "was not bought"
	case !s.Done:
		what = "was not changed"
	}
	return who + " says that it " + what
}

// quoted is a note at the end of a sentence.
func (s *Said) quoted() string {
	note := strings.TrimSpace(s.Note)
	if !strings.ContainsAny(note[max(0, len(note)-1):], ".!?…") {
		note += "."
	}
	return ": " + note
}

// told says that somebody has spoken about the line, and that this is being looked into.
func (l *Line) told() bool { return l.Said != nil && !l.Said.Counts }

// handedOver says that a person has to find out what became of the line.
func (l *Line) handedOver() bool { return l.Status == LineUnknown && l.Trouble.Person }

// counts notes that what was said of the line has been looked into.
func (l *Line) counts() {
	said := *l.Said
	said.Counts = true
	l.Said = &said
}

// Settle takes what a person says became of lines whose outcome Seatflow could not find out. It is a conflict while Seatflow
// can still find out itself, or an attempt may be on its way, and when somebody has said otherwise before. To say the same
// again changes nothing. lag is how long the vendor's lists may lag; zero takes the usual time.
func Settle(o *Order, lines []int32, said Said, lag time.Duration, droppable func(call string) bool, now time.Time) (Decision, error) {
	if said.Subscription != "" && len(lines) > 1 {
		return Decision{}, fault.New(fault.Invalid, "one_line_only", "A subscription belongs to one line.").
			At("vendor_subscription_id").Hinted("Settle each line by itself, or leave the subscription out.")
	}
	var news []int32
	for _, n := range lines {
		l := o.line(n)
		if l == nil {
			return Decision{}, fault.New(fault.Invalid, "no_such_line", fmt.Sprintf("The order has no line %d.", n)).At("lines")
		}
		if l.Said != nil && l.Said.same(&said) && !l.handedOver() {
			continue
		}
		if err := o.maySay(l, &said, droppable, now); err != nil {
			return Decision{}, err
		}
		news = append(news, n)
	}
	if len(news) == 0 {
		return Decision{}, nil
	}
	w := begin(o, now)
	w.d.By, w.lag = said.By, lag
	if w.lag <= 0 {
		w.lag = ListLag
	}
	for _, n := range news {
		w.hear(w.o.line(n), said, droppable)
	}
	return w.end(), nil
}

// maySay says why nobody can say that of a line; nil if an admin can.
func (o *Order) maySay(l *Line, said *Said, droppable func(string) bool, now time.Time) error {
	_, buys := purchaseOf(o.wish(l.Number))
	at := func(field, code, message, hint string) error {
		kind := fault.Conflict
		if field != "lines" {
			kind = fault.Invalid
		}
		return fault.New(kind, code, fmt.Sprintf(message, l.Number)).At(field).Hinted(hint)
	}
	t := &l.Track
	if buys {
		t = &o.Cart.Track
	}
	switch {
	case l.Said != nil && !l.handedOver():
		return fault.New(fault.Conflict, "said_before", fmt.Sprintf("It has been settled before: of line %d %s", l.Number, l.Said.says(buys))+l.Said.quoted()).
			At("lines").Hinted("What has been said counts. If it was wrong, see what the order says now, and put it right in Partner Center.")
	case l.Status == LineUnknown && !l.handedOver():
		return at("lines", "still_looking", "Seatflow is still finding out by itself what became of line %d.",
			"Wait until the order says that an admin has to look.")
	case l.Status != LineUnknown:
		return at("lines", "outcome_known", "Of line %d nothing is left to be settled: what became of it is known.", "See how the order stands now.")
	case !t.quiet(now), t.Call != "" && t.Step.irreversible() && !droppable(t.Call):
		return at("lines", "attempt_under_way", "An attempt about line %d may be on its way at this moment.", "Try again in five minutes.")
	case buys && said.Done && said.Order == "":
		return at("vendor_order_id", "vendor_order_missing", "Line %d is a purchase: say which order it became in Partner Center.", "")
	case said.Order+said.Subscription != "" && !(buys && said.Done):
		return at("vendor_order_id", "no_vendor_order", "Of line %d no order came, so none can be named.", "Leave the vendor's order and subscription out.")
	}
	return nil
}

// hear takes what was said of a line, and has it looked into.
func (w *work) hear(l *Line, said Said, droppable func(string) bool) {
	_, buys := purchaseOf(w.o.wish(l.Number))
	said.Before, said.Again = l.Trouble, l.Said != nil
	l.Said = &said
	l.Trouble = Trouble{Code: "outcome_told", Detail: upper(said.says(buys)) + said.quoted() + " Seatflow looks once more before that counts…"}
	if !buys {
		w.callOff(l.Track.Call, droppable)
		w.plan(&l.Track, w.way(l).verify, 0, w.body(l))
		return
	}
	w.rest(droppable)
	if l.Track = (Track{}); said.Done {
		w.plan(&l.Track, StepClaim, 0, w.saidBody(l, StepClaim))
		return
	}
	w.lookFor(l)
}

// lookFor looks for the line's mark in the vendor's lists, once whatever may have been bought had its time to show there.
func (w *work) lookFor(l *Line) {
	l.Track = Track{}
	if w.o.Cart.Track.Looks >= len(looks) {
		w.plan(&l.Track, StepDeny, 0, w.saidBody(l, StepDeny))
		return
	}
	l.Track.Lagged = true
	w.later(&l.Track, StepDeny, w.lag+w.lag/4, w.saidBody(l, StepDeny))
}

// rest stops the cart for good: nothing of it is checked out any more, and nothing is asked while a word is looked into.
func (w *work) rest(droppable func(string) bool) {
	c := &w.o.Cart
	w.callOff(c.Track.Call, droppable)
	if c.Track.Step.irreversible() {
		c.Track.Looks = 0
	}
	c.Sealed, c.Keep = true, nil
	c.Track.Step, c.Track.Call, c.Track.Due = 0, "", time.Time{}
}

// callOff has nobody wait for a call any more; one that has not begun is not made.
func (w *work) callOff(call string, droppable func(string) bool) {
	switch {
	case call == "":
	case droppable(call):
		w.d.Drops = append(w.d.Drops, call)
	default:
		w.d.Settled = append(w.d.Settled, call)
	}
}

// resume goes on with the cart once no word about its lines is being looked into.
func (w *work) resume() {
	for l := range w.inCart {
		if l.told() {
			return
		}
	}
	t := &w.o.Cart.Track
	if w.bought() {
		w.close(t)
		return
	}
	w.later(t, StepInspect, slowly, w.cartBody(StepInspect))
}

// saidBody is what a call about a person's word needs.
func (w *work) saidBody(l *Line, step Step) Body {
	if step == StepClaim {
		return Body{Line: l.Number, Order: l.Said.Order, Claim: true, Deep: true}
	}
	b := w.cartBody(StepSearch)
	b.Line = l.Number
	b.Lines = slices.DeleteFunc(b.Lines, func(c CartLine) bool { return c.Number != l.Number })
	return b
}

// claimSeen decides on the answer to StepClaim.
func claimSeen(o *Order, c Outcome, a OrderSeen, now time.Time) Decision {
	w := answered(o, c, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	l := w.o.changing(c.ID)
	switch a.Verdict {
	case Done:
		w.claim(l, &a)
	case Refused:
		w.disbelieve(l, "Seatflow cannot read that order of the customer. "+a.Trouble.Detail)
	default:
		w.repeat(&l.Track, StepClaim, a.Wait, w.saidBody(l, StepClaim))
	}
	w.resume()
	return w.end()
}

// claim takes the vendor's order if it fits. One that does not carry the line's mark is taken only if no other one does.
func (w *work) claim(l *Line, a *OrderSeen) {
	v, against := w.fits(l, a)
	switch {
	case against != "":
		w.disbelieve(l, against)
		return
	case !l.owns(v) && !l.Said.Searched:
		w.lookFor(l)
		return
	}
	w.close(&l.Track)
	w.changed(claimKey(l.Said.Order), Queue{Waiting: []Place{{Order: w.o.ID, Number: w.o.Approved.GetNumber()}}})
	l.VendorOrder = cmp.Or(a.Order.ID, l.Said.Order)
	l.counts()
	w.seen(l, a.Order, v)
	w.follow(l.VendorOrder)
}

// denialSeen decides on the answer to StepDeny.
func denialSeen(o *Order, c Outcome, a Found, now time.Time) Decision {
	w := answered(o, c, now)
	if c.Unanswered {
		w.d.Settled = append(w.d.Settled, c.ID)
	}
	l := w.o.changing(c.ID)
	switch a.Verdict {
	case Done:
		w.deny(l, a.Orders)
	case Refused:
		w.disbelieve(l, "Seatflow cannot read the customer's orders, so it cannot be sure. "+a.Trouble.Detail)
	default:
		w.repeat(&l.Track, StepDeny, a.Wait, w.saidBody(l, StepDeny))
	}
	w.resume()
	return w.end()
}

// deny takes the order that carries the line's mark, if there is one. Else a line that was not bought fails, and one that was is
// the order's that a person has named.
func (w *work) deny(l *Line, orders []VendorOrder) {
	said := l.Said
	for _, vo := range orders {
		if cameToNothing(vo.Status) {
			continue
		}
		i := slices.IndexFunc(vo.Lines, l.owns)
		if i < 0 || vo.ID == "" && vo.Lines[i].Subscription == "" {
			continue
		}
		w.close(&l.Track)
		l.Said, l.VendorOrder = nil, vo.ID
		if w.seen(l, vo, vo.Lines[i]); l.Trouble == (Trouble{}) {
			l.Trouble = Trouble{Code: "bought_after_all", Detail: "Bought, as order " + vo.ID + ", which carries its mark, though " + said.says(true) + "."}
		}
		if vo.ID != "" {
			w.follow(vo.ID)
		}
		return
	}
	if said.Done {
		searched := *said
		searched.Searched = true
		l.Said, l.Track = &searched, Track{}
		w.plan(&l.Track, StepClaim, 0, w.saidBody(l, StepClaim))
		return
	}
	l.counts()
	w.fail(l, Trouble{
		Code: "not_bought", Detail: "Not bought: " + said.says(true) + said.quoted(),
		Hint: "Retry the order to buy it: it is bought anew, under another mark.",
	})
}

// disbelieve hands a line back to a person, with what speaks against the word and what was known before.
func (w *work) disbelieve(l *Line, against string) {
	said := l.Said
	w.close(&l.Track)
	l.Said, l.Trouble = nil, said.Before
	known := l.Trouble.Detail
	if i := strings.LastIndex(known, knownBefore); i >= 0 && strings.Contains(known[:i], notCounted) {
		known = known[i+len(knownBefore):] // only the last word is told of, however many did not count
	}
	l.Trouble.Detail = upper(said.says(true)) + notCounted + strings.TrimSpace(against) + knownBefore + known
}

const (
	notCounted  = ", but that does not count: "
	knownBefore = " Known before: "
)

// byWord ends a line whose change cannot be read, as a person says.
func (w *work) byWord(l *Line) {
	said := l.Said
	l.counts()
	if said.Done {
		w.settle(l, LineFulfilled, Trouble{Code: "changed_by_word", Detail: "Changed: " + said.says(false) + said.quoted()})
		return
	}
	w.fail(l, Trouble{
		Code: "not_changed", Detail: "Not changed: " + said.says(false) + said.quoted(),
		Hint: "Retry the order to make the change: Seatflow first looks whether it is there after all.",
	})
}

// upper begins a sentence. Names stay as they are.
func upper(s string) string {
	if rest, ok := strings.CutPrefix(s, "an "); ok {
		return "An " + rest
	}
	return s
}
