package engine

import (
	"context"
	"time"
)

// collect waits for something to do and takes what else is there, commands and
// outcomes first, without lingering. It returns nothing on an idle tick, and
// done when the engine has been told to stop and no input is left.
func (e *Engine) collect(ctx context.Context, idle <-chan time.Time) (batch []*Input, done bool, err error) {
	batch = make([]*Input, 0, e.cfg.Batch)
	messages := e.messages
	if e.publisher.backlog() >= e.cfg.Backlog {
		messages = nil // outcomes go on; new work waits in the stream
	}
	stopping := e.stopping
	select {
	case <-e.stopping:
		stopping, messages = nil, nil
		if e.quiet() {
			return nil, true, nil
		}
	default:
	}
	select {
	case in := <-e.urgent:
		batch = append(batch, in)
	case in := <-messages:
		batch = append(batch, in)
	case in := <-e.timers:
		batch = append(batch, in)
	case <-idle:
		return nil, false, nil
	case <-stopping:
		return nil, false, nil
	case <-ctx.Done():
		return nil, false, context.Cause(ctx)
	}
	batch = take(batch, e.urgent)
	batch = take(batch, messages)
	return take(batch, e.timers), false, nil
}

// take adds what waits in the channel, up to the batch's capacity.
func take(batch []*Input, ch chan *Input) []*Input {
	for len(batch) < cap(batch) {
		select {
		case in := <-ch:
			batch = append(batch, in)
		default:
			return batch
		}
	}
	return batch
}

// quiet reports whether nothing accepted is left to do after stopping began.
func (e *Engine) quiet() bool {
	return len(e.urgent) == 0 && len(e.timers) == 0 && e.callers.idle()
}

// work is the writer's loop: one batch at a time, while the next gathers.
func (e *Engine) work(ctx context.Context) error {
	tick := time.NewTicker(min(500*time.Millisecond, e.cfg.Lease/4))
	defer tick.Stop()
	for {
		batch, done, err := e.collect(ctx, tick.C)
		switch {
		case err != nil:
			return stopErr(err)
		case done:
			return nil
		case len(batch) == 0 && e.abandon.Swap(false):
			err = e.register(ctx)
		case len(batch) == 0:
			err = e.renew(ctx)
		default:
			e.metrics.batch.Observe(float64(len(batch)))
			err = e.process(ctx, batch)
		}
		if err != nil {
			return stopErr(err)
		}
	}
}
