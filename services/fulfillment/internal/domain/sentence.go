package domain

import (
	"fmt"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Sentence tells in one sentence where the order stands now, and what to do next.
func (o *Order) Sentence() (sentence, hint string) {
	switch o.Status {
	case Scheduled:
		at := o.firesAt().UTC()
		if s := o.Approved.GetScheduledFor(); s == nil || s.AsTime().Before(at) {
			return "Will be sent to Partner Center at " + at.Format("15:04:05 UTC") + ".", "Cancel it before then if it is a mistake."
		}
		return "Scheduled for " + at.Format("2 January 2006, 15:04 UTC") + ".", ""
	case Processing:
		for i := range o.Lines {
			if o.Lines[i].Status == LineProvisioning {
				return "Partner Center has accepted the order and provisions it…", ""
			}
		}
		if ahead := o.ahead(); ahead != "" {
			return ahead, ""
		}
		return "Submitting to Partner Center…", ""
	case WaitingOnVendor:
		l := o.waiting()
		return l.Trouble.Detail, l.Trouble.Hint
	case OutcomeUnknown:
		why := o.doubt()
		return why.Detail, why.Hint
	case Failed, CompletedWithErrors:
		return o.failure()
	case Completed:
		return o.success()
	case Cancelled:
		return o.cancelled()
	default:
		return "", ""
	}
}

// doubt is what is told of an unknown outcome: what a person has to do, before what Seatflow does by itself.
func (o *Order) doubt() Trouble {
	why := Trouble{Detail: "Partner Center has not answered. Seatflow finds out what happened before it sends anything again."}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Status != LineUnknown || l.Trouble.Detail == "" {
			continue
		}
		if l.Trouble.Person {
			return l.Trouble
		}
		if why.Code == "" {
			why = l.Trouble
		}
	}
	return why
}

// waiting is the line that tells why the order waits: the first that a person has to act on, else the first that waits.
func (o *Order) waiting() *Line {
	var first *Line
	for i := range o.Lines {
		switch l := &o.Lines[i]; {
		case !l.Waiting:
		case l.Trouble.Person:
			return l
		case first == nil:
			first = l
		}
	}
	return first
}

// told is what the first line of a kind says.
func (o *Order) told(which func(*Line) bool) (sentence, hint string) {
	for i := range o.Lines {
		if l := &o.Lines[i]; which(l) && l.Trouble.Detail != "" {
			return l.Trouble.Detail, l.Trouble.Hint
		}
	}
	return "", ""
}

func (o *Order) failure() (sentence, hint string) {
	sentence, hint = o.told(func(l *Line) bool { return l.Status.lost() })
	lost := 0
	for i := range o.Lines {
		if o.Lines[i].Status.lost() {
			lost++
		}
	}
	if len(o.Lines) > 1 {
		sentence = fmt.Sprintf("%d of %d lines failed. %s", lost, len(o.Lines), sentence)
	}
	return sentence, hint
}

func (o *Order) success() (sentence, hint string) {
	given := 0
	for i := range o.Lines {
		if o.Lines[i].Status == LineCancelled {
			given++
		}
	}
	if given > 0 {
		return fmt.Sprintf("Completed; %d of %d lines were cancelled.", given, len(o.Lines)), ""
	}
	switch sentence, hint = o.told(func(*Line) bool { return true }); {
	case sentence != "" && len(o.Lines) > 1:
		return "Completed. " + sentence, hint
	case sentence != "":
		return sentence, hint
	case o.buys():
		return "Provisioned by Partner Center.", ""
	default:
		return "Changed at Partner Center.", ""
	}
}

// buys says whether a line brings seats, so that there is something to provision.
func (o *Order) buys() bool {
	for _, l := range o.Approved.GetLines() {
		if ChangeOf(l) == AddSeats || QueueKey(l) == "" {
			return true
		}
	}
	return false
}

// called is how a sentence calls somebody; empty if nothing is known of them. Customers read it too, and are not to learn the
// addresses of the partner's staff.
func (p Person) called() string {
	switch role := orderv1.Role(p.Role); {
	case p.Name != "":
		return p.Name
	case role == orderv1.Role_ROLE_ADMIN:
		return "an admin"
	case role == orderv1.Role_ROLE_TECHNICIAN:
		return "a technician"
	default:
		return p.Email
	}
}

func (o *Order) cancelled() (sentence, hint string) {
	c := o.Cancellation
	sentence = "Cancelled"
	if c != nil {
		if who := c.By.called(); who != "" {
			sentence += " by " + who
		}
		if c.Reason != "" {
			return sentence + ": " + c.Reason, ""
		}
	}
	return sentence + ".", ""
}
