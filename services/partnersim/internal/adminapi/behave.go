package adminapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// behaviourBody switches a behaviour on. In a request, id and struck are ignored.
type behaviourBody struct {
	ID        uint64 `json:"id"`
	Name      string `json:"name"`
	Operation string `json:"operation,omitempty"` // empty: any
	Customer  string `json:"customer,omitempty"`  // empty: any
	Skip      int    `json:"skip,omitempty"`
	Times     int    `json:"times"` // 0: until removed
	Percent   int    `json:"percent,omitempty"`
	Seed      uint64 `json:"seed,omitempty"`
	For       int64  `json:"for_ms,omitempty"`
	Code      int    `json:"code,omitempty"`
	Text      string `json:"text,omitempty"`
	Count     int    `json:"count,omitempty"`
	Indexes   []int  `json:"indexes,omitempty"`
	Struck    int    `json:"struck"`
}

func (b *behaviourBody) rule() (behaviours.Rule, *problem) {
	r := behaviours.Rule{
		Name: behaviours.Name(b.Name), Operation: b.Operation, Skip: b.Skip, Times: b.Times, Percent: b.Percent, Seed: b.Seed,
		For: time.Duration(b.For) * time.Millisecond, Code: b.Code, Text: b.Text, Count: b.Count, Indexes: b.Indexes,
	}
	if _, ok := traffic.ParseOperation(b.Operation); b.Operation != "" && !ok {
		return r, badOperation()
	}
	if b.Customer != "" {
		id, p := customer(b.Customer)
		if p != nil {
			return r, p
		}
		r.Customer = (*[16]byte)(&id)
	}
	return r, nil
}

func badOperation() *problem {
	return bad("operation", "operation must be one of those that GET /admin/requests counts, such as checkout_cart.")
}

func showBehaviour(r *behaviours.Rule) behaviourBody {
	b := behaviourBody{
		ID: r.ID, Name: string(r.Name), Operation: r.Operation, Skip: r.Skip, Times: r.Times, Percent: r.Percent, Seed: r.Seed,
		For: r.For.Milliseconds(), Code: r.Code, Text: r.Text, Count: r.Count, Indexes: r.Indexes, Struck: r.Struck,
	}
	if r.Customer != nil {
		b.Customer = world.ID(*r.Customer).String()
	}
	return b
}

// behaviours lists what there is and what is switched on.
func (a *api) behaviours(*http.Request) (int, any, *problem) {
	on := []behaviourBody{}
	for _, r := range a.Behaviours.Rules() {
		on = append(on, showBehaviour(&r))
	}
	return http.StatusOK, map[string]any{"on": on, "known": behaviours.Table()}, nil
}

func (a *api) addBehaviour(r *http.Request) (int, any, *problem) {
	var body behaviourBody
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	added, p := a.switchOn(&body)
	if p != nil {
		return 0, nil, p
	}
	return http.StatusCreated, showBehaviour(&added), nil
}

func (a *api) switchOn(body *behaviourBody) (behaviours.Rule, *problem) {
	rule, p := body.rule()
	if p != nil {
		return rule, p
	}
	added, problems := a.Behaviours.Add(rule)
	if len(problems) > 0 {
		p := bad("", problems[0])
		p.All = problems
		return rule, p
	}
	return added, nil
}

func (a *api) clearBehaviours(*http.Request) (int, any, *problem) {
	a.Behaviours.Clear()
	return http.StatusNoContent, nil, nil
}

func (a *api) removeBehaviour(r *http.Request) (int, any, *problem) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil || !a.Behaviours.Remove(id) {
		return 0, nil, notFound("There is no behaviour with this id in force.")
	}
	return http.StatusNoContent, nil, nil
}

// moveOrder ends an order's wait.
func (a *api) moveOrder(r *http.Request) (int, any, *problem) {
	var body struct {
		Status string `json:"status"`
	}
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	if refusal := a.World.Move(a.Clock.Now(), r.PathValue("order"), body.Status); refusal != nil {
		return 0, nil, refused(refusal)
	}
	return http.StatusNoContent, nil, nil
}

// clock tells the simulated time.
func (a *api) clock(*http.Request) (int, any, *problem) {
	return http.StatusOK, map[string]any{
		"now": a.Clock.Now().UTC(), "machine": a.Clock.Machine().UTC(), "time_scale": a.Clock.Scale(),
	}, nil
}

func (a *api) advance(r *http.Request) (int, any, *problem) {
	var body struct {
		Advance int64 `json:"advance_ms"`
	}
	if p := read(r, &body); p != nil {
		return 0, nil, p
	}
	if body.Advance < 0 || body.Advance > maxDelay.Milliseconds() {
		return 0, nil, bad("advance_ms", "advance_ms must be 0 or more milliseconds, at most a year.")
	}
	a.Clock.Advance(time.Duration(body.Advance) * time.Millisecond)
	return a.clock(r)
}
