package postgres

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/seatflow/seatflow/services/kit/fault"
)

const (
	migrateTimeout = 5 * time.Minute
	lockPoll       = 1 // seconds between two tries for the lock
	lockTries      = 300
)

// Migrate brings the database up to the newest migration in fsys, whose files stand at its root and are goose's:
// 00001_name.sql with "-- +goose Up". table is where the versions are kept; each set of migrations in a database has a
// table of its own. Each migration runs in its own transaction together with its bookkeeping. Processes that start at the
// same time take turns by a lock in the database; a database that is newer than fsys is left as it is. Migrations run
// under the pool's lock_timeout, so one that meets a long transaction fails as Unavailable and is tried at the next start.
func Migrate(ctx context.Context, pool *pgxpool.Pool, fsys fs.FS, table string) error {
	failed := fault.New(fault.Internal, "migration_failed", "The database could not be migrated.").In("postgres.migrate").
		On("version table " + table)
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPoll, lockTries))
	if err != nil {
		return failed.Because(err)
	}
	db := stdlib.OpenDBFromPool(pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, fsys,
		goose.WithTableName(table), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return failed.Because(errors.Join(err, db.Close()))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, migrateTimeout, errors.New("postgres: migration timeout"))
	defer cancel()
	_, err = provider.Up(ctx)
	if err = errors.Join(err, provider.Close()); err != nil { // closes db, not the pool
		failed.Kind = Kind(err)
		if failed.Kind != fault.Unavailable {
			failed.Kind = fault.Internal // nobody's input is at fault
		}
		return failed.Because(err)
	}
	return nil
}
