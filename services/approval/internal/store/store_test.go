package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/approval/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return storetest.Database(t, testkit.PostgresFrom, "approval", store.Migrations())
}

const (
	first  = "0190d2c4-0000-7000-8000-000000000001"
	second = "0190d2c4-0000-7000-8000-000000000002"
	third  = "0190d2c4-0000-7000-8000-000000000003"
	tenant = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"
)

func at(minute int) time.Time { return time.Date(2025, 11, 21, 12, minute, 0, 0, time.UTC) }

func held() domain.Request {
	return domain.Request{
		State: domain.Awaiting, Arrived: true, Tenant: tenant, Fingerprint: "ab12", RequestedAt: at(0), ExpiresAt: at(30),
		Order:   &orderv1.Order{Id: first, Customer: &orderv1.Customer{TenantId: tenant, Name: "Contoso Corp"}},
		Reasons: []domain.Reason{{Rule: domain.FirstOrder, Sentence: "First order."}},
	}
}

func TestRequestsRoundTrip(t *testing.T) {
	t.Parallel()
	q := database(t)
	granted := held()
	granted.State, granted.ExpiresAt = domain.Granted, time.Time{}
	granted.Decision, granted.FirstGrant = domain.Decision{At: at(1), Automatic: true}, true
	tombstone := domain.Request{State: domain.Withdrawn, Decision: domain.Decision{By: &orderv1.Person{Name: "Emily"}, At: at(1), Note: "wrong customer"}}
	n := storetest.Save(t, q, store.Requests,
		engine.Row[domain.Request]{ID: first, Version: 1, Sequence: 1, Due: at(30), State: held()},
		engine.Row[domain.Request]{ID: second, Version: 1, Sequence: 1, State: granted},
		engine.Row[domain.Request]{ID: third, Version: 1, State: tombstone},
	)
	if n != 3 {
		t.Fatalf("%d rows written", n)
	}
	got := map[string]engine.Row[domain.Request]{}
	for _, r := range storetest.Load(t, q, store.Requests, first, second, third) {
		got[r.ID] = r
	}
	waits := got[first].State
	if waits.State != domain.Awaiting || !waits.Arrived || waits.Reasons[0] != held().Reasons[0] || !waits.ExpiresAt.Equal(at(30)) ||
		!got[first].Due.Equal(at(30)) || !proto.Equal(waits.Order, held().Order) || waits.Fingerprint != "ab12" || waits.Tenant != tenant {
		t.Errorf("the held request came back as %+v", got[first])
	}
	if g := got[second].State; g.State != domain.Granted || !g.Decision.Automatic || g.Order != nil || !got[second].Due.IsZero() {
		t.Errorf("the granted request came back as %+v", got[second])
	}
	if d := got[third].State; d.State != domain.Withdrawn || d.Arrived || d.Decision.By.GetName() != "Emily" || d.Decision.Note != "wrong customer" {
		t.Errorf("the tombstone came back as %+v", got[third])
	}
	wantKnown(t, q, tenant)
	if count, oldest, err := store.Pending(t.Context(), q); err != nil || count != 1 || oldest == 0 {
		t.Errorf("Pending = %d, %v, %v", count, oldest, err)
	}
}

func wantKnown(t *testing.T, q *pgxpool.Pool, want ...string) {
	t.Helper()
	var got []string
	var rules []domain.Rule
	b := new(pgx.Batch)
	store.QueueKnown(b, []string{tenant, first}, func(id string) { got = append(got, id) })
	store.QueueRules(b, func(all []domain.Rule) error { rules = all; return nil })
	if err := q.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
		t.Errorf("customers with a grant: %v, want %v", got, want)
	}
	if len(rules) != 3 {
		t.Errorf("rules: %v", rules)
	}
}

func TestStaleVersionWritesNothing(t *testing.T) {
	t.Parallel()
	q := database(t)
	row := engine.Row[domain.Request]{ID: first, Version: 1, Sequence: 1, Due: at(30), State: held()}
	for _, step := range []struct{ version, written int64 }{{1, 1}, {1, 0}, {3, 0}, {2, 1}, {2, 0}} {
		row.Version = step.version
		if n := storetest.Save(t, q, store.Requests, row); n != step.written {
			t.Errorf("version %d wrote %d rows, want %d", step.version, n, step.written)
		}
	}
}

func TestDueRequests(t *testing.T) {
	t.Parallel()
	q := database(t)
	late, later, future := held(), held(), held()
	storetest.Save(t, q, store.Requests,
		engine.Row[domain.Request]{ID: first, Version: 1, Due: at(20), State: later},
		engine.Row[domain.Request]{ID: second, Version: 1, Due: at(10), State: late},
		engine.Row[domain.Request]{ID: third, Version: 1, Due: time.Now().Add(time.Hour), State: future},
	)
	rows, err := q.Query(t.Context(), store.Requests.SelectDue, 10)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(ids) != 2 || ids[0] != second || ids[1] != first {
		t.Errorf("due: %v, %v", ids, err)
	}
	var next *time.Time
	if err := q.QueryRow(t.Context(), store.Requests.NextDue).Scan(&next); err != nil || !next.Equal(at(10)) {
		t.Errorf("next due: %v, %v", next, err)
	}
}

func TestDatabaseRefusesImpossibleStates(t *testing.T) {
	t.Parallel()
	q := database(t)
	noTimer, noDecision := held(), held()
	noDecision.State, noDecision.ExpiresAt = domain.Rejected, time.Time{}
	for name, row := range map[string]engine.Row[domain.Request]{
		"waiting without a timer":     {ID: first, Version: 1, State: noTimer},
		"rejected without a decision": {ID: first, Version: 1, State: noDecision},
		"no state":                    {ID: first, Version: 1, State: domain.Request{}},
		"granted before it came":      {ID: first, Version: 1, State: domain.Request{State: domain.Granted, Decision: domain.Decision{At: at(1)}}},
	} {
		_, err := q.Exec(t.Context(), store.Requests.Upsert, store.Requests.Args([]engine.Row[domain.Request]{row})...)
		if !postgres.IsBadInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	q := database(t)
	r := storetest.Load(t, q, store.Rules, domain.AmountOver)[0]
	if !r.State.Active || r.State.Amount() != "10000.00" {
		t.Fatalf("as delivered: %+v", r)
	}
	r.Version++
	r.State.Active, r.State.Threshold = false, "250.5"
	if n := storetest.Save(t, q, store.Rules, r); n != 1 {
		t.Fatalf("%d rows written", n)
	}
	if n := storetest.Save(t, q, store.Rules, r); n != 0 {
		t.Fatal("a stale version was written")
	}
	all, err := store.ListRules(t.Context(), q)
	if err != nil || len(all) != 3 || all[0].Active || all[0].Amount() != "250.50" || all[2].Active || all[2].Name != domain.RequesterNotAdmin {
		t.Errorf("ListRules = %+v, %v", all, err)
	}
}
