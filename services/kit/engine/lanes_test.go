package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
)

// floor is a table of calls without an engine.
type floor struct {
	*world
	writer int64
	n      int
}

func newFloor(t *testing.T) *floor {
	t.Helper()
	f := &floor{world: newWorld(t)}
	err := f.pool.QueryRow(t.Context(), `insert into engine_writers (lease_until) values (clock_timestamp() + interval '1 hour') returning id`).Scan(&f.writer)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// plan puts calls in a lane, as a commit does.
func (f *floor) plan(n int, lane string, priority int16, changes bool) {
	f.t.Helper()
	f.planIn(f.pool, n, lane, priority, changes, 0)
}

type execer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (f *floor) planIn(q execer, n int, lane string, priority int16, changes bool, later time.Duration) {
	f.t.Helper()
	rows, err := q.Query(f.t.Context(), `with t as (
		insert into engine_calls (id, kind, aggregate, order_id, operation, body, priority, state, attempt, due_at, traceparent, created_at, resource, lane, changes)
		select 'c' || ($5::int + i), 'tally', 'a', 'o', case when $4 then 'buy' else 'look' end, '', $3, 'planned', 0,
			clock_timestamp() + $6::interval + i * interval '1 microsecond' - interval '1 second', '', clock_timestamp(), 'orders', $2, $4
		from generate_series(1, $1::int) i returning *)`+enterLanes("t"), n, lane, priority, changes, f.n, later)
	if err != nil {
		f.t.Fatal(err)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	f.n += n
}

const claimSQL = `select ` + callColumns + ` from engine_claim($1, 1, '10 seconds', $2, 'orders', $3, $4, 10::smallint) c`

var bothOperations = []string{"buy", "look"}

// claim returns the lanes of the claimed calls in their order, and how many others there were since the last poll.
func (f *floor) claim(most, since int) (lanes []string, others int) {
	f.t.Helper()
	rows, err := f.pool.Query(f.t.Context(), strings.Replace(claimSQL, "select ", "select c.lane, c.state, ", 1), f.writer, bothOperations, most, since)
	if err != nil {
		f.t.Fatal(err)
	}
	for rows.Next() {
		var lane, state string
		var c Call
		var until *time.Time
		if err := rows.Scan(&lane, &state, &c.ID, &c.Ref.Kind, &c.Ref.ID, &c.Order, &c.Operation, &c.Body, &c.Priority, &c.Attempt, &c.Due, &until, &c.Traceparent); err != nil {
			f.t.Fatal(err)
		}
		if state != "claimed" || until == nil || c.Attempt != 1 {
			f.t.Errorf("claimed as %s, %+v", state, c)
		}
		if since++; c.Priority == Poll {
			since = 0
		}
		lanes = append(lanes, lane)
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return lanes, since
}

func (f *floor) expect(what string, most, since int, want ...string) {
	f.t.Helper()
	if got, _ := f.claim(most, since); !slices.Equal(got, want) {
		f.t.Errorf("%s: %v, not %v", what, got, want)
	}
}

// TestLongestWaitingLaneFirst: urgent calls before others, within a class the customer served longest ago.
func TestLongestWaitingLaneFirst(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.plan(20, "big", Bulk, true)
	f.expect("alone", 3, 0, "big", "big", "big")
	f.plan(2, "small", Bulk, true)
	f.expect("a newcomer", 4, 0, "small", "big", "small", "big")
	f.plan(1, "person", Urgent, true)
	f.plan(1, "books", Background, false)
	f.plan(1, "other", Bulk, true)
	f.expect("urgent", 3, 0, "person", "other", "big")
	f.expect("the rest", 30, -100, slices.Concat(slices.Repeat([]string{"big"}, 14), []string{"books"})...)
	f.expect("nothing", 4, 0)
	f.plan(1, "big", Bulk, true)
	f.expect("again", 4, 0, "big")
	if n := f.count(`select count(*) from engine_lanes where due_at < 'infinity'`); n != 0 {
		t.Errorf("%d lanes have something although all is claimed", n)
	}
}

// TestOneInEightForPolls: polls do not starve behind a backlog, and do not push it aside.
func TestOneInEightForPolls(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.plan(40, "big", Bulk, true)
	f.plan(5, "polled", Poll, false)
	var all []string
	since := 0
	for range 8 {
		var lanes []string
		lanes, since = f.claim(4, since)
		all = append(all, lanes...)
	}
	for i, lane := range all {
		if poll := i%8 == 7; poll != (lane == "polled") {
			t.Fatalf("claimed in the order %v", all)
		}
	}
	if len(all) != 32 {
		t.Errorf("%d calls claimed", len(all))
	}
}

// TestLanesMissNothing: a call that is planned while its lane is being emptied is found, and neither a call of a newer version
// nor one in another's hands holds up the others.
func TestLanesMissNothing(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.plan(1, "a", Bulk, true)
	tx, err := f.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.planIn(tx, 1, "b", Bulk, true, 0)
	f.expect("while b is being planned", 4, 0, "a")
	f.planIn(tx, 1, "a", Bulk, true, 0) // a is empty, as far as anybody knows
	f.expect("while a is being planned", 4, 0)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, _ := f.claim(4, 0)
	if slices.Sort(got); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("afterwards: %v", got)
	}
	f.plan(1, "new", Urgent, true)
	f.exec(`update engine_calls set operation = 'of a newer version' where lane = 'new'`)
	f.plan(1, "old", Bulk, true)
	f.expect("beside a newer version's", 4, 0, "old")
	f.planIn(f.pool, 1, "c", Bulk, true, time.Hour)
	f.expect("not due", 4, 0)
	f.plan(1, "c", Bulk, true)
	f.expect("before one that is not due", 4, 0, "c")
	f.exec(`update engine_writers set epoch = 2`)
	f.plan(1, "c", Bulk, true)
	f.expect("after a takeover", 4, 0)
}

// TestPausedLanes: what changes something waits, the rest goes on, and all of it is there afterwards.
func TestPausedLanes(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.plan(2, "a", Urgent, true)
	f.plan(1, "a", Urgent, false)
	f.plan(1, "b", Poll, false)
	f.exec(`insert into engine_pause values ('submissions', 1, 0, true, 'a test', '', clock_timestamp())`)
	f.expect("paused", 4, 0, "a", "b")
	f.exec(`update engine_pause set paused = false`)
	f.expect("resumed", 4, 0, "a", "a")
}

// TestClaimIsCheap: with 10,000 calls of one customer, 5,000 customers, and as many polls that are not due, a claim reads
// few pages.
func TestClaimIsCheap(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.plan(10_000, "big", Bulk, true)
	f.exec(`with t as (insert into engine_calls (id, kind, aggregate, order_id, operation, body, priority, state, attempt, due_at, traceparent, created_at, resource, lane, changes)
		select p || '-' || i, 'tally', 'a', 'o', 'look', '', p, 'planned', 0, clock_timestamp() + case p when 10 then interval '1 hour' else interval '-1 hour' end,
			'', clock_timestamp(), 'orders', 'customer ' || i, false
		from generate_series(1, 5000) i, unnest('{5,10}'::smallint[]) p returning *)` + enterLanes("t"))
	f.exec(`vacuum analyze engine_calls, engine_lanes`)
	for round := range 12 { // custom plans first, then the generic one
		raw := []byte{}
		err := f.pool.QueryRow(t.Context(), `explain (analyze, buffers, format json) `+claimSQL, f.writer, bothOperations, 4, round).Scan(&raw)
		if err != nil {
			t.Fatal(err)
		}
		var plan []struct {
			Plan struct {
				Rows int `json:"Actual Rows"`
				Hit  int `json:"Shared Hit Blocks"`
				Read int `json:"Shared Read Blocks"`
			}
			Time float64 `json:"Execution Time"`
		}
		if err := json.Unmarshal(raw, &plan); err != nil {
			t.Fatal(err)
		}
		p := plan[0].Plan
		t.Logf("round %d: %d calls, %d pages, %.2f ms", round, p.Rows, p.Hit+p.Read, plan[0].Time)
		if p.Rows != 4 || p.Hit+p.Read > 1000 {
			t.Errorf("round %d: %d calls for %d pages", round, p.Rows, p.Hit+p.Read)
		}
	}
}

// TestPause: while submissions are paused, what another replica did, calls that change something stay planned and all
// others are made; afterwards they are made. With and without a budget.
func TestPause(t *testing.T) {
	t.Parallel()
	for name, budget := range map[string]Budget{"limited": newTill(1000), "unlimited": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := &made{}
			spec := urgency(w, func(_ context.Context, c Call) Result {
				m.add(c)
				return Result{Value: "rang"}
			})
			look := spec.Operations[0]
			look.Name = "look"
			spec.Operations[0].Changes = true
			spec.Operations = append(spec.Operations, look)
			decide := spec.Events[0].Decide
			spec.Events[0].Decide = func(t *Turn) error {
				err := decide(t)
				if t.Body.(*eventv1.OrderSubmitted).GetOrder().GetNote() == "look" {
					t.calls[0].Operation = "look"
				}
				return err
			}
			cfg := testConfig(nil)
			cfg.Budget = budget
			r := w.startConfig(spec, cfg)
			w.exec(`insert into engine_pause values ('submissions', 1, 0, true, 'a test', '', clock_timestamp())`)
			orders := map[string]int{}
			var looks string
			for _, note := range []string{"", "look", ""} {
				id := newOrder()
				orders[id] = 0
				if note == "look" {
					looks = id
				}
				w.submit(id, note, 0)
			}
			w.await("the look", func() bool { return len(w.tallies()) == 3 && w.tallies()[looks].State.Rung == 1 })
			if n := w.count(`select count(*) from engine_calls where state = 'planned'`); n != 2 || len(m.list()) != 1 {
				t.Errorf("%d calls wait, %d were made", n, len(m.list()))
			}
			w.exec(`update engine_pause set paused = false`)
			w.settled(orders)
			r.stop()
			w.check(orders)
		})
	}
}
