package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
)

// What a commit can end in beside success. Everything else is the database's own error.
var (
	// errStale: a row, key or call changed since it was loaded.
	errStale = errors.New("engine: the batch was overtaken")
	// errEpoch: another process took this writer over.
	errEpoch = errors.New("engine: the writer was taken over")
	// errPaused: submissions were paused, and the batch claims calls that change something.
	errPaused = errors.New("engine: submissions are paused")
)

// process runs a batch until it is committed: load, decide, commit, answer.
// It returns an error only when the engine has to stop.
func (e *Engine) process(ctx context.Context, batch []*Input) error {
	for attempt := 0; ; attempt++ {
		batch = e.dropExpired(batch)
		if len(batch) == 0 {
			return nil
		}
		start := time.Now()
		ws, err := e.load(ctx, batch)
		if err == nil {
			start = e.metrics.step("load", start)
			e.decide(ws, batch)
			start = e.metrics.step("decide", start)
			err = e.commit(ctx, ws)
		}
		switch {
		case err == nil:
			e.metrics.step("commit", start)
			return e.finish(ctx, ws)
		case errors.Is(err, errCrashed):
			return err
		case errors.Is(err, errStale):
			e.metrics.rerun("stale")
			for _, in := range batch {
				if in.raw != nil {
					in.raw.again = true // perhaps it was a dead letter that was there already
				}
			}
		case errors.Is(err, errPaused):
			e.metrics.rerun("paused")
			e.callers.held.Store(true)
			continue // and claims none of them
		case errors.Is(err, errEpoch):
			e.metrics.rerun("epoch")
			if err := e.register(ctx); err != nil {
				return err
			}
		case postgres.IsBadInput(err) && attempt == 0 && postgres.IsUnique(err, ""):
			e.metrics.rerun("unique") // perhaps overtaken: look once more before somebody is blamed
		case postgres.IsBadInput(err):
			return e.bisect(ctx, batch, err)
		default:
			e.metrics.rerun("database")
			e.log.Warn("a batch could not be committed and is tried again", "inputs", len(batch), "attempt", attempt, "error", err)
		}
		if stubborn(err, attempt, len(batch)) {
			return e.part(ctx, batch, err)
		}
		if attempt > 0 || !errors.Is(err, errStale) {
			if err := pause(ctx, backoff(attempt)); err != nil {
				return err
			}
		}
	}
}

// halves runs the two halves of a batch, one after the other.
func (e *Engine) halves(ctx context.Context, batch []*Input) error {
	half := len(batch) / 2
	if err := e.process(ctx, batch[:half]); err != nil {
		return err
	}
	return e.process(ctx, batch[half:])
}

// Tries of a batch, and of an input alone, that fails each time although the database is there.
const (
	batchTries = 4
	aloneTries = 8
)

// stubborn reports whether a batch has failed too often for a reason that may lie in one of its inputs. A database that
// is away is none, and a writer that was taken over is a matter of one more try.
func stubborn(err error, attempt, inputs int) bool {
	tries := batchTries
	if inputs == 1 {
		tries = aloneTries
	}
	return attempt+1 >= tries && !errors.Is(err, errEpoch) && !postgres.IsConnection(err)
}

// part halves a batch that does not come through until the one at fault is alone, which is put off: it comes again later,
// and holds nobody up meanwhile.
func (e *Engine) part(ctx context.Context, batch []*Input, cause error) error {
	e.metrics.rerun("part")
	if len(batch) > 1 {
		return e.halves(ctx, batch)
	}
	in := batch[0]
	e.log.Error("an input does not come through and is put off", "input", in.Name, "id", in.Meta.ID, "error", cause)
	switch {
	case in.reply != nil:
		in.answer(nil, fault.New(fault.Unavailable, "overtaken", "Others kept changing the same at the same time.").
			Hinted("Send it again in a second, with the same key.").Because(cause))
	case in.raw == nil:
		e.postpone(in)
	default:
		e.acknowledge(&result{in: in, later: true})
	}
	return nil
}

