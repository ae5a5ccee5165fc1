package store

import (
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// SubscriptionKind is the kind of the references of subscriptions, and of purchases that are to be cancelled; their ids are
// domain.QueueKey's.
const SubscriptionKind = "subscription"

// Subscriptions is the table of those who wait to change a subscription.
var Subscriptions = engine.Table[domain.Queue]{
	Kind:   SubscriptionKind,
	Select: `select id, waiting::text, version, sequence from subscriptions where id = any($1::text[])`,
	Scan: func(rows pgx.Rows) (engine.Row[domain.Queue], error) {
		var r engine.Row[domain.Queue]
		var waiting string
		if err := rows.Scan(&r.ID, &waiting, &r.Version, &r.Sequence); err != nil {
			return r, err
		}
		if err := json.Unmarshal([]byte(waiting), &r.State.Waiting); err != nil {
			return r, fmt.Errorf("queue of %s: %w", r.ID, err)
		}
		return r, nil
	},
	Upsert: `
insert into subscriptions (id, waiting, version, sequence)
select id, waiting::jsonb, version, sequence from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as t(id, waiting, version, sequence)
on conflict (id) do update set waiting = excluded.waiting, version = excluded.version, sequence = excluded.sequence
where subscriptions.version = excluded.version - 1`,
	Args: func(rows []engine.Row[domain.Queue]) []any {
		n := len(rows)
		ids, waiting, versions, sequences := make([]string, n), make([]string, n), make([]int64, n), make([]int64, n)
		for i, r := range rows {
			ids[i], waiting[i], versions[i], sequences[i] = r.ID, places(r.State), r.Version, r.Sequence
		}
		return []any{ids, waiting, versions, sequences}
	},
}

func places(q domain.Queue) string {
	if len(q.Waiting) == 0 {
		return "[]"
	}
	data, err := json.Marshal(q.Waiting)
	if err != nil {
		panic(err) // two strings each
	}
	return string(data)
}
