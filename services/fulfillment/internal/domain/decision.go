package domain

import "time"

// Event names what the rest of the product is told. The zero value tells nothing.
type Event uint8

// The events.
const (
	NoEvent Event = iota
	EventScheduled
	EventStarted
	EventLineSettled
	EventWaiting
	EventOutcomeUnknown
	EventFinished
	EventFailed
	EventCancelled
)

// Decision is what one input leaves behind.
type Decision struct {
	// Order is the new state; nil when nothing changed.
	Order *Order
	Event Event
	// By is who caused it, if a person did.
	By Person
	// Calls are to be made, Drops not to be made any more, Settled to be closed without an answer.
	// Hastened are planned ones to be made now.
	Calls    []Call
	Drops    []string
	Settled  []string
	Hastened []string
	// Queues are those that have changed.
	Queues Queues
	// Due is when the order wants to be looked at by itself; zero for never.
	Due time.Time
	// Strange counts the lines whose order has a status that nobody knows.
	Strange int
	// Ended are the lines that this decision brought to an end, for the counters.
	Ended []Ended
}

// Ended is a line that came to its end.
type Ended struct {
	Change Change
	Status LineStatus
}

// work is a decision in the making: the order's own copy and what it was before.
type work struct {
	o   *Order
	now time.Time
	d   Decision

	at      Queues        // those that the input has at hand
	lag     time.Duration // of the vendor's lists
	before  []LineStatus
	status  Status
	waiting string
	ahead   string
	doubt   Trouble
	asked   bool // a person has to act on a line, and had not to before
}

// begin works on a copy, own on an order that nobody else has.
func begin(o *Order, now time.Time) *work { return own(o.clone(), now) }

// answered works on the outcome of a call.
func answered(o *Order, c Outcome, now time.Time) *work {
	w := begin(o, now)
	w.at, w.lag = c.Queues, c.Lag
	if w.lag <= 0 {
		w.lag = ListLag
	}
	return w
}

func own(o *Order, now time.Time) *work {
	w := &work{o: o, now: now, status: o.Status, before: make([]LineStatus, len(o.Lines))}
	for i := range o.Lines {
		w.before[i] = o.Lines[i].Status
	}
	w.waiting, w.ahead, w.doubt = o.waitsFor(), o.ahead(), o.doubt()
	return w
}

// end joins and leaves queues, works out where the order stands now, and picks the event.
func (w *work) end() Decision {
	w.queue()
	w.equals()
	w.o.restate()
	switch {
	case w.o.Status != OutcomeUnknown:
		w.o.UnknownSince = time.Time{}
	case w.o.UnknownSince.IsZero():
		w.o.UnknownSince = w.now
	}
	for i := range w.o.Lines {
		switch l := &w.o.Lines[i]; {
		case l.Status.Settled() || !l.Trouble.Person:
			l.AskedSince = time.Time{}
		case l.AskedSince.IsZero():
			l.AskedSince, w.asked = w.now, true
		}
	}
	w.d.Order = w.o
	w.o.clock(w.status, w.now)
	for i := range w.o.Lines {
		if s := w.o.Lines[i].Status; s.Settled() && s != w.was(i) {
			w.d.Ended = append(w.d.Ended, Ended{ChangeOf(w.o.wish(w.o.Lines[i].Number)), s})
		}
	}
	w.d.Event = w.event()
	return w.d
}

// was is a line's status before the decision; lines never change places, and new orders had none.
func (w *work) was(i int) LineStatus {
	if i < len(w.before) {
		return w.before[i]
	}
	return LinePending
}

// event picks the most telling event of what has changed.
func (w *work) event() Event {
	if w.o.Status != w.status {
		switch w.o.Status {
		case Scheduled:
			return EventScheduled
		case WaitingOnVendor:
			return EventWaiting
		case OutcomeUnknown:
			return EventOutcomeUnknown
		case Completed, CompletedWithErrors:
			return EventFinished
		case Failed:
			return EventFailed
		case Cancelled:
			return EventCancelled
		case Processing: // below: a line may have more to tell
		}
	}
	switch {
	case w.o.Status == WaitingOnVendor && (w.o.waitsFor() != w.waiting || w.asked):
		return EventWaiting
	case w.o.Status == OutcomeUnknown && (w.o.doubt() != w.doubt || w.asked):
		return EventOutcomeUnknown
	case len(w.d.Ended) > 0 && w.o.open():
		return EventLineSettled
	case w.o.Status == Processing && w.status != Processing && w.status != 0, w.started(), w.o.ahead() != w.ahead:
		return EventStarted
	}
	return NoEvent
}

