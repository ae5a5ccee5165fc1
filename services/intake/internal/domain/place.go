// Package domain takes orders in and keeps the book of what becomes of them.
//
// Model: what somebody asks for is a [orderv1.NewOrder]. [Check] finds every fault that can
// be told without a clock, computes the amount and the fingerprint; [Asked.Place] makes the
// order. From then on its [Book] hears the events of each owner and shows the foremost:
//
//	intake ──▶ approval ──▶ fulfillment
//
// Guarantees: the fingerprint is taken from a canonical form of the value before anything is
// filled in, so it is the same at every door and in every version. The book comes out the
// same whatever the order in which events arrive and however often.
//
// Failures: faults of an order come back all at once, each with its field. Nothing here does
// I/O or reads a clock.
package domain

import (
	"fmt"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Asked is a NewOrder after all checks that need no clock.
type Asked struct {
	Fingerprint [32]byte
	Faults      []fault.Violation

	order *orderv1.NewOrder
	// lines are numbered and their ids in canonical form; the message's own are left alone.
	lines  []*orderv1.Line
	amount *orderv1.Money
}

// Door is what a door saw of who brings an order.
type Door struct {
	Requester *orderv1.Person
	// OnBehalfOf is whom the order names inside, if anybody.
	OnBehalfOf *orderv1.Person
	// Source is "portal" or the inbox source.
	Source string
}

// Check looks an order over. broken are the faults that the schema's own rules found: it is
// checked further as far as it makes sense.
func Check(n *orderv1.NewOrder, broken []fault.Violation) Asked {
	a := Asked{order: n, Fingerprint: Fingerprint(n), Faults: broken}
	a.checkTexts()
	a.checkLines()
	a.sum()
	if len(a.Faults) == 0 {
		a.lines = numbered(n.GetLines())
	}
	return a
}

// How far from now an order may be scheduled.
const (
	scheduleBack  = 5 * time.Minute
	scheduleAhead = 365 * 24 * time.Hour
)

// Refusals are all faults of the order at a moment; none means that it can be placed.
func (a Asked) Refusals(now time.Time) []fault.Violation {
	s := a.order.GetScheduledFor()
	if s == nil {
		return a.Faults
	}
	v := fault.Violation{Field: "scheduled_for", Code: "out_of_range", Hint: "Leave it out to order at once."}
	switch at := s.AsTime(); {
	case !s.IsValid():
		v.Code, v.Message = "malformed_time", "The time to order at is not a valid time."
	case at.Before(now.Add(-scheduleBack)):
		v.Message = "The time to order at, " + moment(at) + ", has passed."
	case at.After(now.Add(scheduleAhead)):
		v.Message = "The time to order at, " + moment(at) + ", is more than a year ahead."
	default:
		return a.Faults
	}
	return append(a.Faults[:len(a.Faults):len(a.Faults)], v)
}

// Place makes the order; it must have no Refusals. The order is the caller's own: when it
// was placed is left to be set, since a message's times are the border's business.
func (a Asked) Place(d Door, id, number string) *orderv1.Order {
	c := a.order.GetCustomer()
	return &orderv1.Order{
		Id:           id,
		Number:       number,
		Customer:     &orderv1.Customer{TenantId: strings.ToLower(c.GetTenantId()), Name: c.GetName()},
		Lines:        a.lines,
		Requester:    d.Requester,
		OnBehalfOf:   d.OnBehalfOf,
		Note:         a.order.GetNote(),
		ScheduledFor: a.order.GetScheduledFor(),
		Reference:    a.order.GetReference(),
		Source:       d.Source,
		Amount:       a.amount,
	}
}

// Named is whom an order names as its requester, without what only a door can know; nil if
// nobody is named. identified keeps issuer and subject too: a door that knows itself who
// asks believes only name and e-mail.
func Named(p *orderv1.Person, identified bool) *orderv1.Person {
	if p.GetName() == "" && p.GetEmail() == "" && (!identified || p.GetSubject() == "") {
		return nil
	}
	n := &orderv1.Person{Name: p.GetName(), Email: p.GetEmail()}
	if identified {
		n.Issuer, n.Subject = p.GetIssuer(), p.GetSubject()
	}
	return n
}

// Number is an order's number for people.
func Number(year int, n int64) string { return fmt.Sprintf("ORD-%d-%05d", year, n) }

// Invalid is the one error for all faults of an order.
func Invalid(faults []fault.Violation) *fault.Error {
	first := faults[0]
	e := fault.New(fault.Invalid, first.Code, first.Message).At(first.Field).Hinted(first.Hint)
	if len(faults) > 1 {
		e = fault.New(fault.Invalid, "invalid_order", fmt.Sprintf("The order has %d faults.", len(faults)))
	}
	return e.With(faults...)
}

// moment writes a time for people.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
