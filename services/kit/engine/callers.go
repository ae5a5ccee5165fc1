package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// callers makes the calls to the outside: as many at once as configured, each
// only after its intent has been committed as claimed by this writer.
type callers struct {
	e     *Engine
	queue chan Call
	taken atomic.Int64 // claimed and not yet brought back
	more  atomic.Bool  // planned calls are known to be due
	abort context.CancelFunc
	ctx   context.Context
}

func newCallers(e *Engine) *callers {
	return &callers{e: e, queue: make(chan Call, e.cfg.Calls+e.cfg.Queue)}
}

func (c *callers) idle() bool { return c.taken.Load() == 0 }

// room is how many more calls may be claimed.
func (c *callers) room() int { return cap(c.queue) - int(c.taken.Load()) }

// permit takes room for one call and, unless it is a local one, a token of the limiter.
func (c *callers) permit(local bool) (ok bool, wait time.Duration) {
	if int(c.taken.Add(1)) > cap(c.queue) {
		c.taken.Add(-1)
		return false, 0
	}
	if l := c.e.cfg.Limiter; l != nil && !local {
		if ok, wait := l.Take(); !ok {
			c.taken.Add(-1)
			return false, wait
		}
	}
	return true, 0
}

// reserve marks the batch's due calls as claimed while there is room, so that they
// need no second transaction. It returns how many it marked.
func (c *callers) reserve(ws *workset) int {
	claimed := 0
	for i := range ws.calls {
		call := &ws.calls[i]
		if call.Due.After(ws.now) {
			c.e.due.at(time.Now().Add(call.Due.Sub(ws.now)))
			continue
		}
		ok, wait := c.permit(c.e.routes.operations[call.Operation].Local)
		if !ok {
			c.more.Store(true)
			c.e.due.at(time.Now().Add(wait))
			continue
		}
		call.Attempt = 1
		// Taken before the commit, so never later than what the row says.
		call.SendBefore = time.Now().Add(c.e.cfg.SendBefore)
		claimed++
	}
	return claimed
}

func (c *callers) release(n int) { c.taken.Add(int64(-n)) }

// hand gives claimed calls to the workers. Room was reserved, so it does not block.
func (c *callers) hand(calls []Call) {
	for _, call := range calls {
		if !call.SendBefore.IsZero() {
			c.queue <- call
		}
	}
}

// start runs the workers until the work loop has drained.
func (c *callers) start(ctx context.Context, g *errgroup.Group, drained <-chan struct{}) {
	c.ctx, c.abort = context.WithCancel(ctx)
	for range c.e.cfg.Calls {
		g.Go(func() error {
			for {
				select {
				case call := <-c.queue:
					c.make(call)
				case <-drained:
					return nil
				case <-c.ctx.Done():
					return nil
				}
			}
		})
	}
}

func (c *callers) stopNow() {
	if c.abort != nil {
		c.abort()
	}
}

// make runs one call and brings its result back as an input. Outcomes are never refused.
func (c *callers) make(call Call) {
	defer c.back()
	op := c.e.routes.operations[call.Operation]
	res := Result{NotSent: true}
	if time.Now().Before(call.SendBefore) {
		ctx, cancel := context.WithTimeoutCause(c.ctx, op.Timeout, op.expired)
		start := time.Now()
		res = c.run(ctx, op.Operation, call)
		c.e.metrics.calls.WithLabelValues(op.Name).Observe(time.Since(start).Seconds())
		cancel()
	}
	if err := c.e.cfg.probe("after_call"); err != nil {
		return
	}
	var in *Input
	if res.NotSent {
		in = c.e.giveBack(call, res.RetryAfter)
	} else {
		var err error
		if in, err = c.e.routes.outcome(c.outcome(call, res), Meta{Order: call.Order, Traceparent: call.Traceparent}); err != nil {
			c.e.log.Error("an outcome has no route", "operation", call.Operation, "error", err)
			return
		}
	}
	in.arrived = time.Now()
	select {
	case c.e.urgent <- in:
	case <-c.ctx.Done():
	}
}

// back frees a call's place; when planned calls wait for room, they are claimed as
// soon as there is a good deal of it.
func (c *callers) back() {
	c.taken.Add(-1)
	if c.room() > cap(c.queue)/2 && c.more.Swap(false) {
		c.e.due.at(time.Now())
	}
}

func (c *callers) outcome(call Call, res Result) Outcome {
	op := c.e.routes.operations[call.Operation]
	return Outcome{
		Call: call, Value: res.Value, Unknown: res.Unknown,
		SettledAt: call.SendBefore.Add(op.Timeout + c.e.cfg.Settle),
	}
}

// run catches a panic of an operation: what it did before is unknown.
func (c *callers) run(ctx context.Context, op Operation, call Call) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			c.e.log.Error("an operation panicked", "operation", op.Name, "panic", fmt.Sprint(p))
			res = Result{Unknown: true}
		}
	}()
	return op.Run(ctx, call)
}

