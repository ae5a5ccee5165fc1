package domain

import "time"

// Round is how far the comparison of our records with the vendor's has come: one customer after the other, each round after
// the last one's time is over, or when somebody asks for it. A single customer who is asked for has one of their own. It is stored.
type Round struct {
	// StartedAt is when the round under way began, or the last one if none is; zero before the first.
	StartedAt time.Time `json:"s,omitzero"`
	// Customer is the one that is looked at now; empty between two of them.
	Customer string `json:"c,omitempty"`
	// Tries counts the looks at Customer without an answer.
	Tries int `json:"t,omitempty"`
	// After is the last customer that the round is done with; empty when the next one is the first.
	After string `json:"-"`
	// EndedAt is when the last whole round ended.
	EndedAt time.Time `json:"e,omitzero"`
}

// Under says whether a round is under way.
func (r Round) Under() bool { return r.StartedAt.After(r.EndedAt) }

// The round's waits.
const (
	// firstRound is how long after the first start the first round waits at most, so that a start is over first.
	firstRound = 2 * time.Minute
	// betweenLooks lets others pass between two customers.
	betweenLooks = time.Second
	// lookAgain is the wait after a look without an answer.
	lookAgain = 5 * time.Minute
	// maxLooks is how often a customer is looked at in vain before the round goes on without.
	maxLooks = 3
)

// LooksBy is when a look that somebody asked for has its answer at the latest, or is looked after.
func LooksBy(now time.Time) time.Time { return now.Add(lookAgain) }

// Plan is when the round wants to go on: zero for never. due is when it wanted to before. every is the time between two
// rounds' begins, zero if there are to be none.
func (r Round) Plan(every time.Duration, due, now time.Time) time.Time {
	soon := now.Add(spread(min(firstRound, every/2), "round"))
	switch {
	case every <= 0 && !r.Under():
		return time.Time{}
	case r.StartedAt.IsZero() || r.Under():
		if due.IsZero() || due.After(soon) {
			return soon
		}
		return due
	}
	next := r.StartedAt.Add(spread(every, r.StartedAt.String()))
	if next.Before(soon) {
		return soon
	}
	return next
}

// Ask begins a round now, or one of a single customer; nothing begins while it is under way.
func (r Round) Ask(customer string, now time.Time) (next Round, started bool) {
	if r.Under() {
		return r, false
	}
	return Round{StartedAt: now, Customer: customer, EndedAt: r.EndedAt}, true
}

// LookedAlone goes on after a look at the customer whose own round it is: it ends, or looks again.
func (r Round) LookedAlone(v Verdict, now time.Time) (next Round, due time.Time) {
	if r, due = r.Looked(v, now); r.Customer != "" {
		return r, due
	}
	r.After, r.EndedAt = "", now
	return r, time.Time{}
}

// Next goes on with the next customer, or ends the round if there is none, when its due time has come. due is when the round
// wants to go on if no answer tells it to.
func (r Round) Next(customer string, every time.Duration, now time.Time) (next Round, look bool, due time.Time) {
	if !r.Under() {
		r.StartedAt, r.After = now, ""
	}
	if r.Customer != "" {
		return r, true, time.Time{}
	}
	if customer == "" {
		r.EndedAt, r.After = now, ""
		return r, false, r.Plan(every, time.Time{}, now)
	}
	r.Customer, r.Tries = customer, 0
	return r, true, time.Time{}
}

// Looked goes on after a look at the round's customer.
func (r Round) Looked(v Verdict, now time.Time) (next Round, due time.Time) {
	r.Tries++
	if v != Done && v != Refused && r.Tries < maxLooks {
		return r, now.Add(lookAgain)
	}
	r.After, r.Customer, r.Tries = r.Customer, "", 0
	return r, now.Add(betweenLooks)
}
