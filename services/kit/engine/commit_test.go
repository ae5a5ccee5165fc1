package engine

import (
	"errors"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seatflow/seatflow/services/testkit/proxy"
)

// A connection that breaks while a commit is under way: what the database has in the end is not done again, and what it
// has not is done.
func TestLostCommitAnswer(t *testing.T) {
	t.Parallel()
	for name, landed := range map[string]bool{"committed": true, "rolled back": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.throughProxy()
			r := w.start(nil)
			first, second := newOrder(), newOrder()
			w.submit(first, "", 0)
			w.settled(map[string]int{first: 0})
			epochs := `select max(epoch)::int from engine_writers`
			before := w.count(epochs)

			release := w.holdCommits()
			w.submit(second, "", 0)
			w.await("a commit is under way", func() bool { return w.count(`select count(*)`+heldCommits) > 0 })
			p.Reset()
			if !landed {
				w.exec(`select pg_terminate_backend(pid)` + heldCommits)
			}
			release()
			w.settled(map[string]int{first: 0, second: 0})
			if w.count(epochs) == before {
				t.Error("nobody asked whether the batch was committed")
			}
			if stale := testutil.ToFloat64(r.eng.metrics.reruns.WithLabelValues("stale")); landed != (stale == 0) {
				t.Errorf("run again %v times", stale)
			}
			r.stop()
			w.check(map[string]int{first: 0, second: 0})
		})
	}
}

// A renewal that arrives late does not set back what a commit wrote meanwhile: the number of the last batch tells whether a
// commit without an answer took place.
func TestLateRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row := writer{id: int64(w.count(`insert into engine_writers (lease_until, batch, committed) values (clock_timestamp() + interval '1 hour', 7, 9) returning id`))}
	row.epoch = int64(w.count(`select epoch from engine_writers where id = $1`, row.id))
	for _, c := range []struct {
		number int64
		want   error
	}{{6, errEpoch}, {7, nil}, {8, nil}} {
		b := new(pgx.Batch)
		var check tally
		queueWriter(b, &row, c.number, 9, mark{}, time.Hour, &check)
		if err := w.pool.SendBatch(t.Context(), b).Close(); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(check.err, c.want) || c.want == nil && check.err != nil {
			t.Errorf("number %d: %v", c.number, check.err)
		}
	}
}

// heldCommits are the sessions that holdCommits has wait.
const heldCommits = ` from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`

// holdCommits has every commit of an aggregate wait inside the database until they are released.
func (w *world) holdCommits() (release func()) {
	w.t.Helper()
	w.exec(`create function wait_for_release() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$`)
	w.exec(`create constraint trigger held after insert or update on tallies deferrable initially deferred for each row execute function wait_for_release()`)
	tx, err := w.pool.Begin(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := tx.Exec(w.t.Context(), `select pg_advisory_xact_lock(1)`); err != nil {
		w.t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// throughProxy has the replicas that start from now on reach the database through a proxy.
func (w *world) throughProxy() *proxy.Proxy {
	w.t.Helper()
	u, err := url.Parse(w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	at := w.pool.Config().ConnConfig
	p := proxy.New(w.t, net.JoinHostPort(at.Host, u.Port()))
	u.Host = p.Addr()
	w.url = u.String()
	return p
}
