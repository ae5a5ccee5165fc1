package engine

import (
	"context"
	"sync"

	"github.com/seatflow/seatflow/proto/contract"
)

// turns hands a consumer's messages to the work loop. Inbox sources take turns, so
// that one publisher's thousands do not make another's single order wait behind
// all of them; events keep the stream's order.
type turns struct {
	e    *Engine
	fair bool

	mu      sync.Mutex
	queues  map[string][]*Input
	sources []string
	waiting chan struct{} // tells the pump that something is there
	room    chan struct{} // one token for each message that may be held
	quit    chan struct{}
	done    sync.WaitGroup
}

func newTurns(e *Engine, fair bool) *turns {
	t := &turns{
		e: e, fair: fair, queues: map[string][]*Input{},
		waiting: make(chan struct{}, 1), room: make(chan struct{}, 8*e.cfg.Batch), quit: make(chan struct{}),
	}
	if fair {
		t.done.Add(1)
		go t.pump()
	}
	return t
}

// stop ends the pump and hands back what it still holds.
func (t *turns) stop() {
	close(t.quit)
	t.done.Wait()
	for in := t.next(); in != nil; in = t.next() {
		t.e.handBack(in)
	}
}

// put takes a message; it blocks while the engine has enough, which stops the
// consumer from pulling more.
func (t *turns) put(ctx context.Context, in *Input) {
	if !t.fair {
		t.give(ctx, in)
		return
	}
	select {
	case t.room <- struct{}{}:
	case <-t.quit:
		t.e.handBack(in)
		return
	case <-t.e.stopping:
		t.e.handBack(in)
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-t.quit: // emptied already
		t.e.handBack(in)
		return
	default:
	}
	source, _ := contract.InboxSource(in.raw.subject)
	t.mu.Lock()
	if len(t.queues[source]) == 0 {
		t.sources = append(t.sources, source)
	}
	t.queues[source] = append(t.queues[source], in)
	t.mu.Unlock()
	select {
	case t.waiting <- struct{}{}:
	default:
	}
}

func (t *turns) give(ctx context.Context, in *Input) {
	select {
	case t.e.messages <- in:
	case <-t.quit:
		t.e.handBack(in)
	case <-t.e.stopping:
		t.e.handBack(in)
	case <-ctx.Done():
	}
}

// pump takes one message of each source in turn.
func (t *turns) pump() {
	defer t.done.Done()
	for {
		in := t.next()
		if in == nil {
			select {
			case <-t.waiting:
				continue
			case <-t.quit:
				return
			}
		}
		select {
		case t.e.messages <- in:
			<-t.room
		case <-t.quit:
			t.e.handBack(in)
			return
		}
	}
}

func (t *turns) next() *Input {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sources) == 0 {
		return nil
	}
	source := t.sources[0]
	t.sources = t.sources[1:]
	q := t.queues[source]
	in := q[0]
	if len(q) > 1 {
		t.queues[source] = q[1:]
		t.sources = append(t.sources, source)
	} else {
		delete(t.queues, source)
	}
	return in
}

// broadcast wakes all who wait for the same thing.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// next is closed when fire is called the next time.
func (b *broadcast) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) fire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
