package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
)

const (
	// publishWindow is how many messages may wait for the stream's acknowledgement.
	publishWindow = 2048
	// publishTimeout is how long one acknowledgement may take.
	publishTimeout = 5 * time.Second
	// journalPage is how many rows are read back at once.
	journalPage = 512
	// memoryLimit is how many events may wait in memory; beyond it they are read back from the journal.
	memoryLimit = 8192
)

// publisher sends committed events to the stream in journal order, from memory as
// long as all goes well. When a message is not acknowledged it forgets what it
// holds and reads on from the journal behind the mark.
type publisher struct {
	e    *Engine
	wake chan struct{}

	mu        sync.Mutex
	writer    int64
	queue     []journaled // committed, not yet sent
	committed int64
	acked     mark
	since     time.Time // when the oldest unacknowledged event was committed
	behind    bool      // the queue is incomplete: read the journal
	doubted   bool      // the stream owes a check: no mark may replace the evidence
	doubts    int       // how often it was begun
	suspects  []mark    // the last acknowledgement before each of them
}

func newPublisher(e *Engine) *publisher {
	return &publisher{e: e, wake: make(chan struct{}, 1)}
}

// reset starts over for a new writer.
func (p *publisher) reset(writer int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writer, p.queue, p.committed, p.acked, p.behind = writer, nil, 0, mark{}, false
	p.since = time.Time{}
}

// enqueue takes the events of a batch that has been committed.
func (p *publisher) enqueue(events []journaled) {
	if len(events) == 0 {
		return
	}
	p.mu.Lock()
	if p.acked.seq == p.committed {
		p.since = time.Now()
	}
	p.committed = events[len(events)-1].seq
	if p.behind || len(p.queue) > memoryLimit {
		p.behind, p.queue = true, nil
	} else {
		p.queue = append(p.queue, events...)
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// mark is what the writer's row is to say. While the stream owes a check it says
// how much is published but not where: the row keeps the older evidence, by which a
// lost tail is found out.
func (p *publisher) mark() mark {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doubted {
		return mark{seq: p.acked.seq}
	}
	return p.acked
}

// reached is how far the stream has acknowledged the journal of a writer.
func (p *publisher) reached() (writer, seq int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writer, p.acked.seq
}

// doubt begins a doubt in what the stream holds, or another one: what was acknowledged since the
// last is no surer than what was before.
func (p *publisher) doubt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubted = true
	p.doubts++
	if n := len(p.suspects); p.acked.streamSeq > 0 && (n == 0 || p.suspects[n-1].event != p.acked.event) {
		p.suspects = append(p.suspects, p.acked)
	}
}

// suspicions are the marks that a check has to judge beside those in the rows, which
// may be a little older. doubts says which doubts the check can end.
func (p *publisher) suspicions() (marks []tailMark, doubts int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.suspects {
		marks = append(marks, tailMark{writer: p.writer, created: m.streamCreated, seq: m.streamSeq, event: m.event, at: m.at})
	}
	return marks, p.doubts
}

// trust ends the doubt, unless there has been another one since; it reports whether it did.
func (p *publisher) trust(doubts int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if doubts != p.doubts {
		return false
	}
	p.doubted, p.suspects = false, nil
	return true
}

// backlog is how many committed events the stream has not acknowledged.
func (p *publisher) backlog() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int(p.committed - p.acked.seq)
}

// oldest is how long the oldest unacknowledged event has waited.
func (p *publisher) oldest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.committed == p.acked.seq || p.since.IsZero() {
		return 0
	}
	return time.Since(p.since)
}

