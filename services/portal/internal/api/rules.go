package api

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

const rulesPath = "/api/licensing/approval-rules"

// Rule is one reason for which orders are held for an admin's decision.
type Rule struct {
	Name      string `json:"name" doc:"amount_over, first_order or requester_not_admin." example:"amount_over"`
	Active    bool   `json:"active" doc:"Whether it holds orders."`
	Threshold string `json:"threshold,omitempty" doc:"amount_over only: in the order's currency." example:"10000.00"`
	Sentence  string `json:"sentence,omitempty" doc:"What it does." example:"Orders over 10,000.00 require admin approval."`
	ETag      string `json:"etag" doc:"Give it as If-Match when you change the rule."`
}

// Rules are all rules.
type Rules struct {
	Rules []Rule `json:"rules" nullable:"false"`
}

type rulesOutput struct{ Body Rules }

// RuleName names one rule.
type RuleName struct {
	Name string `path:"name" enum:"amount_over,first_order,requester_not_admin" example:"amount_over"`
}

type ruleInput struct{ RuleName }

type ruleOutput struct {
	ETag string `header:"ETag" doc:"Give it as If-Match when you change the rule."`
	Body Rule
}

// RuleChange is what to change of a rule; what is absent stays.
type RuleChange struct {
	Active    *bool   `json:"active,omitempty" doc:"Switches the rule on or off."`
	Threshold *string `json:"threshold,omitempty" pattern:"^[0-9]{1,12}(\\.[0-9]{1,4})?$" patternDescription:"an amount such as 10000.00" doc:"amount_over only: in the order's currency." example:"10000.00"`
}

type changeRuleInput struct {
	RuleName
	Key
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The rule's ETag: the change is refused if somebody else changed the rule meanwhile."`
	Body    RuleChange
}

func (s *Server) ruling() {
	tags := []string{"Approval rules"}
	register(s, huma.Operation{
		OperationID: "list-approval-rules", Method: http.MethodGet, Path: rulesPath, Tags: tags, Summary: "List the approval rules",
		Description: "For admins.",
	}, admins, s.rules)
	register(s, huma.Operation{
		OperationID: "get-approval-rule", Method: http.MethodGet, Path: rulesPath + "/{name}", Tags: tags, Summary: "One approval rule",
		Description: "For admins.",
	}, admins, s.rule)
	register(s, huma.Operation{
		OperationID: "change-approval-rule", Method: http.MethodPatch, Path: rulesPath + "/{name}", Tags: tags,
		Summary: "Switch a rule or change its threshold", Description: "For admins. It counts for orders that come afterwards.",
		Errors: []int{http.StatusPreconditionFailed},
	}, admins, s.changeRule)
}

func rule(r *approvalv1.Rule) Rule {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %t %q", r.GetName(), r.GetActive(), r.GetThreshold())
	return Rule{
		Name: r.GetName(), Active: r.GetActive(), Threshold: r.GetThreshold(), Sentence: r.GetSentence(),
		ETag: fmt.Sprintf(`"%016x"`, h.Sum64()),
	}
}

func (s *Server) allRules(ctx context.Context) ([]*approvalv1.Rule, error) {
	var reply approvalv1.ListRulesResponse
	err := s.call(ctx, contract.ListRules, &approvalv1.ListRulesRequest{}, &reply, "")
	return reply.GetRules(), err
}

func (s *Server) oneRule(ctx context.Context, name string) (*approvalv1.Rule, error) {
	all, err := s.allRules(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.GetName() == name {
			return r, nil
		}
	}
	return nil, fault.New(fault.NotFound, "no_rule", "There is no such rule.").At("name")
}

func (s *Server) rules(ctx context.Context, _ *struct{}) (*rulesOutput, error) {
	all, err := s.allRules(ctx)
	if err != nil {
		return nil, err
	}
	out := Rules{Rules: make([]Rule, len(all))}
	for i, r := range all {
		out.Rules[i] = rule(r)
	}
	return &rulesOutput{out}, nil
}

func (s *Server) rule(ctx context.Context, in *ruleInput) (*ruleOutput, error) {
	r, err := s.oneRule(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	out := rule(r)
	return &ruleOutput{out.ETag, out}, nil
}

func (s *Server) changeRule(ctx context.Context, in *changeRuleInput) (*ruleOutput, error) {
	if in.Body.Active == nil && in.Body.Threshold == nil {
		return nil, fault.New(fault.Invalid, "nothing_to_change", "Give active, threshold or both.")
	}
	if in.Body.Threshold != nil && in.Name != "amount_over" {
		return nil, fault.New(fault.Invalid, "no_threshold", "Only the rule amount_over has a threshold.").At("threshold")
	}
	r, err := s.oneRule(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if in.IfMatch != "" && !matches(in.IfMatch, rule(r).ETag) {
		return nil, &Problem{
			Type: "/docs#problem-conflict", Title: titles[fault.Conflict], Status: http.StatusPreconditionFailed,
			Detail: "The rule was changed meanwhile.", Code: "changed_meanwhile", Hint: "Read the rule again and decide anew.",
		}
	}
	wanted := &approvalv1.Rule{Name: r.GetName(), Active: r.GetActive(), Threshold: r.GetThreshold()}
	if in.Body.Active != nil {
		wanted.Active = *in.Body.Active
	}
	if in.Body.Threshold != nil {
		wanted.Threshold = *in.Body.Threshold
	}
	var reply approvalv1.SetRuleResponse
	if err := s.call(ctx, contract.SetRule, &approvalv1.SetRuleRequest{Rule: wanted}, &reply, in.IdempotencyKey); err != nil {
		return nil, err
	}
	out := rule(reply.GetRule())
	return &ruleOutput{out.ETag, out}, nil
}

// matches compares as If-Match does: a list of strong tags, or * for any.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || one == tag {
			return true
		}
	}
	return false
}
