package calls

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"

	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/kit/engine"
)

const (
	// trip is how many calls in a row the vendor fails before no more are made.
	trip = 8
	// rest is how long none is made before one tries whether the vendor is back.
	rest = 15 * time.Second
	// behind is how long a call waits that came while another one tried.
	behind = 2 * time.Second
)

var (
	errFailed    = errors.New("calls: the vendor failed")
	errUntelling = errors.New("calls: this says nothing about the vendor")
)

// Breaker keeps calls from a partner account's vendor while that does not answer: they are given back unsent, so nothing is lost and
// nothing becomes unknown. A nil one lets everything through.
type Breaker struct {
	steps  *gobreaker.TwoStepCircuitBreaker[struct{}]
	rest   time.Duration
	opened atomic.Pointer[time.Time] // when it last opened
}

var breakerStates = map[gobreaker.State]string{
	gobreaker.StateClosed: "closed", gobreaker.StateOpen: "open", gobreaker.StateHalfOpen: "half_open",
}

// NewBreaker makes a closed one whose state is a metric. faster is how many times the vendor's clock is as fast as ours.
func NewBreaker(reg prometheus.Registerer, faster int) (*Breaker, error) {
	b := &Breaker{rest: max(rest/time.Duration(max(faster, 1)), time.Second)}
	b.steps = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: "vendor", Timeout: b.rest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= trip },
		IsExcluded:  func(err error) bool { return errors.Is(err, errUntelling) },
		OnStateChange: func(_ string, _, now gobreaker.State) {
			if now == gobreaker.StateOpen {
				b.opened.Store(new(time.Now()))
			}
		},
	})
	var errs []error
	for state, word := range breakerStates {
		errs = append(errs, reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "seatflow_vendor_breaker", Help: "1 for the state that the breaker of calls to the vendor is in.",
			ConstLabels: prometheus.Labels{"state": word},
		}, func() float64 {
			if b.steps.State() == state {
				return 1
			}
			return 0
		})))
	}
	return b, errors.Join(errs...)
}

// State is "closed", "open" or "half_open".
func (b *Breaker) State() string { return breakerStates[b.steps.State()] }

// allow asks whether a call may be made; done tells what came of it. Without leave, wait is how long to stay away.
func (b *Breaker) allow() (done func(partnercenter.Answer), wait time.Duration) {
	if b == nil {
		return func(partnercenter.Answer) {}, 0
	}
	tell, err := b.steps.Allow()
	switch {
	case errors.Is(err, gobreaker.ErrTooManyRequests):
		return nil, min(behind, b.rest)
	case err != nil:
		return nil, b.rest
	}
	return func(a partnercenter.Answer) { tell(verdictOn(a)) }, 0
}

// Guard takes no tokens of a budget for calls that the breaker would give back: none while it is open, and one at a time while
// it tries.
func (b *Breaker) Guard(budget engine.Budget) engine.Budget { return guard{b, budget} }

type guard struct {
	breaker *Breaker
	budget  engine.Budget
}

// Lease implements engine.Budget.
func (g guard) Lease(ctx context.Context, resource string, n int) (engine.Lease, error) {
	switch b := g.breaker; b.steps.State() {
	case gobreaker.StateOpen:
		return engine.Lease{Wait: max(b.rest-time.Since(*b.opened.Load()), time.Millisecond)}, nil
	case gobreaker.StateHalfOpen:
		if c := b.steps.Counts(); c.Requests > c.TotalExclusions {
			return engine.Lease{Wait: min(behind, b.rest)}, nil
		}
		n = 1
	case gobreaker.StateClosed:
	}
	return g.budget.Lease(ctx, resource, n)
}

// verdictOn says what an answer tells about the vendor: that it works, does not, or nothing.
func verdictOn(a partnercenter.Answer) error {
	switch {
	case a.Status >= 500, a.Outcome == partnercenter.Unknown, a.Unreachable():
		return errFailed
	case a.Status == 0:
		return errUntelling
	default:
		return nil
	}
}
