package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Database is a pool or a transaction that can also write.
type Database interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Budgets are one partner account's rows of tokens.
type Budgets struct {
	DB      Database
	Account string
}

// Take gives up to n tokens of a resource by the generic cell rate algorithm: one every interval, burst at once after a
// pause. Without any, wait is how long it is until there is one. The clock is the database's; a moment that has passed while
// the row was locked gives fewer tokens, never more.
func (b *Budgets) Take(ctx context.Context, resource string, n, burst int, interval time.Duration) (taken int, wait time.Duration, err error) {
	err = b.DB.QueryRow(ctx, `
		with c as materialized (select clock_timestamp() as now)
		update budgets b set
			leased = least($3, floor(extract(epoch from c.now + $4 * $5::interval - greatest(b.used_until, c.now)) / extract(epoch from $5::interval)))::int,
			used_until = greatest(b.used_until, c.now) + $5::interval *
				least($3, floor(extract(epoch from c.now + $4 * $5::interval - greatest(b.used_until, c.now)) / extract(epoch from $5::interval)))
		from c
		where b.account = $1 and b.resource = $2 and b.blocked_until <= c.now and greatest(b.used_until, c.now) <= c.now + ($4 - 1) * $5::interval
		returning b.leased`, b.Account, resource, n, burst, interval).Scan(&taken)
	if !errors.Is(err, pgx.ErrNoRows) {
		return taken, 0, err
	}
	var seconds float64
	err = b.DB.QueryRow(ctx, `
		with c as materialized (select clock_timestamp() as now)
		select extract(epoch from greatest(blocked_until, used_until - ($3 - 1) * $4::interval, c.now) - c.now)::float8
		from budgets, c where account = $1 and resource = $2`, b.Account, resource, burst, interval).Scan(&seconds)
	if errors.Is(err, pgx.ErrNoRows) {
		_, err = b.DB.Exec(ctx, `insert into budgets (account, resource) values ($1, $2) on conflict do nothing`, b.Account, resource)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("tokens of %s: %w", resource, err)
	}
	return 0, time.Duration(seconds * float64(time.Second)), nil
}

// Block takes no tokens for so long, and no burst right after: the vendor has asked for silence.
func (b *Budgets) Block(ctx context.Context, resource string, pause time.Duration, burst int, interval time.Duration) error {
	_, err := b.DB.Exec(ctx, `
		insert into budgets as b (account, resource, blocked_until, used_until)
		values ($1, $2, clock_timestamp() + $3, clock_timestamp() + $3 + ($4 - 1) * $5::interval)
		on conflict (account, resource) do update set
			blocked_until = greatest(b.blocked_until, excluded.blocked_until), used_until = greatest(b.used_until, excluded.used_until)`,
		b.Account, resource, pause, burst, interval)
	return err
}

// Blocked is until when the vendor has asked for silence, by resource; the past or absent means that it has not.
func (b *Budgets) Blocked(ctx context.Context) (map[string]time.Duration, error) {
	rows, err := b.DB.Query(ctx, `with c as materialized (select clock_timestamp() as now)
		select resource, extract(epoch from greatest(blocked_until, c.now) - c.now)::float8
		from budgets, c where account = $1`, b.Account)
	if err != nil {
		return nil, err
	}
	out := map[string]time.Duration{}
	var resource string
	var seconds float64
	_, err = pgx.ForEachRow(rows, []any{&resource, &seconds}, func() error {
		out[resource] = time.Duration(seconds * float64(time.Second))
		return nil
	})
	return out, err
}
