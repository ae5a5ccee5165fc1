package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

func loadKeys(b *pgx.Batch, keys []Key, into map[string]KeyRecord) {
	if len(keys) == 0 {
		return
	}
	n := len(keys)
	callers, scopes, values := make([]string, n), make([]string, n), make([]string, n)
	for i, k := range keys {
		callers[i], scopes[i], values[i] = k.Caller, k.Scope, k.Value
	}
	b.Queue(`select k.caller, k.scope, k.key, k.fingerprint, k.reply, k.sequence, k.ref
		from engine_keys k join unnest($1::text[], $2::text[], $3::text[]) as t(caller, scope, key) using (caller, scope, key)`,
		callers, scopes, values).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var k Key
			var r KeyRecord
			var seq int64
			if err := rows.Scan(&k.Caller, &k.Scope, &k.Value, &r.Fingerprint, &r.Reply, &seq, &r.Ref); err != nil {
				return err
			}
			r.Sequence = uint64(seq)
			into[k.id()] = r
		}
		return rows.Err()
	})
}

// queueKeys stores the keys first used in this batch. One that another replica
// has used meanwhile violates the primary key and makes the batch load again.
func queueKeys(b *pgx.Batch, rows []keyRow, now time.Time, keep time.Duration, check *tally) {
	if len(rows) == 0 {
		return
	}
	n := len(rows)
	// In one order, as everything that commits lock: another replica may store the same.
	slices.SortFunc(rows, func(a, b keyRow) int {
		return cmp.Or(cmp.Compare(a.key.Caller, b.key.Caller), cmp.Compare(a.key.Scope, b.key.Scope), cmp.Compare(a.key.Value, b.key.Value))
	})
	callers, scopes, values, prints := make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
	replies, seqs, refs, until := make([][]byte, n), make([]int64, n), make([]string, n), make([]*time.Time, n)
	expiry := now.Add(keep)
	for i, r := range rows {
		callers[i], scopes[i], values[i], prints[i] = r.key.Caller, r.key.Scope, r.key.Value, r.rec.Fingerprint
		replies[i], seqs[i], refs[i] = r.rec.Reply, int64(r.rec.Sequence), r.rec.Ref
		if !r.key.Permanent {
			until[i] = &expiry
		}
	}
	queueExec(b, check.expect(int64(n), errStale), `
		insert into engine_keys (created_at, caller, scope, key, fingerprint, reply, sequence, ref, expires_at)
		select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::bigint[], $8::text[], $9::timestamptz[])`,
		now, callers, scopes, values, prints, replies, seqs, refs, until)
}
