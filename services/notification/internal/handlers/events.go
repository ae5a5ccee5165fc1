package handlers

import (
	"cmp"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/notification/internal/store"
)

// status is what every event about an order's status has.
type status interface {
	GetView() *orderv1.View
	GetOrder() *orderv1.Order
}

// news is what an event tells, and the name by which it is known again when another event tells the same; empty if none does.
// The zero value is nobody's business.
type news struct {
	what domain.Happening
	name string
}

// meaning says what an event tells.
type meaning func(status) (news, error)

func always(h domain.Happening) meaning {
	return func(status) (news, error) { return news{what: h}, nil }
}

func finish(ev status) (news, error) {
	h, err := domain.Finish(ev.GetView().GetStatus())
	return news{what: h}, err
}

// wait is news only once a person has to act: until then the vendor or fulfillment does.
func wait(ev status) (news, error) {
	need := domain.Need(ev.GetView())
	if need == "" {
		return news{}, nil
	}
	return news{what: domain.NeedsAction, name: need}, nil
}

// tell is the route of an event that somebody is told of.
func (s *Service) tell(ev contract.Event, what meaning) engine.EventRoute {
	return engine.EventRoute{
		Event: ev,
		Refs: func(m proto.Message, meta engine.Meta) []engine.Ref {
			tells, err := what(m.(status))
			if err != nil {
				return nil // the decision says why
			}
			notices, _ := domain.Notices(tells.what, m.(status).GetOrder(), s.Admins)
			refs := make([]engine.Ref, 0, len(notices))
			for _, n := range notices {
				if ref, ok := delivery(meta, tells, n); ok {
					refs = append(refs, ref)
				}
			}
			return refs
		},
		Decide: func(t *engine.Turn) error { return s.happened(t, what) },
	}
}

// delivery is the reference of a notice's delivery; ok is false for an event that names no order or not itself.
func delivery(meta engine.Meta, tells news, n domain.Notice) (engine.Ref, bool) {
	id, ok := domain.ID(meta.Order, cmp.Or(tells.name, meta.ID), n.To.Address, domain.Email)
	return engine.Ref{Kind: store.DeliveryKind, ID: id}, ok && meta.ID != ""
}

// happened queues a delivery for each who is to be told, if it was not heard before.
func (s *Service) happened(t *engine.Turn, what meaning) error {
	ev := t.Body.(status)
	tells, err := what(ev)
	if err != nil {
		return fault.As(err).On("event " + t.Meta.ID)
	}
	notices, missing := domain.Notices(tells.what, ev.GetOrder(), s.Admins)
	for _, n := range notices {
		ref, ok := delivery(t.Meta, tells, n)
		if !ok {
			return fault.New(fault.Invalid, "malformed_event", "The event names no order or has no id.").In("notification.tell")
		}
		if _, again := engine.Get[domain.Delivery](t, ref); again {
			continue
		}
		body, err := encodeMail(mailOf(t, n))
		if err != nil {
			return err
		}
		engine.Put(t, ref, domain.New(t.Meta.Order, t.Meta.ID, n, domain.Email, t.Now))
		t.Do(engine.Call{
			ID: domain.AttemptID(ref.ID, 1), Ref: ref, Operation: sendOperation, Body: body,
			Order: t.Meta.Order, Priority: priority(n.Kind), Traceparent: t.Meta.Traceparent,
		})
	}
	if len(missing) > 0 {
		t.After(func() { s.Metrics.unaddressed(missing) })
	}
	return nil
}

// priority has mails that ask somebody to act overtake those that only tell, when many wait.
func priority(k domain.Kind) int16 {
	switch k {
	case domain.ApprovalNeeded, domain.ActionNeeded, domain.OrderFailed:
		return 0
	default:
		return 1
	}
}
