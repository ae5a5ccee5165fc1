package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// Filter says which orders of the book are listed. Its zero value means all.
type Filter struct {
	// Recent: not terminal, or terminal for less than a day.
	Recent bool
	// Active: neither draft nor terminal.
	Active bool
	// Statuses narrows to these words.
	Statuses []string
	// Tenant narrows to one customer.
	Tenant string
	// Search: number, reference or customer name begins with this.
	Search string
	// Before is the id of the last order of the page before.
	Before string
	Limit  int
}

// listed are the columns that scanListed reads.
const listed = `b.id::text, b.version, b.sequence, b.owner, b.approval_seq, b.fulfillment_seq, b.placed_at, b.shown_at, b.open_letters, b.view, o.body`

// List reads one page of the book, newest first.
func List(ctx context.Context, q engine.Querier, f Filter) ([]domain.Book, error) {
	sql, args := f.query()
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanListed)
}

// query puts only the conditions asked for into the text, so that each shape gets its own plan.
func (f Filter) query() (string, []any) {
	var where []string
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	if f.Recent {
		where = append(where, "(b.finished_at is null or b.finished_at > clock_timestamp() - interval '1 day')")
	}
	if f.Active {
		where = append(where, "b.finished_at is null and b.status <> 'draft'")
	}
	if len(f.Statuses) > 0 {
		where = append(where, "b.status = any("+arg(f.Statuses)+"::text[])")
	}
	if f.Tenant != "" {
		where = append(where, "o.tenant_id = "+arg(f.Tenant)+"::uuid")
	}
	if f.Search != "" {
		number, word := arg(prefix(strings.ToUpper(f.Search))), arg(prefix(strings.ToLower(f.Search)))
		where = append(where, fmt.Sprintf("(o.number like %s or lower(o.reference) like %s or lower(o.customer) like %s)", number, word, word))
	}
	if f.Before != "" {
		where = append(where, "b.id < "+arg(f.Before)+"::uuid")
	}
	sql := "select " + listed + " from book b join orders o on o.id = b.id"
	if len(where) > 0 {
		sql += " where " + strings.Join(where, " and ")
	}
	return sql + " order by b.id desc limit " + arg(f.Limit), args
}

// prefix is a LIKE pattern for what begins with s.
func prefix(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// Find reads one order by its id, or by its number if byNumber. ok is false if there is none.
func Find(ctx context.Context, q engine.Querier, id string, byNumber bool) (b domain.Book, ok bool, err error) {
	where := " where b.id = $1::text::uuid"
	if byNumber {
		where = " where o.number = $1"
	}
	rows, err := q.Query(ctx, "select "+listed+" from book b join orders o on o.id = b.id"+where, id)
	if err != nil {
		return b, false, err
	}
	b, err = pgx.CollectExactlyOneRow(rows, scanListed)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, false, nil
	}
	return b, err == nil, err
}

func scanListed(row pgx.CollectableRow) (domain.Book, error) {
	var b domain.Book
	var id, owner string
	var version, sequence int64
	var view, body []byte
	err := row.Scan(&id, &version, &sequence, &owner, &b.Heard[domain.Approval], &b.Heard[domain.Fulfillment],
		&b.PlacedAt, &b.ShownAt, &b.Letters, &view, &body)
	if err != nil {
		return b, err
	}
	b.Owner, b.Heard[domain.Intake] = domain.OwnerOf(owner), sequence
	b.View, b.Order = new(orderv1.View), new(orderv1.Order)
	if err := errors.Join(proto.Unmarshal(view, b.View), proto.Unmarshal(body, b.Order)); err != nil {
		return b, fmt.Errorf("order %s: %w", id, err)
	}
	return b, nil
}

// CountByStatus counts the orders that are not at their end, and those that came to it
// within the last day.
func CountByStatus(ctx context.Context, q engine.Querier) (map[string]int64, error) {
	rows, err := q.Query(ctx, `
		select status, count(*) from book where finished_at is null group by status
		union all
		select status, count(*) from book where finished_at > clock_timestamp() - interval '1 day' group by status`)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	var status string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&status, &n}, func() error { out[status] = n; return nil })
	return out, err
}
