package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const callColumns = `c.id, c.kind, c.aggregate, c.order_id, c.operation, c.body, c.priority, c.attempt, c.due_at, c.send_before, c.traceparent`

func scanCall(r pgx.CollectableRow) (c Call, err error) {
	var until *time.Time
	err = r.Scan(&c.ID, &c.Ref.Kind, &c.Ref.ID, &c.Order, &c.Operation, &c.Body, &c.Priority, &c.Attempt, &c.Due, &until, &c.Traceparent)
	if until != nil {
		c.SendBefore = *until
	}
	return c, err
}

// loadOpenCalls reads the calls of aggregates that have not come to an end.
func loadOpenCalls(b *pgx.Batch, refs []Ref, into map[Ref][]OpenCall) {
	kinds, ids := make([]string, len(refs)), make([]string, len(refs))
	for i, r := range refs {
		kinds[i], ids[i] = r.Kind, r.ID
	}
	b.Queue(`select distinct c.id, c.kind, c.aggregate, c.operation, c.state <> 'planned' from engine_calls c
		join unnest($1::text[], $2::text[]) as t(kind, aggregate) using (kind, aggregate)`, kinds, ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var o OpenCall
			var r Ref
			if err := rows.Scan(&o.ID, &r.Kind, &r.ID, &o.Operation, &o.Begun); err != nil {
				return err
			}
			into[r] = append(into[r], o)
		}
		return rows.Err()
	})
}

// queueCalls writes the batch's new intents and what became of older ones.
func queueCalls(b *pgx.Batch, ws *workset, writer int64, claimed int, sendBefore time.Duration, check *tally) {
	insertCalls(b, ws, writer, sendBefore, check)
	if len(ws.drops) > 0 {
		// Fewer rows: a call was claimed meanwhile, so the decision has to see that.
		queueExec(b, check.expect(int64(len(ws.drops)), errStale),
			`delete from engine_calls where id = any($1) and state = 'planned'`, ws.drops)
	}
	if len(ws.ended) > 0 {
		queueExec(b, nil, `delete from engine_calls where id = any($1)`, ws.ended)
	}
	if len(ws.unknown) > 0 {
		queueExec(b, nil, `update engine_calls set state = 'unknown' where id = any($1) and state in ('claimed', 'lost')`, ws.unknown)
	}
	moveCalls(b, ws)
}

// moveCalls moves planned calls forward and plans those anew that were given back.
func moveCalls(b *pgx.Batch, ws *workset) {
	var resources, lanes []string
	var prios []int16
	var changing []bool
	var dues []time.Time
	for _, c := range ws.calls {
		if c.resource != "" {
			resources, lanes, prios = append(resources, c.resource), append(lanes, c.Lane), append(prios, c.Priority)
			changing, dues = append(changing, c.changes), append(dues, c.Due)
		}
	}
	if len(ws.hasten)+len(ws.replan) == 0 {
		if len(lanes) > 0 {
			queueExec(b, nil, `with new as (`+newLanes+`)`+enterLanes("new"), resources, prios, lanes, changing, dues)
		}
		return
	}
	ids, due := make([]string, len(ws.replan)), make([]time.Time, len(ws.replan))
	for i, r := range ws.replan {
		ids[i], due[i] = r.id, r.due
	}
	// One statement, so that the lanes are locked in one order whatever they are moved for.
	const columns = `c.resource, c.priority, c.lane, c.changes, c.due_at`
	queueExec(b, nil, `with
		sooner as (update engine_calls c set due_at = $7 where c.id = any($6) and c.state = 'planned' and c.due_at > $7 returning `+columns+`),
		back as (update engine_calls c set state = 'planned', due_at = t.due, writer = null, send_before = null
			from unnest($8::text[], $9::timestamptz[]) as t(id, due) where c.id = t.id and c.state = 'claimed' returning `+columns+`),
		moved as (`+newLanes+` union all select * from sooner union all select * from back)`+enterLanes("moved"),
		resources, prios, lanes, changing, dues, ws.hasten, ws.now, ids, due)
}

const newLanes = `select * from unnest($1::text[], $2::smallint[], $3::text[], $4::boolean[], $5::timestamptz[]) as t(resource, priority, lane, changes, due_at)`

func insertCalls(b *pgx.Batch, ws *workset, writer int64, sendBefore time.Duration, check *tally) {
	n := len(ws.calls)
	if n == 0 {
		return
	}
	ids, kinds, aggs, orders := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	ops, bodies, prios, dues := make([]string, n), make([][]byte, n), make([]int16, n), make([]time.Time, n)
	claims, traces := make([]bool, n), make([]string, n)
	resources, lanes, changing := make([]string, n), make([]string, n), make([]bool, n)
	for i, c := range ws.calls {
		ids[i], kinds[i], aggs[i], orders[i] = c.ID, c.Ref.Kind, c.Ref.ID, c.Order
		ops[i], bodies[i], prios[i], dues[i] = c.Operation, notNull(c.Body), c.Priority, c.Due
		claims[i], traces[i], changing[i] = !c.SendBefore.IsZero(), c.Traceparent, c.changes
		if c.resource != "" {
			resources[i], lanes[i] = c.resource, c.Lane
		}
	}
	// Fewer rows: submissions were paused meanwhile, so what changes something is not claimed.
	queueExec(b, check.expect(int64(n), errPaused), `
		insert into engine_calls (id, kind, aggregate, order_id, operation, body, priority, due_at, traceparent, resource, lane, changes, state, attempt, writer, send_before, created_at)
		select id, kind, aggregate, order_id, operation, body, priority, due_at, traceparent, resource, lane, changes,
			case when claimed then 'claimed' else 'planned' end, claimed::int, case when claimed then $1::bigint end,
			case when claimed then clock_timestamp() + $2::interval end, $3
		from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::smallint[], $11::timestamptz[], $12::text[], $13::boolean[],
			$14::text[], $15::text[], $16::boolean[])
			as t(id, kind, aggregate, order_id, operation, body, priority, due_at, traceparent, claimed, resource, lane, changes)
		where not (claimed and changes and `+paused+`)`,
		writer, sendBefore, ws.now, ids, kinds, aggs, orders, ops, bodies, prios, dues, traces, claims, resources, lanes, changing)
}

// lostCall is a call whose maker died.
type lostCall struct{ Call Call }

// loseCalls makes the open calls of a dead writer this writer's own, as lost: if
// this process dies too before they are decided, its successor finds them the same way.
func (e *Engine) loseCalls(ctx context.Context, dead, me, epoch int64) ([]lostCall, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: takeover timeout"))
	defer cancel()
	rows, err := e.pool.Query(ctx, `
		with me as (select id from engine_writers where id = $2 and epoch = $3 for update)
		update engine_calls c set state = 'lost', writer = $2
		where c.writer = $1 and c.state in ('claimed', 'lost') and exists (select from me)
		returning `+callColumns, dead, me, epoch)
	if err != nil {
		return nil, fmt.Errorf("take open calls over: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (lostCall, error) {
		c, err := scanCall(r)
		return lostCall{c}, err
	})
}

// notNull is an empty value for a column that knows no null.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
