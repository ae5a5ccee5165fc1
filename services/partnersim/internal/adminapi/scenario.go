package adminapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/scenarios"
)

// scenarioBody is a scenario file.
type scenarioBody struct {
	Name  string     `json:"name"`
	About string     `json:"about"`
	Steps []stepBody `json:"steps"`
}

// stepBody is one step: what is set, in the order of the fields, and when. Without after_ms and when: as the scenario is loaded.
type stepBody struct {
	After int64     `json:"after_ms,omitempty"` // simulated, from the loading
	When  *whenBody `json:"when,omitempty"`

	Clear        []string          `json:"clear,omitempty"` // behaviours, faults
	Settings     *settingsBody     `json:"settings,omitempty"`
	Item         *setItemBody      `json:"item,omitempty"`
	Customer     *customerBody     `json:"customer,omitempty"`
	Subscription *subscriptionBody `json:"subscription,omitempty"`
	Fault        *ruleBody         `json:"fault,omitempty"`
	Behaviour    *behaviourBody    `json:"behaviour,omitempty"`
	Advance      int64             `json:"advance_ms,omitempty"`
}

// whenBody waits for the count-th request of an operation since the loading; the step holds for that request already.
type whenBody struct {
	Operation string `json:"operation"` // empty: any
	Count     int    `json:"count"`     // absent: 1
}

// Script plays scenarios. Steps that wait for a time are played at the first request, of whatever door, when it has come.
type Script struct {
	a       *api
	waiting atomic.Bool // steps: spares the lock on the way of every call

	mu     sync.Mutex
	loaded []*playing
	start  []scenarioBody // loaded again by a reset
}

type playing struct {
	scenarioBody
	at    time.Time
	steps []step
}

type step struct {
	body  *stepBody
	seen  int // requests of its operation
	state string
	wrong string
}

// The states of a step.
const (
	stepWaits  = "waits"
	stepDone   = "done"
	stepFailed = "failed"
)

// Load plays a scenario, given as JSON, now and again after each reset.
func (s *Script) Load(text []byte) error {
	var body scenarioBody
	if err := decodeScenario(bytes.NewReader(text), &body); err != nil {
		return err
	}
	if p := s.load(body); p != nil {
		return fmt.Errorf("%s", p.Message)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start = append(s.start, body)
	return nil
}

func decodeScenario(from io.Reader, into *scenarioBody) error {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the scenario is not of the documented form: %w", err)
	}
	return nil
}

