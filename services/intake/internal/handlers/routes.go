// Package handlers takes orders, events and commands in and puts intake's word on them out.
//
// Model: one table, [Service.Spec], names every input and the function that decides it:
// read the state from the turn, ask the domain, put back state, event, verdict and reply.
// Inbox orders are decoded and checked once, before any decision.
//
// Guarantees: a decision reads nothing but its turn. Every inbox order gets a verdict. An
// event that comes twice, late or out of order leaves the same book.
//
// Failures: an inbox order that cannot be decoded or placed is refused with all its faults;
// an event of an order that intake does not know is counted and passed over.
package handlers

import (
	"buf.build/go/protovalidate"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Service is what the decisions need beside their turn.
type Service struct {
	Validator protovalidate.Validator
	Metrics   *Metrics
}

// Spec is the service as the engine knows it: the kinds in the order in which they are
// locked, and one row for each input.
func (s *Service) Spec() engine.Spec {
	return engine.Spec{
		Service: contract.Intake,
		Kinds:   []engine.Kind{store.Orders, store.Timeline},
		Facts:   drawNumbers,
		Inbox:   &engine.InboxRoute{Decode: inboxDecoder(s.Validator), Decide: s.arrived},
		Commands: []engine.CommandRoute{
			{Method: contract.PlaceOrder, Refs: placeOrderRefs, Fingerprint: placeOrderCanonical, PermanentKey: true, Decide: s.placeOrder},
		},
		Events: s.bookRoutes(),
	}
}

// bookRoutes are every event of the other owners, and the notices of dead letters. One
// route takes all services' notices: they have one type.
func (s *Service) bookRoutes() []engine.EventRoute {
	routes := []engine.EventRoute{
		{Event: contract.DeadLetterNotice(contract.Intake), Refs: noticeRefs, Decide: s.putAside},
	}
	for _, ev := range contract.Events {
		switch ev.Owner {
		case contract.Approval, contract.Fulfillment:
			ev.New = func() proto.Message { return new(eventv1.StatusHead) } // the book has the order already
			routes = append(routes, engine.EventRoute{Event: ev, Refs: heardRefs, Decide: s.heard})
		case contract.Notification:
			routes = append(routes, engine.EventRoute{Event: ev, Refs: deliveryRefs, Decide: s.delivered})
		}
	}
	return routes
}

// numbers are the order numbers drawn for one batch. One that is not used leaves a gap.
type numbers struct {
	year int
	left []int64
}

// drawNumbers draws one number for each input that may place an order.
func drawNumbers(b *pgx.Batch, batch []*engine.Input) any {
	n := 0
	for _, in := range batch {
		switch body := in.Body.(type) {
		case *arrival:
			if len(body.faults) == 0 && len(body.asked.Faults) == 0 {
				n++
			}
		case *intakev1.PlaceOrderRequest:
			if !body.GetValidateOnly() {
				n++
			}
		}
	}
	f := new(numbers)
	if n > 0 {
		store.QueueNumbers(b, n, func(year int, number int64) {
			f.year = year
			f.left = append(f.left, number)
		})
	}
	return f
}

// take gives the next number away.
func (n *numbers) take() (string, error) {
	if len(n.left) == 0 {
		return "", fault.New(fault.Unavailable, "no_number", "The order has no number yet.").Hinted("Try again in a second.")
	}
	number := n.left[0]
	n.left = n.left[1:]
	return domain.Number(n.year, number), nil
}

// canonical is the form in which the database gives ids back. ok is false for what is no UUID.
func canonical(id string) (string, bool) {
	u, err := uuid.Parse(id)
	if err != nil {
		return "", false
	}
	return u.String(), true
}
