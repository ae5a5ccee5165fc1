package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/testing/protocmp"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

const (
	first  = "0190d2c4-0000-7000-8000-000000000001"
	second = "0190d2c4-0000-7000-8000-000000000002"
)

type row = engine.Row[*domain.Order]

// database is a migrated database of the test's own.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	url := testkit.PostgresFrom(t, "fulfillment", func(ctx context.Context, url string) error {
		pool, err := pgxpool.New(ctx, url)
		if err != nil {
			return err
		}
		defer pool.Close()
		return postgres.Migrate(ctx, pool, store.Migrations(), "fulfillment_migrations")
	})
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// save writes rows as the engine does and returns how many were written.
func save(t *testing.T, q *pgxpool.Pool, rows ...row) int64 {
	t.Helper()
	tag, err := q.Exec(t.Context(), store.Orders.Upsert, store.Orders.Args(rows)...)
	if err != nil {
		t.Fatalf("upsert: %v", err)
	}
	return tag.RowsAffected()
}

func load(t *testing.T, q *pgxpool.Pool, id string) row {
	t.Helper()
	rows, err := q.Query(t.Context(), store.Orders.Select, []string{id})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatalf("no row %s: %v", id, rows.Err())
	}
	r, err := store.Orders.Scan(rows)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func approved() *orderv1.Order {
	return &orderv1.Order{
		Id: first, Number: "ORD-2026-00001", Customer: &orderv1.Customer{TenantId: first, Name: "Contoso Corp"},
		Lines: []*orderv1.Line{{Number: 1, Product: "Microsoft 365 E5"}},
	}
}

func at(minute int) time.Time { return time.Date(2026, 11, 21, 12, minute, 0, 0, time.UTC) }

