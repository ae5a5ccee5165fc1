// Package store counts what a measurement left in the services' databases.
//
// Model: it signs in to each database as the service itself and only reads. Guarantees: a count is what is committed.
// Failures: a database that cannot be read is an error with the service's name. The row versions come from the server's
// statistics, to which an idle connection may report up to 10 seconds late: wait [Settle] after the last order.
package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
)

// Settle is how long after the last commit the statistics are whole.
const Settle = 10500 * time.Millisecond

const timeout = 30 * time.Second

var errTimeout = errors.New("bench: database timeout")

// Databases are the services' own URLs, by service.
type Databases map[string]string

// Orders is how many orders a service knows, and how many of them are through with it.
type Orders struct{ All, Through int64 }

// through says for each service what an order looks like that went all the way.
var through = map[string]string{
	"intake":       `select count(*), count(*) filter (where status = 'completed') from book`,
	"approval":     `select count(*), count(*) filter (where status = 'granted') from requests`,
	"fulfillment":  `select count(*), count(*) filter (where status = 'completed') from orders`,
	"notification": `select count(*), count(*) filter (where status = 'sent') from deliveries`,
}

// Orders counts them in each service's database.
func (d Databases) Orders(ctx context.Context) (map[string]Orders, error) {
	out := map[string]Orders{}
	err := d.each(ctx, func(ctx context.Context, service string, conn *pgx.Conn) error {
		var o Orders
		err := conn.QueryRow(ctx, through[service]).Scan(&o.All, &o.Through)
		out[service] = o
		return err
	})
	return out, err
}

// partition is the day in the name of a journal's partition.
var partition = regexp.MustCompile(`_(\d{8}|other)$`)

// RowVersions gives, by service and table, how many row versions were ever written: rows inserted and updated.
func (d Databases) RowVersions(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := d.each(ctx, func(ctx context.Context, service string, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `select relname, n_tup_ins + n_tup_upd from pg_stat_user_tables`)
		if err != nil {
			return err
		}
		var table string
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&table, &n}, func() error {
			out[service+"."+partition.ReplaceAllString(table, "")] += n
			return nil
		})
		return err
	})
	return out, err
}

func (d Databases) each(ctx context.Context, do func(context.Context, string, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	for service := range through {
		if err := d.one(ctx, service, do); err != nil {
			return fmt.Errorf("the database of %s: %w", service, err)
		}
	}
	return nil
}

func (d Databases) one(ctx context.Context, service string, do func(context.Context, string, *pgx.Conn) error) (err error) {
	conn, err := pgx.Connect(ctx, d[service])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return do(ctx, service, conn)
}
