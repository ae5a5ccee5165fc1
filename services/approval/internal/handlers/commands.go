package handlers

import (
	"google.golang.org/protobuf/proto"

	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/approval/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// orderRefs names the request of the order that a command is about.
func orderRefs(m proto.Message, _ engine.Meta) ([]engine.Ref, error) {
	id, ok := canonical(m.(interface{ GetOrderId() string }).GetOrderId())
	if !ok {
		return nil, fault.New(fault.Invalid, "not_a_uuid", "The order id is not a UUID.").
			At("order_id").Hinted("Use the order's id, not its number.")
	}
	return []engine.Ref{request(id)}, nil
}

func (s *Service) approve(t *engine.Turn) error {
	m := t.Body.(*approvalv1.ApproveRequest)
	v, p, err := s.decide(t, func(r domain.Request, by domain.Actor) (domain.Request, error) {
		return r.Approve(by, m.GetNote(), t.Now)
	})
	if err != nil {
		return err
	}
	t.Reply(&approvalv1.ApproveResponse{View: v, Position: p})
	return nil
}

func (s *Service) reject(t *engine.Turn) error {
	m := t.Body.(*approvalv1.RejectRequest)
	v, p, err := s.decide(t, func(r domain.Request, by domain.Actor) (domain.Request, error) {
		return r.Reject(by, m.GetReason(), t.Now)
	})
	if err != nil {
		return err
	}
	t.Reply(&approvalv1.RejectResponse{View: v, Position: p})
	return nil
}

func (s *Service) withdraw(t *engine.Turn) error {
	m := t.Body.(*approvalv1.CancelRequest)
	v, p, err := s.decide(t, func(r domain.Request, by domain.Actor) (domain.Request, error) {
		return r.Withdraw(by, m.GetReason(), t.Now)
	})
	if err != nil {
		return err
	}
	t.Reply(&approvalv1.CancelResponse{View: v, Position: p})
	return nil
}

// decide runs one person's decision on a request and records what comes of it.
func (s *Service) decide(t *engine.Turn, verdict func(domain.Request, domain.Actor) (domain.Request, error)) (*orderv1.View, *orderv1.Position, error) {
	ref, person := t.Refs[0], t.Meta.Caller.Person()
	prior, _ := engine.Get[domain.Request](t, ref)
	placed := rpc.Same(person, prior.Order.GetRequester())
	asked := placed || rpc.Same(person, prior.Order.GetOnBehalfOf())
	next, err := verdict(prior, domain.Actor{Person: person, Asked: asked, Placed: placed})
	if err != nil {
		return nil, nil, fault.As(err).On("order " + ref.ID)
	}
	s.record(t, ref, next, person)
	return view(next, t.Now), position(t, ref), nil
}

// ruleRefs names the rule that a command changes.
func ruleRefs(m proto.Message, _ engine.Meta) ([]engine.Ref, error) {
	name := m.(*approvalv1.SetRuleRequest).GetRule().GetName()
	return []engine.Ref{{Kind: store.RuleKind, ID: name}}, nil
}

func (s *Service) setRule(t *engine.Turn) error {
	if err := domain.NeedAdmin(t.Meta.Caller.Role, "change the approval rules"); err != nil {
		return err
	}
	m, ref := t.Body.(*approvalv1.SetRuleRequest), t.Refs[0]
	prior, ok := engine.Get[domain.Rule](t, ref)
	if !ok {
		return fault.New(fault.NotFound, "no_such_rule", "There is no such rule.").
			At("rule.name").Hinted("The rules are amount_over, first_order and requester_not_admin.")
	}
	if err := prior.Expect(m.GetVersions()); err != nil {
		return err
	}
	active := m.GetRule().GetActive()
	if m.GetKeepActive() {
		active = prior.Active
	}
	next, err := prior.Set(active, m.GetRule().GetThreshold())
	if err != nil {
		return err
	}
	if next != prior {
		engine.Put(t, ref, next)
	}
	t.Reply(&approvalv1.SetRuleResponse{Rule: rule(next)})
	return nil
}
