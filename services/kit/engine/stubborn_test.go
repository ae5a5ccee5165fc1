package engine

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// TestStubbornInputsHurtNobodyElse: an input whose commit is overtaken each time, here since it drops a call that is not
// there, is put off; those beside it and behind it go through.
func TestStubbornInputsHurtNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := tallySpec(w.bell)
	granted, approved := spec.Events[0].Decide, spec.Commands[0].Decide
	spec.Events[0].Decide = func(t *Turn) error {
		if t.Body.(*eventv1.OrderSubmitted).GetOrder().GetNote() == "stubborn" {
			t.Drop("no such call")
		}
		return granted(t)
	}
	var stubborn string
	spec.Commands[0].Decide = func(t *Turn) error {
		if t.Body.(*approvalv1.ApproveRequest).GetOrderId() == stubborn {
			t.Drop("no such call")
		}
		return approved(t)
	}
	id := newOrder()
	stubborn = newOrder()
	r := w.startSpec(spec, nil)
	for _, id := range []string{id, stubborn} {
		w.submit(id, "", 0)
		w.await("the order", func() bool { return w.tallies()[id].State.Rung == 1 })
	}
	for range 3 {
		w.submit(newOrder(), "stubborn", 0)
	}
	answer := make(chan error, 1)
	go func() { answer <- r.approve(stubborn, "", 20*time.Second) }()
	if err := r.approve(id, "", 20*time.Second); err != nil {
		t.Fatalf("beside stubborn inputs: %v", err)
	}
	if f := fault.As(<-answer); f == nil || f.Kind != fault.Unavailable || f.Code != "overtaken" {
		t.Errorf("the stubborn command hears %+v", f)
	}
	next := w.placed()
	r.stop()
	w.check(map[string]int{id: 1, stubborn: 0, next: 0})
}

// TestLocksInOneOrder: a commit takes the locks of lanes and keys in one order, whatever it does with them, so that two
// replicas do not wait for each other.
func TestLocksInOneOrder(t *testing.T) {
	t.Parallel()
	const key = `insert into engine_keys (caller, scope, key, fingerprint, sequence, ref, created_at) values ('c', 's', $1, '', 0, '', clock_timestamp())`
	for what, c := range map[string]struct {
		work func(f *floor, b *pgx.Batch, check *tally) // takes z, as it comes, and a
		take string
	}{
		"lanes": {func(f *floor, b *pgx.Batch, check *tally) {
			ws := newWorkset(0)
			ws.now = time.Now()
			ws.calls = []Call{{ID: "new", Ref: ref("x"), Operation: "buy", Lane: "z", Priority: Bulk, Due: ws.now, resource: "orders", changes: true}}
			ws.hasten = []string{"c1"}
			queueCalls(b, ws, f.writer, 0, time.Second, check)
		}, `update engine_lanes set served_at = served_at where lane = $1`},
		"keys": {func(_ *floor, b *pgx.Batch, check *tally) {
			rows := []keyRow{{key: Key{Caller: "c", Scope: "s", Value: "z", Fingerprint: []byte{}}}, {key: Key{Caller: "c", Scope: "s", Value: "a", Fingerprint: []byte{}}}}
			for i := range rows {
				rows[i].rec.Fingerprint = []byte{}
			}
			queueKeys(b, rows, time.Now(), time.Hour, check)
		}, key},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			takesInOrder(t, c.work, c.take)
		})
	}
}

// takesInOrder has another replica hold a and ask for z while the commit waits for a.
func takesInOrder(t *testing.T, work func(*floor, *pgx.Batch, *tally), take string) {
	t.Helper()
	f := newFloor(t)
	f.planIn(f.pool, 1, "a", Bulk, true, time.Hour)
	f.planIn(f.pool, 1, "z", Bulk, true, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other, err := f.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(ctx) }()
	if _, err := other.Exec(ctx, take, "a"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		var check tally
		b := new(pgx.Batch)
		work(f, b, &check)
		err := f.pool.SendBatch(ctx, b).Close()
		if err == nil {
			err = check.err
		}
		done <- err
	}()
	f.await("the commit waits", func() bool {
		return f.count(`select count(*) from pg_locks where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`) > 0
	})
	if _, err := other.Exec(ctx, `set local lock_timeout = '200ms'`); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(ctx, take, "z"); err != nil {
		t.Errorf("while it waits for a it holds z: %v", err)
	}
	if err := other.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestManyTimersAtOnce: timers that are due together fire one batch after the other, not one batch a second.
func TestManyTimersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 120
	for i := range many {
		w.exec(`insert into tallies values ($1::text::uuid, 1, 0, clock_timestamp() - interval '1 minute' + $2 * interval '1 millisecond', 'granted', '{"status":"granted"}')`, newOrder(), i)
	}
	cfg := testConfig(nil)
	cfg.Batch = 4
	begun := time.Now()
	r := w.startConfig(tallySpec(w.bell), cfg)
	w.await("all timers", func() bool { return w.count(`select count(*) from tallies where due_at is null`) == many })
	if took := time.Since(begun); took > many/4*sweepEvery/4 {
		t.Errorf("%d timers took %v", many, took)
	}
	r.stop()
}
