package engine

import (
	"errors"
	"testing"

	"github.com/seatflow/seatflow/proto/contract"
)

// lossy prepares a world with some orders through it, and stops the service.
func lossy(t *testing.T) (*world, map[string]int) {
	t.Helper()
	w := newWorld(t)
	r := w.start(nil)
	orders := map[string]int{}
	for range 12 {
		id := newOrder()
		orders[id] = 0
		w.submit(id, "", 0)
	}
	w.settled(orders)
	r.stop()
	return w, orders
}

// The broker comes back without its last messages: the service publishes again what is missing.
func TestHealsALostTail(t *testing.T) {
	t.Parallel()
	w, orders := lossy(t)
	w.nc.Close()
	w.nats.Stop()
	w.nats.CutTail(contract.EventStream.Name, 7)
	w.nats.Restart()
	w.connect()
	if missing := w.missing(); missing == 0 {
		t.Fatal("the cut took none of the service's events, so there is nothing to heal")
	}
	r := w.start(nil)
	w.await("the lost events are back", func() bool { return w.missing() == 0 })
	// New work after the loss goes through as before, although sequences are used again.
	id := newOrder()
	orders[id] = 0
	w.submit(id, "", 0)
	w.settled(orders)
	r.stop()
	w.check(orders)
}

// The tail is lost and other messages have filled its place before the service looks.
func TestHealsALostTailThatWasFilledAgain(t *testing.T) {
	t.Parallel()
	w, orders := lossy(t)
	w.nc.Close()
	w.nats.Stop()
	w.nats.CutTail(contract.EventStream.Name, 7)
	w.nats.Restart()
	w.connect()
	late := map[string]int{}
	for range 10 {
		id := newOrder()
		late[id] = 0
		w.submit(id, "", 0)
	}
	r := w.start(nil)
	w.await("the lost events are back", func() bool { return w.missing() == 0 })
	for id := range late {
		orders[id] = 0
	}
	w.settled(orders)
	r.stop()
	w.check(orders)
}

// The stream is deleted while the service runs and made anew: the journal rebuilds it at the next start.
func TestRebuildsADeletedStream(t *testing.T) {
	t.Parallel()
	w, orders := lossy(t)
	if err := w.js.DeleteStream(t.Context(), contract.EventStream.Name); err != nil {
		t.Fatal(err)
	}
	w.createStreams()
	r := w.start(nil)
	w.await("the lost events are back", func() bool { return w.missing() == 0 })
	r.stop()
	w.check(orders)
}

// missing counts the journalled events that the stream does not have.
func (w *world) missing() int {
	w.t.Helper()
	stored := w.stored()
	rows, err := w.pool.Query(w.t.Context(), `select event_id from engine_journal`)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			w.t.Fatal(err)
		}
		if _, ok := stored[id]; !ok {
			n++
		}
	}
	return n
}

// The tail is lost under a running service while somebody else holds the check: new
// marks must not wipe out what tells of the loss.
func TestHealsAfterAPostponedCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.start(nil)
	orders := map[string]int{}
	for range 12 {
		id := newOrder()
		orders[id] = 0
		w.submit(id, "", 0)
	}
	w.settled(orders)
	w.exec(`update engine_heal set held_until = clock_timestamp() + interval '1 minute'`)
	w.nc.Close()
	w.nats.Stop()
	w.nats.CutTail(contract.EventStream.Name, 10)
	w.nats.Restart()
	w.connect()
	if w.missing() == 0 {
		t.Fatal("the cut took none of the service's events, so there is nothing to heal")
	}
	for range 20 {
		id := newOrder()
		orders[id] = 0
		w.submit(id, "", 0)
	}
	w.await("new work went on", func() bool {
		return len(w.tallies()) == len(orders) && w.count(`select count(*) from engine_writers where published < committed`) == 0
	})
	w.exec(`update engine_heal set held_until = '-infinity'`)
	w.await("the lost events are back", func() bool { return w.missing() == 0 })
	w.settled(orders)
	first.stop()
	w.check(orders)
}

// A claim whose answer was lost leaves a claimed call that nobody remembers: the
// writer gives itself up, and its successor, here itself, has the call decided.
func TestForsakenClaimsAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	id := newOrder()
	w.submit(id, "", 0)
	w.settled(map[string]int{id: 0})
	writer, _ := r.eng.identity()
	w.exec(`insert into engine_calls (id, kind, aggregate, order_id, operation, body, priority, state, attempt, due_at, writer, send_before, traceparent, created_at)
		values ('forgotten', 'tally', $2, $2, 'ring', '', 0, 'claimed', 1, clock_timestamp(), $1, clock_timestamp(), '', clock_timestamp())`, writer, id)
	if err := r.eng.forsake(errors.New("the answer to a claim was lost")); err == nil {
		t.Fatal("forsake hands the error on")
	}
	w.await("the call is decided", func() bool {
		return w.count(`select count(*) from engine_calls where id = 'forgotten' and state in ('claimed', 'lost')`) == 0
	})
	r.stop()
}
