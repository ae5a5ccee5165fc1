package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// sweepEvery is how often due times set by other replicas are looked for. What
// this process sets itself wakes the sweeper at its time.
const sweepEvery = 2 * time.Second

// dueTimes knows the next moment at which this process has something due.
type dueTimes struct {
	mu   sync.Mutex
	next time.Time
	wake chan struct{}
}

// at asks for a sweep at a time.
func (d *dueTimes) at(t time.Time) {
	d.mu.Lock()
	sooner := d.next.IsZero() || t.Before(d.next)
	if sooner {
		d.next = t
	}
	wake := d.wake
	d.mu.Unlock()
	if sooner && wake != nil {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// take returns how long to wait for the next due moment and forgets a passed one.
func (d *dueTimes) wait() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.next.IsZero() {
		return sweepEvery
	}
	return max(0, min(time.Until(d.next), sweepEvery))
}

func (d *dueTimes) passed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.next.IsZero() && !d.next.After(time.Now()) {
		d.next = time.Time{}
	}
}

// sweep looks for due timers and due calls. It waits for nothing but the database.
func (e *Engine) sweep(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-e.stopping:
			return nil
		case <-ctx.Done():
			return nil
		case <-e.due.wake:
		case <-timer.C:
			e.due.passed()
			if err := e.sweepOnce(ctx); err != nil {
				e.log.Warn("a sweep failed", "error", err)
			}
		}
		timer.Reset(e.due.wait())
	}
}

// care looks after dead writers, what the broker kept, and the house. It may wait for the broker.
func (e *Engine) care(ctx context.Context) error {
	takeovers, again, days := time.NewTicker(e.cfg.Lease/3), time.NewTimer(0), time.NewTicker(time.Hour)
	defer takeovers.Stop()
	defer again.Stop()
	defer days.Stop()
	e.succeed(ctx)
	for {
		again.Stop()
		if !e.healAgain.IsZero() {
			again.Reset(time.Until(e.healAgain))
		}
		select {
		case <-e.stopping:
			return nil
		case <-ctx.Done():
			return nil
		case <-e.rejoined:
			e.forgetStream()
			e.heal(ctx, "reconnect")
		case <-takeovers.C:
			e.succeed(ctx)
		case <-again.C:
			e.heal(ctx, "once more")
		case <-days.C:
			e.keepDays(ctx)
		}
	}
}

// succeed takes over what others have left.
func (e *Engine) succeed(ctx context.Context) {
	if err := errors.Join(e.takeOver(ctx), e.adopt(ctx)); err != nil {
		e.log.Warn("a takeover failed", "error", err)
	}
}

func (e *Engine) sweepOnce(ctx context.Context) error {
	if err := e.callers.claim(ctx); err != nil {
		return err
	}
	tctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: sweep timeout"))
	defer cancel()
	b := new(pgx.Batch)
	var found []Ref
	most, more := e.cfg.Batch+int(e.running.Load()), false
	for _, k := range e.kinds {
		find, _ := k.dueSQL()
		if _, fires := e.routes.timers[k.kind()]; find == "" || !fires {
			continue
		}
		b.Queue(find, most).Query(func(rows pgx.Rows) error {
			n := 0
			for ; rows.Next(); n++ {
				ref := Ref{Kind: k.kind()}
				if err := rows.Scan(&ref.ID); err != nil {
					return err
				}
				found = append(found, ref)
			}
			more = more || n == most
			return rows.Err()
		})
	}
	if b.Len() == 0 {
		return nil
	}
	if err := e.pool.SendBatch(tctx, b).Close(); err != nil {
		return fmt.Errorf("look for due timers: %w", err)
	}
	for _, ref := range found {
		if err := e.fire(ctx, ref); err != nil {
			return err
		}
	}
	if more {
		e.due.at(time.Now())
	}
	return nil
}

// fire has a due aggregate decided, once at a time.
func (e *Engine) fire(ctx context.Context, ref Ref) error {
	route := e.routes.timers[ref.Kind]
	if _, running := e.firing.LoadOrStore(ref, true); running {
		return nil
	}
	e.running.Add(1)
	in := &Input{
		Source: FromTimer, Name: ref.Kind, Refs: []Ref{ref}, timed: ref, withCalls: route.WithCalls, arrived: time.Now(),
		decide: func(t *Turn) error {
			if due := t.DueAt(ref); due.IsZero() || due.After(t.Now) {
				return nil // another replica was faster, or it was moved
			}
			e.metrics.lateness.Observe(t.Now.Sub(t.DueAt(ref)).Seconds())
			return route.Decide(t)
		},
	}
	select {
	case e.timers <- in:
		return nil
	case <-e.stopping:
	case <-ctx.Done():
	}
	e.fired(ref)
	return nil
}

// fired lets a timer be found again.
func (e *Engine) fired(ref Ref) {
	e.firing.Delete(ref)
	e.running.Add(-1)
}
