package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/notification/internal/store"
	"github.com/seatflow/seatflow/services/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// database is a migrated database of the test's own.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	url := testkit.PostgresFrom(t, "notification", func(ctx context.Context, url string) error {
		pool, err := pgxpool.New(ctx, url)
		if err != nil {
			return err
		}
		defer pool.Close()
		return postgres.Migrate(ctx, pool, store.Migrations(), "notification_migrations")
	})
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// save writes rows as the engine does and returns how many were written.
func save(t *testing.T, q *pgxpool.Pool, rows ...engine.Row[domain.Delivery]) int64 {
	t.Helper()
	tag, err := q.Exec(t.Context(), store.Deliveries.Upsert, store.Deliveries.Args(rows)...)
	if err != nil {
		t.Fatalf("upsert: %v", err)
	}
	return tag.RowsAffected()
}

// load reads rows as the engine does.
func load(t *testing.T, q *pgxpool.Pool, ids ...string) map[string]engine.Row[domain.Delivery] {
	t.Helper()
	rows, err := q.Query(t.Context(), store.Deliveries.Select, ids)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, func(pgx.CollectableRow) (engine.Row[domain.Delivery], error) { return store.Deliveries.Scan(rows) })
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]engine.Row[domain.Delivery]{}
	for _, r := range found {
		out[r.ID] = r
	}
	return out
}

const (
	order   = "0190d2c4-0000-7000-8000-000000000001"
	another = "0190d2c4-0000-7000-8000-000000000002" // begins as order does
)

func at(minute int) time.Time { return time.Date(2026, 11, 21, 12, minute, 0, 0, time.UTC) }

func queued(t *testing.T, order, recipient string) engine.Row[domain.Delivery] {
	t.Helper()
	cause := order + ".approval.1"
	id, ok := domain.ID(order, cause, recipient, domain.Email)
	if !ok {
		t.Fatal("no id")
	}
	n := domain.Notice{Kind: domain.ApprovalNeeded, To: domain.Recipient{Address: recipient}}
	return engine.Row[domain.Delivery]{ID: id, Version: 1, State: domain.New(order, cause, n, domain.Email, at(0))}
}

// after is a delivery's row after an attempt.
func after(row engine.Row[domain.Delivery], f domain.Fate, minute int) engine.Row[domain.Delivery] {
	row.Version++
	row.State, _ = row.State.Conclude(domain.Outcome{Attempt: row.State.Attempts + 1, Fate: f, Error: "It was not taken."}, 0, at(minute))
	return row
}

func TestDeliveriesRoundTrip(t *testing.T) {
	t.Parallel()
	q := database(t)
	waits, sent, failed := queued(t, order, "a@example.com"), queued(t, order, "b@example.com"), queued(t, another, "a@example.com")
	if n := save(t, q, waits, sent, failed); n != 3 {
		t.Fatalf("%d rows inserted", n)
	}
	waits, sent, failed = after(waits, domain.PutOff, 1), after(sent, domain.Taken, 2), after(failed, domain.Refused, 3)
	if n := save(t, q, waits, sent, failed); n != 3 {
		t.Fatalf("%d rows updated", n)
	}
	got := load(t, q, waits.ID, sent.ID, failed.ID)
	for _, want := range []engine.Row[domain.Delivery]{waits, sent, failed} {
		have := got[want.ID]
		have.State.QueuedAt, have.State.UpdatedAt = have.State.QueuedAt.UTC(), have.State.UpdatedAt.UTC()
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("a %s delivery came back otherwise:\n%s", want.State.State, diff)
		}
	}
}

func TestListDeliveries(t *testing.T) {
	t.Parallel()
	q := database(t)
	first, second, other := queued(t, order, "b@example.com"), queued(t, order, "a@example.com"), queued(t, another, "a@example.com")
	second.State.QueuedAt = at(1)
	save(t, q, first, second, other)
	got, err := store.ListDeliveries(t.Context(), q, order)
	if err != nil || len(got) != 2 || got[0].ID != first.ID || got[1].ID != second.ID {
		t.Errorf("ListDeliveries = %v, %v", got, err)
	}
	for _, none := range []string{"0190d2c4-0000-7000-8000-000000000003", "", "ORD-2026-00001"} {
		if got, err := store.ListDeliveries(t.Context(), q, none); err != nil || len(got) != 0 {
			t.Errorf("ListDeliveries(%q) = %v, %v", none, got, err)
		}
	}
}

func TestStaleVersionWritesNothing(t *testing.T) {
	t.Parallel()
	q := database(t)
	row := queued(t, order, "a@example.com")
	for _, step := range []struct{ version, written int64 }{{1, 1}, {1, 0}, {3, 0}, {2, 1}, {2, 0}} {
		row.Version = step.version
		if n := save(t, q, row); n != step.written {
			t.Errorf("version %d wrote %d rows, want %d", step.version, n, step.written)
		}
	}
	row = after(row, domain.Taken, 1)
	save(t, q, row)
	row.Version++
	row.State.State, row.State.Error = domain.Failed, "No."
	if n := save(t, q, row); n != 0 {
		t.Error("a delivery that was sent was written again")
	}
}

func TestDatabaseRefusesImpossibleStates(t *testing.T) {
	t.Parallel()
	q := database(t)
	for name, spoil := range map[string]func(d *domain.Delivery){
		"no state":                  func(d *domain.Delivery) { d.State = domain.None },
		"no recipient":              func(d *domain.Delivery) { d.Recipient = "" },
		"an unknown channel":        func(d *domain.Delivery) { d.Channel = "pigeon" },
		"an order that is no UUID":  func(d *domain.Delivery) { d.Order = "ORD-2026-00001" },
		"sent without an attempt":   func(d *domain.Delivery) { d.State = domain.Sent },
		"sent with an error":        func(d *domain.Delivery) { d.State, d.Attempts, d.Error = domain.Sent, 1, "No." },
		"failed without an error":   func(d *domain.Delivery) { d.State, d.Attempts = domain.Failed, 1 },
		"an error before the first": func(d *domain.Delivery) { d.Error = "No." },
	} {
		row := queued(t, order, "a@example.com")
		spoil(&row.State)
		_, err := q.Exec(t.Context(), store.Deliveries.Upsert, store.Deliveries.Args([]engine.Row[domain.Delivery]{row})...)
		if !postgres.IsBadInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
