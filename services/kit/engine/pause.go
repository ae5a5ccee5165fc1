package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const pauseKind = "pause"

// PauseRef is the switch of submissions: an aggregate that every service has. While it is
// paused no call of an operation with Changes is claimed, by any replica; a call that was
// claimed before is made. It never exists before somebody has touched it.
var PauseRef = Ref{pauseKind, "submissions"}

// Pause is how the switch stands.
type Pause struct {
	Paused bool
	Reason string
	// By is who set it, in the service's own encoding.
	By []byte
	At time.Time
}

var pauseTable = Table[Pause]{
	Kind:   pauseKind,
	Select: `select id, version, sequence, paused, reason, set_by, set_at from engine_pause where id = any($1::text[])`,
	Scan: func(r pgx.Rows) (row Row[Pause], err error) {
		p := &row.State
		return row, r.Scan(&row.ID, &row.Version, &row.Sequence, &p.Paused, &p.Reason, &p.By, &p.At)
	},
	Upsert: `insert into engine_pause (id, version, sequence, paused, reason, set_by, set_at)
		select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::boolean[], $5::text[], $6::bytea[], $7::timestamptz[])
		on conflict (id) do update set version = excluded.version, paused = excluded.paused, reason = excluded.reason,
			set_by = excluded.set_by, set_at = excluded.set_at
		where engine_pause.version = excluded.version - 1`,
	Args: func(rows []Row[Pause]) []any {
		return []any{
			column(rows, func(r Row[Pause]) string { return r.ID }),
			column(rows, func(r Row[Pause]) int64 { return r.Version }),
			column(rows, func(r Row[Pause]) int64 { return r.Sequence }),
			column(rows, func(r Row[Pause]) bool { return r.State.Paused }),
			column(rows, func(r Row[Pause]) string { return r.State.Reason }),
			column(rows, func(r Row[Pause]) []byte { return notNull(r.State.By) }),
			column(rows, func(r Row[Pause]) time.Time { return r.State.At }),
		}
	},
}

// PauseOf reads how the switch stands; the zero value if nobody has touched it.
func PauseOf(ctx context.Context, q Querier) (p Pause, err error) {
	err = q.QueryRow(ctx, `select paused, reason, set_by, set_at from engine_pause where id = $1`, PauseRef.ID).Scan(&p.Paused, &p.Reason, &p.By, &p.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return Pause{}, nil
	}
	return p, err
}

// Waiting are calls of one kind that are due and not claimed.
type Waiting struct {
	// Resource is whose tokens they need; empty for none.
	Resource string
	// Class is "urgent", "bulk", "poll" or "background".
	Class string
	// Changes says that they wait for the pause to end, if there is one.
	Changes bool
	Calls   int64
}

// WaitingCalls counts the calls that are due and not claimed.
func WaitingCalls(ctx context.Context, q Querier) ([]Waiting, error) {
	rows, err := q.Query(ctx, `select resource, priority, changes, count(*) from engine_calls
		where state = 'planned' and due_at <= clock_timestamp() group by 1, 2, 3`)
	if err != nil {
		return nil, fmt.Errorf("count waiting calls: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (w Waiting, err error) {
		var priority int16
		err = r.Scan(&w.Resource, &priority, &w.Changes, &w.Calls)
		w.Class = class(priority)
		return w, err
	})
}