// load checks a whole scenario before it plays any of it.
func (s *Script) load(body scenarioBody) *problem {
	for n := range body.Steps {
		if p := s.a.checkStep(&body.Steps[n]); p != nil {
			p.Message = fmt.Sprintf("Step %d: %s", n+1, p.Message)
			return p
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &playing{scenarioBody: body, at: s.a.Clock.Now(), steps: make([]step, len(body.Steps))}
	s.loaded = append(s.loaded, p)
	for n := range p.steps {
		p.steps[n] = step{body: &body.Steps[n], state: stepWaits}
		if p.steps[n].body.After == 0 && p.steps[n].body.When == nil {
			s.play(&p.steps[n])
		}
	}
	s.settle()
	return nil
}

// settle notes whether any step still waits.
func (s *Script) settle() {
	s.waiting.Store(slices.ContainsFunc(s.loaded, func(p *playing) bool {
		return slices.ContainsFunc(p.steps, func(st step) bool { return st.state == stepWaits })
	}))
}

func (s *Script) play(st *step) {
	st.state = stepDone
	if p := s.a.playStep(st.body); p != nil {
		st.state, st.wrong = stepFailed, p.Message
	}
}

// Arrived plays what is due when a request has come, before it is handled.
func (s *Script) Arrived(op traffic.Operation) {
	if s.waiting.Load() {
		s.due(op.String())
	}
}

// due plays what is due; operation is empty for a call of the admin API, which counts for no step.
func (s *Script) due(operation string) {
	if !s.waiting.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.loaded {
		for n := range p.steps {
			if st := &p.steps[n]; st.state == stepWaits && st.comes(operation, s.a.Clock.Now().Sub(p.at)) {
				s.play(st)
			}
		}
	}
	s.settle()
}

func (st *step) comes(operation string, since time.Duration) bool {
	when := st.body.When
	if when == nil {
		return since >= time.Duration(st.body.After)*time.Millisecond
	}
	if operation == "" || when.Operation != "" && when.Operation != operation {
		return false
	}
	st.seen++
	return st.seen >= when.Count
}

// reset forgets all scenarios and plays those of the start again.
func (s *Script) reset() {
	s.mu.Lock()
	s.loaded = nil
	s.settle()
	start := s.start
	s.mu.Unlock()
	for _, body := range start {
		s.load(body) // was good at the start
	}
}

func (a *api) checkStep(st *stepBody) *problem {
	if st.After < 0 || st.Advance < 0 {
		return bad("", "after_ms and advance_ms must be 0 or more milliseconds.")
	}
	if w := st.When; w != nil {
		if _, ok := traffic.ParseOperation(w.Operation); w.Operation != "" && !ok {
			return badOperation()
		}
		if st.After > 0 || w.Count < 0 {
			return bad("when", "A step has either after_ms or when, and a count is 0 or more.")
		}
	}
	for _, what := range st.Clear {
		if what != "behaviours" && what != "faults" {
			return bad("clear", "clear must name behaviours or faults.")
		}
	}
	if st.Settings != nil {
		if _, p := a.changed(st.Settings); p != nil {
			return p
		}
	}
	return checkRules(st)
}

func checkRules(st *stepBody) *problem {
	if st.Fault != nil {
		rule, p := st.Fault.rule()
		if p != nil {
			return p
		}
		if wrong := faults.Check(rule); len(wrong) > 0 {
			return bad("fault", wrong[0])
		}
	}
	if st.Behaviour != nil {
		rule, p := st.Behaviour.rule()
		if p != nil {
			return p
		}
		if wrong := behaviours.Check(rule); len(wrong) > 0 {
			return bad("behaviour", wrong[0])
		}
	}
	return nil
}

// playStep does all that a step says, as far as the first problem.
func (a *api) playStep(st *stepBody) *problem {
	if slices.Contains(st.Clear, "behaviours") {
		a.Behaviours.Clear()
	}
	if slices.Contains(st.Clear, "faults") {
		a.Plan.Clear()
	}
	var p *problem
	if st.Settings != nil {
		p = a.set(st.Settings)
	}
	if p == nil && st.Item != nil {
		p = a.changeItem(st.Item)
	}
	if p == nil && st.Customer != nil {
		_, p = a.keepCustomer(st.Customer)
	}
	if p == nil && st.Subscription != nil {
		_, p = a.giveSubscription(st.Subscription)
	}
	if p == nil && st.Fault != nil {
		rule, _ := st.Fault.rule() // checked
		_, p = a.planFault(rule)
	}
	if p == nil && st.Behaviour != nil {
		_, p = a.switchOn(st.Behaviour)
	}
	if p == nil && st.Advance > 0 {
		a.Clock.Advance(time.Duration(st.Advance) * time.Millisecond)
	}
	return p
}

// addScenario plays the scenario in the body, or the shipped one that the query names.
func (a *api) addScenario(r *http.Request) (int, any, *problem) {
	var body scenarioBody
	from := io.Reader(r.Body)
	if name := r.URL.Query().Get("shipped"); name != "" {
		text, ok := scenarios.Read(name)
		if !ok {
			return 0, nil, notFound("No scenario of this name is shipped.")
		}
		from = bytes.NewReader(text)
	}
	if err := decodeScenario(from, &body); err != nil {
		return 0, nil, bad("", err.Error())
	}
	if p := a.script.load(body); p != nil {
		return 0, nil, p
	}
	_, all, _ := a.scenarios(r)
	return http.StatusCreated, all, nil
}

// scenarios lists what is played, step by step, and what is shipped.
func (a *api) scenarios(*http.Request) (int, any, *problem) {
	type stepState struct {
		State string    `json:"state"`
		Wrong string    `json:"wrong,omitempty"`
		Step  *stepBody `json:"step"`
	}
	a.script.mu.Lock()
	defer a.script.mu.Unlock()
	loaded := []map[string]any{}
	for _, p := range a.script.loaded {
		steps := []stepState{}
		for _, st := range p.steps {
			steps = append(steps, stepState{st.state, st.wrong, st.body})
		}
		loaded = append(loaded, map[string]any{"name": p.Name, "about": p.About, "loaded_at": p.at.UTC(), "steps": steps})
	}
	return http.StatusOK, map[string]any{"loaded": loaded, "shipped": scenarios.Names()}, nil
}

// dropScenarios forgets scenarios, steps that wait too; what they have set stays.
func (a *api) dropScenarios(*http.Request) (int, any, *problem) {
	a.script.mu.Lock()
	defer a.script.mu.Unlock()
	a.script.loaded = nil
	a.script.settle()
	return http.StatusNoContent, nil, nil
}
