package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// ReconciliationKind is the kind of the references to what is compared: everything by RoundID, or a customer by their tenant.
const ReconciliationKind = "reconciliation"

// RoundID is the round through all customers.
const RoundID = "all"

const roundSelect = `select id, version, sequence, due_at, coalesce(after::text, ''), body from reconciliations`

// Reconciliations is the table of what is compared when.
var Reconciliations = engine.Table[domain.Round]{
	Kind:   ReconciliationKind,
	Select: roundSelect + ` where id = any($1::text[])`,
	Scan:   func(rows pgx.Rows) (engine.Row[domain.Round], error) { return scanRound(rows) },
	Upsert: `
insert into reconciliations (id, version, sequence, due_at, after, body)
select id, version, sequence, due_at, nullif(after, '')::uuid, body
from unnest($1::text[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bytea[]) as t(id, version, sequence, due_at, after, body)
on conflict (id) do update set version = excluded.version, sequence = excluded.sequence, due_at = excluded.due_at,
	after = excluded.after, body = excluded.body
where reconciliations.version = excluded.version - 1`,
	Args: func(rows []engine.Row[domain.Round]) []any {
		n := len(rows)
		ids, versions, sequences := make([]string, n), make([]int64, n), make([]int64, n)
		dues, after, bodies := make([]*time.Time, n), make([]string, n), make([][]byte, n)
		for i, r := range rows {
			body, err := json.Marshal(r.State)
			if err != nil {
				panic(err) // times, texts and a number cannot fail
			}
			ids[i], versions[i], sequences[i] = r.ID, r.Version, r.Sequence
			dues[i], after[i], bodies[i] = engine.NullTime(r.Due), r.State.After, body
		}
		return []any{ids, versions, sequences, dues, after, bodies}
	},
	SelectDue: `select id from reconciliations where due_at <= clock_timestamp() and due_at is not null order by due_at limit $1`,
	NextDue:   `select min(due_at) from reconciliations where due_at is not null`,
}

func scanRound(row pgx.CollectableRow) (r engine.Row[domain.Round], err error) {
	var due *time.Time
	var body []byte
	if err = row.Scan(&r.ID, &r.Version, &r.Sequence, &due, &r.State.After, &body); err != nil {
		return r, err
	}
	if due != nil {
		r.Due = *due
	}
	if err = json.Unmarshal(body, &r.State); err != nil {
		err = fmt.Errorf("state of reconciliation %s: %w", r.ID, err)
	}
	return r, err
}

// ReconciliationsDue reads the round and the customers that are to be looked at, those that come first; at most 100.
func ReconciliationsDue(ctx context.Context, q engine.Querier) ([]engine.Row[domain.Round], error) {
	rows, err := q.Query(ctx, roundSelect+` where id = $1 or due_at is not null order by id = $1 desc, due_at limit 100`, RoundID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRound)
}

// Progress counts the customers of the round, and those that it is done with. It goes from one customer to the next by the
// index, so that it costs by customers and not by orders.
func Progress(ctx context.Context, q engine.Querier, after string) (customers, done int64, err error) {
	err = q.QueryRow(ctx, `with recursive c as (
			(select customer from orders where customer is not null order by customer limit 1)
			union all
			select (select customer from orders where customer > c.customer order by customer limit 1) from c where c.customer is not null
		)
		select count(customer), count(customer) filter (where customer <= nullif($1, '')::uuid) from c`, after).Scan(&customers, &done)
	return customers, done, err
}

// NextCustomer queues the question who comes after the customer that the round is done with; nothing if nobody does.
func NextCustomer(b *pgx.Batch, into *string) {
	b.Queue(`select customer::text from orders
		where customer > coalesce((select after from reconciliations where id = $1), '00000000-0000-0000-0000-000000000000'::uuid)
		order by customer limit 1`, RoundID).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(into); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// Records reads what our books say about a customer, in the order in which it was ordered.
func Records(ctx context.Context, q engine.Querier, customer string) (records []domain.Record, err error) {
	err = ordersOf(ctx, q, customer, func(o *domain.Order) { records = append(records, o.Records()...) })
	return records, err
}

// Holders reads which orders of a customer have bought what the vendor calls so.
func Holders(ctx context.Context, q engine.Querier, customer, vendorOrder string) (holders []domain.Place, err error) {
	err = ordersOf(ctx, q, customer, func(o *domain.Order) {
		if o.Holds(vendorOrder) {
			holders = append(holders, domain.Place{Order: o.ID, Number: o.Approved.GetNumber()})
		}
	})
	return holders, err
}

// ordersOf reads a customer's orders, the first one first.
func ordersOf(ctx context.Context, q engine.Querier, customer string, each func(*domain.Order)) error {
	rows, err := q.Query(ctx, `select id::text, approved, version, sequence, due_at, unknown_since, status, body
		from orders where customer = $1::text::uuid order by id`, customer)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanOrder(rows)
		if err != nil {
			return err
		}
		each(r.State)
	}
	return rows.Err()
}
