package domain

import (
	"cmp"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Delivery is one notification to one recipient over one channel. Values are never changed in place: each decision
// returns the next one.
type Delivery struct {
	State State
	// Order is the id of the order that it is about, Cause that of the event that told first.
	Order, Cause string
	Kind         Kind
	Channel      string
	// Recipient is the address.
	Recipient string
	// Attempts counts those that have come to an end, known or not.
	Attempts int
	// Error is why the last attempt did not succeed, in a plain sentence; empty once it was sent.
	Error     string
	QueuedAt  time.Time
	UpdatedAt time.Time
}

// ID is a delivery's id: the same news, recipient and channel give the same one. News goes by the id of its event, or, where
// later events tell the same again, by what Need says. It begins as the order's id does, so that
// the deliveries of an order lie together and new ones come last. ok is false if the order's id is none.
func ID(order, news, recipient, channel string) (id string, ok bool) {
	u, err := uuid.Parse(order)
	if err != nil {
		return "", false
	}
	var room [256]byte
	text := room[:0]
	for _, part := range [...]string{news, strings.ToLower(recipient), channel} {
		text = append(append(text, part...), 0)
	}
	sum := sha256.Sum256(text)
	copy(u[8:], sum[:])
	u[6] = u[6]&0x0f | 0x80 // version 8: a UUID of one's own making
	u[8] = u[8]&0x3f | 0x80
	return u.String(), true
}

// IDs gives the least and the greatest id that a delivery of an order can have. ok is false if the order's id is none.
func IDs(order string) (least, greatest string, ok bool) {
	u, err := uuid.Parse(order)
	if err != nil {
		return "", "", false
	}
	u[6] = u[6]&0x0f | 0x80
	low, high := u, u
	for i := 8; i < len(u); i++ {
		low[i], high[i] = 0, 0xff
	}
	return low.String(), high.String(), true
}

// New is a delivery that nobody has tried yet.
func New(order, cause string, n Notice, channel string, now time.Time) Delivery {
	d := Delivery{
		Order: order, Cause: cause, Kind: n.Kind, Channel: channel, Recipient: n.To.Address, QueuedAt: now, UpdatedAt: now,
	}
	return d.to(Queued)
}

// AttemptID names one attempt of a delivery; the first is 1.
func AttemptID(delivery string, attempt int) string { return delivery + "." + strconv.Itoa(attempt) }

// AttemptOf reads which attempt AttemptID named; 0 if it named none.
func AttemptOf(id string) int {
	_, n, _ := strings.Cut(id, ".")
	attempt, err := strconv.Atoi(n)
	if err != nil {
		return 0
	}
	return attempt
}

// Fate is what became of one attempt. The set is closed; the zero value is the one that concludes nothing.
type Fate uint8

// The fates.
const (
	// Unclear: the mail has left and nobody knows whether it was taken, or whoever sent it died.
	Unclear Fate = iota
	// Taken: the mail server has it.
	Taken
	// PutOff: not sent; it may be taken later.
	PutOff
	// Refused: not sent, and it never will be.
	Refused
)

var fateWords = [...]string{Unclear: "unclear", Taken: "taken", PutOff: "put_off", Refused: "refused"}

// Fates is every fate.
var Fates = []Fate{Unclear, Taken, PutOff, Refused}

// String is the fate's stable word.
func (f Fate) String() string { return fateWords[f] }

// Outcome is the end of one attempt.
type Outcome struct {
	// Attempt says which one it was, from 1.
	Attempt int
	Fate    Fate
	// Error says why it was not taken, in a plain sentence.
	Error string
}

// Next is what follows an attempt.
type Next struct {
	// Changed is false for an outcome that is already known or no longer counts.
	Changed bool
	// Again is when to try once more; zero if the delivery has come to its end.
	Again time.Time
	// Overtaken is the attempt that is no longer needed, since an earlier one succeeded after all; 0 for none.
	Overtaken int
}

// Conclude takes the outcome of an attempt in. spread, from 0 to 255, moves the next attempt by up to a fifth, so that
// mails that were put off together do not come back together.
func (d Delivery) Conclude(o Outcome, spread byte, now time.Time) (Delivery, Next) {
	if d.State != Queued || o.Attempt > d.Attempts+1 {
		return d, Next{}
	}
	late := o.Attempt <= d.Attempts
	if late && o.Fate != Taken {
		return d, Next{}
	}
	next := Next{Changed: true}
	if late {
		next.Overtaken = d.Attempts + 1
	} else {
		d.Attempts++
	}
	d.UpdatedAt = now
	if o.Fate == Taken {
		d.Error = ""
		return d.to(Sent), next
	}
	d.Error = cmp.Or(o.Error, "The mail was not sent.")
	again := now.Add(wait(d.Attempts, spread))
	if o.Fate == Refused || again.After(d.QueuedAt.Add(Patience)) {
		return d.to(Failed), next
	}
	next.Again = again
	return d.to(Queued), next
}

// Patience is how long a delivery is tried before it is given up.
const Patience = 24 * time.Hour

// waits are the pauses after the first, second … attempt; the last one repeats.
var waits = [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}

func wait(attempts int, spread byte) time.Duration {
	w := waits[min(attempts, len(waits))-1]
	return w + w/5*time.Duration(spread)/255
}

// to is the one way into a state. A move that the table does not know is a defect.
func (d Delivery) to(s State) Delivery {
	if !d.State.may(s) {
		panic("notification: no way from " + d.State.String() + " to " + s.String())
	}
	d.State = s
	return d
}
