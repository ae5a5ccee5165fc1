package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// rollbackTimeout bounds a rollback, which does not stop when the caller's context does.
const rollbackTimeout = 5 * time.Second

// Beginner is what InTx needs: a *pgxpool.Pool or a *pgx.Conn.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// InTx runs do in one transaction: it commits when do returns nil, and rolls back when do returns an error, which it hands
// on as it is, or panics. A commit that fails is an error; whether it took effect is then unknown if the connection was
// lost. do must not keep the transaction, nor call anything outside while it holds it.
func InTx(ctx context.Context, db Beginner, do func(tx pgx.Tx) error) (err error) {
	tx, err := db.Begin(ctx)
	if err != nil {
		return Wrap("postgres.begin", err)
	}
	finished := false
	defer func() {
		if finished {
			return
		}
		if rerr := rollback(ctx, tx); rerr != nil && err != nil && fault.KindOf(err) == fault.Internal {
			err = errors.Join(err, rerr) // the rollback's failure may explain the first one
		}
	}()
	if err := do(tx); err != nil {
		return err
	}
	finished = true // a failed commit has ended the transaction as well
	return Wrap("postgres.commit", tx.Commit(ctx))
}

// rollback ends the transaction even when ctx has ended. A connection that cannot do so in time is closed by pgx, which
// makes the server roll back.
func rollback(ctx context.Context, tx pgx.Tx) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), rollbackTimeout, errors.New("postgres: rollback timeout"))
	defer cancel()
	if err := tx.Rollback(ctx); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		return Wrap("postgres.rollback", err)
	}
	return nil
}
