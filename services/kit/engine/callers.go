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
	// claiming is how many are about to claim calls; see claims.
	claiming atomic.Int64
	// held says that submissions were found paused, so that a commit does not try in vain;
	// the database decides.
	held  atomic.Bool
	free  []string // the operations that need no tokens
	pacer *pacer   // claims the calls of all others; nil when nothing is limited
	abort context.CancelFunc
	ctx   context.Context
}

func newCallers(e *Engine) *callers {
	c := &callers{e: e, queue: make(chan Call, e.cfg.Calls+e.cfg.Queue)}
	c.pacer = paced(c)
	for _, name := range e.routes.names {
		if !c.limited(name) {
			c.free = append(c.free, name)
		}
	}
	return c
}

// limited reports whether calls of an operation need tokens.
func (c *callers) limited(operation string) bool {
	return c.e.cfg.Budget != nil && c.e.routes.operations[operation].Resource != ""
}

// idle reports whether no call is under way, and none will be once the engine stops.
func (c *callers) idle() bool { return c.claiming.Load() == 0 && c.taken.Load() == 0 }

// claims reports whether calls may be claimed still; done ends the claim. What is claimed is made: an engine that stops
// waits for it, or the claim has seen before that it stops.
func (c *callers) claims() (done func(), ok bool) {
	c.claiming.Add(1)
	done = func() { c.claiming.Add(-1) }
	select {
	case <-c.e.stopping:
		done()
		return nil, false
	default:
		return done, true
	}
}

// room is how many more calls may be claimed.
func (c *callers) room() int { return cap(c.queue) - int(c.taken.Load()) }

// take takes room for one call.
func (c *callers) take() bool {
	if int(c.taken.Add(1)) > cap(c.queue) {
		c.taken.Add(-1)
		return false
	}
	return true
}

// reserve marks the batch's due calls as claimed while there is room, so that they
// need no second transaction. What needs tokens waits its turn instead, and what changes
// something while submissions are paused waits too. It returns how many it marked.
func (c *callers) reserve(ws *workset) int {
	claimed := 0
	for i := range ws.calls {
		call := &ws.calls[i]
		op := c.e.routes.operations[call.Operation]
		call.changes = op.Changes
		switch {
		case c.limited(op.Name):
			call.resource = op.Resource
		case call.Due.After(ws.now):
		case op.Changes && c.held.Load():
		case !c.take():
			c.more.Store(true)
		default:
			call.Attempt = 1
			// Taken before the commit, so never later than what the row says.
			call.SendBefore = time.Now().Add(c.e.cfg.SendBefore)
			claimed++
		}
	}
	return claimed
}

func (c *callers) release(n int) { c.taken.Add(int64(-n)) }

// hand gives claimed calls to the workers. Room was reserved, so it does not block.
func (c *callers) hand(calls []Call) {
	for _, call := range calls {
		c.queue <- call
	}
}

// begin takes up what a batch has planned: claimed calls go to the workers, others have
// somebody wake for them.
func (c *callers) begin(ws *workset) {
	for _, call := range ws.calls {
		if !call.SendBefore.IsZero() {
			c.queue <- call
			continue
		}
		c.at(call.resource != "", toLocal(call.Due, ws.now))
	}
}

// at has planned calls looked for at a time.
func (c *callers) at(limited bool, t time.Time) {
	if limited {
		c.pacer.due.at(t)
	} else {
		c.e.due.at(t)
	}
}

// switched has the calls looked for that may have been held back while submissions were paused.
func (c *callers) switched() {
	c.held.Store(false)
	c.e.due.at(time.Now())
	if c.pacer != nil {
		c.pacer.due.at(time.Now())
	}
}

// start runs the workers until the work loop has drained.
func (c *callers) start(ctx context.Context, g *errgroup.Group, drained <-chan struct{}) {
	c.ctx, c.abort = context.WithCancel(ctx)
	if c.pacer != nil {
		g.Go(func() error { return c.pacer.run(ctx) })
	}
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
	if c.pacer != nil {
		c.pacer.freed()
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
			t.After(func() { e.callers.at(e.callers.limited(call.Operation), time.Now().Add(after)) })
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

// claim takes planned calls that are due and need no tokens, the most urgent first, as far
// as there is room. The writer's row is locked with it, so a process that was taken over
// claims nothing.
func (c *callers) claim(ctx context.Context) error {
	done, ok := c.claims()
	if !ok {
		return nil
	}
	defer done()
	// Room taken for nothing is missed by the batch that commits meanwhile.
	most, err := c.planned(ctx, min(c.e.cfg.Batch, c.room()))
	if err != nil {
		return err
	}
	room := 0
	for room < most && c.take() {
		room++
	}
	if room == 0 {
		return nil
	}
	limit := time.Now().Add(c.e.cfg.SendBefore)
	calls, err := c.claimRows(ctx, room)
	c.release(room - len(calls))
	if err != nil {
		return c.e.forsake(err)
	}
	c.more.Store(len(calls) == room)
	for i := range calls {
		c.e.metrics.started(&calls[i], c.e.cfg.SendBefore)
		calls[i].SendBefore = limit
	}
	// UPDATE returns rows in any order.
	slices.SortFunc(calls, func(a, b Call) int { return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.Due.Compare(b.Due)) })
	c.hand(calls)
	return nil
}

// planned is how many calls wait to be claimed, up to a limit, those aside that a pause holds back.
func (c *callers) planned(ctx context.Context, limit int) (n int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: claim timeout"))
	defer cancel()
	var held bool
	err = c.e.pool.QueryRow(ctx, `select `+paused+`, (select count(*) from (select from engine_calls where state = 'planned' and resource = ''
		and due_at <= clock_timestamp() and operation = any($2) and not (changes and `+paused+`) limit $1) c)`, max(0, limit), c.free).Scan(&held, &n)
	if err != nil {
		return 0, fmt.Errorf("look for due calls: %w", err)
	}
	c.held.Store(held)
	return n, nil
}

func (c *callers) claimRows(ctx context.Context, limit int) ([]Call, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: claim timeout"))
	defer cancel()
	id, epoch := c.e.identity()
	rows, err := c.e.pool.Query(ctx, `
		with me as (select id from engine_writers where id = $1 and epoch = $2 and retired_at is null for update),
		due as (select c.id from engine_calls c where c.state = 'planned' and c.resource = '' and c.due_at <= clock_timestamp() and c.operation = any($5)
				and not (c.changes and `+paused+`) and exists (select from me)
			order by c.priority, c.due_at limit $3 for update skip locked)
		update engine_calls c set state = 'claimed', writer = $1, attempt = attempt + 1, send_before = clock_timestamp() + $4
		from due where c.id = due.id and exists (select from me)
		returning `+callColumns, id, epoch, limit, c.e.cfg.SendBefore, c.free)
	if err != nil {
		return nil, fmt.Errorf("claim calls: %w", err)
	}
	calls, err := pgx.CollectRows(rows, scanCall)
	if err != nil {
		return nil, fmt.Errorf("claim calls: %w", err)
	}
	return calls, nil
}
