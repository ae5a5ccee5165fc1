package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// write stores rows of any table as the engine does, and gives how many were written.
func write[S any](t *testing.T, q *pgxpool.Pool, table engine.Table[S], rows ...engine.Row[S]) int64 {
	t.Helper()
	tag, err := q.Exec(t.Context(), table.Upsert, table.Args(rows)...)
	if err != nil {
		t.Fatal(err)
	}
	return tag.RowsAffected()
}

func read[S any](t *testing.T, q *pgxpool.Pool, table engine.Table[S], ids ...string) []engine.Row[S] {
	t.Helper()
	rows, err := q.Query(t.Context(), table.Select, ids)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []engine.Row[S]
	for rows.Next() {
		r, err := table.Scan(rows)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func TestFindings(t *testing.T) {
	t.Parallel()
	q := database(t)
	suspected, _ := domain.Finding{}.Seen(domain.Discrepancy{
		Kind: domain.WrongState, Customer: first, VendorOrder: "o", Subscription: "s", Order: second, Essence: "e", Detail: "D.", Hint: "H.",
	}, time.Minute, at(0))
	open, _ := suspected.Seen(suspected.Discrepancy, time.Minute, at(1))
	later, _ := suspected.Seen(suspected.Discrepancy, time.Minute, at(2))
	closed, err := later.CloseBy(domain.Person{Name: "John", Role: 1}, "known", at(3))
	if err != nil {
		t.Fatal(err)
	}
	row := func(id string, f domain.Finding) engine.Row[domain.Finding] {
		return engine.Row[domain.Finding]{ID: id, Version: 1, State: f}
	}
	ids := []string{"0190d2c4-0000-8000-8000-00000000000a", "0190d2c4-0000-8000-8000-00000000000b", "0190d2c4-0000-8000-8000-00000000000c"}
	stored := []engine.Row[domain.Finding]{row(ids[0], suspected), row(ids[1], open), row(ids[2], closed)}
	if n := write(t, q, store.Findings, stored...); n != 3 {
		t.Fatalf("%d rows written", n)
	}
	if n := write(t, q, store.Findings, stored[0]); n != 0 {
		t.Errorf("a second first version wrote %d rows", n)
	}
	got := read(t, q, store.Findings, ids...)
	slices.SortFunc(got, func(a, b engine.Row[domain.Finding]) int { return len(a.ID+a.State.Note) - len(b.ID+b.State.Note) })
	if diff := cmp.Diff(closed, got[2].State, cmp.Transformer("utc", time.Time.UTC)); diff != "" {
		t.Errorf("the finding came back changed:\n%s", diff)
	}
	for _, c := range []struct {
		all  bool
		want []string
	}{{false, ids[1:2]}, {true, []string{ids[2], ids[1]}}} {
		listed, err := store.ListFindings(t.Context(), q, c.all, 10)
		var have []string
		for _, r := range listed {
			have = append(have, r.ID)
		}
		if err != nil || !slices.Equal(have, c.want) {
			t.Errorf("all %v: %v, %v", c.all, have, err)
		}
	}
	standing, err := store.StandingFindings(t.Context(), q, first)
	if err != nil || len(standing) != 3 || standing[2] != (domain.Standing{ID: ids[2], Kind: domain.WrongState, Subscription: "s"}) {
		t.Errorf("standing: %v, %v", standing, err)
	}
	if count, err := store.OpenFindings(t.Context(), q); err != nil || len(count) != 1 || count[domain.WrongState] != 1 {
		t.Errorf("open: %v, %v", count, err)
	}
}

// The round finds one customer after the other, and what our books say about each.
func TestCustomersInTurn(t *testing.T) {
	t.Parallel()
	q := database(t)
	next := func() (customer string) {
		t.Helper()
		b := new(pgx.Batch)
		store.NextCustomer(b, &customer)
		if err := q.SendBatch(t.Context(), b).Close(); err != nil {
			t.Fatal(err)
		}
		return customer
	}
	round := func(version int64, r domain.Round) {
		t.Helper()
		if n := write(t, q, store.Reconciliations, engine.Row[domain.Round]{ID: store.RoundID, Version: version, Due: at(0), State: r}); n != 1 {
			t.Fatalf("%d rows written", n)
		}
	}
	if c := next(); c != "" {
		t.Errorf("without orders: %q", c)
	}
	other := approved()
	other.Customer = &orderv1.Customer{TenantId: "0190D2C4-0000-7000-8000-000000000002"}
	ours := full()
	ours.Approved.Lines[0].Change = &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 3}}
	save(t, q, row{ID: first, Version: 1, State: ours}, row{ID: second, Version: 1, State: &domain.Order{Status: domain.Completed, Approved: other}})
	if c := next(); c != first {
		t.Errorf("the first: %q", c)
	}
	round(1, domain.Round{Customer: first, StartedAt: at(0)})
	round(2, domain.Round{After: first, StartedAt: at(0), Tries: 1})
	if c := next(); c != second {
		t.Errorf("the second: %q", c)
	}
	if got := read(t, q, store.Reconciliations, store.RoundID); len(got) != 1 || got[0].State != (domain.Round{After: first, StartedAt: at(0), Tries: 1}) || !got[0].Due.Equal(at(0)) {
		t.Errorf("the round came back as %+v", got)
	}
	round(3, domain.Round{After: second})
	if c := next(); c != "" {
		t.Errorf("after the last: %q", c)
	}
	records, err := store.Records(t.Context(), q, first)
	if err != nil || len(records) != 1 || records[0].Order != first || records[0].VendorOrder != "o" {
		t.Errorf("records: %+v, %v", records, err)
	}
	for order, want := range map[string]int{"O": 1, "other": 0} {
		if holders, err := store.Holders(t.Context(), q, first, order); err != nil || len(holders) != want || want > 0 && holders[0].Order != first {
			t.Errorf("who has %s: %+v, %v", order, holders, err)
		}
	}
}

