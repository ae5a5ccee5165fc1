package adminapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
)

// ruleBody is a planned fault. In a request, id and struck are ignored.
type ruleBody struct {
	ID          uint64 `json:"id"`
	Operation   string `json:"operation,omitempty"` // empty: any
	Customer    string `json:"customer,omitempty"`  // empty: any
	Skip        int    `json:"skip,omitempty"`
	Times       int    `json:"times"` // 0: until cleared
	Percent     int    `json:"percent,omitempty"`
	Action      string `json:"action"`
	Delay       int64  `json:"delay_ms,omitempty"`
	AnswerDelay int64  `json:"answer_delay_ms,omitempty"`
	Status      int    `json:"status,omitempty"`
	Code        int    `json:"code,omitempty"`
	Description string `json:"description,omitempty"`
	RetryAfter  int64  `json:"retry_after_ms,omitempty"`
	Struck      int    `json:"struck"`
}

func (b *ruleBody) rule() (faults.Rule, *problem) {
	r := faults.Rule{
		Skip: b.Skip, Times: b.Times, Percent: b.Percent, Action: faults.Action(b.Action),
		Delay: time.Duration(b.Delay) * time.Millisecond, AnswerDelay: time.Duration(b.AnswerDelay) * time.Millisecond,
		Status: b.Status, Code: b.Code, Description: b.Description, RetryAfter: time.Duration(b.RetryAfter) * time.Millisecond,
	}
	if b.Operation != "" {
		op, ok := traffic.ParseOperation(b.Operation)
		if !ok {
			return r, badOperation()
		}
		r.Operation = &op
	}
	if b.Customer != "" {
		id, p := customer(b.Customer)
		if p != nil {
			return r, p
		}
		r.Customer = &id
	}
	return r, nil
}

func show(r *faults.Rule) ruleBody {
	b := ruleBody{
		ID: r.ID, Skip: r.Skip, Times: r.Times, Percent: r.Percent, Action: string(r.Action),
		Delay: r.Delay.Milliseconds(), AnswerDelay: r.AnswerDelay.Milliseconds(), Status: r.Status, Code: r.Code,
		Description: r.Description, RetryAfter: r.RetryAfter.Milliseconds(), Struck: r.Struck,
	}
	if r.Operation != nil {
		b.Operation = r.Operation.String()
	}
	if r.Customer != nil {
		b.Customer = r.Customer.String()
	}
	return b
}

func (a *api) faults(*http.Request) (int, any, *problem) {
	list := []ruleBody{}
	for _, r := range a.Plan.Rules() {
		list = append(list, show(&r))
	}
	return http.StatusOK, map[string]any{"faults": list}, nil
}

func (a *api) addFault(r *http.Request) (int, any, *problem) {
	var body ruleBody
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	rule, p := body.rule()
	if p != nil {
		return 0, nil, p
	}
	added, p := a.planFault(rule)
	if p != nil {
		return 0, nil, p
	}
	return http.StatusCreated, show(&added), nil
}

func (a *api) planFault(rule faults.Rule) (faults.Rule, *problem) {
	added, problems := a.Plan.Add(rule)
	if len(problems) > 0 {
		p := bad("", problems[0])
		p.All = problems
		return rule, p
	}
	return added, nil
}

func (a *api) clearFaults(*http.Request) (int, any, *problem) {
	a.Plan.Clear()
	return http.StatusNoContent, nil, nil
}

func (a *api) removeFault(r *http.Request) (int, any, *problem) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil || !a.Plan.Remove(id) {
		return 0, nil, notFound("There is no fault with this id.")
	}
	return http.StatusNoContent, nil, nil
}
