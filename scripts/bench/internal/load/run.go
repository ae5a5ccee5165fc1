// Package load places orders by the two doors and follows each until the product says that its requester was told.
//
// Model: a [Run] is one measurement. A sender places orders for it: [Inbox] publishes them to JetStream, [Door] posts them
// over HTTP. [Saturate] keeps a number of orders under way, [Pace] places them at fixed times, [OneByOne] each after the
// last. An [Ear] hears verdicts and notifications and tells the run.
//
// Guarantees: an order counts when its notification.sent was heard, once. A time is taken from when the order was due,
// not from when there was room to send it, so that a product that stalls cannot slow the clock down. Anything that does
// not go as it must (a refusal, a notification of a failure, of an unknown order, or twice) fails the run.
//
// Failures: the first one ends the run and is what Finish returns; so is half a minute without any progress.
package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/scripts/bench/internal/latency"
)

// patience is how long a run may stand still.
const patience = 30 * time.Second

// order is what is known of one order, in nanoseconds since the run began; never is what is not known yet.
type order struct{ due, told int64 }

const never = -1

// Run follows the orders of one measurement. All methods may be called from any goroutine.
type Run struct {
	tag    string
	began  time.Time
	window chan struct{} // a place for each order that may be under way; nil for no bound
	failed chan struct{}
	moved  chan struct{} // something was told since it was read last

	mu    sync.Mutex
	dues  []int64 // by inbox number
	sent  int
	told  int
	last  int64 // when the last order was told
	byID  map[uuid.UUID]order
	taken latency.Recorder
	err   error
}

// NewRun starts a measurement. Its tag tells its keys from those of others; window bounds the orders under way, 0 does not.
func NewRun(tag string, window int) *Run {
	r := &Run{
		tag: tag, began: time.Now(), byID: map[uuid.UUID]order{}, failed: make(chan struct{}), moved: make(chan struct{}, 1),
	}
	if window > 0 {
		r.window = make(chan struct{}, window)
	}
	return r
}

// enter waits until there is room for one more order.
func (r *Run) enter(ctx context.Context) error {
	if r.window == nil {
		return r.broken(ctx)
	}
	select {
	case r.window <- struct{}{}:
		return r.broken(ctx)
	case <-r.failed:
	case <-ctx.Done():
	}
	return r.broken(ctx)
}

// broken is why the run cannot go on, if it cannot.
func (r *Run) broken(ctx context.Context) error {
	select {
	case <-r.failed:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
		return nil
	}
}

// Fail ends the run; the first reason stays.
func (r *Run) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail(err)
}

func (r *Run) fail(err error) {
	if r.err == nil {
		r.err = err
		close(r.failed)
	}
}

// sending notes that an order is about to be sent, and numbers it.
func (r *Run) sending(due time.Time) (number int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dues = append(r.dues, due.Sub(r.began).Nanoseconds())
	r.sent++
	return len(r.dues) - 1
}

// accepted notes which id a number got.
func (r *Run) accepted(number int, id uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if number < 0 || number >= len(r.dues) {
		r.fail(fmt.Errorf("a verdict on the order %d, which was never sent", number))
		return
	}
	o, heard := r.byID[id]
	switch {
	case !heard:
		r.byID[id] = order{due: r.dues[number], told: never}
	case o.due == never: // its notification was faster than its verdict
		r.byID[id] = order{due: r.dues[number], told: o.told}
		r.count(order{due: r.dues[number], told: o.told})
	default:
		r.fail(fmt.Errorf("order %s was accepted twice", id))
	}
}

// notified notes that an order's requester was told.
func (r *Run) notified(id uuid.UUID, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := at.Sub(r.began).Nanoseconds()
	o, known := r.byID[id]
	switch {
	case !known:
		r.byID[id] = order{due: never, told: now}
	case o.told != never:
		r.fail(fmt.Errorf("order %s was notified twice", id))
	default:
		o.told = now
		r.byID[id] = o
		r.count(o)
	}
}

// count counts an order of which all is known; the caller holds the lock.
func (r *Run) count(o order) {
	r.told++
	r.last = max(r.last, o.told)
	r.taken.Add(time.Duration(o.told - o.due))
	if r.window != nil {
		<-r.window
	}
	select {
	case r.moved <- struct{}{}:
	default:
	}
}

// Finish waits until every order that was sent is told.
func (r *Run) Finish(ctx context.Context) error {
	return r.wait(ctx, func() bool { return r.told == r.sent })
}

// wait waits until done, which is called with the lock held.
func (r *Run) wait(ctx context.Context, done func() bool) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		r.mu.Lock()
		over, sent, told := done(), r.sent, r.told
		r.mu.Unlock()
		if over {
			return r.broken(ctx)
		}
		timer.Reset(patience)
		select {
		case <-r.moved:
		case <-r.failed:
			return r.broken(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
			return fmt.Errorf("nothing has moved for %s: %d of %d orders are through", patience, told, sent)
		}
	}
}

// Result is what a finished run has measured.
type Result struct {
	Orders   int
	Seconds  float64 // from the run's begin to the last notification
	P50, P99 time.Duration
}

// Result sums the run up. It fails if notifications came for orders that nobody placed.
func (r *Run) Result() (Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.byID) != r.told {
		return Result{}, errors.Join(r.err, fmt.Errorf("%d orders were heard of and %d are through", len(r.byID), r.told))
	}
	q := r.taken.Quantiles(0.5, 0.99)
	return Result{Orders: r.told, Seconds: time.Duration(r.last).Seconds(), P50: q[0], P99: q[1]}, r.err
}

// SoFar is how many orders are through, and the latencies of those after the first since.
func (r *Run) SoFar(since int) (told int, p50, p99 time.Duration) {
	r.mu.Lock()
	told, part := r.told, r.taken.Since(since)
	r.mu.Unlock()
	q := part.Quantiles(0.5, 0.99)
	return told, q[0], q[1]
}