// started says whether this decision brought the first word that the vendor works on the order.
func (w *work) started() bool {
	now := false
	for i := range w.o.Lines {
		if w.was(i) == LineProvisioning {
			return false
		}
		now = now || w.o.Lines[i].Status == LineProvisioning
	}
	return now
}

// open says whether a line has not come to its end.
func (o *Order) open() bool {
	for i := range o.Lines {
		if !o.Lines[i].Status.Settled() {
			return true
		}
	}
	return false
}

// waitsFor is why the order waits for the vendor.
func (o *Order) waitsFor() string {
	if l := o.waiting(); l != nil {
		return l.Trouble.Code
	}
	return ""
}

// restate works out the order's status from its lines.
func (o *Order) restate() {
	if o.Status == Scheduled || !o.Arrived() {
		return
	}
	var open, waiting, unknown, fulfilled, lost bool
	for i := range o.Lines {
		l := &o.Lines[i]
		open = open || !l.Status.Settled()
		waiting = waiting || l.Waiting
		unknown = unknown || l.Status == LineUnknown
		fulfilled = fulfilled || l.Status == LineFulfilled
		lost = lost || l.Status.lost()
	}
	switch {
	case unknown:
		o.Status = OutcomeUnknown
	case waiting:
		o.Status = WaitingOnVendor
	case open:
		o.Status = Processing
	case lost && fulfilled:
		o.Status = CompletedWithErrors
	case lost:
		o.Status = Failed
	case fulfilled:
		o.Status = Completed
	default:
		o.Status = Cancelled
	}
}

// plan makes the track's next call, after a wait, and makes it the current one.
func (w *work) plan(t *Track, step Step, wait time.Duration, body Body) {
	w.o.Calls++
	t.Step, t.Call = step, callID(w.o.ID, w.o.Calls)
	t.Tries++
	body.Customer, body.Request = w.o.Approved.GetCustomer().GetTenantId(), t.Request
	call := Call{ID: t.Call, Operation: operationOf[step], Priority: w.priority(t, step), Body: body}
	t.Due = time.Time{}
	if wait > 0 {
		call.Due = w.now.Add(wait)
	}
	if wait >= time.Minute {
		t.Due = call.Due
	}
	w.d.Calls = append(w.d.Calls, call)
}

// unanswered notes that a call may have taken effect. Its id is used again as the request id while no answer has come.
func (w *work) unanswered(t *Track, c Outcome, answered bool) {
	switch {
	case answered:
		t.Request = ""
	case t.Request == "":
		t.Request = c.ID
	}
	t.Unanswered, t.Lagged = true, false
	if c.SettledAt.After(t.SettledAt) {
		t.SettledAt = c.SettledAt
	}
	t.Open = append(t.Open, c.ID)
	if len(t.Open) > maxOpen {
		w.d.Settled = append(w.d.Settled, t.Open[0])
		t.Open = t.Open[1:]
	}
}

// maxOpen is how many unanswered calls a track keeps open for their late answers.
const maxOpen = 4

// looked notes that a look-up has shown that no earlier attempt took effect, or can.
func (w *work) looked(t *Track) {
	w.d.Settled = append(w.d.Settled, t.Open...)
	t.Unanswered, t.SettledAt, t.Lagged, t.Open, t.Request = false, time.Time{}, false, nil, ""
}

// close ends a track: nothing is current there any more.
func (w *work) close(t *Track) {
	w.looked(t)
	*t = Track{}
}

// supersede ends a track whose current call is not needed any more: if it has not begun it is never made.
func (w *work) supersede(t *Track) {
	if t.Call != "" {
		w.d.Settled = append(w.d.Settled, t.Call)
	}
	w.close(t)
}

func (w *work) fulfil(l *Line) {
	w.settle(l, LineFulfilled, Trouble{})
}

func (w *work) fail(l *Line, why Trouble) {
	w.settle(l, LineFailed, why)
}

func (w *work) settle(l *Line, s LineStatus, why Trouble) {
	w.close(&l.Track)
	l.Status, l.Trouble, l.Waiting = s, why, false
}

// unchanged is the decision of an input that says nothing new. Its call is closed even if nobody waits for it.
func unchanged(c Outcome) Decision {
	if c.Unanswered && c.ID != "" {
		return Decision{Settled: []string{c.ID}}
	}
	return Decision{}
}
