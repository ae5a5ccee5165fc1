package engine

import (
	"context"
	"time"
)

// collect waits for something to do and takes what else is there, commands and
// outcomes first. Only a loop whose last batch was a crowd lets the beat pass before
// the next. It returns nothing on an idle tick, and done when the engine has been told
// to stop and no input is left.
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
	batch = take(batch, e.timers)
	if e.last.size >= crowd {
		batch = e.gather(ctx, batch, messages)
	}
	e.last.size, e.last.at = len(batch), time.Now()
	return batch, false, nil
}

// crowd is how many inputs a batch has when orders do not come one by one.
const crowd = 4

// lastBatch is when the batch before was taken, and how many inputs it had.
type lastBatch struct {
	at   time.Time
	size int
}

// gather lets a batch grow until it is full or the beat since the last one is over. A
// batch costs about a millisecond of the machine beside its inputs, so a loop that
// takes every handful at once keeps the processors from the ones it waits for.
func (e *Engine) gather(ctx context.Context, batch []*Input, messages chan *Input) []*Input {
	beat := time.NewTimer(time.Until(e.last.at.Add(e.cfg.Beat)))
	defer beat.Stop()
	for len(batch) < cap(batch) {
		select {
		case in := <-e.urgent:
			batch = append(batch, in)
		case in := <-messages:
			batch = append(batch, in)
		case in := <-e.timers:
			batch = append(batch, in)
		case <-beat.C:
			return batch
		case <-e.stopping:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
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
	return e.callers.idle() && len(e.urgent) == 0 && len(e.timers) == 0 // in this order: a call that ends leaves its outcome first
}

// work is the writer's loop: one batch at a time, while the next gathers.
func (e *Engine) work(ctx context.Context) error {
	tick := time.NewTicker(min(time.Second, e.cfg.Lease/4))
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
