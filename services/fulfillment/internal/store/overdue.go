package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// Overdue is an order that has stood still for longer than its status should last.
type Overdue struct {
	Order *domain.Order
	// Since is when it was last known to move, Deadline until when it should have moved again.
	Since, Deadline time.Time
}

// overdue are the orders past their deadline, and those on their shortest way, which have none, whose call has waited for as
// long as an order may be processed. The second half reads the engine's calls, of which only open ones are kept.
const overdue = `
select id, deadline_at from orders where deadline_at <= clock_timestamp()
union all
select o.id, min(c.created_at) + $1::interval from engine_calls c join orders o on o.id::text = c.order_id
where c.kind = '` + OrderKind + `' and c.created_at <= clock_timestamp() - $1::interval and o.deadline_at is null
	and o.status = 'processing'
group by o.id`

// ListOverdue gives the orders that have been overdue for longest, and how many there are; pace is the vendor's clock's.
func ListOverdue(ctx context.Context, q engine.Querier, pace domain.Pace, limit int) (found []Overdue, total int64, err error) {
	patience := domain.Patience(domain.Processing, pace)
	rows, err := q.Query(ctx, `with late as (`+overdue+`)
		select o.id::text, o.status, o.approved, o.body, late.deadline_at, (select count(*) from late)
		from late join orders o using (id) order by late.deadline_at limit $2`, patience, limit)
	if err != nil {
		return nil, 0, err
	}
	found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Overdue, error) {
		var (
			o              = Overdue{Order: new(domain.Order)}
			status         string
			approved, body []byte
		)
		if err := row.Scan(&o.Order.ID, &status, &approved, &body, &o.Deadline, &total); err != nil {
			return o, err
		}
		if err := stored.ReadOrder(body, o.Order); err != nil {
			return o, fmt.Errorf("state of order %s: %w", o.Order.ID, err)
		}
		o.Order.Status, o.Order.Approved = domain.StatusOf(status), new(orderv1.Order)
		if err := proto.Unmarshal(approved, o.Order.Approved); err != nil {
			return o, fmt.Errorf("order %s as approved: %w", o.Order.ID, err)
		}
		if o.Since = o.Order.Since; o.Since.IsZero() {
			o.Since = o.Deadline.Add(-patience)
		}
		return o, nil
	})
	return found, total, err
}

// CountOverdue counts the overdue orders by status.
func CountOverdue(ctx context.Context, q engine.Querier, pace domain.Pace) (map[domain.Status]int64, error) {
	rows, err := q.Query(ctx, `with late as (`+overdue+`)
		select o.status, count(*) from late join orders o using (id) group by o.status`, domain.Patience(domain.Processing, pace))
	if err != nil {
		return nil, err
	}
	counts := map[domain.Status]int64{}
	var (
		status string
		n      int64
	)
	_, err = pgx.ForEachRow(rows, []any{&status, &n}, func() error {
		counts[domain.StatusOf(status)] = n
		return nil
	})
	return counts, err
}
