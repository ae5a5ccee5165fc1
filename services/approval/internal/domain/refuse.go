package domain

import (
	"fmt"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Actor is who gives a command.
type Actor struct {
	Person *orderv1.Person
	// Asked: this person asked for the order, or it was asked for in their name; they do not decide it.
	Asked bool
	// Placed: this person placed the order, as the door saw it; they may cancel it.
	Placed bool
}

func (a Actor) role() orderv1.Role { return a.Person.GetRole() }

// staff works for the partner and sees every customer.
func (a Actor) staff() bool {
	return a.role() == orderv1.Role_ROLE_ADMIN || a.role() == orderv1.Role_ROLE_TECHNICIAN
}

// customer belongs to one tenant.
func (a Actor) customer() bool {
	return a.role() == orderv1.Role_ROLE_CUSTOMER || a.role() == orderv1.Role_ROLE_CUSTOMER_ADMIN
}

// NeedAdmin refuses everybody but admins.
func NeedAdmin(role orderv1.Role, what string) error {
	if role == orderv1.Role_ROLE_ADMIN {
		return nil
	}
	return fault.New(fault.Forbidden, "admin_only", "Only an admin may "+what+".").Hinted("Ask an admin to do it.")
}

// decidable refuses what may not be approved or rejected: by whom first, then when.
func (r Request) decidable(by Actor, verb string, now time.Time) error {
	if err := NeedAdmin(by.role(), verb+" an order"); err != nil {
		return err
	}
	if r.State == Withdrawn || r.Arrived && r.State != Awaiting {
		return r.decided()
	}
	if !r.Arrived {
		return notYet()
	}
	if r.overdue(now) {
		return expired(r.ExpiresAt)
	}
	if by.Asked {
		return fault.New(fault.Forbidden, "requester_decides", "Nobody may "+verb+" an order that they asked for themselves.").
			Hinted("Ask another admin to decide.")
	}
	return nil
}

// withdrawable refuses what may not be cancelled here.
func (r Request) withdrawable(by Actor, now time.Time) error {
	if r.Arrived && by.customer() && by.Person.GetTenant() != r.Tenant {
		return fault.New(fault.NotFound, "order_not_found", "There is no such order.")
	}
	if r.State == Granted {
		// Before the rights: who asked for an order that was granted at once is not kept here, and fulfillment knows.
		return fault.New(fault.MovedOn, "moved_on", "The order is approved and with fulfillment now.").
			Owned("fulfillment").Hinted("Cancel it there.")
	}
	if err := r.mayWithdraw(by); err != nil {
		return err
	}
	switch {
	case r.State != None && r.State != Awaiting:
		return r.decided()
	case r.overdue(now):
		return expired(r.ExpiresAt)
	}
	return nil
}

// mayWithdraw: staff any order, a customer's admin their tenant's, everybody their own.
// Who asked is not known before the order has arrived, so all others are put off until then.
// Whom somebody else named as the one who asks has no rights by that.
func (r Request) mayWithdraw(by Actor) error {
	switch {
	case by.staff():
		return nil
	case !r.Arrived:
		return notYet()
	case by.role() == orderv1.Role_ROLE_CUSTOMER_ADMIN, by.Placed:
		return nil
	}
	return fault.New(fault.Forbidden, "not_your_order", "Only who asked for the order, the customer's admin or the partner's staff may cancel it.").
		Hinted("Ask one of them to cancel it.")
}

// decided is the conflict that names the first decision: who, what, when.
func (r Request) decided() error {
	if r.State == Expired {
		return expired(r.ExpiresAt)
	}
	what := map[State]string{Granted: "approved", Rejected: "rejected", Withdrawn: "cancelled"}[r.State]
	by := nameOf(r.Decision.By)
	if r.Decision.Automatic {
		by = "a rule check that found nothing to review"
	}
	return fault.New(fault.Conflict, "already_decided", fmt.Sprintf("The order was already %s by %s on %s.", what, by, Moment(r.Decision.At))).
		Hinted("Look at the order's timeline; place a new order if something else is wanted.")
}

func expired(at time.Time) error {
	return fault.New(fault.Conflict, "expired", "The approval expired on "+Moment(at)+" because nobody decided in time.").
		Hinted("Place the order again.")
}

func notYet() error {
	return fault.New(fault.Unavailable, "not_arrived_yet", "The order has not reached approval yet.").
		Hinted("Try again in a second.").After(time.Second)
}

func needReason(reason string) error {
	if strings.TrimSpace(reason) != "" {
		return nil
	}
	return fault.New(fault.Invalid, "required", "A rejection needs a reason.").
		At("reason").Hinted("Say in a sentence why, so that the requester knows what to change.")
}

// Moment writes a time for people.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
