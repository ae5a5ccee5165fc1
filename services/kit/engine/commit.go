package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatflow/seatflow/services/kit/postgres"
)

// commit writes the batch in one transaction: everything or nothing. An answer
// that is lost on the way is cleared up before anything else happens.
func (e *Engine) commit(ctx context.Context, ws *workset) error {
	if !ws.writes() {
		return nil
	}
	if err := e.cfg.probe("before_commit"); err != nil {
		return err
	}
	w := &e.writer
	number, last := w.batch+1, w.seq
	for i := range ws.events {
		last++
		ws.events[i].seq = last
	}
	claimed := e.callers.reserve(ws)
	err := e.write(ctx, ws, number, last, claimed)
	if err != nil && ambiguous(err) {
		err = e.resolve(ctx, number, err)
	}
	if err != nil {
		e.callers.release(claimed)
		return err
	}
	w.batch, w.seq = number, last
	w.renewed = time.Now()
	w.saved = ws.mark.seq
	return e.cfg.probe("after_commit")
}

// writes reports whether the batch changes anything.
func (w *workset) writes() bool {
	return len(w.dirty)+len(w.events)+len(w.calls)+len(w.drops)+len(w.ended)+len(w.unknown)+len(w.replan)+len(w.hasten)+len(w.newKeys) > 0
}

// write sends the whole transaction in one round trip and commits in a second,
// after the number of rows of each statement was checked.
func (e *Engine) write(ctx context.Context, ws *workset, number, last int64, claimed int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: commit timeout"))
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	defer conn.Release()

	b := new(pgx.Batch)
	var check tally
	b.Queue("begin")
	ws.mark = e.publisher.mark()
	queueWriter(b, &e.writer, number, last, ws.mark, e.cfg.Lease, &check)
	byKind := map[string][]*entry{}
	for _, d := range ws.dirty {
		byKind[d.ref.Kind] = append(byKind[d.ref.Kind], d)
	}
	for _, k := range e.kinds {
		if es := byKind[k.kind()]; len(es) > 0 {
			k.save(b, es, check.expect(int64(len(es)), errStale))
		}
	}
	queueKeys(b, ws.newKeys, ws.now, e.cfg.KeepJournal, &check)
	queueJournal(b, e.writer.id, ws.events)
	queueCalls(b, ws, e.writer.id, claimed, e.cfg.SendBefore, &check)
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return e.rollback(ctx, conn.Conn(), translate(err))
	}
	if check.err != nil {
		return e.rollback(ctx, conn.Conn(), check.err)
	}
	if _, err := conn.Exec(ctx, "commit"); err != nil {
		return fmt.Errorf("%w: %w", errCommitAnswer, err)
	}
	return nil
}

// errCommitAnswer: COMMIT was sent and its answer did not come.
var errCommitAnswer = errors.New("engine: the answer to a commit was lost")

func ambiguous(err error) bool { return errors.Is(err, errCommitAnswer) }

func (e *Engine) rollback(ctx context.Context, c *pgx.Conn, cause error) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 2*time.Second, errors.New("engine: rollback timeout"))
	defer cancel()
	if _, err := c.Exec(ctx, "rollback"); err != nil {
		// The connection is of no use any more; the pool drops it, and the server rolls back.
		_ = c.Close(ctx)
	}
	return cause
}

// translate sorts out the errors that mean "load again".
func translate(err error) error {
	if postgres.IsUnique(err, "engine_keys_pkey") || postgres.Retryable(err) {
		return fmt.Errorf("%w: %w", errStale, err)
	}
	return err
}

// resolve finds out whether a commit with a lost answer took place: it moves the
// writer's epoch, which waits for a transaction still in flight and fences a late
// one, and looks at the number of the last batch.
func (e *Engine) resolve(ctx context.Context, number int64, cause error) error {
	for attempt := 0; ; attempt++ {
		landed, err := e.bumpEpoch(ctx, number)
		switch {
		case err == nil && landed:
			return nil
		case err == nil:
			return fmt.Errorf("%w: %w", errStale, cause)
		case errors.Is(err, errEpoch):
			return err
		}
		if perr := pause(ctx, backoff(attempt)); perr != nil {
			return errors.Join(perr, cause)
		}
	}
}

// tally checks how many rows the statements of a batch wrote.
type tally struct{ err error }

// expect returns a check for one statement: any other count means err.
func (t *tally) expect(rows int64, err error) func(int64) {
	return func(n int64) {
		if n != rows && t.err == nil {
			t.err = err
		}
	}
}

// queueExec queues a statement and hands on how many rows it wrote.
func queueExec(b *pgx.Batch, written func(int64), sql string, args ...any) {
	b.Queue(sql, args...).Exec(func(ct pgconn.CommandTag) error {
		if written != nil {
			written(ct.RowsAffected())
		}
		return nil
	})
}
