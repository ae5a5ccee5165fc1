package api

import (
	"context"
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
	return Rule{
		Name: r.GetName(), Active: r.GetActive(), Threshold: r.GetThreshold(), Sentence: r.GetSentence(), ETag: `"` + r.GetVersion() + `"`,
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
	// Nothing is read first: approval holds the change against the rule as it is when it decides, and a repeat says the same.
	wanted := &approvalv1.SetRuleRequest{
		Rule: &approvalv1.Rule{Name: in.Name}, Versions: versions(in.IfMatch), KeepActive: in.Body.Active == nil,
	}
	if in.Body.Active != nil {
		wanted.Rule.Active = *in.Body.Active
	}
	if in.Body.Threshold != nil {
		wanted.Rule.Threshold = *in.Body.Threshold
	}
	var reply approvalv1.SetRuleResponse
	if err := s.call(ctx, contract.SetRule, wanted, &reply, in.IdempotencyKey); err != nil {
		return nil, overtaken(err)
	}
	out := rule(reply.GetRule())
	return &ruleOutput{out.ETag, out}, nil
}

// overtaken gives the refusal of a change by If-Match the status that HTTP has for it.
func overtaken(err error) error {
	f := fault.As(err)
	if f.Kind != fault.Conflict || f.Code != "changed_meanwhile" {
		return err
	}
	return &Problem{
		Type: "/docs#problem-conflict", Title: titles[fault.Conflict], Status: http.StatusPreconditionFailed,
		Detail: f.Message, Code: f.Code, Hint: f.Hint,
	}
}

// versions are those that If-Match names; none for any. What is no strong tag stays as it came: no version is called so.
func versions(header string) []string {
	if header == "" {
		return nil
	}
	var out []string
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return nil
		}
		out = append(out, strings.Trim(tag, `"`))
	}
	return out
}
