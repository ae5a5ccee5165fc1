package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Budget hands out tokens for requests to what counts them. All replicas share it.
type Budget interface {
	// Lease takes up to n tokens of a resource without waiting for one.
	Lease(ctx context.Context, resource string, n int) (Lease, error)
}

// Lease is what a Budget gave.
type Lease struct {
	Tokens int
	// Until is when the tokens end: a request without its first byte sent by then needs another one.
	Until time.Time
	// Wait is how long to wait before asking again, when there are none.
	Wait time.Duration
}

// lookMost is how many waiting calls are counted before the budget is asked; it gives as few at a time as it likes.
const lookMost = 64

// spare are tokens that were leased for calls which another replica was quicker to claim.
type spare struct {
	tokens int
	until  time.Time
}

// pacer claims the calls that need tokens: first the tokens, then so many calls.
// It sleeps until a token or a call is due, or a worker is free.
type pacer struct {
	c      *callers
	names  map[string][]string // the operations of each limited resource
	asked  []string            // the resources
	all    []string            // the operations of all of them
	spares map[string]spare
	others map[string]int // calls claimed since the last poll
	full   atomic.Bool    // calls wait for a worker
	due    dueTimes
}

// paced prepares the pacer; nil when nothing is limited.
func paced(c *callers) *pacer {
	if c.e.cfg.Budget == nil {
		return nil
	}
	p := &pacer{c: c, names: map[string][]string{}, spares: map[string]spare{}, others: map[string]int{}}
	p.due.wake = make(chan struct{}, 1)
	for _, name := range c.e.routes.names {
		if r := c.e.routes.operations[name].Resource; r != "" {
			if p.names[r] == nil {
				p.asked = append(p.asked, r)
			}
			p.names[r], p.all = append(p.names[r], name), append(p.all, name)
		}
	}
	return p
}

// run goes on until the engine stops.
func (p *pacer) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.c.e.stopping:
			return nil
		case <-ctx.Done():
			return nil
		case <-p.due.wake:
		case <-timer.C:
			p.due.passed()
			if err := p.round(ctx); err != nil {
				p.c.e.log.Warn("no calls could be claimed", "error", err)
				p.due.at(time.Now().Add(backoff(8)))
			}
		}
		timer.Reset(p.due.wait())
	}
}

// round claims what can be claimed now.
func (p *pacer) round(ctx context.Context) error {
	waiting, err := p.waiting(ctx)
	if err != nil {
		return err
	}
	for i, resource := range p.asked {
		if waiting[i] == 0 {
			continue
		}
		if err := p.serve(ctx, resource, waiting[i]); err != nil {
			return err
		}
	}
	return nil
}

// waiting is how many calls of each resource this process could make now, as far as matters.
func (p *pacer) waiting(ctx context.Context) (n []int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: look for calls timeout"))
	defer cancel()
	rows, err := p.c.e.pool.Query(ctx, `
		select (select count(*) from (
			select from engine_lanes l cross join lateral (
				select from engine_calls c where c.state = 'planned' and c.resource <> '' and c.resource = l.resource and c.priority = l.priority
					and c.lane = l.lane and c.changes = l.changes and c.due_at <= statement_timestamp() and c.operation = any($3) limit $2) c
			where l.resource = r.resource and l.due_at < 'infinity' and l.due_at <= statement_timestamp() and not (l.changes and `+paused+`)
			limit $2) w)::int
		from unnest($1::text[]) with ordinality as r(resource, nth) order by r.nth`, p.asked, lookMost, p.all)
	if err != nil {
		return nil, fmt.Errorf("look for calls: %w", err)
	}
	if n, err = pgx.CollectRows(rows, pgx.RowTo[int]); err != nil {
		return nil, fmt.Errorf("look for calls: %w", err)
	}
	return n, nil
}

