package engine

import (
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
