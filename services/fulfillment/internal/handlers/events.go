package handlers

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// grantedRefs names the order, none if the message has none, and the queues that its lines wait in.
func grantedRefs(m proto.Message, _ engine.Meta) []engine.Ref {
	order := m.(*eventv1.ApprovalGranted).GetOrder()
	id, ok := canonical(order.GetId())
	if !ok {
		return nil
	}
	refs := []engine.Ref{orderRef(id)}
	for _, key := range queueKeys(order) {
		refs = append(refs, queueRef(key))
	}
	return refs
}

// queueKeys are the queues that an order's lines wait in, each once.
func queueKeys(o *orderv1.Order) (keys []string) {
	for _, l := range o.GetLines() {
		if key := domain.QueueKey(l); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// granted takes an approved order.
func (s *Service) granted(t *engine.Turn) error {
	order := t.Body.(*eventv1.ApprovalGranted).GetOrder()
	if len(t.Refs) == 0 || len(order.GetLines()) == 0 {
		return fault.New(fault.Invalid, "malformed_order", "The approved order has no id or no lines.").In("fulfillment.granted")
	}
	ref := t.Refs[0]
	before, known := engine.Get[*domain.Order](t, ref)
	honour := known && before.Cancellation != nil && mayCancel(person(before.Cancellation.By), order)
	d := domain.Grant(before, order, honour, queues(t, queueKeys(order)...), s.Undo, t.Now)
	if d.Order != nil {
		d.Order.ID = ref.ID
	}
	s.apply(t, ref, d)
	return nil
}

// fire starts a scheduled order whose time has come.
func (s *Service) fire(t *engine.Turn) error {
	ref := t.Refs[0]
	if o, ok := engine.Get[*domain.Order](t, ref); ok {
		s.apply(t, ref, domain.Fire(o, t.Now))
	}
	return nil
}

// outcome decides on a call's end with the domain's function for its operation. A call without an answer gives the zero
// answer, whose verdict is unknown.
func outcome[A any](s *Service, decide func(*domain.Order, domain.Outcome, A, time.Time) domain.Decision) engine.Decide {
	return func(t *engine.Turn) error {
		out := t.Body.(engine.Outcome)
		answer, _ := out.Value.(A)
		o, ok := engine.Get[*domain.Order](t, out.Call.Ref)
		c := domain.Outcome{
			ID: out.Call.ID, Unanswered: out.Unknown || out.Lost, SettledAt: out.SettledAt, Queues: queues(t, queuesOf(out.Call)...), Lag: s.Lag,
		}
		if !ok {
			t.Settle(out.Call.ID)
			s.apply(t, out.Call.Ref, domain.Missing(out.Call.Ref.ID, c))
			return nil
		}
		s.apply(t, out.Call.Ref, decide(o, c, answer, t.Now))
		return nil
	}
}

// apply leaves behind what the domain has decided.
func (s *Service) apply(t *engine.Turn, ref engine.Ref, d domain.Decision) {
	for _, id := range d.Settled {
		t.Settle(id)
	}
	for key, q := range d.Queues {
		engine.Put(t, queueRef(key), q)
	}
	for i := range d.Calls {
		c := &d.Calls[i]
		of, due := ref, s.due(t, c)
		if c.Order != "" {
			of = orderRef(c.Order)
		}
		if d.Order != nil {
			d.Order.Planned(c.ID, due)
		}
		t.Do(engine.Call{
			ID: c.ID, Ref: of, Operation: string(c.Operation), Body: stored.Call(&c.Body), Order: of.ID,
			Priority: int16(c.Priority), Lane: c.Body.Customer, Due: due, Traceparent: t.Meta.Traceparent,
		})
	}
	if d.Order == nil {
		return
	}
	d.Order.Pace = s.Pace
	engine.Put(t, ref, d.Order)
	t.Due(ref, d.Due)
	for _, id := range d.Drops {
		t.Drop(id)
	}
	for _, id := range d.Hastened {
		t.Hasten(id)
	}
	if d.Event != domain.NoEvent {
		ev, body := told(d)
		t.Emit(ref, ev, body)
	}
	if d.Strange > 0 {
		t.After(func() { s.Metrics.strange.Add(float64(d.Strange)) })
	}
	if len(d.Ended) > 0 {
		t.After(func() { s.Metrics.ended(d.Ended) })
	}
}

// due is when a call is to be made by this machine's clock; zero for at once.
func (s *Service) due(t *engine.Turn, c *domain.Call) time.Time {
	due := c.Due
	if !due.IsZero() {
		due = t.Now.Add(s.Pace.Real(due.Sub(t.Now)))
	}
	if c.NotBefore.After(due) {
		due = c.NotBefore
	}
	return due
}
