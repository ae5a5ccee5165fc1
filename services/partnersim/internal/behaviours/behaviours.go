// Package behaviours is what the vendor may do differently from its usual way, and to whom: the lags, waits, partial
// results, lost answers and oddities that its documentation tells of, each of which can be switched on while it runs.
//
// Model: the [Table] names every behaviour. A [Rule] switches one on for some calls (operation, customer; always, so many
// times, or by chance). A [Call] is one request on its way; wherever the simulator could behave in one way or the other, it
// asks the call by the behaviour's name, and the first rule that fits, and is not used up, strikes. Several behaviours may
// strike one call, each by its own rule; planned faults (package faults) are another matter and come first.
//
// Guarantees: a rule with Times n strikes exactly n times, however many calls come at once. Chances come from a generator
// per rule with a given seed, drawn once per fitting call, so that calls made one after the other are treated the same again.
// While no rule is there, asking costs one load.
//
// Failures: none; a rule that makes no sense is refused when it is added, with one sentence per fault.
package behaviours

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const maxRules = 10_000

// Set holds the rules that are in force. A nil Set has none; make one with New.
type Set struct {
	any  atomic.Bool   // there are rules: spares the lock on the way of every call
	era  atomic.Uint64 // how often all were taken out
	seed uint64

	mu   sync.Mutex
	last uint64
	list []*active
}

type active struct {
	Rule
	chances *rand.Rand
}

// New makes an empty set whose chances follow from seed.
func New(seed uint64) *Set { return &Set{seed: seed} }

// Check says what is wrong with a rule, without adding it.
func Check(r Rule) (problems []string) { return r.prepare() }

// Add puts a rule in force and gives it its id. Problems are whole sentences; with any, nothing was added.
func (s *Set) Add(r Rule) (added Rule, problems []string) {
	if problems = r.prepare(); len(problems) > 0 {
		return Rule{}, problems
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= maxRules {
		return Rule{}, []string{fmt.Sprintf("There are %d behaviours already; remove some first.", maxRules)}
	}
	s.last++
	r.ID, r.Struck = s.last, 0
	seed := r.Seed
	if seed == 0 {
		seed = s.seed
	}
	s.list = append(s.list, &active{Rule: r, chances: rand.New(rand.NewPCG(seed, seed+r.ID))})
	s.any.Store(true)
	return r, nil
}

// Rules lists what is in force in order, used-up rules too.
func (s *Set) Rules() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Rule, len(s.list))
	for n, r := range s.list {
		list[n] = r.Rule
	}
	return list
}

// Remove takes one rule out; false when there is none with that id.
func (s *Set) Remove(id uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.list)
	s.list = slices.DeleteFunc(s.list, func(r *active) bool { return r.ID == id })
	s.any.Store(len(s.list) > 0)
	return len(s.list) < before
}

// Clear takes all rules out. The next ones are numbered from 1 again, so their chances are the same as at the start.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.last = nil, 0
	s.era.Add(1)
	s.any.Store(false)
}

func (r *active) fits(name Name, operation string, customer [16]byte) bool {
	return r.Name == name && (r.Operation == "" || r.Operation == operation) &&
		(r.Customer == nil || *r.Customer == customer) && (r.Times == 0 || r.Struck < r.Times)
}

func (s *Set) strike(name Name, operation string, customer [16]byte) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.list {
		if !r.fits(name, operation, customer) || r.Percent > 0 && r.chances.IntN(100) >= r.Percent {
			continue
		}
		if r.Skip > 0 {
			r.Skip--
			continue
		}
		r.Struck++
		return r.Rule, true
	}
	return Rule{}, false
}

// Call is one request on its way, or a notification (operation "webhook"). It belongs to one goroutine. A nil Call, and
// the zero one, behave as usual.
type Call struct {
	set       *Set
	operation string
	customer  [16]byte
	struck    string
}

// Call begins a call.
func (s *Set) Call(operation string, customer [16]byte) Call {
	return Call{set: s, operation: operation, customer: customer}
}

// Quiet says that nothing is switched on, for anybody.
func (c *Call) Quiet() bool { return c == nil || c.set == nil || !c.set.any.Load() }

// Ask says whether the call meets a behaviour, and by which rule. Each time that it does is counted.
func (c *Call) Ask(name Name) (Rule, bool) {
	if c.Quiet() {
		return Rule{}, false
	}
	r, ok := c.set.strike(name, c.operation, c.customer)
	if ok {
		c.Met(string(name) + "#" + strconv.FormatUint(r.ID, 10))
	}
	return r, ok
}

// Could says whether the call could meet a behaviour, without counting it.
func (c *Call) Could(name Name) bool {
	if c.Quiet() {
		return false
	}
	c.set.mu.Lock()
	defer c.set.mu.Unlock()
	return slices.ContainsFunc(c.set.list, func(r *active) bool { return r.fits(name, c.operation, c.customer) })
}

// Era is another number after each Clear: what was remembered for a behaviour before is of no use then.
func (c *Call) Era() uint64 { return c.set.era.Load() }

// Met notes what a call met, such as "list_lag#3".
func (c *Call) Met(what string) {
	if c.struck != "" {
		what = c.struck + " " + what
	}
	c.struck = what
}

// Struck is all that the call met, with blanks between; empty: nothing.
func (c *Call) Struck() string { return c.struck }

// Delivery is how a notification is to be sent.
type Delivery struct {
	Copies   int           // at least 1
	Delay    time.Duration // simulated
	HoldBack time.Duration // not before the next one has gone, but no longer than this (simulated); 0: at once
}

// Webhook says how a notification about a customer is to be sent.
func (s *Set) Webhook(customer [16]byte) Delivery {
	c, d := s.Call("webhook", customer), Delivery{Copies: 1}
	if r, ok := c.Ask(WebhookDuplicate); ok {
		d.Copies = r.Count
	}
	if r, ok := c.Ask(WebhookDelay); ok {
		d.Delay = r.For
	}
	if r, ok := c.Ask(WebhookDisorder); ok {
		d.HoldBack = r.For
	}
	return d
}
