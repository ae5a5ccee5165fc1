// Package clock is the simulator's time, which may run faster than the machine's and be moved forward.
//
// Model: simulated time = where it stood when last touched + (machine time since then) × scale. At scale 60 a simulated
// minute passes in a second. Everything that the vendor measures in time (lags, delays, windows, reviews, the minute of the
// request limit) is measured on this clock; what happens to a connection (planned delays of an answer, the life of a token)
// is not, since a client's timeouts are real.
//
// Guarantees: simulated time never goes back but by Reset; a change of scale makes no jump. Safe for concurrent use; at
// scale 1, never moved, reading it costs what reading the machine's clock costs.
//
// Failures: none; a scale below 1 counts as 1, one above MaxScale as MaxScale.
package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// MaxScale is the fastest that time can run: a day in less than ten seconds.
const MaxScale = 10_000

// Clock is simulated time. Make it with New.
type Clock struct {
	base func() time.Time
	at   atomic.Pointer[mark]

	mu      sync.Mutex // held to change at
	changed chan struct{}
}

// mark is a moment from which time is told.
type mark struct {
	machine, simulated time.Time
	scale              int64
	plain              bool // simulated time is the machine's
}

// New makes a clock that shows the time of base now and runs scale times as fast.
func New(base func() time.Time, scale int) *Clock {
	c := &Clock{base: base, changed: make(chan struct{})}
	c.Reset(scale)
	return c
}

// Now is the simulated time.
func (c *Clock) Now() time.Time {
	at := c.at.Load()
	if at.plain {
		return c.base()
	}
	return at.time(c.base())
}

func (m *mark) time(machine time.Time) time.Time {
	return m.simulated.Add(machine.Sub(m.machine) * time.Duration(m.scale))
}

// Machine is the machine's time, neither scaled nor moved.
func (c *Clock) Machine() time.Time { return c.base() }

// Scale is how many times as fast as the machine's the time runs.
func (c *Clock) Scale() int { return int(c.at.Load().scale) }

// Machine time that a simulated duration takes.
func (c *Clock) real(d time.Duration) time.Duration { return d / time.Duration(c.at.Load().scale) }

// Seconds is a simulated duration in whole seconds of the machine, rounded up, at least 1: what a Retry-After header says.
func (c *Clock) Seconds(d time.Duration) int64 {
	return int64(max(c.real(d)+time.Second-1, time.Second) / time.Second)
}

// Advance moves the time forward and gives the new time. Nothing moves it back.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.change(func(old *mark, machine time.Time) mark {
		now := old.time(machine).Add(max(d, 0))
		return mark{machine: machine, simulated: now, scale: old.scale, plain: old.plain && d <= 0}
	})
	return c.Now()
}

// SetScale changes how fast time runs from now on.
func (c *Clock) SetScale(scale int) {
	c.change(func(old *mark, machine time.Time) mark {
		m := mark{machine: machine, simulated: old.time(machine), scale: bounded(scale)}
		m.plain = old.plain && m.scale == 1
		return m
	})
}

// Reset brings the clock back to the machine's time.
func (c *Clock) Reset(scale int) {
	c.change(func(_ *mark, machine time.Time) mark {
		return mark{machine: machine, simulated: machine, scale: bounded(scale), plain: bounded(scale) == 1}
	})
}

func bounded(scale int) int64 { return int64(min(max(scale, 1), MaxScale)) }

// change puts another mark in place and tells those who wait.
func (c *Clock) change(next func(old *mark, machine time.Time) mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := next(c.at.Load(), c.base())
	c.at.Store(&m)
	close(c.changed)
	c.changed = make(chan struct{})
}

// Until waits for a simulated time and says whether it came; false when stop was closed first.
func (c *Clock) Until(at time.Time, stop <-chan struct{}) bool {
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		left := at.Sub(c.Now())
		if left <= 0 {
			return true
		}
		timer := time.NewTimer(max(c.real(left), time.Millisecond))
		select {
		case <-timer.C:
		case <-changed:
		case <-stop:
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}
