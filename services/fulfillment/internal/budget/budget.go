// Package budget paces the calls of this process to the vendor.
//
// Model: the vendor counts requests per minute. A budget hands out one permit every so often (a generic cell rate: 126 ms
// for 500 a minute, a little more than 60 s / 500) and lets up to 8 be taken at once after a pause.
//
// Guarantees: in any 60 s at most 8 more permits are given than the interval allows, 484 for 500 a minute. What was used
// without asking (the second request of a call) is taken from the permits to come.
//
// Failures: none. The budget is this process's alone; replicas do not share it.
package budget

import (
	"time"

	"golang.org/x/time/rate"
)

// burst is how many permits may be taken at once.
const burst = 8

// margin is how much longer the interval is than the limit would allow, so that a burst fits below the limit too.
const margin = 1.05

// Budget hands out permits. It is safe for concurrent use.
type Budget struct {
	limiter *rate.Limiter
	now     func() time.Time
}

// New makes a budget of so many requests a minute; 0 lifts the limit.
func New(perMinute int) *Budget { return newBudget(perMinute, time.Now) }

func newBudget(perMinute int, now func() time.Time) *Budget {
	limit := rate.Inf
	if perMinute > 0 {
		limit = rate.Every(time.Duration(float64(time.Minute) * margin / float64(perMinute)))
	}
	return &Budget{limiter: rate.NewLimiter(limit, burst), now: now}
}

// Take takes a permit, or says how long it is until there is one.
func (b *Budget) Take() (ok bool, wait time.Duration) {
	now := b.now()
	r := b.limiter.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// Spend takes permits for requests that were made without one.
func (b *Budget) Spend(requests int) {
	now := b.now()
	for range requests {
		b.limiter.ReserveN(now, 1)
	}
}
