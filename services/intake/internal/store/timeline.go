package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// TimelineKind is the kind of the timeline entries' references; their id is EntryID.
const TimelineKind = "timeline"

// EntryID names an entry: which is the owner's sequence, or the event's id if it has none.
func EntryID(order, owner, which string) string { return order + "/" + owner + "/" + which }

// Timeline is the set of everything that happened. An entry is inserted once; loading one
// only tells that it is there, so its state is empty.
var Timeline = engine.Table[*intakev1.TimelineEntry]{
	Kind:   TimelineKind,
	Select: `select id from timeline where id = any($1::text[])`,
	Scan: func(rows pgx.Rows) (engine.Row[*intakev1.TimelineEntry], error) {
		r := engine.Row[*intakev1.TimelineEntry]{Version: 1, State: present}
		return r, rows.Scan(&r.ID)
	},
	Upsert: `insert into timeline (id, body) select * from unnest($1::text[], $2::bytea[]) on conflict (id) do nothing`,
	Args: func(rows []engine.Row[*intakev1.TimelineEntry]) []any {
		ids, bodies := make([]string, len(rows)), make([][]byte, len(rows))
		for i, r := range rows {
			ids[i], bodies[i] = r.ID, encode(r.State)
		}
		return []any{ids, bodies}
	},
}

// present stands for every entry that is already stored.
var present = new(intakev1.TimelineEntry)

// entriesMost bounds a timeline that is read; no order gets near it.
const entriesMost = 5000

// Entries reads an order's timeline in no particular order.
func Entries(ctx context.Context, q engine.Querier, order string) ([]*intakev1.TimelineEntry, error) {
	// The character after the slash ends the range of ids that begin with the order.
	rows, err := q.Query(ctx, `select body from timeline where id >= $1 || '/' and id < $1 || '0' limit $2`, order, entriesMost)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*intakev1.TimelineEntry, error) {
		var body []byte
		if err := row.Scan(&body); err != nil {
			return nil, err
		}
		e := new(intakev1.TimelineEntry)
		if err := proto.Unmarshal(body, e); err != nil {
			return nil, fmt.Errorf("timeline of order %s: %w", order, err)
		}
		return e, nil
	})
}
