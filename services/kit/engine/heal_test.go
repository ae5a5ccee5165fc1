package engine

import (
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
