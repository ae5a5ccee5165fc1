package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// writer is this process's row in engine_writers. Only the work loop changes it;
// others read id and epoch through identity.
type writer struct {
	id, epoch int64
	batch     int64
	seq       int64 // the last journal row
	saved     int64 // the mark as the row has it
	renewed   time.Time
}

// mark is how far the stream has acknowledged a writer's journal, and where.
type mark struct {
	seq           int64
	streamCreated time.Time
	streamSeq     uint64
	event         string
	at            time.Time // when the journal took the event
}

// place is where the stream has the event, as columns; nulls if it is not to be told.
func (m mark) place() []any {
	if m.streamSeq == 0 {
		return []any{nil, nil, nil, nil}
	}
	return []any{m.streamCreated, int64(m.streamSeq), m.event, m.at}
}

// setPlace writes a mark's place, whose arguments are the first four; nulls leave what is there.
const setPlace = `stream_created = coalesce($1, w.stream_created), stream_seq = coalesce($2, w.stream_seq),
	stream_event = coalesce($3, w.stream_event), stream_at = coalesce($4, w.stream_at)`

// register takes a new writer row and drops what the old one left in memory: a
// successor publishes that.
func (e *Engine) register(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		rctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: register timeout"))
		var id, epoch int64
		err := e.pool.QueryRow(rctx,
			`insert into engine_writers (lease_until) values (clock_timestamp() + $1) returning id, epoch`,
			e.cfg.Lease).Scan(&id, &epoch)
		cancel()
		if err == nil {
			e.setWriter(writer{id: id, epoch: epoch, renewed: time.Now()})
			e.publisher.reset(id)
			e.log.Info("writer registered", "writer", id)
			return nil
		}
		e.log.Warn("no writer could be registered yet", "error", err)
		if err := pause(ctx, backoff(attempt)); err != nil {
			return err
		}
	}
}

func (e *Engine) setWriter(w writer) {
	e.identityMu.Lock()
	defer e.identityMu.Unlock()
	e.writer = w
}

// identity is the writer's id and epoch for use outside the work loop.
func (e *Engine) identity() (id, epoch int64) {
	e.identityMu.Lock()
	defer e.identityMu.Unlock()
	return e.writer.id, e.writer.epoch
}

// queueWriter is the first statement of each commit: it proves that the writer is
// still ours, and carries the lease and the mark along. One that arrives late, a renewal
// whose answer nobody waits for any more, changes nothing once a newer batch is in.
func queueWriter(b *pgx.Batch, w *writer, number, last int64, m mark, lease time.Duration, check *tally) {
	queueExec(b, check.expect(1, errEpoch), `
		update engine_writers w set batch = $7, committed = $8, published = greatest(published, $9), lease_until = clock_timestamp() + $10, `+setPlace+`
		where id = $5 and epoch = $6 and batch <= $7`,
		append(m.place(), w.id, w.epoch, number, last, m.seq, lease)...)
}

// renew keeps the lease and saves the mark when there is nothing to commit that would carry them.
func (e *Engine) renew(ctx context.Context) error {
	w := &e.writer
	m := e.publisher.mark()
	if time.Since(w.renewed) < e.cfg.Lease/3 && m.seq == w.saved {
		return nil
	}
	if err := e.cfg.probe("before_renew"); err != nil {
		return err
	}
	bctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: renew timeout"))
	defer cancel()
	b := new(pgx.Batch)
	var check tally
	queueWriter(b, w, w.batch, w.seq, m, e.cfg.Lease, &check)
	err := e.pool.SendBatch(bctx, b).Close()
	switch {
	case err != nil:
		e.log.Warn("the lease could not be renewed", "error", err)
		return nil // the next tick or commit tries again
	case check.err != nil:
		e.log.Warn("this writer was taken over", "writer", w.id)
		return e.register(ctx)
	}
	w.renewed, w.saved = time.Now(), m.seq
	return nil
}

// bumpEpoch fences every earlier statement of this writer and reports whether the
// batch with the number is in. errEpoch: somebody else has the writer now.
func (e *Engine) bumpEpoch(ctx context.Context, number int64) (landed bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: resolve timeout"))
	defer cancel()
	var epoch, batch int64
	err = e.pool.QueryRow(ctx, `update engine_writers set epoch = epoch + 1, lease_until = clock_timestamp() + $3
		where id = $1 and epoch = $2 returning epoch, batch`, e.writer.id, e.writer.epoch, e.cfg.Lease).Scan(&epoch, &batch)
	if errors.Is(err, pgx.ErrNoRows) {
		// Either our own earlier bump landed unseen, or a successor has the row. Both end it.
		if err = e.pool.QueryRow(ctx, `select batch from engine_writers where id = $1`, e.writer.id).Scan(&batch); err != nil {
			return false, err
		}
		if batch >= number {
			return true, nil
		}
		return false, errEpoch
	}
	if err != nil {
		return false, err
	}
	w := e.writer
	w.epoch = epoch
	e.setWriter(w)
	return batch == number, nil
}

