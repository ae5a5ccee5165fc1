package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// DeliveryKind is the kind of the deliveries' references.
const DeliveryKind = "delivery"

const deliveryColumns = `id::text, version, status, order_id::text, cause, kind, channel, recipient, attempts, error, queued_at, updated_at`

// Deliveries is the table of deliveries. They emit no numbered events and have no timer.
var Deliveries = engine.Table[domain.Delivery]{
	Kind:   DeliveryKind,
	Select: `select ` + deliveryColumns + ` from deliveries where id = any($1::text[]::uuid[])`,
	Scan:   func(rows pgx.Rows) (engine.Row[domain.Delivery], error) { return scanDelivery(rows) },
	Upsert: `
insert into deliveries (id, version, status, order_id, cause, kind, channel, recipient, attempts, error, queued_at, updated_at)
select * from unnest($1::text[]::uuid[], $2::bigint[], $3::text[], $4::text[]::uuid[], $5::text[], $6::text[], $7::text[],
	$8::text[], $9::integer[], $10::text[], $11::timestamptz[], $12::timestamptz[])
on conflict (id) do update set version = excluded.version, status = excluded.status, attempts = excluded.attempts,
	error = excluded.error, updated_at = excluded.updated_at
where deliveries.version = excluded.version - 1 and deliveries.status = 'queued'`,
	Args: deliveryArgs,
}

func deliveryArgs(rows []engine.Row[domain.Delivery]) []any {
	n := len(rows)
	ids, versions, states, orders := make([]string, n), make([]int64, n), make([]string, n), make([]string, n)
	causes, kinds, channels, recipients := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	attempts, faults := make([]int32, n), make([]string, n)
	queued, updated := make([]time.Time, n), make([]time.Time, n)
	for i, r := range rows {
		d := r.State
		ids[i], versions[i], states[i], orders[i] = r.ID, r.Version, d.State.String(), d.Order
		causes[i], kinds[i], channels[i], recipients[i] = d.Cause, string(d.Kind), d.Channel, d.Recipient
		attempts[i], faults[i] = int32(d.Attempts), d.Error
		queued[i], updated[i] = d.QueuedAt, d.UpdatedAt
	}
	return []any{ids, versions, states, orders, causes, kinds, channels, recipients, attempts, faults, queued, updated}
}

func scanDelivery(row pgx.CollectableRow) (r engine.Row[domain.Delivery], err error) {
	var status string
	d := &r.State
	err = row.Scan(&r.ID, &r.Version, &status, &d.Order, &d.Cause, &d.Kind, &d.Channel, &d.Recipient, &d.Attempts, &d.Error,
		&d.QueuedAt, &d.UpdatedAt)
	d.State, _ = domain.ParseState(status) // the CHECK knows the same words
	return r, err
}

// ListDeliveries reads every delivery of an order, the oldest first. The order's id must be a UUID; for any other text
// there are none.
func ListDeliveries(ctx context.Context, q engine.Querier, order string) ([]engine.Row[domain.Delivery], error) {
	least, greatest, ok := domain.IDs(order)
	if !ok {
		return nil, nil
	}
	rows, err := q.Query(ctx, `select `+deliveryColumns+` from deliveries
		where id between $1::text::uuid and $2::text::uuid and order_id = $3::text::uuid
		order by queued_at, kind, recipient`, least, greatest, order)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanDelivery)
}