// An order's customer is written once and stays; whom it listens for follows its polls.
func TestWhomAnOrderIsFor(t *testing.T) {
	t.Parallel()
	q := database(t)
	customers := func() (customer, listens string) {
		t.Helper()
		if err := q.QueryRow(t.Context(), `select coalesce(customer::text, ''), coalesce(listens_for::text, '') from orders where id = $1`, first).
			Scan(&customer, &listens); err != nil {
			t.Fatal(err)
		}
		return customer, listens
	}
	save(t, q, row{ID: first, Version: 1, State: domain.Tombstone(first, domain.Person{Name: "John"}, "late").Order})
	if c, l := customers(); c != "" || l != "" {
		t.Errorf("a tombstone is for %q, %q", c, l)
	}
	polled := full()
	save(t, q, row{ID: first, Version: 2, State: polled})
	if c, l := customers(); c != first || l != first {
		t.Errorf("a polled order is for %q, %q", c, l)
	}
	done := load(t, q, first)
	done.Version, done.State.Polls, done.State.Lines = 3, nil, nil
	save(t, q, done)
	if c, l := customers(); c != first || l != "" {
		t.Errorf("a done order is for %q, %q", c, l)
	}
}

// A callback is stored once; those that are too old go when another one comes.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	q := database(t)
	of := func(id string, at time.Time) engine.Row[domain.Callback] {
		return engine.Row[domain.Callback]{ID: id, Version: 1, State: domain.Callback{Name: "n", URI: "u", Changed: "c", ReceivedAt: at}}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	if n := write(t, q, store.Callbacks, of("old", now.AddDate(0, 0, -15)), of("young", now.AddDate(0, 0, -13))); n != 2 {
		t.Fatalf("%d rows written", n)
	}
	if n := write(t, q, store.Callbacks, of("young", now)); n != 0 {
		t.Errorf("a repeat wrote %d rows", n)
	}
	got := read(t, q, store.Callbacks, "old", "young")
	if len(got) != 1 || got[0].ID != "young" || got[0].State.Name != "n" || !got[0].State.ReceivedAt.Equal(now.AddDate(0, 0, -13)) {
		t.Errorf("kept %+v", got)
	}
	save(t, q, row{ID: first, Version: 1, State: full()})
	if orders, err := store.Listening(t.Context(), q, first); err != nil || !slices.Equal(orders, []string{first}) {
		t.Errorf("listening: %v, %v", orders, err)
	}
	if orders, err := store.Listening(t.Context(), q, second); err != nil || len(orders) != 0 {
		t.Errorf("listening to another customer: %v, %v", orders, err)
	}
}
