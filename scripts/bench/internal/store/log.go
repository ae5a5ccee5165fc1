package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// logToWrite is how much log FillLog writes, in megabytes: about what a full run of the measurements writes again.
const logToWrite = 1000

// FillLog makes a new server's log like that of one that has run for a while. A new server makes and zeroes each file of
// its log when it comes to it, and commits wait meanwhile; later on files are used again after a checkpoint.
func FillLog(ctx context.Context, url string) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("sign in to Postgres: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	for _, sql := range []string{
		fmt.Sprintf(`select pg_logical_emit_message(false, 'bench', repeat('x', 1000000)) from generate_series(1, %d)`, logToWrite),
		`checkpoint`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("fill the log of Postgres: %w", err)
		}
	}
	return nil
}
