package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
)

// kill ends a replica as a crash does: nothing is finished, nothing is cleaned up.
func (r *replica) kill() {
	r.w.t.Helper()
	if err := <-r.done; err != nil && !errors.Is(err, errCrashed) {
		r.w.t.Fatalf("crash: %v", err)
	}
}

// check holds the engine's guarantees against what is in the database and the
// stream, once all replicas have stopped. orders are the accepted ones, each with
// the number of its approvals that were answered "ok".
func (w *world) check(orders map[string]int) {
	w.t.Helper()
	have := w.tallies()
	for id, approvals := range orders {
		row, ok := have[id]
		switch {
		case !ok:
			w.t.Errorf("order %s is lost", id)
		case row.State.Count < approvals:
			w.t.Errorf("order %s: %d of %d answered approvals are lost", id, approvals-row.State.Count, approvals)
		case row.State.Rung+row.State.Doubts != 1:
			w.t.Errorf("order %s: %d bells known to have rung, %d in doubt", id, row.State.Rung, row.State.Doubts)
		}
	}
	for id, row := range have {
		if _, ok := orders[id]; !ok {
			w.t.Errorf("order %s was never accepted", id)
		}
		if want := int64(1 + row.State.Count); row.Sequence != want {
			w.t.Errorf("order %s: the last event has number %d, not %d", id, row.Sequence, want)
		}
		for n := int64(1); n <= row.Sequence; n++ {
			if got := w.count(`select count(*) from engine_journal where event_id = $1`, fmt.Sprintf("%s.approval.%d", id, n)); got != 1 {
				w.t.Errorf("event %d of order %s is in the journal %d times", n, id, got)
			}
		}
	}
	if n := w.count(`select count(*) from engine_calls`); n != 0 {
		w.t.Errorf("%d calls have not come to an end", n)
	}
	w.checkStream()
}

// checkStream: every journalled event is in the stream, the same each time.
func (w *world) checkStream() {
	w.t.Helper()
	stored := w.stored()
	rows, err := w.pool.Query(w.t.Context(), `select event_id, subject, body from engine_journal`)
	if err != nil {
		w.t.Fatal(err)
	}
	for rows.Next() {
		var id, subject string
		var body []byte
		if err := rows.Scan(&id, &subject, &body); err != nil {
			w.t.Fatal(err)
		}
		got, ok := stored[id]
		if !ok {
			w.t.Errorf("event %s was never published", id)
		} else if !bytes.Equal(got, body) {
			w.t.Errorf("event %s was published with other content", id)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
}

// stored reads the events of the service from the stream and compares the repeats.
func (w *world) stored() map[string][]byte {
	w.t.Helper()
	ctx := w.t.Context()
	cons, err := w.js.OrderedConsumer(ctx, contract.EventStream.Name, jetstream.OrderedConsumerConfig{FilterSubjects: contract.Subjects(contract.Approval)})
	if err != nil {
		w.t.Fatal(err)
	}
	info, err := cons.Info(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string][]byte{}
	for range info.NumPending {
		m, err := cons.Next(jetstream.FetchContext(ctx))
		if err != nil && !errors.Is(err, context.Canceled) {
			w.t.Fatal(err)
		}
		id := m.Headers().Get(nats.MsgIdHdr)
		if before, ok := out[id]; ok && !bytes.Equal(before, m.Data()) {
			w.t.Errorf("event %s was repeated with other content", id)
		}
		out[id] = m.Data()
	}
	return out
}
