// Package budget gives out the requests that the vendor allows, to all replicas together.
//
// # Model
//
// The vendor counts the requests of a partner account per minute and resource (orders and carts, subscriptions, customers). For
// each of them there is a row in Postgres, and a token for each request. Tokens come by the generic cell rate algorithm: one
// every T, and after a pause up to B at once, a second's worth. For 500 a minute T is 126 ms and B is 8. Processes take up to B/2 at a time
// ([Budget.Lease]), each with one UPDATE by the database's clock, before they claim so many calls; a request beyond the first of a
// call, whatever it is for, takes one of its own before it leaves ([Budget.Permit]). A 429 blocks the row for as long as the
// vendor asks, for all replicas, and what follows begins without a burst. Another limit scales everything but the life of a token.
//
// # Guarantees
//
// In no 60 s more than B + 61 s / T requests leave, 492 for 500 a minute, whatever replicas come, go, stall or hold tokens:
//
//   - A token is good at once and ends one second (E) after the process asked for it, by that process's own clock, of which only
//     differences are used. The process asked before the database answered, so a request leaves at most E after the moment L at
//     which the database gave its token, and never before L.
//   - So the requests of the window [s, s + 60 s) have tokens given in [s - E, s + 60 s), which is 61 s.
//   - Each lease of n tokens moves used_until to max(used_until, L) + nT, which must not exceed L + BT. Let N tokens be given from
//     L1 to L2: used_until is at least L1 + NT in the end and at most L2 + BT, so N ≤ B + (L2 - L1)/T < B + 61 s / T.
//   - L may be a little older than the lease, when the row was locked by another: both bounds hold for L as it was read.
//
// Unused tokens end; none can be saved up for later. With enough to do 60 s / T leave in a minute, 476 for 500.
//
// The vendor counts when requests arrive. One more second of delay between two of them costs eight more in its window, and
// eight are to spare.
//
// # Failures
//
// Without the database there are no tokens, and nobody could claim a call either.
package budget

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/seatflow/seatflow/services/kit/engine"
)

const (
	// life is how long a token is good.
	life = time.Second
	// spacing makes the interval this much longer than the limit alone would, so that a burst fits below it too.
	spacing = 63 * time.Second
	// storeTimeout bounds one question to the database.
	storeTimeout = 5 * time.Second
)

// Rows are the rows of tokens; store.Budgets are some.
type Rows interface {
	Take(ctx context.Context, resource string, n, burst int, interval time.Duration) (taken int, wait time.Duration, err error)
	Block(ctx context.Context, resource string, pause time.Duration, burst int, interval time.Duration) error
}

// Budget is one partner account's, as one process sees it. It is safe for concurrent use. A nil one has no limit.
type Budget struct {
	rows     Rows
	burst    int
	interval time.Duration
	now      func() time.Time
	after    func(time.Duration) (<-chan time.Time, func() bool)

	mu      sync.Mutex
	waiting map[string]*queue
}

// queue is who waits for a token of a resource in this process: one asks, the others stand behind.
type queue struct {
	turn    chan struct{}
	waiters int
}

// New makes a budget of so many requests a minute; nil, which has no limit, for 0.
func New(perMinute int, rows Rows) *Budget {
	if perMinute <= 0 {
		return nil
	}
	return &Budget{
		rows: rows, burst: max(perMinute/60, 1), interval: spacing / time.Duration(perMinute), now: time.Now,
		after: func(d time.Duration) (<-chan time.Time, func() bool) {
			t := time.NewTimer(d)
			return t.C, t.Stop
		},
		waiting: map[string]*queue{},
	}
}

// Lease takes up to n tokens for calls that are to be claimed. Calls under way that wait for one go first.
func (b *Budget) Lease(ctx context.Context, resource string, n int) (engine.Lease, error) {
	b.mu.Lock()
	q := b.waiting[resource]
	b.mu.Unlock()
	if q != nil {
		return engine.Lease{Wait: b.interval}, nil
	}
	return b.lease(ctx, resource, min(n, max(b.burst/2, 1)))
}

func (b *Budget) lease(ctx context.Context, resource string, n int) (engine.Lease, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, storeTimeout, errors.New("budget: lease timeout"))
	defer cancel()
	asked := b.now()
	taken, wait, err := b.rows.Take(ctx, resource, n, b.burst, b.interval)
	if err != nil {
		return engine.Lease{}, err
	}
	return engine.Lease{Tokens: taken, Until: asked.Add(life), Wait: max(wait, time.Millisecond)}, nil
}

// purse is the token that a call brought along.
type purse struct {
	mu       sync.Mutex
	resource string
	until    time.Time // zero when it is spent
}

type purseKey struct{}

// With has the call's requests pay with the token that it was claimed with, once.
func With(ctx context.Context, resource string, until time.Time) context.Context {
	return context.WithValue(ctx, purseKey{}, &purse{resource: resource, until: until})
}

// Permit waits for the token of one request and says until when its first byte must leave; zero for no limit.
func (b *Budget) Permit(ctx context.Context, resource string) (until time.Time, err error) {
	if b == nil || resource == "" {
		return time.Time{}, nil
	}
	if p, ok := ctx.Value(purseKey{}).(*purse); ok && p.resource == resource {
		p.mu.Lock()
		until, p.until = p.until, time.Time{}
		p.mu.Unlock()
		if b.now().Before(until) {
			return until, nil
		}
	}
	q, done := b.enter(resource)
	defer done()
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	}
	for {
		lease, err := b.lease(ctx, resource, 1)
		if err != nil || lease.Tokens > 0 {
			return lease.Until, err
		}
		timer, stop := b.after(lease.Wait)
		select {
		case <-timer:
		case <-ctx.Done():
			stop()
			return time.Time{}, context.Cause(ctx)
		}
	}
}

// enter stands in line for a resource; done leaves it.
func (b *Budget) enter(resource string) (q *queue, done func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q = b.waiting[resource]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		b.waiting[resource] = q
	}
	q.waiters++
	return q, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if q.waiters--; q.waiters == 0 {
			delete(b.waiting, resource)
		}
	}
}

// Block tells all replicas that the vendor wants no requests for a resource for so long.
func (b *Budget) Block(ctx context.Context, resource string, pause time.Duration) error {
	if b == nil || resource == "" {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), storeTimeout, errors.New("budget: block timeout"))
	defer cancel()
	return b.rows.Block(ctx, resource, pause, b.burst, b.interval)
}