// giveBack plans a call anew of which not a byte was sent.
func (e *Engine) giveBack(call Call, after time.Duration) *Input {
	return &Input{
		Source: FromOutcome, Name: call.Operation, Meta: Meta{Order: call.Order},
		decide: func(t *Turn) error {
			t.set.replan = append(t.set.replan, replan{id: call.ID, due: t.Now.Add(after)})
			e.due.at(time.Now().Add(after))
			return nil
		},
	}
}

// lose has a call decided whose maker died.
func (c *callers) lose(ctx context.Context, l lostCall) error {
	op, known := c.e.routes.operations[l.Call.Operation]
	if !known {
		// A newer replica's: the call stays lost until one of those inherits it.
		c.e.log.Warn("a lost call waits for a replica that knows its operation", "operation", l.Call.Operation)
		return nil
	}
	in, err := c.e.routes.outcome(Outcome{
		Call: l.Call, Unknown: true, Lost: true, SettledAt: l.Call.SendBefore.Add(op.Timeout + c.e.cfg.Settle),
	}, Meta{Order: l.Call.Order, Traceparent: l.Call.Traceparent})
	if err != nil {
		return err
	}
	in.arrived = time.Now()
	select {
	case c.e.urgent <- in:
		return nil
	case <-c.e.stopping:
		return errStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// claim takes planned calls that are due, as far as there is room: the local ones, then those that need a permit. The
// writer's row is locked with it, so a process that was taken over claims nothing.
func (c *callers) claim(ctx context.Context) error {
	select {
	case <-c.e.stopping:
		return nil // nobody would make them any more
	default:
	}
	some, more := 0, false
	for _, local := range []bool{true, false} {
		if len(c.e.routes.names[local]) == 0 {
			continue
		}
		n, full, err := c.claimSome(ctx, local)
		if err != nil {
			return err
		}
		some, more = some+n, more || full
	}
	if some > 0 {
		c.more.Store(more)
	}
	return nil
}

// claimSome takes so many planned calls, the most urgent first. full says that there may be more of them.
func (c *callers) claimSome(ctx context.Context, local bool) (n int, full bool, err error) {
	// A limiter's permit taken for nothing is lost, and room taken for nothing is missed
	// by the batch that commits meanwhile.
	names := c.e.routes.names[local]
	most, err := c.planned(ctx, names, min(c.e.cfg.Batch, c.room()))
	if err != nil {
		return 0, false, err
	}
	permits := 0
	for c.room() > 0 && permits < most {
		ok, wait := c.permit(local)
		if !ok {
			if wait > 0 {
				c.e.due.at(time.Now().Add(wait))
			}
			break
		}
		permits++
	}
	if permits == 0 {
		return 0, false, nil
	}
	limit := time.Now().Add(c.e.cfg.SendBefore)
	calls, err := c.claimRows(ctx, names, permits)
	c.release(permits - len(calls))
	if err != nil {
		return 0, false, c.e.forsake(err)
	}
	for i := range calls {
		calls[i].SendBefore = limit
	}
	// UPDATE returns rows in any order.
	slices.SortFunc(calls, func(a, b Call) int { return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.Due.Compare(b.Due)) })
	c.hand(calls)
	return len(calls), len(calls) == permits, nil
}

// planned is how many calls wait to be claimed, up to a limit.
func (c *callers) planned(ctx context.Context, names []string, limit int) (n int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: claim timeout"))
	defer cancel()
	err = c.e.pool.QueryRow(ctx, `select count(*) from (select from engine_calls where state = 'planned' and due_at <= clock_timestamp() and operation = any($2) limit $1) c`,
		max(0, limit), names).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("look for due calls: %w", err)
	}
	return n, nil
}

func (c *callers) claimRows(ctx context.Context, names []string, limit int) ([]Call, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: claim timeout"))
	defer cancel()
	id, epoch := c.e.identity()
	rows, err := c.e.pool.Query(ctx, `
		with me as (select id from engine_writers where id = $1 and epoch = $2 and retired_at is null for update),
		due as (select c.id from engine_calls c where c.state = 'planned' and c.due_at <= clock_timestamp() and c.operation = any($5) and exists (select from me)
			order by c.priority, c.due_at limit $3 for update skip locked)
		update engine_calls c set state = 'claimed', writer = $1, attempt = attempt + 1, send_before = clock_timestamp() + $4
		from due where c.id = due.id and exists (select from me)
		returning `+callColumns, id, epoch, limit, c.e.cfg.SendBefore, names)
	if err != nil {
		return nil, fmt.Errorf("claim calls: %w", err)
	}
	calls, err := pgx.CollectRows(rows, scanCall)
	if err != nil {
		return nil, fmt.Errorf("claim calls: %w", err)
	}
	return calls, nil
}
