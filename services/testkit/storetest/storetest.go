// Package storetest writes and reads a service's tables in a test as the engine does.
//
// Model: [Database] is a migrated database of the test's own; [Save] and [Load] run a table's own statements on it, outside
// of any engine.
package storetest

import (
	"context"
	"io/fs"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
)

// Source makes a database for a test from one that prepare fills once for each key: testkit.PostgresFrom.
type Source func(t testing.TB, key string, prepare func(ctx context.Context, url string) error) string

// Database is a database of the test's own that a service has migrated, as kit/service does it.
func Database(t testing.TB, from Source, service string, migrations fs.FS) *pgxpool.Pool {
	t.Helper()
	url := from(t, service, func(ctx context.Context, url string) error {
		pool, err := pgxpool.New(ctx, url)
		if err != nil {
			return err
		}
		defer pool.Close()
		return postgres.Migrate(ctx, pool, migrations, service+"_migrations")
	})
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Save upserts rows and returns how many were written; fewer than sent tells that a version was not the next one.
func Save[S any](t testing.TB, q *pgxpool.Pool, table engine.Table[S], rows ...engine.Row[S]) int64 {
	t.Helper()
	tag, err := q.Exec(t.Context(), table.Upsert, table.Args(rows)...)
	if err != nil {
		t.Fatalf("upsert %s: %v", table.Kind, err)
	}
	return tag.RowsAffected()
}

// Load selects rows by their ids, in no particular order. Ids that are not there are left out.
func Load[S any](t testing.TB, q *pgxpool.Pool, table engine.Table[S], ids ...string) []engine.Row[S] {
	t.Helper()
	rows, err := q.Query(t.Context(), table.Select, ids)
	if err != nil {
		t.Fatalf("select %s: %v", table.Kind, err)
	}
	out, err := pgx.CollectRows(rows, func(pgx.CollectableRow) (engine.Row[S], error) { return table.Scan(rows) })
	if err != nil {
		t.Fatalf("select %s: %v", table.Kind, err)
	}
	return out
}
