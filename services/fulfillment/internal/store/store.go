// Package store keeps fulfillment's rows; it is the only place of the service with SQL.
//
// Model: an order is one aggregate of the engine, loaded by id and written by one upsert per batch that succeeds only on
// the version that was loaded; so is the queue of those who want to change a subscription. The order as approved is written
// once; what changes is a short JSON document, which an operator can read with convert_from(body, 'utf8').
//
// Guarantees: the database repeats the domain's rules on statuses as CHECK constraints.
//
// Failures: errors are the driver's own; the engine sorts them. A row that cannot be read is an error that names its order.
package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/kit/engine"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the service's own tables, in goose's form.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// OrderKind is the kind of the orders' references.
const OrderKind = "order"

// Orders is the table of orders.
var Orders = engine.Table[*domain.Order]{
	Kind: OrderKind,
	Select: `select id::text, approved, version, sequence, due_at, unknown_since, status, body
		from orders where id = any($1::text[]::uuid[])`,
	Scan:   scanOrder,
	Upsert: upsertOrders,
	Args:   orderArgs,
	SelectDue: `select id::text from orders where due_at <= clock_timestamp() and due_at is not null
		order by due_at limit $1`,
	NextDue: `select min(due_at) from orders where due_at is not null`,
}

// upsertOrders takes an empty approved order as "as it is stored".
const upsertOrders = `
insert into orders (id, approved, version, sequence, due_at, unknown_since, status, body, customer, listens_for, deadline_at)
select id, approved, version, sequence, due_at, unknown_since, status, body, nullif(customer, '')::uuid, nullif(listens_for, '')::uuid, deadline_at
from unnest($1::text[]::uuid[], $2::bytea[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::bytea[],
	$9::text[], $10::text[], $11::timestamptz[]) as t(id, approved, version, sequence, due_at, unknown_since, status, body, customer, listens_for, deadline_at)
on conflict (id) do update set approved = coalesce(nullif(excluded.approved, ''), orders.approved), version = excluded.version,
	sequence = excluded.sequence, due_at = excluded.due_at, unknown_since = excluded.unknown_since,
	status = excluded.status, body = excluded.body, customer = coalesce(orders.customer, excluded.customer), listens_for = excluded.listens_for,
	deadline_at = excluded.deadline_at
where orders.version = excluded.version - 1`

func orderArgs(rows []engine.Row[*domain.Order]) []any {
	n := len(rows)
	ids, approved, versions, sequences := make([]string, n), make([][]byte, n), make([]int64, n), make([]int64, n)
	dues, unknown, statuses, bodies := make([]*time.Time, n), make([]*time.Time, n), make([]string, n), make([][]byte, n)
	customers, listening := make([]string, n), make([]string, n)
	deadlines := make([]*time.Time, n)
	for i, r := range rows {
		o := r.State
		ids[i], versions[i], sequences[i] = r.ID, r.Version, r.Sequence
		dues[i], unknown[i], statuses[i] = engine.NullTime(r.Due), engine.NullTime(o.UnknownSince), o.Status.String()
		approved[i], bodies[i], deadlines[i] = encodeApproved(o), stored.Order(o), engine.NullTime(o.Deadline())
		if !o.Stored {
			customers[i] = customerOf(o)
		}
		if o.Listens() {
			listening[i] = customerOf(o)
		}
	}
	return []any{ids, approved, versions, sequences, dues, unknown, statuses, bodies, customers, listening, deadlines}
}

// customerOf is the tenant of an order's customer; empty if none can be read.
func customerOf(o *domain.Order) string {
	id, err := uuid.Parse(o.Approved.GetCustomer().GetTenantId())
	if err != nil {
		return ""
	}
	return id.String()
}

// encodeApproved gives the order as approved, nothing if the row has it already, and nil if it has not arrived.
func encodeApproved(o *domain.Order) []byte {
	switch {
	case o.Stored:
		return []byte{}
	case !o.Arrived():
		return nil
	}
	data, err := proto.Marshal(o.Approved)
	if err != nil {
		panic(fmt.Errorf("fulfillment: encode order %s: %w", o.ID, err)) // it was read from a message
	}
	return data
}

func scanOrder(rows pgx.Rows) (engine.Row[*domain.Order], error) {
	r := engine.Row[*domain.Order]{State: new(domain.Order)}
	var in struct {
		approved, body pgtype.DriverBytes // the driver's own memory, good until the next row
		due, unknown   *time.Time
		status         string
	}
	if err := rows.Scan(&r.ID, &in.approved, &r.Version, &r.Sequence, &in.due, &in.unknown, &in.status, &in.body); err != nil {
		return r, err
	}
	o := r.State
	if err := stored.ReadOrder(in.body, o); err != nil {
		return r, fmt.Errorf("state of order %s: %w", r.ID, err)
	}
	o.ID, o.Status = r.ID, domain.StatusOf(in.status) // the CHECK knows the same words
	if in.due != nil {
		r.Due = *in.due
	}
	if in.unknown != nil {
		o.UnknownSince = *in.unknown
	}
	if in.approved != nil {
		o.Approved, o.Stored = new(orderv1.Order), true
		if err := proto.Unmarshal(in.approved, o.Approved); err != nil {
			return r, fmt.Errorf("order %s as approved: %w", r.ID, err)
		}
	}
	return r, nil
}

// Unknown counts the orders with a call whose outcome nobody knows, and gives the age of the oldest.
func Unknown(ctx context.Context, q engine.Querier) (count int64, oldest time.Duration, err error) {
	var seconds float64
	err = q.QueryRow(ctx, `
		select count(*), coalesce(extract(epoch from clock_timestamp() - min(unknown_since)), 0)::float8
		from orders where unknown_since is not null`).Scan(&count, &seconds)
	return count, time.Duration(seconds * float64(time.Second)), err
}
