package handlers

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// submittedRefs names the order's request; none if the message names no order.
func submittedRefs(m proto.Message, _ engine.Meta) []engine.Ref {
	id, ok := canonical(m.(*eventv1.OrderSubmitted).GetOrder().GetId())
	if !ok {
		return nil
	}
	return []engine.Ref{request(id)}
}

// submitted holds an order that arrives against the rules.
func (s *Service) submitted(t *engine.Turn) error {
	ev := t.Body.(*eventv1.OrderSubmitted)
	tenant, ok := canonical(ev.GetOrder().GetCustomer().GetTenantId())
	if len(t.Refs) == 0 || !ok {
		return fault.New(fault.Invalid, "malformed_order", "The submitted order has no id or no customer.").In("approval.submitted")
	}
	ref, f := t.Refs[0], engine.FactsOf[*facts](t)
	prior, _ := engine.Get[domain.Request](t, ref)
	next, changed, err := prior.Submit(domain.Submission{
		Order: ev.GetOrder(), Tenant: tenant, Fingerprint: ev.GetFingerprint(),
		KnownCustomer: f.known[tenant], Patience: s.Patience,
	}, f.rules, t.Now)
	if err != nil || !changed {
		return err
	}
	if next.State == domain.Granted {
		f.known[tenant] = true
	}
	s.record(t, ref, next, nil)
	return nil
}

// expire ends a request whose due time has passed.
func (s *Service) expire(t *engine.Turn) error {
	ref := t.Refs[0]
	prior, _ := engine.Get[domain.Request](t, ref)
	next, changed := prior.Expire(t.Now)
	if !changed {
		return nil // decided, or moved, meanwhile: whoever did so has set the timer
	}
	s.record(t, ref, next, nil)
	return nil
}

// record puts the request's new state, its timer and its event. A tombstone tells
// nothing before its order has arrived.
func (s *Service) record(t *engine.Turn, ref engine.Ref, r domain.Request, by *orderv1.Person) {
	engine.Put(t, ref, r)
	switch r.State {
	case domain.Awaiting:
		t.Due(ref, r.ExpiresAt)
	default:
		t.Due(ref, zero)
	}
	if !r.Arrived {
		return
	}
	ev, body := told(r, by, t.Now)
	t.Emit(ref, ev, body)
	t.After(func() { s.Metrics.decided(r) })
}

// told is the event that says how the request stands now.
func told(r domain.Request, by *orderv1.Person, now time.Time) (contract.Event, proto.Message) {
	v := view(r, now)
	switch r.State {
	case domain.Awaiting:
		return contract.ApprovalRequested, &eventv1.ApprovalRequested{
			View: v, Order: r.Order, Reasons: reasons(r.Reasons), ExpiresAt: timestamppb.New(r.ExpiresAt),
		}
	case domain.Granted:
		return contract.ApprovalGranted, &eventv1.ApprovalGranted{
			View: v, Order: r.Order, By: by, Fingerprint: r.Fingerprint, Decision: decision(r.Decision),
		}
	case domain.Rejected:
		return contract.ApprovalRejected, &eventv1.ApprovalRejected{View: v, Order: r.Order, By: by, Decision: decision(r.Decision)}
	case domain.Expired:
		return contract.ApprovalExpired, &eventv1.ApprovalExpired{View: v, Order: r.Order}
	default:
		return contract.ApprovalWithdrawn, &eventv1.ApprovalWithdrawn{View: v, Order: r.Order, By: r.Decision.By}
	}
}
