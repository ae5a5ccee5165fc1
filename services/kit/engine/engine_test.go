package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

func TestOneOrderGoesThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the order is granted and its bell has rung", func() bool { return w.tallies()[id].State.Rung == 1 })
	if err := r.approve(id, "k1", 5*time.Second); err != nil {
		t.Fatal(err)
	}
	r.stop()
	w.check(map[string]int{id: 1})
	if n := w.count(`select count(*) from engine_writers where retired_at is not null`); n != 1 {
		t.Errorf("an orderly stop retires the writer; retired: %d", n)
	}
}

func TestRepeatsChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	id := newOrder()
	for i := range 5 {
		w.submit(id, "", i)
	}
	w.await("the order is there", func() bool { return w.tallies()[id].State.Rung == 1 })
	for range 3 {
		if err := r.approve(id, "same key", 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.approve(newOrder(), "same key", 5*time.Second); fault.As(err).Code != "key_reused" {
		t.Errorf("a key with another request: got %v", err)
	}
	if err := r.approve(newOrder(), "", 5*time.Second); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a refused command tells its caller: got %v", err)
	}
	r.stop()
	w.check(map[string]int{id: 1})
}

// One bad input in a batch of many: it becomes a dead letter, its neighbours are committed.
func TestBadInputsHurtNobodyElse(t *testing.T) {
	t.Parallel()
	for _, note := range []string{"hopeless", "panic", "bad state"} {
		t.Run(note, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ids := map[string]int{}
			for i := range 40 {
				id := newOrder()
				if i == 17 {
					w.submit(id, note, 0)
					continue
				}
				ids[id] = 0
				w.submit(id, "", 0)
			}
			r := w.start(nil) // all forty are waiting, so they come in one batch
			w.await("the neighbours are there", func() bool { return len(w.tallies()) == len(ids) })
			w.await("the bad one is a dead letter", func() bool { return w.count(`select count(*) from engine_dead_letters where state = 'open'`) == 1 })
			w.settled(ids)
			r.stop()
			w.check(ids)
			if n := w.count(`select count(*) from engine_journal where subject = 'seatflow.dead.approval'`); n != 1 {
				t.Errorf("a dead letter has one notice; got %d", n)
			}
		})
	}
}

func TestTimersFireOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.start(nil), w.start(nil)
	ids := map[string]int{}
	for range 20 {
		id := newOrder()
		ids[id] = 0
		w.submit(id, "later", 0)
	}
	w.await("all timers have fired", func() bool {
		n := 0
		for _, row := range w.tallies() {
			n += row.State.Fired
		}
		return n >= len(ids)
	})
	a.stop()
	b.stop()
	for id, row := range w.tallies() {
		if row.State.Fired != 1 {
			t.Errorf("the timer of %s fired %d times", id, row.State.Fired)
		}
	}
	w.check(ids)
}

// A process that sleeps past its lease, in the middle of a commit, wakes up and commits nothing more as that writer.
func TestZombieCannotCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asleep, wake := make(chan struct{}), make(chan struct{})
	once := false
	zombie := w.start(func(point string) error {
		if point == "before_commit" && !once {
			once = true
			close(asleep)
			<-wake
		}
		return nil
	})
	id := newOrder()
	w.submit(id, "", 0)
	<-asleep
	var writer int
	w.await("the lease has ended", func() bool {
		return w.count(`select count(*) from engine_writers where lease_until < clock_timestamp() and retired_at is null`) == 1
	})
	writer = w.count(`select id from engine_writers`)
	heir := w.start(nil)
	w.await("the writer is taken over", func() bool {
		return w.count(`select count(*) from engine_writers where id = $1 and retired_at is not null`, writer) == 1
	})
	close(wake)
	w.await("the order is there", func() bool { return w.tallies()[id].State.Rung+w.tallies()[id].State.Doubts == 1 })
	zombie.stop()
	heir.stop()
	if n := w.count(`select count(*) from engine_journal where writer = $1`, writer); n != 0 {
		t.Errorf("the zombie wrote %d events as a writer that it had lost", n)
	}
	w.check(map[string]int{id: 0})
}

// The answer to a call is lost: the decision is asked, the call stays open until it settles it.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bell.mute.Store(true)
	r := w.start(nil)
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the outcome is in doubt", func() bool { return w.tallies()[id].State.Doubts == 1 })
	r.stop()
	w.check(map[string]int{id: 0})
}

// A process dies between its call and its outcome: the successor has it decided as lost, and rings no second time.
func TestLostCallIsDecidedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.start(func(point string) error {
		if point == "after_call" {
			return errCrashed
		}
		return nil
	})
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the bell has rung", func() bool {
		w.bell.mu.Lock()
		defer w.bell.mu.Unlock()
		return len(w.bell.rings) == 1
	})
	first.kill()
	second := w.start(nil)
	w.await("the lost call is decided", func() bool { return w.tallies()[id].State.Doubts == 1 })
	second.stop()
	for call, n := range w.bell.rings {
		if n != 1 {
			t.Errorf("call %s was made %d times", call, n)
		}
	}
	w.check(map[string]int{id: 0})
}

// The database goes away for a moment while commands come in: none is lost, none is done twice.
func TestCommandsFindOutWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the order is there", func() bool { return w.tallies()[id].State.Rung == 1 })
	sure := 0
	for i := range 30 {
		if i%10 == 5 {
			if _, err := w.pool.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`); err != nil {
				t.Fatal(err)
			}
		}
		key := fmt.Sprint("k", i)
		err := r.approve(id, key, 5*time.Second)
		for fault.KindOf(err) == fault.Unavailable && err != nil {
			err = r.approve(id, key, 5*time.Second)
		}
		if err != nil {
			t.Fatal(errors.Unwrap(err), err)
		}
		sure++
	}
	r.stop()
	w.check(map[string]int{id: sure})
}
