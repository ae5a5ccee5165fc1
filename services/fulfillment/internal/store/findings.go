package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// FindingKind is the kind of the findings' references; their ids are domain.Discrepancy's.
const FindingKind = "finding"

const findingColumns = `id::text, version, sequence, kind, customer::text, vendor_order, subscription, order_id, essence, stage,
	detail, hint, seen_at, found_at, closed_at, closed_by, note`

// Findings is the table of findings.
var Findings = engine.Table[domain.Finding]{
	Kind:   FindingKind,
	Select: `select ` + findingColumns + ` from findings where id = any($1::text[]::uuid[])`,
	Scan:   func(rows pgx.Rows) (engine.Row[domain.Finding], error) { return scanFinding(rows) },
	Upsert: `
insert into findings (id, version, sequence, kind, customer, vendor_order, subscription, order_id, essence, stage,
	detail, hint, seen_at, found_at, closed_at, closed_by, note)
select * from unnest($1::text[]::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]::uuid[], $6::text[], $7::text[], $8::text[],
	$9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::bytea[], $17::text[])
on conflict (id) do update set version = excluded.version, sequence = excluded.sequence, vendor_order = excluded.vendor_order,
	subscription = excluded.subscription, order_id = excluded.order_id, stage = excluded.stage, detail = excluded.detail,
	hint = excluded.hint, seen_at = excluded.seen_at, found_at = excluded.found_at, closed_at = excluded.closed_at,
	closed_by = excluded.closed_by, note = excluded.note
where findings.version = excluded.version - 1`,
	Args: findingArgs,
}

func findingArgs(rows []engine.Row[domain.Finding]) []any {
	text := func(of func(f *domain.Finding) string) []string {
		out := make([]string, len(rows))
		for i := range rows {
			out[i] = of(&rows[i].State)
		}
		return out
	}
	moment := func(of func(f *domain.Finding) time.Time) []*time.Time {
		out := make([]*time.Time, len(rows))
		for i := range rows {
			out[i] = engine.NullTime(of(&rows[i].State))
		}
		return out
	}
	ids, versions, sequences := make([]string, len(rows)), make([]int64, len(rows)), make([]int64, len(rows))
	closers := make([][]byte, len(rows))
	for i, r := range rows {
		ids[i], versions[i], sequences[i], closers[i] = r.ID, r.Version, r.Sequence, encodePerson(r.State.ClosedBy)
	}
	return []any{
		ids, versions, sequences,
		text(func(f *domain.Finding) string { return string(f.Kind) }),
		text(func(f *domain.Finding) string { return f.Customer }),
		text(func(f *domain.Finding) string { return f.VendorOrder }),
		text(func(f *domain.Finding) string { return f.Subscription }),
		text(func(f *domain.Finding) string { return f.Order }),
		text(func(f *domain.Finding) string { return f.Essence }),
		text(func(f *domain.Finding) string { return string(f.Stage) }),
		text(func(f *domain.Finding) string { return f.Detail }),
		text(func(f *domain.Finding) string { return f.Hint }),
		moment(func(f *domain.Finding) time.Time { return f.SeenAt }),
		moment(func(f *domain.Finding) time.Time { return f.FoundAt }),
		moment(func(f *domain.Finding) time.Time { return f.ClosedAt }),
		closers,
		text(func(f *domain.Finding) string { return f.Note }),
	}
}

// encodePerson is somebody as JSON, and nothing for nobody.
func encodePerson(p domain.Person) []byte {
	if p == (domain.Person{}) {
		return []byte{}
	}
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and a number cannot fail
	}
	return data
}

func scanFinding(row pgx.CollectableRow) (r engine.Row[domain.Finding], err error) {
	var found, closed *time.Time
	var closer []byte
	f := &r.State
	err = row.Scan(&r.ID, &r.Version, &r.Sequence, &f.Kind, &f.Customer, &f.VendorOrder, &f.Subscription, &f.Order, &f.Essence, &f.Stage,
		&f.Detail, &f.Hint, &f.SeenAt, &found, &closed, &closer, &f.Note)
	if err != nil {
		return r, err
	}
	if found != nil {
		f.FoundAt = *found
	}
	if closed != nil {
		f.ClosedAt = *closed
	}
	if len(closer) > 0 {
		err = json.Unmarshal(closer, &f.ClosedBy)
	}
	return r, err
}

// ListFindings reads the findings that were told, the newest first: the open ones, or all.
func ListFindings(ctx context.Context, q engine.Querier, all bool, limit int) ([]engine.Row[domain.Finding], error) {
	rows, err := q.Query(ctx, `select `+findingColumns+` from findings where found_at is not null and ($1 or stage = 'open')
		order by found_at desc, id limit $2`, all, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanFinding)
}

// StandingFindings reads a customer's findings that are so as far as is known; those that a person has closed too.
func StandingFindings(ctx context.Context, q engine.Querier, customer string) ([]domain.Standing, error) {
	rows, err := q.Query(ctx, `select id::text, kind, subscription from findings
		where customer = $1::text::uuid and stage in ('suspected', 'open', 'closed') order by id`, customer)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Standing])
}

// OpenFindings counts the open findings by kind.
func OpenFindings(ctx context.Context, q engine.Querier) (map[domain.FindingKind]int64, error) {
	rows, err := q.Query(ctx, `select kind, count(*) from findings where stage = 'open' group by kind`)
	if err != nil {
		return nil, err
	}
	open := map[domain.FindingKind]int64{}
	var kind domain.FindingKind
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&kind, &n}, func() error { open[kind] = n; return nil })
	return open, err
}
