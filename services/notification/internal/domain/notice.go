package domain

import (
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Happening is what an event tells about an order. The set is closed.
type Happening uint8

// The happenings that somebody is told of.
const (
	// NeedsApproval: an admin has to decide.
	NeedsApproval Happening = iota + 1
	// Failure: nothing was bought.
	Failure
	// Completion: everything was bought.
	Completion
	// PartialCompletion: some lines were bought, some failed.
	PartialCompletion
	// Rejection: an admin has said no.
	Rejection
	// Expiry: nobody decided in time.
	Expiry
	// Cancellation: withdrawn before it was granted, or cancelled before anything was bought.
	Cancellation
	// NeedsAction: nothing has failed, and it cannot go on until a person acts.
	NeedsAction
)

// Kind is a kind of notification, a stable word for programs.
type Kind string

// The kinds.
const (
	ApprovalNeeded           Kind = "approval_needed"
	ActionNeeded             Kind = "action_needed"
	OrderFailed              Kind = "order_failed"
	OrderCompleted           Kind = "order_completed"
	OrderCompletedWithErrors Kind = "order_completed_with_errors"
	OrderRejected            Kind = "order_rejected"
	OrderExpired             Kind = "order_expired"
	OrderCancelled           Kind = "order_cancelled"
)

// Kinds is every kind.
var Kinds = []Kind{
	ApprovalNeeded, ActionNeeded, OrderFailed, OrderCompleted, OrderCompletedWithErrors, OrderRejected, OrderExpired, OrderCancelled,
}

// audience says who is told what: the kind for admins and the kind for the requester, empty for none.
var audience = map[Happening]struct{ admins, requester Kind }{
	NeedsApproval:     {admins: ApprovalNeeded},
	Failure:           {admins: OrderFailed},
	Completion:        {requester: OrderCompleted},
	PartialCompletion: {admins: OrderFailed, requester: OrderCompletedWithErrors},
	Rejection:         {requester: OrderRejected},
	Expiry:            {requester: OrderExpired},
	Cancellation:      {requester: OrderCancelled},
	NeedsAction:       {admins: ActionNeeded},
}

// Email is the one channel that there is so far.
const Email = "email"

// Recipient is whom a notice goes to.
type Recipient struct {
	// Address is the e-mail address as it was given; two that differ only in case are one.
	Address string
	// Name may be empty.
	Name string
}

// Notice is one recipient to be told.
type Notice struct {
	Kind Kind
	To   Recipient
}

// Notices lists whom to tell of what happened to an order. Who is an admin and asked for the order too is told once, as an
// admin: that mail says more. missing is the kinds of which somebody should be told whose address nobody knows.
func Notices(h Happening, o *orderv1.Order, admins []string) (notices []Notice, missing []Kind) {
	who := audience[h]
	if who.admins != "" {
		notices = make([]Notice, 0, len(admins)+1)
		for _, a := range admins {
			notices = tell(notices, who.admins, Recipient{Address: a})
		}
		if len(notices) == 0 {
			missing = append(missing, who.admins)
		}
	}
	if who.requester != "" {
		if to := Requester(o); to.Address != "" {
			notices = tell(notices, who.requester, to)
		} else {
			missing = append(missing, who.requester)
		}
	}
	return notices, missing
}

// Requester is who is told the outcome of an order: who asked for it, else for whom it was asked.
func Requester(o *orderv1.Order) Recipient {
	for _, p := range []*orderv1.Person{o.GetRequester(), o.GetOnBehalfOf()} {
		if a := strings.TrimSpace(p.GetEmail()); a != "" {
			return Recipient{Address: a, Name: p.GetName()}
		}
	}
	return Recipient{}
}

func tell(told []Notice, k Kind, to Recipient) []Notice {
	for _, n := range told {
		if strings.EqualFold(n.To.Address, to.Address) {
			return told
		}
	}
	return append(told, Notice{Kind: k, To: to})
}

// Finish is what the end of an order's provisioning means. A status that is neither of its two is a fault: it comes from a
// newer Seatflow, and a dead letter keeps it until this one knows it.
func Finish(s orderv1.Status) (Happening, error) {
	switch s {
	case orderv1.Status_STATUS_COMPLETED:
		return Completion, nil
	case orderv1.Status_STATUS_COMPLETED_WITH_ERRORS:
		return PartialCompletion, nil
	default:
		return 0, fault.New(fault.Invalid, "unknown_outcome", "The order finished in a way that notification does not know.").
			In("notification.finish").On(s.String())
	}
}
