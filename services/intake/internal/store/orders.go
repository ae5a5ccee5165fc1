package store

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// OrderKind is the kind of the orders' references.
const OrderKind = "order"

// Orders is the order record and the book. Loading one for an event leaves the record out:
// no event needs it.
var Orders = engine.Table[domain.Book]{
	Kind: OrderKind,
	Select: `select id::text, version, sequence, owner, approval_seq, fulfillment_seq, placed_at, shown_at, open_letters, view
		from book where id = any($1::text[]::uuid[])`,
	Scan:   scanBook,
	Upsert: upsertOrders,
	Args:   orderArgs,
}

// upsertOrders writes the record of new orders beside their row in the book.
const upsertOrders = `
with sent as (
	select * from unnest($1::text[]::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
		$8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::integer[], $12::bytea[])
		as r (id, version, sequence, status, owner, approval_seq, fulfillment_seq, placed_at, shown_at, finished_at, open_letters, view)
), recorded as (
	insert into orders (id, number, tenant_id, customer, reference, body)
	select * from unnest($13::text[]::uuid[], $14::text[], $15::text[]::uuid[], $16::text[], $17::text[], $18::bytea[])
	on conflict (id) do nothing
)
insert into book (id, version, sequence, status, owner, approval_seq, fulfillment_seq, placed_at, shown_at, finished_at, open_letters, view)
select * from sent
on conflict (id) do update set version = excluded.version, sequence = excluded.sequence, status = excluded.status, owner = excluded.owner,
	approval_seq = excluded.approval_seq, fulfillment_seq = excluded.fulfillment_seq, shown_at = excluded.shown_at,
	finished_at = excluded.finished_at, open_letters = excluded.open_letters, view = excluded.view
where book.version = excluded.version - 1`

func orderArgs(rows []engine.Row[domain.Book]) []any {
	n := len(rows)
	ids, versions, sequences := make([]string, n), make([]int64, n), make([]int64, n)
	states, owners := make([]string, n), make([]string, n)
	approval, fulfillment := make([]int64, n), make([]int64, n)
	placed, shown := make([]time.Time, n), make([]time.Time, n)
	finished, letters := make([]*time.Time, n), make([]int32, n)
	views := make([][]byte, n)
	var fresh records
	for i, r := range rows {
		s := r.State
		ids[i], versions[i], sequences[i] = r.ID, r.Version, r.Sequence
		states[i], owners[i] = domain.StatusWord(s.View.GetStatus()), s.Owner.String()
		approval[i], fulfillment[i] = s.Heard[domain.Approval], s.Heard[domain.Fulfillment]
		placed[i], shown[i] = s.PlacedAt, s.ShownAt
		finished[i], letters[i] = engine.NullTime(s.FinishedAt()), int32(s.Letters)
		views[i] = encode(s.View)
		if r.Version == 1 {
			fresh.add(s.Order)
		}
	}
	return append([]any{ids, versions, sequences, states, owners, approval, fulfillment, placed, shown, finished, letters, views}, fresh.args()...)
}

// records are the columns of new orders.
type records struct {
	ids, numbers, tenants, customers, references []string
	bodies                                       [][]byte
}

func (r *records) add(o *orderv1.Order) {
	r.ids = append(r.ids, o.GetId())
	r.numbers = append(r.numbers, o.GetNumber())
	r.tenants = append(r.tenants, o.GetCustomer().GetTenantId())
	r.customers = append(r.customers, o.GetCustomer().GetName())
	r.references = append(r.references, o.GetReference())
	r.bodies = append(r.bodies, encode(o))
}

func (r *records) args() []any {
	return []any{r.ids, r.numbers, r.tenants, r.customers, r.references, r.bodies}
}

func scanBook(rows pgx.Rows) (engine.Row[domain.Book], error) {
	var r engine.Row[domain.Book]
	var owner string
	var view []byte
	s := &r.State
	err := rows.Scan(&r.ID, &r.Version, &r.Sequence, &owner, &s.Heard[domain.Approval], &s.Heard[domain.Fulfillment],
		&s.PlacedAt, &s.ShownAt, &s.Letters, &view)
	if err != nil {
		return r, err
	}
	s.Owner, s.Heard[domain.Intake] = domain.OwnerOf(owner), r.Sequence
	s.View = new(orderv1.View)
	if err := proto.Unmarshal(view, s.View); err != nil {
		return r, fmt.Errorf("view of order %s: %w", r.ID, err)
	}
	return r, nil
}

// QueueNumbers draws order numbers within a batch.
func QueueNumbers(b *pgx.Batch, n int, into func(year int, number int64)) {
	b.Queue(`select drawn_year, drawn from draw_order_numbers($1)`, n).Query(func(rows pgx.Rows) error {
		var year int
		var number int64
		_, err := pgx.ForEachRow(rows, []any{&year, &number}, func() error { into(year, number); return nil })
		return err
	})
}
