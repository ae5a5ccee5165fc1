package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
)

// The broker may lose its tail: it syncs its files every two minutes, and a stream
// can be deleted by hand. Each writer's row says which message the stream last
// acknowledged; if that message is not there any more, the service reads its own
// events back from the stream and publishes again each journalled one it misses.

const (
	// healRetry is when a check that could not be made is tried again.
	healRetry = time.Second
	// healWindow is how far before the lost mark the comparison begins. While the
	// oldest part of the window misses events too, the window is made longer.
	healWindow = 5 * time.Minute
	// healTimeout bounds one request to the broker during healing.
	healTimeout = 10 * time.Second
	// healPage is how many messages are read back from the stream at once.
	healPage = 1000
)

// heal checks the marks of all writers, living or gone, and publishes what is
// missing. It never fails the engine: what could not be checked now, or is being
// checked by a replica that may die over it, is checked again a little later.
func (e *Engine) heal(ctx context.Context, occasion string) {
	e.healAgain = time.Time{}
	if e.cfg.probe("before_heal") != nil {
		return // crashed
	}
	held, err := e.holdHeal(ctx)
	if err != nil || !held {
		if err != nil {
			e.log.Warn("the stream could not be checked", "occasion", occasion, "error", err)
		}
		e.healAgain = time.Now().Add(healRetry)
		return
	}
	suspects, doubts := e.publisher.suspicions()
	n, err := e.healNow(ctx, suspects)
	if err != nil || !e.publisher.trust(doubts) {
		e.healAgain = time.Now().Add(healRetry)
	}
	if err != nil {
		e.log.Warn("the stream could not be healed", "occasion", occasion, "republished", n, "error", err)
	} else if n > 0 {
		e.log.Warn("events that the stream had lost were published again", "occasion", occasion, "events", n)
	}
	e.metrics.healed.Add(float64(n))
	e.freeHeal(ctx)
}

func (e *Engine) holdHeal(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	tag, err := e.pool.Exec(ctx, `update engine_heal set held_until = clock_timestamp() + $1 where held_until < clock_timestamp()`, e.cfg.HealHold)
	return tag.RowsAffected() == 1, err
}

func (e *Engine) freeHeal(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	if _, err := e.pool.Exec(ctx, `update engine_heal set held_until = '-infinity'`); err != nil {
		e.log.Debug("the heal lease ends by itself", "error", err)
	}
}

// tailMark is a writer's last acknowledged message.
type tailMark struct {
	writer  int64
	created time.Time
	seq     uint64
	event   string
	at      time.Time // when the journal took the event
}

func (e *Engine) healNow(ctx context.Context, suspects []tailMark) (int, error) {
	// What the stream has acknowledged counts as published only in the row.
	if err := e.savePublished(ctx); err != nil {
		return 0, err
	}
	marks, err := e.tailMarks(ctx)
	if err != nil {
		return 0, err
	}
	if marks = append(marks, suspects...); len(marks) == 0 {
		return 0, nil
	}
	stream, err := e.eventStream(ctx)
	if err != nil {
		return 0, err
	}
	info := stream.CachedInfo()
	var lost []tailMark
	for _, m := range marks {
		gone, err := missing(ctx, stream, info, m)
		if err != nil {
			return 0, err
		}
		if gone {
			lost = append(lost, m)
		}
	}
	if len(lost) == 0 {
		return 0, nil
	}
	from := lost[0].at
	for _, m := range lost {
		if m.at.Before(from) {
			from = m.at
		}
	}
	n, err := e.refill(ctx, from, info.Config.MaxAge)
	if err != nil {
		return n, err
	}
	return n, e.forgetMarks(ctx, lost)
}

func (e *Engine) eventStream(ctx context.Context) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	s, err := e.js.Stream(ctx, contract.EventStream.Name)
	if err != nil {
		return nil, fmt.Errorf("ask for the stream: %w", err)
	}
	return s, nil
}

// savePublished brings this writer's row to what the stream has acknowledged, if it is this writer's still: a successor
// publishes all that the row does not say.
func (e *Engine) savePublished(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	writer, seq := e.publisher.reached()
	id, epoch := e.identity()
	if writer != id {
		return nil
	}
	if _, err := e.pool.Exec(ctx, `update engine_writers set published = $3 where id = $1 and epoch = $2 and published < $3`, id, epoch, seq); err != nil {
		return fmt.Errorf("save the mark: %w", err)
	}
	return nil
}

// tailMarks reads the marks. An event that the journal has dropped counts as old enough.
func (e *Engine) tailMarks(ctx context.Context) ([]tailMark, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	rows, err := e.pool.Query(ctx, `
		select w.id, w.stream_created, w.stream_seq, w.stream_event, coalesce(w.stream_at, j.created_at, w.started_at)
		from engine_writers w left join engine_journal j on j.writer = w.id and j.seq = w.published
		where w.stream_seq is not null`)
	if err != nil {
		return nil, fmt.Errorf("read the marks: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (m tailMark, err error) {
		var seq int64
		err = r.Scan(&m.writer, &m.created, &seq, &m.event, &m.at)
		m.seq = uint64(seq)
		return m, err
	})
}

// missing reports whether the stream no longer has the marked message.
func missing(ctx context.Context, s jetstream.Stream, info *jetstream.StreamInfo, m tailMark) (bool, error) {
	// Postgres keeps microseconds.
	if !info.Created.Truncate(time.Microsecond).Equal(m.created.Truncate(time.Microsecond)) || m.seq > info.State.LastSeq {
		return true, nil
	}
	if m.seq < info.State.FirstSeq {
		return false, nil // aged out, as it should
	}
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	msg, err := s.GetMsg(ctx, m.seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read message %d back: %w", m.seq, err)
	}
	return msg.Header.Get(nats.MsgIdHdr) != bus.MsgID(m.event), nil
}