// bisect halves a batch that the database refuses until the one bad input is
// alone; its neighbours are committed without it.
func (e *Engine) bisect(ctx context.Context, batch []*Input, cause error) error {
	e.metrics.rerun("bisect")
	if len(batch) > 1 {
		return e.halves(ctx, batch)
	}
	in := batch[0]
	e.log.Error("the database refuses an input", "input", in.Name, "id", in.Meta.ID, "error", cause)
	refused := fault.New(fault.Invalid, "refused_by_database", "The database refuses to store this.").Because(cause)
	if in.raw == nil && in.Source != FromCommand {
		// An outcome or a timer cannot be put aside: it comes again later, and holds nobody up meanwhile.
		e.postpone(in)
		return nil
	}
	if in.aside {
		// Not even as a dead letter: it comes again, and is looked at anew.
		in.answer(nil, refused)
		if in.raw != nil && in.raw.msg != nil {
			e.acknowledge(&result{in: in, later: true})
		}
		return nil
	}
	// Its references or its key may be what the database refuses.
	in.aside, in.Refs, in.Key, in.decide = true, nil, nil, func(*Turn) error { return refused }
	return e.process(ctx, batch)
}

// dropExpired answers commands whose callers have given up.
func (e *Engine) dropExpired(batch []*Input) []*Input {
	now := time.Now()
	out := batch[:0:len(batch)]
	for _, in := range batch {
		if in.Source == FromCommand && !in.expires.IsZero() && now.After(in.expires) {
			in.answer(nil, fault.New(fault.Unavailable, "deadline_passed", "The answer took too long.").Hinted("Send it again with the same key."))
			continue
		}
		out = append(out, in)
	}
	return out
}

// load reads, in one round trip, all that the batch's decisions need.
func (e *Engine) load(ctx context.Context, batch []*Input) (*workset, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: load timeout"))
	defer cancel()
	ws := newWorkset(len(batch))
	ws.asked = time.Now()
	b := new(pgx.Batch)
	b.Queue("select clock_timestamp()").QueryRow(func(r pgx.Row) error { return r.Scan(&ws.now) })
	ids := map[string][]string{}
	var open []Ref
	var keys []Key
	for _, in := range batch {
		for _, ref := range in.Refs {
			if _, seen := ws.entries[ref]; !seen {
				ws.entries[ref] = &entry{ref: ref}
				ids[ref.Kind] = append(ids[ref.Kind], ref.ID)
			}
			if in.withCalls {
				open = append(open, ref)
			}
		}
		if in.Key != nil {
			keys = append(keys, *in.Key)
		}
		if in.raw != nil && in.raw.again {
			ref := in.raw.letter()
			ws.entries[ref] = &entry{ref: ref}
			ids[letterKind] = append(ids[letterKind], ref.ID)
		}
	}
	for _, k := range e.kinds {
		if len(ids[k.kind()]) > 0 {
			k.load(b, ids[k.kind()], func(en *entry) { ws.entries[en.ref] = en })
			delete(ids, k.kind())
		}
	}
	for kind := range ids {
		return nil, fmt.Errorf("engine: no table for kind %q", kind)
	}
	loadKeys(b, keys, ws.keys)
	if len(open) > 0 {
		ws.open = map[Ref][]OpenCall{}
		loadOpenCalls(b, open, ws.open)
	}
	if e.spec.Facts != nil {
		ws.facts = e.spec.Facts(b, batch)
	}
	if err := e.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return ws, e.cfg.probe("loaded")
}

// Timeouts of the engine's own statements.
const (
	loadTimeout   = 10 * time.Second
	commitTimeout = 15 * time.Second
)

func backoff(attempt int) time.Duration {
	d := min(5*time.Millisecond<<min(attempt, 10), 2*time.Second)
	return d/2 + rand.N(d/2+1)
}

// pause waits, or returns why the engine stops.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
