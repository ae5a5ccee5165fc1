package domain

import (
	"strings"
	"time"
)

// Scheduled reports that the order is approved and waits for its own time.
func (r Request) Scheduled(now time.Time) bool {
	at := r.Order.GetScheduledFor()
	return r.State == Granted && at != nil && at.AsTime().After(now)
}

// Sentence says in one sentence, or one per reason, how the request stands.
func (r Request) Sentence(now time.Time) string {
	switch r.State {
	case Awaiting:
		return r.reasons()
	case Granted:
		return r.granted(now)
	case Rejected:
		return "Rejected by " + nameOf(r.Decision.By) + ": " + r.Decision.Note
	case Expired:
		return "Nobody decided before " + Moment(r.ExpiresAt) + "."
	case Withdrawn:
		s := "Cancelled by " + nameOf(r.Decision.By) + " before it was approved"
		if r.Decision.Note != "" {
			return s + ": " + r.Decision.Note
		}
		return s + "."
	}
	return ""
}

func (r Request) reasons() string {
	all := make([]string, len(r.Reasons))
	for i, m := range r.Reasons {
		all[i] = m.Sentence
	}
	return strings.Join(all, " ")
}

func (r Request) granted(now time.Time) string {
	head := "Approved by " + nameOf(r.Decision.By)
	if r.Decision.Automatic {
		head = "Approved"
	}
	if r.Scheduled(now) {
		return head + "; scheduled for " + Moment(r.Order.GetScheduledFor().AsTime()) + "."
	}
	return head + "; submitting to Partner Center…"
}

// Hint says what to do next; empty when nothing is to be done.
func (r Request) Hint() string {
	switch r.State {
	case Awaiting:
		return "An admin who did not ask for it can approve or reject it until " + Moment(r.ExpiresAt) + "."
	case Rejected, Expired:
		return "Place the order again if it is still wanted."
	}
	return ""
}
