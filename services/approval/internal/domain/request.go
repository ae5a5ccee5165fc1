package domain

import (
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Request is the approval of one order. Values are never changed in place: each
// decision returns the next one.
type Request struct {
	State State
	// Arrived is false only for a tombstone: cancelled before the order came.
	Arrived bool
	// Order is read, never changed. A request granted at once forgets it, once stored:
	// its event has it.
	Order       *orderv1.Order
	Tenant      string
	Fingerprint string
	Reasons     []Reason
	RequestedAt time.Time
	// ExpiresAt binds while the request waits.
	ExpiresAt time.Time
	// Decision is who ended it; zero while it waits and when it expired.
	Decision Decision
	// FirstGrant asks the store to remember the customer as one with a granted order.
	FirstGrant bool
}

// Decision is what was decided, by whom, when.
type Decision struct {
	// By is nil for an automatic decision.
	By   *orderv1.Person
	At   time.Time
	Note string
	// Automatic: granted because no rule matched.
	Automatic bool
}

// Submission is an order that arrives.
type Submission struct {
	Order       *orderv1.Order
	Tenant      string
	Fingerprint string
	// KnownCustomer: the customer has a granted order.
	KnownCustomer bool
	// Patience is how long an admin has to decide.
	Patience time.Duration
}

// Submit takes an order in. changed is false for a repeat, which changes nothing.
// A tombstone takes the order and stays withdrawn.
func (r Request) Submit(s Submission, rules Rules, now time.Time) (next Request, changed bool, err error) {
	if r.Arrived {
		return r, false, nil
	}
	r.Arrived, r.Order, r.Tenant, r.Fingerprint, r.RequestedAt = true, s.Order, s.Tenant, s.Fingerprint, now
	if r.State == Withdrawn {
		return r, true, nil
	}
	if r.Reasons, err = rules.Match(s.Order, s.KnownCustomer); err != nil {
		return Request{}, false, err
	}
	if len(r.Reasons) > 0 {
		r.ExpiresAt = now.Add(s.Patience)
		return r.to(Awaiting), true, nil
	}
	r.Decision = Decision{At: now, Automatic: true}
	r.FirstGrant = !s.KnownCustomer
	return r.to(Granted), true, nil
}

// Approve grants a request that waits.
func (r Request) Approve(by Actor, note string, now time.Time) (Request, error) {
	if err := r.decidable(by, "approve", now); err != nil {
		return r, err
	}
	r.Decision = Decision{By: by.Person, At: now, Note: note}
	r.FirstGrant = true
	return r.to(Granted), nil
}

// Reject ends a request that waits; the reason is told to the requester.
func (r Request) Reject(by Actor, reason string, now time.Time) (Request, error) {
	if err := r.decidable(by, "reject", now); err != nil {
		return r, err
	}
	if err := needReason(reason); err != nil {
		return r, err
	}
	r.Decision = Decision{By: by.Person, At: now, Note: reason}
	return r.to(Rejected), nil
}

// Withdraw cancels a request that waits, or one that has not arrived yet.
func (r Request) Withdraw(by Actor, reason string, now time.Time) (Request, error) {
	if err := r.withdrawable(by, now); err != nil {
		return r, err
	}
	r.Decision = Decision{By: by.Person, At: now, Note: reason}
	return r.to(Withdrawn), nil
}

// Expire ends a request that has waited too long. changed is false if it is not due.
func (r Request) Expire(now time.Time) (next Request, changed bool) {
	if !r.overdue(now) {
		return r, false
	}
	return r.to(Expired), true
}

// overdue reports that the request waits and its due time has passed.
func (r Request) overdue(now time.Time) bool {
	return r.State == Awaiting && !now.Before(r.ExpiresAt)
}

// to is the one way into a state. A move that the table does not know is a defect.
func (r Request) to(s State) Request {
	if !r.State.may(s) {
		panic("approval: no way from " + r.State.String() + " to " + s.String())
	}
	r.State = s
	return r
}
