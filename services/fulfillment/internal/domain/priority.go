package domain

import (
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Priority is how urgent a call is where the vendor's limits let only some be made: lower goes first. The numbers are the
// engine's, which keeps one call in eight for polls.
type Priority int16

// The classes of calls.
const (
	// Urgent: somebody sits and waits, or a look settles what nobody knows.
	Urgent Priority = 0
	// Bulk: asked for by another program.
	Bulk Priority = 5
	// Polling: how far the vendor is with what it has accepted.
	Polling Priority = 10
	// Background: nobody waits for it, such as comparing books.
	Background Priority = 20
)

// priority is the class of a track's next call, one less for what finishes something begun: else a customer's thousandth cart
// would be made before the first one is bought.
func (w *work) priority(t *Track, step Step) Priority {
	class := w.class(t, step)
	if step.irreversible() {
		class--
	}
	return class
}

func (w *work) class(t *Track, step Step) Priority {
	switch {
	case step == StepPoll, step == StepAwait, step == StepFollow, step == StepRevoking:
		return Polling
	case t.Unanswered, step == StepClaim, step == StepDeny, !fromProgram(w.o.Approved):
		return Urgent
	default:
		return Bulk
	}
}

// fromProgram says whether no person placed the order by the portal.
func fromProgram(o *orderv1.Order) bool {
	return o.GetRequester().GetRole() == orderv1.Role_ROLE_SYSTEM
}
