package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/testkit"
)

// lose stops the broker, takes the last messages from the stream, and starts it again.
func (w *world) lose(n int) {
	w.t.Helper()
	w.nc.Close()
	w.nats.Stop()
	if n > 0 {
		w.nats.CutTail(contract.EventStream.Name, n)
	}
	w.nats.Restart()
	w.connect()
	if n > 0 && w.missing() == 0 {
		w.t.Fatal("the cut took none of the service's events, so there is nothing to heal")
	}
}

// TestHealsWhatASecondLossTook: the broker fails twice before anybody could check what it kept. What was acknowledged in
// between is as much in doubt as what was before.
func TestHealsWhatASecondLossTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	orders := map[string]int{}
	place := func() {
		for range 12 {
			id := newOrder()
			orders[id] = 0
			w.submit(id, "", 0)
		}
		w.settled(orders)
	}
	place()
	w.exec(`update engine_heal set held_until = clock_timestamp() + interval '1 minute'`)
	w.lose(0)
	place()
	w.lose(8)
	w.exec(`update engine_heal set held_until = '-infinity'`)
	w.await("the lost events are back", func() bool { return w.missing() == 0 })
	r.stop()
	w.check(orders)
}

// TestHealsWhatNoRowKnows: the event that is lost was acknowledged a moment ago, and no commit has carried that yet.
func TestHealsWhatNoRowKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var eng atomic.Pointer[Engine]
	var armed atomic.Bool
	asleep, wake := make(chan struct{}), make(chan struct{})
	r := w.start(func(point string) error {
		if e := eng.Load(); point == "before_renew" && armed.Load() && e.publisher.mark().seq > e.writer.saved {
			armed.Store(false)
			close(asleep)
			<-wake
		}
		return nil
	})
	eng.Store(r.eng)
	id := w.placed()
	w.await("all is known", func() bool { return w.count(`select count(*) from engine_writers where published < committed`) == 0 })
	armed.Store(true)
	if err := r.approve(id, "", 20*time.Second); err != nil {
		t.Fatal(err)
	}
	testkit.Wait(t, "the acknowledgement", asleep)
	w.lose(1)
	w.await("the check", func() bool {
		r.eng.publisher.mu.Lock()
		defer r.eng.publisher.mu.Unlock()
		return !r.eng.publisher.doubted
	})
	close(wake)
	w.await("the lost event is back", func() bool { return w.missing() == 0 })
	r.stop()
	w.check(map[string]int{id: 1})
}

// TestHealsALossOfLongAgo: a process has published for an hour without having been able to check what the broker lost at
// its beginning, and is gone.
func TestHealsALossOfLongAgo(t *testing.T) {
	t.Parallel()
	w, orders := lossy(t)
	w.lose(14)
	var lost string
	stored := w.stored()
	for seq := 1; lost == ""; seq++ {
		var id string
		if err := w.pool.QueryRow(t.Context(), `select event_id from engine_journal where seq = $1`, seq).Scan(&id); err != nil {
			t.Fatal(err)
		}
		if _, ok := stored[id]; !ok {
			lost = id
		}
	}
	w.exec(`update engine_journal set created_at = created_at - interval '1 hour' where seq < (select max(seq) from engine_journal)`)
	w.exec(`update engine_writers set stream_event = $1, stream_at = (select created_at from engine_journal where event_id = $1)`, lost)
	r := w.start(nil)
	w.await("the lost events are back", func() bool { return w.missing() == 0 })
	r.stop()
	w.check(orders)
}

// TestDuesDoNotWaitForTheBroker: while a check of the stream hangs, timers fire and planned calls are made.
func TestDuesDoNotWaitForTheBroker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hangs, end := make(chan struct{}), make(chan struct{})
	goOn := sync.OnceFunc(func() { close(end) })
	var armed atomic.Bool
	r := w.start(func(point string) error {
		if point == "before_heal" && armed.Swap(false) {
			close(hangs)
			<-end
		}
		return nil
	})
	t.Cleanup(goOn) // before the replica's own, which waits for it
	armed.Store(true)
	r.eng.Reconnected()
	testkit.Wait(t, "the check", hangs)
	id := newOrder()
	w.submit(id, "later", 0)
	w.await("the timer", func() bool { return w.tallies()[id].State.Fired == 1 })
	goOn()
	w.settled(map[string]int{id: 0})
	r.stop()
}

// TestHouseKeepingHoldsNobodyUp: while somebody reads the journal for long, no day of it is made, and no commit stands
// behind the attempt.
func TestHouseKeepingHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	days := func() {
		t.Helper()
		tx, err := w.pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		for _, sql := range []string{`set local lock_timeout = 0`, `select engine_journal_days('14 days')`} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	const made = `select count(*) from pg_inherits where inhparent = 'engine_journal'::regclass and inhrelid <> 'engine_journal_other'::regclass`
	reader, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback(t.Context()) }()
	if _, err := reader.Exec(t.Context(), `select from engine_journal`); err != nil {
		t.Fatal(err)
	}
	days()
	if n := w.count(made); n != 0 {
		t.Fatalf("%d days were made beside a reader, so there was nothing to wait for", n)
	}
	if err := reader.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	days()
	if n := w.count(made); n != 3 {
		t.Errorf("%d days", n)
	}
}
