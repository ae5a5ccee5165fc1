package store

import (
	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// SubscriptionKind is the kind of the subscriptions' references; their ids are domain.SubscriptionKey's.
const SubscriptionKind = "subscription"

// Subscriptions is the table of turns to change a subscription.
var Subscriptions = engine.Table[domain.Subscription]{
	Kind:   SubscriptionKind,
	Select: `select id, holder, version, sequence from subscriptions where id = any($1::text[])`,
	Scan: func(rows pgx.Rows) (engine.Row[domain.Subscription], error) {
		var r engine.Row[domain.Subscription]
		err := rows.Scan(&r.ID, &r.State.Holder, &r.Version, &r.Sequence)
		return r, err
	},
	Upsert: `
insert into subscriptions (id, holder, version, sequence)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
on conflict (id) do update set holder = excluded.holder, version = excluded.version, sequence = excluded.sequence
where subscriptions.version = excluded.version - 1`,
	Args: func(rows []engine.Row[domain.Subscription]) []any {
		n := len(rows)
		ids, holders, versions, sequences := make([]string, n), make([]string, n), make([]int64, n), make([]int64, n)
		for i, r := range rows {
			ids[i], holders[i], versions[i], sequences[i] = r.ID, r.State.Holder, r.Version, r.Sequence
		}
		return []any{ids, holders, versions, sequences}
	},
}