// next takes what is to be sent: from memory, or from the journal when behind.
func (p *publisher) next(ctx context.Context) (writer int64, events []journaled, err error) {
	p.mu.Lock()
	writer, events = p.writer, p.queue
	p.queue = nil
	behind, after, committed := p.behind, p.acked.seq, p.committed
	p.mu.Unlock()
	if !behind {
		return writer, events, nil
	}
	events, err = p.e.readJournal(ctx, writer, after, journalPage)
	if err != nil {
		return writer, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.writer == writer && p.committed == committed && (len(events) == 0 || events[len(events)-1].seq >= committed) {
		p.behind = false // caught up; what is committed from now on comes from memory
	}
	return writer, events, nil
}

// run sends until the work loop has ended and all is sent, or ctx ends.
func (p *publisher) run(ctx context.Context, drained <-chan struct{}) error {
	attempt := 0
	for {
		writer, events, err := p.next(ctx)
		if err == nil && len(events) > 0 {
			err = p.send(ctx, writer, events)
		}
		if errors.Is(err, errCrashed) {
			return err
		}
		if err != nil {
			p.fail()
			p.e.forgetStream() // it may be another one when it is back
			p.doubt()
			p.e.log.Warn("events wait in the journal", "waiting", p.backlog(), "error", err)
			attempt++
			select {
			case <-drained:
				return nil // the next writer publishes what is left
			case <-ctx.Done():
				return nil
			case <-time.After(backoff(attempt + 4)):
			}
			continue
		}
		if attempt > 0 {
			attempt = 0
			p.e.Reconnected() // what was acknowledged before may be gone
		}
		if p.backlog() > 0 {
			continue
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return nil
		case <-drained:
			if p.backlog() == 0 {
				return nil
			}
		}
	}
}

// fail forgets the memory: the journal is read on behind the mark.
func (p *publisher) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behind, p.queue = true, nil
}

// send publishes events asynchronously and moves the mark as acknowledgements come.
func (p *publisher) send(ctx context.Context, writer int64, events []journaled) error {
	created, err := p.e.streamCreated(ctx)
	if err != nil {
		return err
	}
	return p.e.publishAll(ctx, events, func(ev journaled, ack *jetstream.PubAck) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.writer == writer && ev.seq > p.acked.seq {
			p.acked = mark{seq: ev.seq, streamCreated: created, streamSeq: ack.Sequence, event: ev.id, at: ev.at}
			if p.acked.seq == p.committed {
				p.since = time.Time{}
			}
		}
	})
}

// publishAll sends events in order with a bounded window and calls acked for each
// in order. It stops at the first that is not acknowledged.
func (e *Engine) publishAll(ctx context.Context, events []journaled, acked func(journaled, *jetstream.PubAck)) error {
	if err := e.cfg.probe("before_publish"); err != nil {
		return err
	}
	futures := make([]jetstream.PubAckFuture, 0, min(len(events), publishWindow))
	for len(events) > 0 {
		n := min(len(events), publishWindow)
		futures = futures[:0]
		var failed error
		for _, ev := range events[:n] {
			f, err := e.js.PublishMsgAsync(ev.message(string(e.spec.Service)), jetstream.WithRetryAttempts(0))
			if err != nil {
				failed = fmt.Errorf("publish: %w", err)
				break
			}
			futures = append(futures, f)
		}
		for i, f := range futures {
			select {
			case ack := <-f.Ok():
				acked(events[i], ack)
				e.metrics.published.Inc()
			case err := <-f.Err():
				return fmt.Errorf("publish %s: %w", events[i].ceType, err)
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if failed != nil {
			return failed
		}
		events = events[n:]
	}
	return e.cfg.probe("after_publish")
}

// republish sends a writer's journal behind a mark and returns the last acknowledgement.
func (p *publisher) republish(ctx context.Context, writer, after int64) (mark, error) {
	last := mark{seq: after}
	for {
		events, err := p.e.readJournal(ctx, writer, last.seq, journalPage)
		if err != nil || len(events) == 0 {
			return last, err
		}
		created, err := p.e.streamCreated(ctx)
		if err != nil {
			return last, err
		}
		err = p.e.publishAll(ctx, events, func(ev journaled, ack *jetstream.PubAck) {
			last = mark{seq: ev.seq, streamCreated: created, streamSeq: ack.Sequence, event: ev.id, at: ev.at}
		})
		if err != nil {
			return last, err
		}
	}
}

// streamCreated tells one stream from a later one of the same name. It is asked
// for anew after each loss of the connection.
func (e *Engine) streamCreated(ctx context.Context) (time.Time, error) {
	e.streamMu.Lock()
	defer e.streamMu.Unlock()
	if !e.streamBorn.IsZero() {
		return e.streamBorn, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, publishTimeout, errors.New("engine: stream info timeout"))
	defer cancel()
	s, err := e.js.Stream(ctx, contract.EventStream.Name)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for stream %s: %w", contract.EventStream.Name, err)
	}
	e.streamBorn = s.CachedInfo().Created
	return e.streamBorn, nil
}

// forgetStream makes the next publication ask for the stream again.
func (e *Engine) forgetStream() {
	e.streamMu.Lock()
	defer e.streamMu.Unlock()
	e.streamBorn = time.Time{}
}
