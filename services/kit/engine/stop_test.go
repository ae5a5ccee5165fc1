package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/testkit"
)

// tardy is a budget that answers when the engine has been told to stop and has looked since then whether it may end.
type tardy struct {
	eng  atomic.Pointer[Engine]
	stop func()
	idle chan struct{} // an idle work loop renews its lease
}

func (b *tardy) Lease(context.Context, string, int) (Lease, error) {
	b.stop()
	e := b.eng.Load()
	select {
	case <-e.stopping:
	case <-e.ended:
	}
	for range 2 { // between two renewals the loop has looked
		select {
		case <-b.idle:
		case <-e.ended:
		}
	}
	return Lease{Tokens: 1, Until: time.Now().Add(time.Minute)}, nil
}

// TestStopMakesWhatIsClaimed: a call that is claimed while the engine stops is made, or not claimed at all; left behind
// it would count as lost, and somebody would have to find out what became of it.
func TestStopMakesWhatIsClaimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, m := &tardy{idle: make(chan struct{})}, &made{}
	cfg := testConfig(func(point string) error {
		if point == "before_renew" {
			select {
			case b.idle <- struct{}{}:
			default:
			}
		}
		return nil
	})
	cfg.Budget = b
	held := make(chan struct{})
	b.stop = func() { <-held }
	r := w.startConfig(urgency(w, func(_ context.Context, c Call) Result {
		m.add(c)
		return Result{Value: "rang"}
	}), cfg)
	b.eng.Store(r.eng)
	release := sync.OnceFunc(func() { close(held) })
	t.Cleanup(release) // also of a test that has failed before
	w.submit(newOrder(), "", 0)
	w.await("the call is planned", func() bool { return w.count(`select count(*) from engine_calls where state = 'planned'`) == 1 })
	r.cancel()
	release()
	r.stop()
	if n := w.count(`select count(*) from engine_calls where state = 'claimed'`); n != 0 {
		t.Errorf("%d calls are claimed by nobody who lives; %d were made", n, len(m.list()))
	}
	if n := w.count(`select count(*) from engine_writers where retired_at is null`); n != 0 {
		t.Errorf("the writer is left to a successor")
	}
}

// TestNobodyWaitsForTheDead: whoever comes with a command when the engine has just ended is turned away, not left waiting.
func TestNobodyWaitsForTheDead(t *testing.T) {
	t.Parallel()
	e := &Engine{urgent: make(chan *Input, 1), stopping: make(chan struct{}), ended: make(chan struct{}), cfg: Config{Backlog: 1}}
	e.publisher = newPublisher(e)
	e.turnAway()
	close(e.ended)
	answer := make(chan error, 1)
	go func() {
		_, err := e.await(t.Context(), &Input{Source: FromCommand})
		answer <- err
	}()
	if f := fault.As(testkit.Wait(t, "an answer", answer)); f == nil || f.Kind != fault.Unavailable || f.Code != "stopping" {
		t.Errorf("it hears %+v", f)
	}
}
