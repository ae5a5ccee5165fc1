package engine

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/testkit"
)

// consumer is the durable of the service under test, as the broker sees it now.
func (w *world) consumer() *jetstream.ConsumerInfo {
	w.t.Helper()
	c := contract.ConsumersOf(contract.Approval)[0]
	cons, err := w.js.Consumer(w.t.Context(), c.Stream, c.Name)
	if err != nil {
		w.t.Fatal(err)
	}
	return cons.CachedInfo()
}

// ackWait sets how long the broker waits for an acknowledgement.
func (w *world) ackWait(d time.Duration) {
	w.t.Helper()
	info := w.consumer()
	info.Config.AckWait = d
	if _, err := w.js.UpdateConsumer(w.t.Context(), info.Stream, info.Config); err != nil {
		w.t.Fatal(err)
	}
}

// TestStopHandsBack: what a stopping process has fetched and not decided goes to the others at once, not when its
// acknowledgement is overdue.
func TestStopHandsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ackWait(time.Hour)
	asleep, wake := make(chan struct{}), make(chan struct{})
	var armed atomic.Bool
	armed.Store(true)
	cfg := testConfig(func(point string) error {
		if point == "before_commit" && armed.Swap(false) {
			close(asleep)
			<-wake
		}
		return nil
	})
	cfg.Batch = 4
	first := w.startConfig(tallySpec(w.bell), cfg)
	orders := map[string]int{}
	for range 40 {
		id := newOrder()
		orders[id] = 0
		w.submit(id, "", 0)
	}
	testkit.Wait(t, "a batch under way", asleep)
	w.await("a full hand", func() bool { return w.consumer().NumAckPending > 2*cfg.Batch })
	first.cancel()
	close(wake)
	first.stop()
	second := w.start(nil)
	w.settled(orders)
	second.stop()
	w.check(orders)
}

// TestOneLetterForOneMessage: a message that is put aside and comes again, since its acknowledgement was lost, does not
// become a second dead letter.
func TestOneLetterForOneMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.start(func(point string) error {
		if point == "before_ack" {
			return errCrashed
		}
		return nil
	})
	w.submit(newOrder(), "hopeless", 0)
	first.kill()
	w.waitForLetters(1)
	if n := w.consumer().NumAckPending; n != 1 {
		t.Fatalf("%d messages wait for their acknowledgement", n)
	}
	second := w.start(nil)
	w.await("the repeat is through", func() bool { return w.consumer().NumAckPending == 0 })
	second.stop()
	if n := w.count(`select count(*) from engine_dead_letters`); n != 1 {
		t.Errorf("%d dead letters", n)
	}
	if n := w.count(`select count(*) from engine_journal where type = $1`, contract.DeadLetterType); n != 1 {
		t.Errorf("%d notices", n)
	}
}

// TestFailingTimersRest: timers whose decision fails do not keep those behind them from firing.
func TestFailingTimersRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := tallySpec(w.bell)
	var cursed [6]string
	for i := range cursed {
		cursed[i] = newOrder()
	}
	failed := make(chan struct{}, 100)
	decide := spec.Timers[0].Decide
	spec.Timers = []TimerRoute{{Kind: tallyKind, Decide: func(t *Turn) error {
		for _, id := range cursed {
			if t.Refs[0].ID == id {
				failed <- struct{}{}
				return fault.New(fault.Internal, "cursed", "It cannot be.")
			}
		}
		return decide(t)
	}}}
	for _, id := range cursed { // due long before the other
		w.exec(`insert into tallies values ($1::text::uuid, 1, 0, clock_timestamp() - interval '1 hour', 'granted', '{"status":"granted"}')`, id)
	}
	id := newOrder()
	w.exec(`insert into tallies values ($1::text::uuid, 1, 0, clock_timestamp() - interval '1 minute', 'granted', '{"status":"granted"}')`, id)
	cfg := testConfig(nil)
	cfg.Batch = 4
	r := w.startConfig(spec, cfg)
	for range cursed {
		testkit.Wait(t, "a timer that fails", failed)
	}
	w.await("the timer behind them", func() bool { return w.tallies()[id].State.Fired == 1 })
	r.stop()
}
