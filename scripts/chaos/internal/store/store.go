// Package store reads what the services have left in their databases, for the checks after a storm.
//
// Model: each service's database is read as the server's administrator, from outside; nothing is written. What is read are
// the engine's own tables, which are the same in each service.
//
// Failures: a database that cannot be read is an error; nothing is tried again here.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

const timeout = 20 * time.Second

var errTimeout = errors.New("store: query timeout")

// Reader reads the databases of one server.
type Reader struct {
	// AdminURL is the administrator's URL of the server, password included.
	AdminURL string
	// Prefix of the databases' names, such as "seatflow_".
	Prefix string
}

// Loose is what of a service's work is not finished.
type Loose struct {
	// Unpublished are journal rows that the stream has not acknowledged, by the writers' marks.
	Unpublished int64
	// Calls are calls to the outside that have not come to their end.
	Calls int64
	// Letters are dead letters, whatever became of them; Sample tells about one.
	Letters int64
	Sample  string
	// Writers are writers that never retired; each running process has one.
	Writers int64
}

// Row is one journalled event.
type Row struct {
	ID, Subject, Type, Order string
	Sequence                 int64
	Body                     []byte
}

// Loose reads what of a service's work is not finished.
func (r Reader) Loose(ctx context.Context, service string) (l Loose, err error) {
	err = r.in(ctx, service, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, `select
			(select coalesce(sum(committed - published), 0)::bigint from engine_writers),
			(select count(*) from engine_calls),
			(select count(*) from engine_dead_letters),
			coalesce((select source || ' ' || subject || ': ' || code || ': ' || message from engine_dead_letters limit 1), ''),
			(select count(*) from engine_writers where retired_at is null)`).
			Scan(&l.Unpublished, &l.Calls, &l.Letters, &l.Sample, &l.Writers)
	})
	return l, err
}

// Journal reads every event that a service has journalled.
func (r Reader) Journal(ctx context.Context, service string) (rows []Row, err error) {
	err = r.in(ctx, service, func(ctx context.Context, c *pgx.Conn) error {
		found, err := c.Query(ctx, `select event_id, subject, type, order_id, sequence, body from engine_journal order by writer, seq`)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (e Row, err error) {
			return e, row.Scan(&e.ID, &e.Subject, &e.Type, &e.Order, &e.Sequence, &e.Body)
		})
		return err
	})
	return rows, err
}

// in runs do with a connection to a service's database.
func (r Reader) in(ctx context.Context, service string, do func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	u, err := url.Parse(r.AdminURL)
	if err != nil {
		return errors.New("store: the administrator's URL cannot be read")
	}
	u.Path = "/" + r.Prefix + service
	c, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return fmt.Errorf("look into the database of %s: %w", service, err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	if err := do(ctx, c); err != nil {
		return fmt.Errorf("look into the database of %s: %w", service, err)
	}
	return nil
}

// Order is an order as fulfillment keeps it.
type Order struct {
	ID, Status string
	// Body is its own state as JSON, for people.
	Body string
}

// Statuses counts fulfillment's orders by status.
func (r Reader) Statuses(ctx context.Context) (counts map[string]int, err error) {
	counts = map[string]int{}
	err = r.in(ctx, "fulfillment", func(ctx context.Context, c *pgx.Conn) error {
		rows, err := c.Query(ctx, `select status, count(*)::int from orders group by status`)
		if err != nil {
			return err
		}
		var status string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&status, &n}, func() error { counts[status] = n; return nil })
		return err
	})
	return counts, err
}

// Orders reads fulfillment's orders of some statuses, or all but those.
func (r Reader) Orders(ctx context.Context, not bool, statuses ...string) (orders []Order, err error) {
	err = r.in(ctx, "fulfillment", func(ctx context.Context, c *pgx.Conn) error {
		rows, err := c.Query(ctx, `select id::text, status, convert_from(body, 'utf8') from orders where (status = any($1)) <> $2 order by id`, statuses, not)
		if err != nil {
			return err
		}
		orders, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Order, err error) {
			return o, row.Scan(&o.ID, &o.Status, &o.Body)
		})
		return err
	})
	return orders, err
}