// full is an order that uses every field.
func full() *domain.Order {
	track := domain.Track{
		Step: domain.StepCheckout, Call: "c", Tries: 2, Request: "r", Unanswered: true, SettledAt: at(3),
		Refusal: domain.Trouble{Code: "x", Detail: "X.", Hint: "Y."}, Open: []string{"a", "b"},
	}
	return &domain.Order{
		ID: first, Status: domain.OutcomeUnknown, Approved: approved(), UnknownSince: at(1), Calls: 7,
		Lines: []domain.Line{{
			Number: 1, Status: domain.LineUnknown, Attempt: 2, Token: "SF-1", Group: "g", VendorOrder: "o", Subscription: "s",
			Base: 10, Target: 25, Doubted: true, Waiting: true, Trouble: domain.Trouble{Code: "c", Detail: "D.", Hint: "H."}, Track: track,
		}},
		Cart:         domain.Cart{ID: "cart", Keep: []int32{1}, Track: track},
		Polls:        []domain.Poll{{VendorOrder: "o", Track: track}},
		Cancellation: &domain.Cancellation{By: domain.Person{Name: "John", Role: 1}, Reason: "wrong"},
		HintedAt:     at(4),
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	q := database(t)
	if n := save(t, q, row{ID: first, Version: 1, Sequence: 3, State: full()}); n != 1 {
		t.Fatalf("%d rows written", n)
	}
	got := load(t, q, first)
	want := full()
	want.Stored = true
	got.State.UnknownSince = got.State.UnknownSince.UTC()
	if diff := cmp.Diff(want, got.State, protocmp.Transform()); diff != "" {
		t.Errorf("the order came back changed:\n%s", diff)
	}
	if got.Version != 1 || got.Sequence != 3 || !got.Due.IsZero() {
		t.Errorf("the row came back as version %d, sequence %d, due %v", got.Version, got.Sequence, got.Due)
	}
}

// The order as approved is written once and kept by every later version.
func TestApprovedIsKept(t *testing.T) {
	t.Parallel()
	q := database(t)
	save(t, q, row{ID: first, Version: 1, State: full()})
	next := load(t, q, first)
	next.Version, next.State.Status, next.State.UnknownSince = 2, domain.Processing, time.Time{}
	if n := save(t, q, next); n != 1 {
		t.Fatalf("%d rows written", n)
	}
	got := load(t, q, first)
	if diff := cmp.Diff(approved(), got.State.Approved, protocmp.Transform()); diff != "" {
		t.Errorf("the approved order came back changed:\n%s", diff)
	}
	if got.State.Status != domain.Processing || got.Version != 2 {
		t.Errorf("the row came back as %v, version %d", got.State.Status, got.Version)
	}
}

func TestStaleVersionWritesNothing(t *testing.T) {
	t.Parallel()
	q := database(t)
	save(t, q, row{ID: first, Version: 1, State: full()})
	if n := save(t, q, row{ID: first, Version: 1, State: full()}); n != 0 {
		t.Errorf("a second first version wrote %d rows", n)
	}
	if n := save(t, q, row{ID: first, Version: 3, State: full()}); n != 0 {
		t.Errorf("a version too far wrote %d rows", n)
	}
}

// A cancellation that came first becomes an order when the order arrives.
func TestTombstone(t *testing.T) {
	t.Parallel()
	q := database(t)
	save(t, q, row{ID: first, Version: 1, State: domain.Tombstone(first, domain.Person{Name: "John"}, "late").Order})
	got := load(t, q, first)
	if got.State.Arrived() || got.State.Status != domain.Cancelled || got.State.Cancellation.By.Name != "John" {
		t.Fatalf("the tombstone came back as %+v", got.State)
	}
	d := domain.Grant(got.State, approved(), true, nil, 0, at(0))
	if n := save(t, q, row{ID: first, Version: 2, Sequence: 1, State: d.Order}); n != 1 {
		t.Fatalf("%d rows written", n)
	}
	if got = load(t, q, first); !got.State.Arrived() || got.State.Status != domain.Cancelled {
		t.Errorf("the order came back as %+v", got.State)
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	q := database(t)
	scheduled := &domain.Order{ID: first, Status: domain.Scheduled, Approved: approved()}
	later := &domain.Order{ID: second, Status: domain.Scheduled, Approved: approved()}
	save(t, q, row{ID: first, Version: 1, Due: at(0).AddDate(-1, 0, 0), State: scheduled}, row{ID: second, Version: 1, Due: at(0).AddDate(99, 0, 0), State: later})
	var due string
	if err := q.QueryRow(t.Context(), store.Orders.SelectDue, 10).Scan(&due); err != nil || due != first {
		t.Errorf("due is %q, %v", due, err)
	}
	var next time.Time
	if err := q.QueryRow(t.Context(), store.Orders.NextDue).Scan(&next); err != nil || !next.Equal(at(0).AddDate(-1, 0, 0)) {
		t.Errorf("the next is due at %v, %v", next, err)
	}
	save(t, q, row{ID: "0190d2c4-0000-7000-8000-000000000003", Version: 1, State: full()})
	if n, age, err := store.Unknown(t.Context(), q); err != nil || n != 1 || age == 0 {
		t.Errorf("unknown: %d, %v, %v", n, age, err)
	}
}

// The database refuses what the domain never does.
func TestChecks(t *testing.T) {
	t.Parallel()
	q := database(t)
	for name, r := range map[string]row{
		"a status nobody knows":         {ID: first, Version: 1, State: &domain.Order{Approved: approved()}},
		"an open order without content": {ID: first, Version: 1, State: &domain.Order{Status: domain.Processing}},
		"scheduled without a time":      {ID: first, Version: 1, State: &domain.Order{Status: domain.Scheduled, Approved: approved()}},
		"unknown since never":           {ID: first, Version: 1, State: &domain.Order{Status: domain.OutcomeUnknown, Approved: approved()}},
	} {
		if _, err := q.Exec(t.Context(), store.Orders.Upsert, store.Orders.Args([]row{r})...); !postgres.IsBadInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The state of a usual order stays small: it is written three times.
func TestBodyIsShort(t *testing.T) {
	t.Parallel()
	o := approved()
	o.Lines[0].Change = &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 1, Term: "P1Y"}}
	d := domain.Grant(nil, o, false, nil, 0, at(0))
	if body := stored.Order(d.Order); len(body) > 150 {
		t.Errorf("%d bytes: %s", len(body), body)
	}
}

// A queue comes back in its order, and of two that change it at the same time one is sent back.
func TestQueueRoundTrip(t *testing.T) {
	t.Parallel()
	q := database(t)
	waiting := domain.Queue{Waiting: []domain.Place{{Order: second, Number: "ORD-2026-00002"}, {Order: first}}}
	for version, c := range []struct {
		state   domain.Queue
		version int64
		rows    int64
	}{{domain.Queue{}, 1, 1}, {waiting, 2, 1}, {domain.Queue{}, 2, 0}} {
		rows := []engine.Row[domain.Queue]{{ID: "s1", Version: c.version, State: c.state}}
		tag, err := q.Exec(t.Context(), store.Subscriptions.Upsert, store.Subscriptions.Args(rows)...)
		if err != nil || tag.RowsAffected() != c.rows {
			t.Fatalf("write %d: %d rows, %v", version, tag.RowsAffected(), err)
		}
	}
	rows, err := q.Query(t.Context(), store.Subscriptions.Select, []string{"s1", "s2"})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatalf("no row: %v", rows.Err())
	}
	got, err := store.Subscriptions.Scan(rows)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(engine.Row[domain.Queue]{ID: "s1", Version: 2, State: waiting}, got); diff != "" {
		t.Error(diff)
	}
}

// Tokens come one every interval, a burst at once after a pause, whoever asks at the same time; a block silences everybody.
func TestTokens(t *testing.T) {
	t.Parallel()
	q := database(t)
	const burst, interval = 100, 10 * time.Millisecond
	b := &store.Budgets{DB: q, Account: "a"}
	take := func(resource string, n int) (int, time.Duration) {
		t.Helper()
		taken, wait, err := b.Take(t.Context(), resource, n, burst, interval)
		if err != nil {
			t.Fatal(err)
		}
		return taken, wait
	}
	if taken, wait := take("orders", 4); taken != 0 || wait > 0 {
		t.Fatalf("the row is made at the first question: %d, %v", taken, wait)
	}
	began := time.Now()
	total := make(chan int)
	for range 4 {
		go func() {
			sum := 0
			for time.Since(began) < time.Second {
				taken, _, err := b.Take(context.WithoutCancel(t.Context()), "orders", 4, burst, interval)
				if err != nil {
					t.Error(err)
				}
				sum += taken
			}
			total <- sum
		}()
	}
	got := 0
	for range 4 {
		got += <-total
	}
	if most := burst + int(time.Since(began)/interval) + 1; got > most || got < burst+50 {
		t.Errorf("%d tokens in a second, at most %d", got, most)
	}
	take("subscriptions", 1)
	if taken, _ := take("subscriptions", 1); taken != 1 {
		t.Error("one resource's tokens are another's")
	}
	if err := b.Block(t.Context(), "orders", time.Hour, burst, interval); err != nil {
		t.Fatal(err)
	}
	if taken, wait := take("orders", 1); taken != 0 || wait < 59*time.Minute || wait > time.Hour {
		t.Errorf("blocked: %d, %v", taken, wait)
	}
	blocked, err := b.Blocked(t.Context())
	if err != nil || blocked["orders"] < 59*time.Minute || blocked["subscriptions"] != 0 {
		t.Errorf("blocked are %v, %v", blocked, err)
	}
}
