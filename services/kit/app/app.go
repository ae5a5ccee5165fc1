// Package app starts a program's parts, keeps them running together and stops them in order.
//
// Model: a [Part] is something that runs: a listener, an engine, a server in the same process. [Run] starts the parts in
// the order given, each once the one before it says it is ready, and stops them in the reverse order, each once the one
// after it has ended. So a part stands before whatever needs it. What a part does when its context ends is its own
// graceful stop: stop taking work, finish it, flush, close.
//
// Guarantees: when one part ends by itself, with an error, without one or by a panic, all others are stopped and the error
// names it. No goroutine that Run started outlives it, unless a part ignores its context for longer than the grace.
//
// Failures: a part that has not ended when the grace is over is left behind and named in the error; the process should
// then exit, which [Main] does.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// lastChance is how long parts get to notice that the grace is over and everything is cut off.
const lastChance = time.Second

// errStopping is the cause with which a part's context ends.
var errStopping = errors.New("app: stopping")

// Part is one thing that runs for as long as the program does.
type Part struct {
	// Name is a constant, such as "approval" or "bus"; it stands in logs and errors.
	Name string
	// Run runs until ctx ends, calls ready once it can serve those that start after it, and returns nil after a stop in
	// good order. Returning before ctx ends, with or without an error, counts as the part's death.
	Run func(ctx context.Context, ready func()) error
}

// Step makes a part of something that is done once, between the start of one part and the next, such as a migration.
func Step(name string, do func(ctx context.Context) error) Part {
	return Part{Name: name, Run: func(ctx context.Context, ready func()) error {
		if err := do(ctx); err != nil {
			return err
		}
		ready()
		<-ctx.Done()
		return nil
	}}
}

// running is a part that was started.
type running struct {
	name   string
	cancel context.CancelCauseFunc
	ready  chan struct{} // closed when it said so
	done   chan struct{} // closed when it ended
	err    error         // why it ended; read after done
}

// Run starts the parts, waits until ctx ends or a part dies, and stops them. grace bounds the whole stop: when it is over,
// all that still runs is told to end at once. It returns nil after a stop in good order that ctx asked for; a part's
// death comes back as a fault of kind Internal, "part_died", that names it, and a part that would not end as
// "part_stuck". The parts' contexts keep ctx's values but not its end, since they end in order.
func Run(ctx context.Context, log *slog.Logger, grace time.Duration, parts ...Part) error {
	g := &group{ctx: context.WithoutCancel(ctx), log: log, deaths: make(chan *running, len(parts))}
	err := g.start(ctx, parts)
	if err == nil && !ended(ctx) { // else it was stopped while it started
		log.InfoContext(ctx, "all parts ready", slog.Int("parts", len(parts)))
		select {
		case <-ctx.Done():
		case dead := <-g.deaths:
			err = died(dead)
		}
	}
	if err == nil {
		log.InfoContext(ctx, "stopping", slog.String("reason", fmt.Sprint(context.Cause(ctx))))
	}
	return errors.Join(err, g.stop(grace, err))
}

// group is one call of Run.
type group struct {
	ctx     context.Context // values only, never ends
	log     *slog.Logger
	started []*running
	deaths  chan *running // every part that ended, in order
}

// start starts the parts one after the other. It returns nil when all are ready or ctx has ended.
func (g *group) start(ctx context.Context, parts []Part) error {
	for _, p := range parts {
		if ended(ctx) {
			return nil // not a failure: Run was asked to stop
		}
		begun := time.Now()
		r := g.launch(p)
		select {
		case <-r.ready:
			g.log.DebugContext(g.ctx, "part ready", slog.String("part", p.Name), slog.Duration("took", time.Since(begun)))
		case dead := <-g.deaths:
			return died(dead)
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }

func (g *group) launch(p Part) *running {
	ctx, cancel := context.WithCancelCause(g.ctx)
	r := &running{name: p.Name, cancel: cancel, ready: make(chan struct{}), done: make(chan struct{})}
	g.started = append(g.started, r)
	ready := sync.OnceFunc(func() { close(r.ready) })
	go func() {
		r.err = errors.New("its goroutine was ended from within")
		defer func() {
			if v := recover(); v != nil {
				r.err = fmt.Errorf("panic: %v", v)
				g.log.ErrorContext(g.ctx, "part panicked", slog.String("part", p.Name), slog.Any("panic", v),
					slog.String("stack", string(debug.Stack())))
			}
			close(r.done)
			g.deaths <- r
		}()
		r.err = p.Run(ctx, ready)
	}()
	return r
}

// stop ends the parts in reverse order. It reports those that failed while stopping, besides the one that failed first,
// and those that would not end.
func (g *group) stop(grace time.Duration, first error) error {
	over := time.NewTimer(grace)
	defer over.Stop()
	var errs []error
	for i := len(g.started) - 1; i >= 0; i-- {
		r := g.started[i]
		r.cancel(errStopping)
		select {
		case <-r.done:
		case <-over.C:
			return errors.Join(append(errs, g.cutOff(i))...)
		}
		g.log.DebugContext(g.ctx, "part stopped", slog.String("part", r.name))
		if r.err != nil && !errors.Is(r.err, context.Canceled) && !errors.Is(r.err, errStopping) && !names(first, r) {
			errs = append(errs, died(r))
		}
	}
	return errors.Join(errs...)
}

// cutOff ends all parts up to the last one at once, gives them a last chance and names those that still run.
func (g *group) cutOff(last int) error {
	for _, r := range g.started[:last+1] {
		r.cancel(errStopping)
	}
	chance := time.NewTimer(lastChance)
	defer chance.Stop()
	var stuck []error
	waiting := true
	for i := last; i >= 0; i-- {
		r := g.started[i]
		if waiting {
			select {
			case <-r.done:
				continue
			case <-chance.C:
				waiting = false
			}
		}
		select {
		case <-r.done:
		default:
			stuck = append(stuck, fault.New(fault.Internal, "part_stuck", "The part "+r.name+" did not stop in time.").
				In("app.run").On(r.name))
		}
	}
	if len(stuck) == 0 {
		g.log.WarnContext(g.ctx, "grace is over, parts were cut off")
	}
	return errors.Join(stuck...)
}

func died(r *running) *fault.Error {
	cause := r.err
	if cause == nil {
		cause = errors.New("it ended without being asked to")
	}
	return fault.New(fault.Internal, "part_died", "The part "+r.name+" stopped working.").In("app.run").On(r.name).Because(cause)
}

// names says whether err is already about this part's end.
func names(err error, r *running) bool {
	var e *fault.Error
	return errors.As(err, &e) && e.Subject == r.name && e.Code == "part_died"
}
