package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return storetest.Database(t, testkit.PostgresFrom, "intake", store.Migrations())
}

const (
	contoso  = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"
	fabrikam = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0002"
)

func at(minute int) time.Time { return time.Date(2025, 11, 21, 12, minute, 0, 0, time.UTC) }

// id is the n-th order's id; ids sort by time.
func id(n int) string { return fmt.Sprintf("0190d2c4-0000-7000-8000-%012d", n) }

// placed is the n-th order, as it is when it has just been placed.
func placed(n int, tenant, customer, reference string) engine.Row[domain.Book] {
	o := &orderv1.Order{
		Id: id(n), Number: domain.Number(2025, int64(n)), Customer: &orderv1.Customer{TenantId: tenant, Name: customer}, Reference: reference,
		Lines: []*orderv1.Line{{Number: 1, Product: "Visio"}}, Requester: &orderv1.Person{Name: "erp"},
	}
	return engine.Row[domain.Book]{ID: o.GetId(), Version: 1, Sequence: 1, State: domain.Open(o, at(n))}
}

// after is the row's next version, which has heard an event of fulfillment.
func after(r engine.Row[domain.Book], s orderv1.Status, when time.Time) engine.Row[domain.Book] {
	b, _ := r.State.Hear(domain.Event{Owner: domain.Fulfillment, Sequence: r.State.Heard[domain.Fulfillment] + 1, View: &orderv1.View{Status: s}, At: when})
	r.Version, r.State = r.Version+1, b
	return r
}

func TestOrdersRoundTrip(t *testing.T) {
	t.Parallel()
	q := database(t)
	row := placed(1, contoso, "Contoso Corp", "PO-1")
	if n := storetest.Save(t, q, store.Orders, row, placed(2, fabrikam, "Fabrikam Inc", "")); n != 2 {
		t.Fatalf("%d rows written", n)
	}
	got := storetest.Load(t, q, store.Orders, id(1))[0]
	if got.Version != 1 || got.Sequence != 1 || got.State.Owner != domain.Intake || got.State.Heard != row.State.Heard ||
		!got.State.PlacedAt.Equal(at(1)) || !got.State.ShownAt.Equal(at(1)) || !proto.Equal(got.State.View, row.State.View) || got.State.Order != nil {
		t.Errorf("loaded %+v", got)
	}
	next := after(got, orderv1.Status_STATUS_COMPLETED, at(9))
	next.State = next.State.Letter(false, false)
	for _, written := range []int64{1, 0} {
		if n := storetest.Save(t, q, store.Orders, next); n != written {
			t.Errorf("%d rows written, want %d", n, written)
		}
	}
	for what, byNumber := range map[string]bool{id(1): false, "ORD-2025-00001": true} {
		b, ok, err := store.Find(t.Context(), q, what, byNumber)
		if err != nil || !ok || !proto.Equal(b.Order, row.State.Order) || b.Heard != next.State.Heard || b.Owner != domain.Fulfillment ||
			!b.FinishedAt().Equal(at(9)) || b.Letters != 1 {
			t.Errorf("Find(%s) = %+v, %v, %v", what, b, ok, err)
		}
	}
	if _, ok, err := store.Find(t.Context(), q, "ORD-2025-09999", true); ok || err != nil {
		t.Errorf("an order that is none: %v, %v", ok, err)
	}
}