// refill compares journal and stream from a moment on and publishes what the
// stream misses. The window grows until its oldest fifth misses nothing.
func (e *Engine) refill(ctx context.Context, lost time.Time, maxAge time.Duration) (int, error) {
	horizon := time.Now().Add(-maxAge)
	for window := healWindow; ; window *= 4 {
		from := lost.Add(-window)
		if from.Before(horizon) {
			from = horizon
		}
		have, err := e.streamIDs(ctx, from.Add(-time.Minute))
		if err != nil {
			return 0, err
		}
		sound := from.Add(lost.Sub(from) / 5)
		first, err := e.firstMissing(ctx, from, have)
		if err != nil || first.IsZero() {
			return 0, err
		}
		if first.Before(sound) && from.After(horizon) {
			continue
		}
		return e.publishMissing(ctx, from, have)
	}
}

// streamIDs reads the ids of this service's events in the stream from a moment on, as headers carry them.
func (e *Engine) streamIDs(ctx context.Context, from time.Time) (map[string]bool, error) {
	name := contract.HealConsumer(e.spec.Service)
	cctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	_ = e.js.DeleteConsumer(cctx, contract.EventStream.Name, name) // one left by a healer that died
	cons, err := e.js.CreateConsumer(cctx, contract.EventStream.Name, jetstream.ConsumerConfig{
		Name: name, FilterSubjects: contract.Subjects(e.spec.Service), AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true,
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &from, HeadersOnly: true, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("read the stream back: %w", err)
	}
	defer func() {
		dctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
		defer cancel()
		_ = e.js.DeleteConsumer(dctx, contract.EventStream.Name, name) // it ends by itself when idle
	}()
	ids := map[string]bool{}
	for left := cons.CachedInfo().NumPending; left > 0; {
		batch, err := cons.Fetch(int(min(left, healPage)), jetstream.FetchMaxWait(healTimeout))
		if err != nil {
			return nil, fmt.Errorf("read the stream back: %w", err)
		}
		got := uint64(0)
		for m := range batch.Messages() {
			ids[m.Headers().Get(nats.MsgIdHdr)] = true
			got++
		}
		if err := batch.Error(); err != nil {
			return nil, fmt.Errorf("read the stream back: %w", err)
		}
		if got == 0 {
			return nil, errors.New("read the stream back: it stopped answering")
		}
		left -= min(left, got)
	}
	return ids, nil
}

// eachJournaled reads the acknowledged events of all writers from a moment on, in pages.
func (e *Engine) eachJournaled(ctx context.Context, from time.Time, page func([]journaled) (bool, error)) error {
	lastWriter, lastSeq := int64(0), int64(0)
	for {
		qctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: journal read timeout"))
		rows, err := e.pool.Query(qctx, `select j.writer, `+journalColumns+` from engine_journal j
			where j.created_at >= $1 and (j.writer, j.seq) > ($2, $3) and j.seq <= (select published from engine_writers w where w.id = j.writer)
			order by j.writer, j.seq limit $4`, from, lastWriter, lastSeq, journalPage)
		if err != nil {
			cancel()
			return fmt.Errorf("read the journal: %w", err)
		}
		events, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (j journaled, err error) {
			return j, r.Scan(&lastWriter, &j.seq, &j.id, &j.subject, &j.ceType, &j.order, &j.sequence, &j.trace, &j.at, &j.body)
		})
		cancel()
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if len(events) == 0 {
			return nil
		}
		lastSeq = events[len(events)-1].seq
		if more, err := page(events); err != nil || !more {
			return err
		}
	}
}

func (e *Engine) firstMissing(ctx context.Context, from time.Time, have map[string]bool) (first time.Time, err error) {
	err = e.eachJournaled(ctx, from, func(page []journaled) (bool, error) {
		for _, ev := range page {
			if !have[bus.MsgID(ev.id)] && (first.IsZero() || ev.at.Before(first)) {
				first = ev.at
			}
		}
		return true, nil
	})
	return first, err
}

func (e *Engine) publishMissing(ctx context.Context, from time.Time, have map[string]bool) (n int, err error) {
	err = e.eachJournaled(ctx, from, func(page []journaled) (bool, error) {
		var gone []journaled
		for _, ev := range page {
			if !have[bus.MsgID(ev.id)] {
				gone = append(gone, ev)
			}
		}
		return true, e.publishAll(ctx, gone, func(journaled, *jetstream.PubAck) { n++ })
	})
	return n, err
}

// forgetMarks clears the marks that were found lost, unless their writer has set a newer one meanwhile.
func (e *Engine) forgetMarks(ctx context.Context, lost []tailMark) error {
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("engine: heal timeout"))
	defer cancel()
	ids, seqs := make([]int64, len(lost)), make([]int64, len(lost))
	for i, m := range lost {
		ids[i], seqs[i] = m.writer, int64(m.seq)
	}
	_, err := e.pool.Exec(ctx, `update engine_writers w set stream_created = null, stream_seq = null, stream_event = null, stream_at = null
		from unnest($1::bigint[], $2::bigint[]) as t(id, seq) where w.id = t.id and w.stream_seq = t.seq`, ids, seqs)
	if err != nil {
		return fmt.Errorf("forget lost marks: %w", err)
	}
	return nil
}
