package engine

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// Submit has a command decided and committed, and returns its reply. ctx's deadline
// is the caller's: past it the command is no longer started. When it is answered
// "unavailable" the outcome may be open; a repeat with the same key is safe.
func (e *Engine) Submit(ctx context.Context, m contract.Method, req proto.Message, meta rpc.Meta) (proto.Message, error) {
	in, err := e.routes.command(m, req, Meta{Caller: meta.Caller, Key: meta.Key, Traceparent: meta.Traceparent})
	if err != nil {
		return nil, err
	}
	return e.await(ctx, in)
}

// Tell has a notice of the service's own decided and committed, and returns once it is.
// refs are the aggregates that the decision touches. Errors and ctx's deadline are as
// for Submit; a notice has no key, so its decision takes care of repeats.
func (e *Engine) Tell(ctx context.Context, name string, body any, refs ...Ref) error {
	route, ok := e.routes.notices[name]
	if !ok {
		return fault.New(fault.Internal, "no_such_notice", "Something went wrong on our side.").On(name)
	}
	_, err := e.await(ctx, &Input{
		Source: FromCommand, Name: name, Body: body, Refs: refs, decide: route.Decide, withCalls: route.WithCalls,
	})
	return err
}

// errBusy is the answer when the database or the stream lags behind.
func errBusy() error {
	return fault.New(fault.TooMany, "busy", "The service has more work than it can take right now.").
		Hinted("Send it again in a second, with the same key.").After(time.Second)
}

func errStopping() error {
	return fault.New(fault.Unavailable, "stopping", "The service is stopping.").Hinted("Send it again in a second.")
}

func (e *Engine) await(ctx context.Context, in *Input) (proto.Message, error) {
	if e.publisher.backlog() >= e.cfg.Backlog {
		return nil, errBusy()
	}
	type answer struct {
		m   proto.Message
		err error
	}
	done := make(chan answer, 1)
	in.reply = func(m proto.Message, err error) { done <- answer{m, err} }
	in.arrived = time.Now()
	in.expires, _ = ctx.Deadline()
	select {
	case <-e.stopping:
		return nil, errStopping()
	default:
	}
	select {
	case e.urgent <- in:
	default:
		return nil, errBusy()
	}
	select {
	case a := <-done:
		return a.m, a.err
	case <-e.ended:
		select {
		case a := <-done: // by the work loop's last batch
			return a.m, a.err
		default:
			return nil, errStopping()
		}
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "deadline_passed", "The answer took too long.").
			Hinted("Send it again with the same key.").Because(context.Cause(ctx))
	}
}

// turnAway answers the commands that came in just before the work loop ended.
func (e *Engine) turnAway() {
	for {
		select {
		case in := <-e.urgent:
			in.answer(nil, errStopping())
		default:
			return
		}
	}
}

// watchers are told when this process commits a change of an aggregate.
type watchers struct {
	mu sync.Mutex
	at map[Ref]chan struct{}
	n  map[Ref]int
}

// Watch returns a channel that is closed at the next change of the aggregate that
// this process commits. stop must be called.
func (e *Engine) Watch(ref Ref) (changed <-chan struct{}, stop func()) {
	w := &e.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == nil {
		w.at, w.n = map[Ref]chan struct{}{}, map[Ref]int{}
	}
	ch := w.at[ref]
	if ch == nil {
		ch = make(chan struct{})
		w.at[ref] = ch
	}
	w.n[ref]++
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.at[ref] != ch {
			return
		}
		if w.n[ref]--; w.n[ref] == 0 {
			delete(w.at, ref)
			delete(w.n, ref)
		}
	}
}

func (w *watchers) changed(ref Ref) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ch := w.at[ref]; ch != nil {
		close(ch)
		delete(w.at, ref)
		delete(w.n, ref)
	}
}

// toLocal is a moment of the database's clock on this machine's.
func toLocal(at, now time.Time) time.Time { return time.Now().Add(at.Sub(now)) }

// timerRest is how long a timer rests whose decision failed.
const timerRest = 10 * time.Second

// postpone has an outcome or a timer decided again later. A timer is found due again
// by a sweep after its rest, and does not keep the sweeps meanwhile from finding others.
// An outcome stays claimed meanwhile; should this process end first, its successor
// decides it as lost.
func (e *Engine) postpone(in *Input) {
	if in.Source == FromTimer {
		time.AfterFunc(timerRest, func() { e.fired(in.timed) })
		return
	}
	e.callers.taken.Add(1)
	time.AfterFunc(time.Second, func() {
		defer e.callers.taken.Add(-1)
		select {
		case e.urgent <- in:
		case <-e.callers.ctx.Done():
		}
	})
}

// Endpoints are the engine's own: the service's commands, and what operators need.
func (e *Engine) Endpoints() []rpc.Query {
	out := e.OpsQueries()
	for _, c := range e.spec.Commands {
		m := c.Method
		out = append(out, rpc.Query{Method: m, Handle: func(ctx context.Context, req proto.Message, meta rpc.Meta) (proto.Message, error) {
			return e.Submit(ctx, m, req, meta)
		}})
	}
	for _, m := range []contract.Method{contract.ReplayDeadLetter(e.spec.Service), contract.DiscardDeadLetter(e.spec.Service)} {
		out = append(out, rpc.Query{Method: m, Handle: e.OpsCommand})
	}
	return out
}