// retire gives the writer back at the end of an orderly stop, if all it wrote is
// published and none of its calls is open; else a successor finds it when the lease ends.
func (e *Engine) retire(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: retire timeout"))
	defer cancel()
	m := e.publisher.mark()
	_, err := e.pool.Exec(ctx, `
		update engine_writers w set published = greatest(published, $7), lease_until = clock_timestamp(), `+setPlace+`,
			retired_at = case when $7 >= committed and not exists
				(select from engine_calls c where c.writer = w.id and c.state in ('claimed', 'lost')) then clock_timestamp() end
		where id = $5 and epoch = $6`, append(m.place(), e.writer.id, e.writer.epoch, m.seq)...)
	if err != nil {
		return fmt.Errorf("retire the writer: %w", err)
	}
	return nil
}

// takeover is one dead writer's estate.
type takeover struct {
	id, epoch int64
	published int64
	committed int64
}

// takeOver makes this process the heir of every writer whose lease has ended. The
// update waits for a commit in flight, so nothing can be added to the estate later.
func (e *Engine) takeOver(ctx context.Context) error {
	me, _ := e.identity()
	tctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: takeover timeout"))
	defer cancel()
	rows, err := e.pool.Query(tctx, `
		update engine_writers w set epoch = epoch + 1, lease_until = clock_timestamp() + $2
		where id in (select id from engine_writers where retired_at is null and lease_until < clock_timestamp() and id <> $1
			order by id limit 8 for update skip locked)
		returning id, epoch, published, committed`, me, e.cfg.Lease)
	if err != nil {
		return fmt.Errorf("look for dead writers: %w", err)
	}
	dead, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t takeover, err error) {
		return t, r.Scan(&t.id, &t.epoch, &t.published, &t.committed)
	})
	if err != nil {
		return fmt.Errorf("take dead writers over: %w", err)
	}
	var faults []error
	for _, d := range dead {
		e.log.Warn("a dead writer is taken over", "writer", d.id, "unpublished", d.committed-d.published)
		e.metrics.takeovers.Inc()
		faults = append(faults, e.inheritCalls(ctx, d))
	}
	for i, d := range dead { // may wait for the broker, so afterwards
		if faults[i] == nil {
			faults[i] = e.inheritEvents(ctx, d)
		}
	}
	if len(dead) > 0 {
		e.heal(ctx, "takeover")
	}
	return errors.Join(faults...)
}

// inheritCalls has the dead writer's open calls decided as lost.
func (e *Engine) inheritCalls(ctx context.Context, d takeover) error {
	me, epoch := e.identity()
	lost, err := e.loseCalls(ctx, d.id, me, epoch)
	if err != nil {
		return e.forsake(err)
	}
	for _, c := range lost {
		if err := e.callers.lose(ctx, c); err != nil {
			return e.forsake(err)
		}
	}
	return nil
}

// inheritEvents publishes what the dead writer has not. Its row is only closed when no call of
// it is left, so that nothing is forgotten if this process lost its own epoch meanwhile.
func (e *Engine) inheritEvents(ctx context.Context, d takeover) error {
	m, err := e.publisher.republish(ctx, d.id, d.published)
	if err != nil {
		return fmt.Errorf("publish a dead writer's events: %w", err)
	}
	tctx, cancel := context.WithTimeoutCause(ctx, commitTimeout, errors.New("engine: takeover timeout"))
	defer cancel()
	_, err = e.pool.Exec(tctx, `
		update engine_writers w set published = committed, `+setPlace+`,
			retired_at = case when not exists
				(select from engine_calls c where c.writer = w.id and c.state in ('claimed', 'lost')) then clock_timestamp() end
		where id = $5 and epoch = $6`, append(m.place(), d.id, d.epoch)...)
	if err != nil {
		return fmt.Errorf("retire a dead writer: %w", err)
	}
	return nil
}

// forsake gives this writer up after an error that may have left it with calls in
// the database that nobody here remembers: when its lease ends they are decided as
// lost, like those of any dead writer. An error before anything was sent is harmless.
func (e *Engine) forsake(err error) error {
	var refused *pgconn.ConnectError
	if err != nil && !pgconn.SafeToRetry(err) && !errors.As(err, &refused) {
		e.abandon.Store(true)
	}
	return err
}
