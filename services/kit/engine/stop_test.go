package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// tardy is a budget whose answer comes when the engine has been told to stop.
type tardy struct {
	eng  atomic.Pointer[Engine]
	stop func()
}

func (b *tardy) Lease(context.Context, string, int) (Lease, error) {
	b.stop()
	<-b.eng.Load().stopping
	<-time.After(200 * time.Millisecond) // a database with much to do
	return Lease{Tokens: 1, Until: time.Now().Add(time.Minute)}, nil
}

// TestStopMakesWhatIsClaimed: a call that is claimed while the engine stops is made, or not claimed at all; left behind
// it would count as lost, and somebody would have to find out what became of it.
func TestStopMakesWhatIsClaimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, m := &tardy{}, &made{}
	cfg := testConfig(nil)
	cfg.Budget = b
	held := make(chan struct{})
	b.stop = func() { <-held }
	r := w.startConfig(urgency(w, func(_ context.Context, c Call) Result {
		m.add(c)
		return Result{Value: "rang"}
	}), cfg)
	b.eng.Store(r.eng)
	w.submit(newOrder(), "", 0)
	w.await("the call is planned", func() bool { return w.count(`select count(*) from engine_calls where state = 'planned'`) == 1 })
	r.cancel()
	close(held)
	r.stop()
	if n := w.count(`select count(*) from engine_calls where state = 'claimed'`); n != 0 {
		t.Errorf("%d calls are claimed by nobody who lives; %d were made", n, len(m.list()))
	}
	if n := w.count(`select count(*) from engine_writers where retired_at is null`); n != 0 {
		t.Errorf("the writer is left to a successor")
	}
}