// serve takes tokens for one resource and claims so many calls. No more are claimed than
// there are idle workers: a token does not wait for one.
func (p *pacer) serve(ctx context.Context, resource string, waiting int) error {
	done, ok := p.c.claims()
	if !ok {
		return nil
	}
	defer done()
	room := p.c.e.cfg.Calls - int(p.c.taken.Load())
	if room <= 0 {
		p.full.Store(true)
		if p.c.taken.Load() < int64(p.c.e.cfg.Calls) { // since then
			p.freed()
		}
		return nil
	}
	want := min(waiting, room)
	lease, err := p.tokens(ctx, resource, want)
	if err != nil {
		return err
	}
	if lease.Tokens == 0 {
		p.due.at(time.Now().Add(lease.Wait))
		return nil
	}
	p.c.taken.Add(int64(lease.Tokens))
	sendBefore := time.Now().Add(p.c.e.cfg.SendBefore)
	calls, err := p.claim(ctx, resource, lease.Tokens)
	p.c.release(lease.Tokens - len(calls))
	if err != nil {
		return p.c.e.forsake(err)
	}
	if n := lease.Tokens - len(calls); n > 0 {
		p.spares[resource] = spare{n, lease.Until}
	}
	for i := range calls {
		p.c.e.metrics.started(&calls[i], p.c.e.cfg.SendBefore)
		calls[i].SendBefore, calls[i].TokenUntil = sendBefore, lease.Until
		if calls[i].Priority == Poll {
			p.others[resource] = 0
		} else {
			p.others[resource]++
		}
	}
	p.c.hand(calls)
	switch {
	case len(calls) == 0:
		p.due.at(time.Now().Add(backoff(2))) // others are at it
	case waiting > len(calls):
		p.due.at(time.Now())
	}
	return nil
}

// freed is told that a worker is idle.
func (p *pacer) freed() {
	if p.full.Swap(false) {
		p.due.at(time.Now())
	}
}

// tokens gives those left over before it asks for others.
func (p *pacer) tokens(ctx context.Context, resource string, want int) (Lease, error) {
	if s := p.spares[resource]; s.tokens > 0 {
		delete(p.spares, resource)
		if time.Now().Before(s.until) {
			if s.tokens > want {
				p.spares[resource] = spare{s.tokens - want, s.until}
			}
			return Lease{Tokens: min(want, s.tokens), Until: s.until}, nil
		}
	}
	lease, err := p.c.e.cfg.Budget.Lease(ctx, resource, want)
	if err != nil {
		return Lease{}, fmt.Errorf("take tokens: %w", err)
	}
	p.c.e.metrics.leased(resource, lease.Tokens)
	return lease, nil
}

func (p *pacer) claim(ctx context.Context, resource string, most int) ([]Call, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: claim timeout"))
	defer cancel()
	id, epoch := p.c.e.identity()
	rows, err := p.c.e.pool.Query(ctx, `select `+callColumns+` from engine_claim($1, $2, $3, $4, $5, $6, $7, $8) c`,
		id, epoch, p.c.e.cfg.SendBefore, p.names[resource], resource, most, p.others[resource], Poll)
	if err != nil {
		return nil, fmt.Errorf("claim calls: %w", err)
	}
	calls, err := pgx.CollectRows(rows, scanCall)
	if err != nil {
		return nil, fmt.Errorf("claim calls: %w", err)
	}
	return calls, nil
}

// adopt brings the planned calls into the lanes, or out of them: those that an earlier version
// planned, or a process with another setting. It changes nothing when all are where they belong.
func (e *Engine) adopt(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: adopt timeout"))
	defer cancel()
	if e.callers.pacer == nil {
		_, err := e.pool.Exec(ctx, `update engine_calls set resource = '' where state = 'planned' and resource <> ''`)
		return err
	}
	var names, resources []string
	var changes []bool
	for resource, ops := range e.callers.pacer.names {
		for _, name := range ops {
			names, resources, changes = append(names, name), append(resources, resource), append(changes, e.routes.operations[name].Changes)
		}
	}
	_, err := e.pool.Exec(ctx, `
		with moved as (
			update engine_calls c set resource = t.resource, changes = t.changes, lane = case c.lane when '' then c.aggregate else c.lane end
			from unnest($1::text[], $2::text[], $3::boolean[]) as t(operation, resource, changes)
			where c.state = 'planned' and c.resource = '' and c.operation = t.operation
			returning c.resource, c.priority, c.lane, c.changes, c.due_at)`+enterLanes("moved"), names, resources, changes)
	return err
}

// paused is true while what changes something outside is held back.
const paused = `exists (select from engine_pause p where p.id = 'submissions' and p.paused)`

// enterLanes moves lanes forward to the planned calls of a table of resource, priority, lane,
// changes and due_at. It locks each lane, always in the same order.
func enterLanes(calls string) string {
	return `
		insert into engine_lanes as e (resource, priority, lane, changes, due_at)
		select resource, priority, lane, changes, min(due_at) from ` + calls + ` where resource <> '' group by 1, 2, 3, 4 order by 1, 2, 3, 4
		on conflict (resource, priority, lane, changes) do update set due_at = least(e.due_at, excluded.due_at)`
}
