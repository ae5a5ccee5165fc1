package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"github.com/seatflow/seatflow/services/kit/bus"
)

// journaled is one event as the journal keeps it and the stream gets it.
type journaled struct {
	seq      int64
	id       string
	subject  string
	ceType   string
	order    string
	sequence int64
	trace    string
	at       time.Time
	body     []byte
}

// message is the event as it goes out; the same bytes each time.
func (j journaled) message(source string) *nats.Msg {
	return &nats.Msg{Subject: j.subject, Data: j.body, Header: bus.Head{
		ID: j.id, Source: source, Type: j.ceType, Subject: j.order, Sequence: j.sequence, Time: j.at, Traceparent: j.trace,
	}.Header()}
}

// size is the most that the message can take of the broker's payload limit, which
// counts headers too: each byte of an id may become three there.
func (j journaled) size() int64 {
	const fixed = 512 // names, times, sequence
	return int64(fixed + len(j.body) + len(j.ceType) + len(j.trace) + 3*(2*len(j.id)+len(j.order)))
}

func queueJournal(b *pgx.Batch, writer int64, events []journaled) {
	if len(events) == 0 {
		return
	}
	n := len(events)
	seqs, ids, subjects, types := make([]int64, n), make([]string, n), make([]string, n), make([]string, n)
	orders, sequences, traces, bodies := make([]string, n), make([]int64, n), make([]string, n), make([][]byte, n)
	for i, ev := range events {
		seqs[i], ids[i], subjects[i], types[i] = ev.seq, ev.id, ev.subject, ev.ceType
		orders[i], sequences[i], traces[i], bodies[i] = ev.order, ev.sequence, ev.trace, ev.body
	}
	queueExec(b, nil, `
		insert into engine_journal (writer, created_at, seq, event_id, subject, type, order_id, sequence, traceparent, body)
		select $1, $2, * from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::bytea[])`,
		writer, events[0].at, seqs, ids, subjects, types, orders, sequences, traces, bodies)
}

const journalColumns = `seq, event_id, subject, type, order_id, sequence, traceparent, created_at, body`

func scanJournaled(r pgx.CollectableRow) (j journaled, err error) {
	return j, r.Scan(&j.seq, &j.id, &j.subject, &j.ceType, &j.order, &j.sequence, &j.trace, &j.at, &j.body)
}

// readJournal reads a writer's events behind a mark, oldest first.
func (e *Engine) readJournal(ctx context.Context, writer, after int64, limit int) ([]journaled, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: journal read timeout"))
	defer cancel()
	rows, err := e.pool.Query(ctx, `select `+journalColumns+` from engine_journal where writer = $1 and seq > $2 order by seq limit $3`,
		writer, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanJournaled)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return out, nil
}

// keepDays makes the journal's next days and drops those that are old enough.
func (e *Engine) keepDays(ctx context.Context) {
	keep := []any{e.cfg.KeepJournal}
	for _, do := range []struct {
		sql  string
		args []any
	}{
		{`select engine_journal_days($1)`, keep},
		{`delete from engine_keys where expires_at < clock_timestamp()`, nil},
		{`delete from engine_writers where retired_at < clock_timestamp() - 2 * $1::interval`, keep},
	} {
		dctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: housekeeping timeout"))
		if _, err := e.pool.Exec(dctx, do.sql, do.args...); err != nil {
			e.log.Warn("housekeeping failed and is tried again in an hour", "error", err)
		}
		cancel()
	}
}
