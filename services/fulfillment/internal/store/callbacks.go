package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// CallbackKind is the kind of the references to the vendor's callbacks.
const CallbackKind = "callback"

// Callbacks is the table of the vendor's callbacks, kept for 14 days so that a repeat is known. Writing one deletes those that
// are older.
var Callbacks = engine.Table[domain.Callback]{
	Kind:   CallbackKind,
	Select: `select id, name, resource, changed, received_at, version, sequence from webhook_events where id = any($1::text[])`,
	Scan: func(rows pgx.Rows) (r engine.Row[domain.Callback], err error) {
		c := &r.State
		err = rows.Scan(&r.ID, &c.Name, &c.URI, &c.Changed, &c.ReceivedAt, &r.Version, &r.Sequence)
		return r, err
	},
	Upsert: `
with old as (delete from webhook_events where received_at < clock_timestamp() - interval '14 days')
insert into webhook_events (id, name, resource, changed, received_at, version, sequence)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $7::bigint[])
on conflict (id) do nothing`,
	Args: func(rows []engine.Row[domain.Callback]) []any {
		n := len(rows)
		ids, names, uris, changed := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		received, versions, sequences := make([]time.Time, n), make([]int64, n), make([]int64, n)
		for i, r := range rows {
			ids[i], names[i], uris[i], changed[i] = r.ID, r.State.Name, r.State.URI, r.State.Changed
			received[i], versions[i], sequences[i] = r.State.ReceivedAt, r.Version, r.Sequence
		}
		return []any{ids, names, uris, changed, received, versions, sequences}
	},
}

// mostListening is how many orders of one customer a callback concerns at most; the others are polled in their time.
const mostListening = 50

// Listening names the customer's orders that look again and again how far the vendor is, the oldest first.
func Listening(ctx context.Context, q engine.Querier, customer string) ([]string, error) {
	rows, err := q.Query(ctx, `select id::text from orders where listens_for = $1::text::uuid order by id limit $2`, customer, mostListening)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
