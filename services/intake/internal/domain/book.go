package domain

import (
	"fmt"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Owner is a stage owner, in the order in which an order passes from one to the next.
type Owner uint8

// The owners. Nobody is no owner.
const (
	Nobody Owner = iota
	Intake
	Approval
	Fulfillment
	owners
)

var ownerWords = [owners]string{Nobody: "", Intake: "intake", Approval: "approval", Fulfillment: "fulfillment"}

// String is the service's name.
func (o Owner) String() string { return ownerWords[o] }

// OwnerOf is the owner of a service's name; Nobody for a service that owns no order.
func OwnerOf(service string) Owner {
	for o := Intake; o < owners; o++ {
		if ownerWords[o] == service {
			return o
		}
	}
	return Nobody
}

// Book is what is known of an order after some of its events. Values are never changed in
// place. It is a maximum over the events heard, which is why their order does not matter.
type Book struct {
	// Order is set when the order is placed and when it is read for people; an event does
	// not need it, so it is not loaded for one.
	Order    *orderv1.Order
	PlacedAt time.Time
	// Owner is the foremost owner heard from. Its newest view is shown.
	Owner Owner
	Heard [owners]int64
	View  *orderv1.View
	// ShownAt is when the event was decided whose view is shown.
	ShownAt time.Time
	// Letters counts the open dead letters about the order.
	Letters int
}

// Event is what the book needs of an event about an order's status.
type Event struct {
	Owner    Owner
	Sequence int64
	View     *orderv1.View
	At       time.Time
}

// Open starts the book of an order that intake has just submitted.
func Open(o *orderv1.Order, now time.Time) Book {
	b := Book{Order: o, PlacedAt: now}
	b, _ = b.Hear(Event{Owner: Intake, Sequence: 1, View: Submitted(o), At: now})
	return b
}

// Submitted is intake's own view of an order that it has handed on.
func Submitted(o *orderv1.Order) *orderv1.View {
	v := &orderv1.View{
		Status: orderv1.Status_STATUS_RECEIVED, Sentence: "Received; checking whether it needs approval…",
		Lines: make([]*orderv1.LineView, len(o.GetLines())),
	}
	for i, l := range o.GetLines() {
		v.Lines[i] = &orderv1.LineView{Number: l.GetNumber(), Status: orderv1.LineStatus_LINE_STATUS_PENDING}
	}
	return v
}

// Hear takes an event in. changed is false for one that says nothing new about the status:
// a repeat, or one overtaken by a later event of its owner.
func (b Book) Hear(e Event) (next Book, changed bool) {
	if e.Owner == Nobody || e.Sequence <= b.Heard[e.Owner] {
		return b, false
	}
	b.Heard[e.Owner] = e.Sequence
	if e.Owner >= b.Owner {
		b.Owner, b.View, b.ShownAt = e.Owner, e.View, e.At
	}
	return b, true
}

// Letter takes in that a dead letter about the order was put aside, or closed. It is called once for each of the two;
// paired says that the other was told before. A letter may be heard of as closed first: then it never counts.
func (b Book) Letter(closed, paired bool) Book {
	switch {
	case closed && paired:
		b.Letters = max(0, b.Letters-1)
	case !closed && !paired:
		b.Letters++
	}
	return b
}

// NeedsAttention reports that a dead letter about the order is open.
func (b Book) NeedsAttention() bool { return b.Letters > 0 }

// FinishedAt is when the order came to its end; zero if it has not.
func (b Book) FinishedAt() time.Time {
	if Terminal(b.View.GetStatus()) {
		return b.ShownAt
	}
	return time.Time{}
}

// Terminal reports that nothing more happens to the order. A failed order can be retried, so it is not.
func Terminal(s orderv1.Status) bool {
	switch s {
	case orderv1.Status_STATUS_COMPLETED, orderv1.Status_STATUS_REJECTED, orderv1.Status_STATUS_EXPIRED,
		orderv1.Status_STATUS_CANCELLED, orderv1.Status_STATUS_DELETED:
		return true
	}
	return false
}

// statusWords are the statuses' words, made once.
var statusWords = func() map[orderv1.Status]string {
	m := make(map[orderv1.Status]string, len(orderv1.Status_name))
	for n, name := range orderv1.Status_name {
		m[orderv1.Status(n)] = strings.ToLower(strings.TrimPrefix(name, "STATUS_"))
	}
	return m
}()

// StatusWord is a status as lists and metrics name it. One of a newer version has its
// number as its name: it is carried, not dropped.
func StatusWord(s orderv1.Status) string {
	if w, ok := statusWords[s]; ok {
		return w
	}
	return fmt.Sprintf("status_%d", s)
}
