// Package faults is the plan of what is to go wrong: which calls are slowed down, refused, or lose their answer.
//
// Model: a [Rule] names the calls it is for (operation, customer), how often it strikes, and what happens then. For each
// call the first rule that fits and is not used up strikes; the others are not counted. What happens is told in two
// halves, what is done before the call takes effect and what is done to its answer afterwards, since the point of most
// faults is that a client cannot tell the two apart.
//
// Guarantees: a rule with Times n strikes exactly n times, however many calls come at once. Chances come from a generator
// with a given seed, drawn once per fitting call, so that calls made one after the other meet the same faults again.
//
// Failures: none; a rule that makes no sense is refused when it is added, with one sentence per fault.
package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// Action says what happens to a call.
type Action string

// The actions.
const (
	Delay     Action = "delay"      // nothing but the rule's delays
	Fail      Action = "fail"       // refused with Status and Code, without effect
	FailAfter Action = "fail_after" // takes effect, then answers Status and Code instead
	Swallow   Action = "swallow"    // takes effect, then the connection is closed without an answer
	Drop      Action = "drop"       // the connection is closed without effect and without an answer
)

const (
	failStatus      = 500
	failCode        = 800005 // "create order was not successful"
	failAfterStatus = 504    // a gateway's, so without a code
	maxDelay        = 10 * time.Minute
	maxRules        = 10_000
)

// Rule is one planned fault. The zero values of the first group mean any call, every time.
type Rule struct {
	ID        uint64             // given when it is added
	Operation *traffic.Operation // nil: any
	Customer  *world.ID          // nil: any
	Skip      int                // fitting calls to let pass first
	Times     int                // how often it strikes; 0: until it is removed
	Percent   int                // chance of striking, 1 to 100; 0: always

	Action      Action
	Delay       time.Duration // before the effect; the effect comes even if the client has gone by then
	AnswerDelay time.Duration // between the effect and the answer
	Status      int           // HTTP; 0: the action's default
	Code        int           // the vendor's code; 0: the body is a gateway's, not the vendor's
	Description string
	RetryAfter  time.Duration // sent with Status 429; 0: one second

	Struck int // how often it has
}

// Plan holds the rules. The zero Plan is not usable; make it with New.
type Plan struct {
	any  atomic.Bool // there are rules: spares the lock on the way of every call
	mu   sync.Mutex
	last uint64
	seed uint64
	rng  *rand.Rand
	list []*Rule
}

// New makes an empty plan whose chances follow from seed.
func New(seed uint64) *Plan { return &Plan{seed: seed, rng: rand.New(rand.NewPCG(seed, seed))} }

// Check says what is wrong with a rule, without adding it.
func Check(r Rule) (problems []string) {
	r.fill()
	return r.problems()
}

// Add appends a rule and gives it its id. Problems are whole sentences; with any, nothing was added.
func (p *Plan) Add(r Rule) (added Rule, problems []string) {
	r.fill()
	if problems = r.problems(); len(problems) > 0 {
		return Rule{}, problems
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) >= maxRules {
		return Rule{}, []string{fmt.Sprintf("There are %d rules already; remove some first.", maxRules)}
	}
	p.last++
	r.ID, r.Struck = p.last, 0
	p.list = append(p.list, &r)
	p.any.Store(true)
	return r, nil
}

func (r *Rule) fill() {
	if r.Action == "" && (r.Delay > 0 || r.AnswerDelay > 0) {
		r.Action = Delay
	}
	if r.Status == 0 && r.Action == Fail {
		r.Status = failStatus
		if r.Code == 0 {
			r.Code = failCode
		}
	}
	if r.Status == 0 && r.Action == FailAfter {
		r.Status = failAfterStatus
	}
	if r.Status == 429 && r.RetryAfter == 0 {
		r.RetryAfter = time.Second
	}
}

func (r *Rule) problems() (found []string) {
	say := func(bad bool, sentence string) {
		if bad {
			found = append(found, sentence)
		}
	}
	switch r.Action {
	case Delay, Fail, FailAfter, Swallow, Drop:
	default:
		say(true, "action must be one of delay, fail, fail_after, swallow, drop.")
	}
	say(r.Action == Delay && r.Delay == 0 && r.AnswerDelay == 0, "A delay needs delay_ms or answer_delay_ms.")
	say(r.Delay < 0 || r.Delay > maxDelay || r.AnswerDelay < 0 || r.AnswerDelay > maxDelay, "A delay must be 0 to 600000 ms.")
	say((r.Action == Fail || r.Action == FailAfter) && (r.Status < 400 || r.Status > 599), "status must be 400 to 599.")
	say(r.Times < 0 || r.Skip < 0, "times and skip must not be negative.")
	say(r.Percent < 0 || r.Percent > 100, "percent must be 1 to 100, or 0 for always.")
	return found
}

// Next finds the rule that strikes a call, if one does, and counts it. The copy is the caller's.
func (p *Plan) Next(op traffic.Operation, customer world.ID) (Rule, bool) {
	if !p.any.Load() {
		return Rule{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.list {
		if r.Operation != nil && *r.Operation != op || r.Customer != nil && *r.Customer != customer {
			continue
		}
		if r.Times > 0 && r.Struck >= r.Times || r.Percent > 0 && p.rng.IntN(100) >= r.Percent {
			continue
		}
		if r.Skip > 0 {
			r.Skip--
			continue
		}
		r.Struck++
		return *r, true
	}
	return Rule{}, false
}

// Rules lists the plan in order, used-up rules too.
func (p *Plan) Rules() []Rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Rule, len(p.list))
	for n, r := range p.list {
		list[n] = *r
	}
	return list
}

// Remove takes one rule out; false when there is none with that id.
func (p *Plan) Remove(id uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(p.list)
	p.list = slices.DeleteFunc(p.list, func(r *Rule) bool { return r.ID == id })
	p.any.Store(len(p.list) > 0)
	return len(p.list) < before
}

// Clear takes all rules out and starts the chances anew.
func (p *Plan) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = nil
	p.rng = rand.New(rand.NewPCG(p.seed, p.seed))
	p.any.Store(false)
}
