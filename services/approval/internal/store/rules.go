package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// RuleKind is the kind of the rules' references; their id is the rule's name.
const RuleKind = "rule"

const ruleColumns = `name, version, active, coalesce(threshold::text, '')`

// Rules is the table of rules. Rules emit no events, so they have no sequence.
var Rules = engine.Table[domain.Rule]{
	Kind:   RuleKind,
	Select: `select ` + ruleColumns + ` from rules where name = any($1::text[])`,
	Scan: func(rows pgx.Rows) (engine.Row[domain.Rule], error) {
		var r engine.Row[domain.Rule]
		err := rows.Scan(&r.ID, &r.Version, &r.State.Active, &r.State.Threshold)
		r.State.Name = r.ID
		return r, err
	},
	Upsert: `
insert into rules (name, version, active, threshold)
select name, version, active, nullif(threshold, '')::numeric from unnest($1::text[], $2::bigint[], $3::boolean[], $4::text[])
	as r (name, version, active, threshold)
on conflict (name) do update set version = excluded.version, active = excluded.active, threshold = excluded.threshold
where rules.version = excluded.version - 1`,
	Args: func(rows []engine.Row[domain.Rule]) []any {
		n := len(rows)
		names, versions, active, thresholds := make([]string, n), make([]int64, n), make([]bool, n), make([]string, n)
		for i, r := range rows {
			names[i], versions[i], active[i], thresholds[i] = r.ID, r.Version, r.State.Active, r.State.Threshold
		}
		return []any{names, versions, active, thresholds}
	},
}

// QueueRules reads every rule within a batch.
func QueueRules(b *pgx.Batch, into func([]domain.Rule) error) {
	b.Queue(`select ` + ruleColumns + ` from rules order by name`).Query(func(rows pgx.Rows) error {
		rules, err := collectRules(rows)
		if err != nil {
			return err
		}
		return into(rules)
	})
}

// QueueKnown reads which of these customers have a granted order.
func QueueKnown(b *pgx.Batch, tenants []string, into func(tenant string)) {
	b.Queue(`select tenant_id::text from customers where tenant_id = any($1::text[]::uuid[])`, tenants).Query(func(rows pgx.Rows) error {
		var tenant string
		_, err := pgx.ForEachRow(rows, []any{&tenant}, func() error { into(tenant); return nil })
		return err
	})
}

// ListRules reads every rule.
func ListRules(ctx context.Context, q engine.Querier) ([]domain.Rule, error) {
	rows, err := q.Query(ctx, `select `+ruleColumns+` from rules order by name`)
	if err != nil {
		return nil, err
	}
	return collectRules(rows)
}

func collectRules(rows pgx.Rows) ([]domain.Rule, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (domain.Rule, error) {
		var r domain.Rule
		var version int64
		err := row.Scan(&r.Name, &version, &r.Active, &r.Threshold)
		return r, err
	})
}