func TestDatabaseRefusesUnknownStatus(t *testing.T) {
	t.Parallel()
	q := database(t)
	row := placed(1, contoso, "Contoso Corp", "")
	storetest.Save(t, q, store.Orders, row)
	if n := storetest.Save(t, q, store.Orders, after(row, 99, at(2))); n != 1 {
		t.Error("a status of a newer version is not carried")
	}
	for _, sql := range []string{
		"update book set status = 'lost'", "update book set owner = 'notification'", "update book set status = 'completed'",
		"update book set finished_at = now()",
	} {
		if _, err := q.Exec(t.Context(), sql); !postgres.IsBadInput(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestTimelineIsASet(t *testing.T) {
	t.Parallel()
	q := database(t)
	entry := func(order int, owner, which, sentence string) engine.Row[*intakev1.TimelineEntry] {
		return engine.Row[*intakev1.TimelineEntry]{ID: store.EntryID(id(order), owner, which), Version: 1, State: &intakev1.TimelineEntry{Sentence: sentence}}
	}
	first := entry(1, "intake", "1", "placed")
	if n := storetest.Save(t, q, store.Timeline, first, entry(1, "approval", "1", "granted"), entry(1, "notification", "0190-x", "sent"), entry(2, "intake", "1", "other")); n != 4 {
		t.Fatalf("%d entries written", n)
	}
	if n := storetest.Save(t, q, store.Timeline, entry(1, "intake", "1", "again")); n != 0 {
		t.Error("an entry was written twice")
	}
	if there := storetest.Load(t, q, store.Timeline, first.ID, store.EntryID(id(1), "intake", "2")); len(there) != 1 || there[0].ID != first.ID {
		t.Errorf("known entries: %v", there)
	}
	got, err := store.Entries(t.Context(), q, id(1))
	var sentences []string
	for _, e := range got {
		sentences = append(sentences, e.GetSentence())
	}
	slices.Sort(sentences)
	if err != nil || !slices.Equal(sentences, []string{"granted", "placed", "sent"}) {
		t.Errorf("Entries = %v, %v", sentences, err)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	q := database(t)
	draw := func(n int) (year int, all []int64) {
		b := new(pgx.Batch)
		store.QueueNumbers(b, n, func(y int, number int64) { year, all = y, append(all, number) })
		if err := q.SendBatch(t.Context(), b).Close(); err != nil {
			t.Error(err)
		}
		return year, all
	}
	blocks := make(chan []int64, 8)
	for range cap(blocks) {
		go func() {
			_, all := draw(5)
			blocks <- all
		}()
	}
	seen := map[int64]bool{}
	for range cap(blocks) {
		for _, n := range <-blocks {
			seen[n] = true
		}
	}
	if len(seen) != 40 || !seen[1] || !seen[40] {
		t.Errorf("%d different numbers: %v", len(seen), seen)
	}
	var year int
	if err := q.QueryRow(t.Context(), "select extract(year from clock_timestamp() at time zone 'UTC')::int").Scan(&year); err != nil {
		t.Fatal(err)
	}
	if y, all := draw(1); y != year || len(all) != 1 || all[0] != 41 {
		t.Errorf("year %d, numbers %v", y, all)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	q := database(t)
	rows := []engine.Row[domain.Book]{
		placed(1, contoso, "Contoso Corp", "PO-1"), placed(2, fabrikam, "Fabrikam Inc", "po_2"), placed(3, contoso, "Contoso Corp", ""),
		placed(4, contoso, "Contoso Corp", ""), placed(5, fabrikam, "Fabrikam Inc", ""),
	}
	storetest.Save(t, q, store.Orders, rows...)
	storetest.Save(t, q, store.Orders,
		after(rows[0], orderv1.Status_STATUS_COMPLETED, at(30)), // long ago
		after(rows[1], orderv1.Status_STATUS_COMPLETED, time.Now()),
		after(rows[3], orderv1.Status_STATUS_FAILED, at(30)),
	)
	for name, c := range map[string]struct {
		f    store.Filter
		want []int
	}{
		"all":               {store.Filter{}, []int{5, 4, 3, 2, 1}},
		"recent":            {store.Filter{Recent: true}, []int{5, 4, 3, 2}},
		"active":            {store.Filter{Active: true}, []int{5, 4, 3}},
		"one status":        {store.Filter{Statuses: []string{"failed"}}, []int{4}},
		"one customer":      {store.Filter{Tenant: fabrikam}, []int{5, 2}},
		"after a page":      {store.Filter{Before: id(4)}, []int{3, 2, 1}},
		"a page":            {store.Filter{Limit: 2}, []int{5, 4}},
		"by number":         {store.Filter{Search: "ord-2025-00003"}, []int{3}},
		"by reference":      {store.Filter{Search: "PO-"}, []int{1}},
		"by customer":       {store.Filter{Search: "fabri"}, []int{5, 2}},
		"no pattern":        {store.Filter{Search: "%"}, nil},
		"an underscore too": {store.Filter{Search: "po_"}, []int{2}},
		"all together":      {store.Filter{Recent: true, Active: true, Tenant: contoso, Search: "con", Before: id(4), Statuses: []string{"received"}}, []int{3}},
	} {
		if c.f.Limit == 0 {
			c.f.Limit = 100
		}
		got, err := store.List(t.Context(), q, c.f)
		var ids, want []string
		for _, b := range got {
			ids = append(ids, b.Order.GetId())
		}
		for _, n := range c.want {
			want = append(want, id(n))
		}
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %v, %v; want %v", name, ids, err, want)
		}
	}
	counts, err := store.CountByStatus(t.Context(), q)
	if err != nil || len(counts) != 3 || counts["received"] != 2 || counts["failed"] != 1 || counts["completed"] != 1 {
		t.Errorf("CountByStatus = %v, %v", counts, err)
	}
}
