package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Row is one aggregate as its table stores it.
type Row[S any] struct {
	ID string
	// Version counts the commits that changed the row; 0 before the first.
	Version int64
	// Sequence counts the events emitted for it.
	Sequence int64
	// Due is when its timer fires; zero if it has none.
	Due   time.Time
	State S
}

// Table tells the engine how a service's store keeps one kind of aggregate.
// The SQL is the store's own and stands beside its migrations.
type Table[S any] struct {
	// Kind is the word used in Ref.Kind.
	Kind string
	// Select loads rows by id: $1 is a text array.
	Select string
	// Scan reads one row of Select.
	Scan func(pgx.Rows) (Row[S], error)
	// Upsert writes rows from arrays by unnest, sorted by id: it inserts, or updates
	// only WHERE version is one less than the version sent. A row that is not written
	// makes the engine roll back and run the batch again.
	Upsert string
	// Args are the arrays of Upsert. Row.Version is the new version.
	Args func([]Row[S]) []any
	// SelectDue finds due rows: $1 is a limit, and it returns ids, the longest due first.
	// Empty when the kind has no timer.
	SelectDue string
	// NextDue returns the earliest due time, or null.
	NextDue string
}

// Kind is a Table of any state. Only Table implements it.
type Kind interface {
	kind() string
	load(b *pgx.Batch, ids []string, into func(*entry))
	save(b *pgx.Batch, es []*entry, written func(int64))
	dueSQL() (find, next string)
}

// entry is an aggregate in a batch's working set.
type entry struct {
	ref      Ref
	version  int64 // as loaded
	sequence int64
	due      time.Time
	state    any // nil when it does not exist
	dirty    int // its place among the batch's changed ones, from 1; 0 when unchanged
}

func (t Table[S]) kind() string { return t.Kind }

func (t Table[S]) dueSQL() (find, next string) { return t.SelectDue, t.NextDue }

func (t Table[S]) load(b *pgx.Batch, ids []string, into func(*entry)) {
	b.Queue(t.Select, ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			r, err := t.Scan(rows)
			if err != nil {
				return err
			}
			into(&entry{ref: Ref{t.Kind, r.ID}, version: r.Version, sequence: r.Sequence, due: r.Due, state: r.State})
		}
		return rows.Err()
	})
}

func (t Table[S]) save(b *pgx.Batch, es []*entry, written func(int64)) {
	slices.SortFunc(es, func(a, b *entry) int { return cmp.Compare(a.ref.ID, b.ref.ID) })
	rows := make([]Row[S], len(es))
	for i, e := range es {
		rows[i] = Row[S]{ID: e.ref.ID, Version: e.version + 1, Sequence: e.sequence, Due: e.due, State: e.state.(S)}
	}
	queueExec(b, written, t.Upsert, t.Args(rows)...)
}

// NullTime is a due time for an array argument: nil when there is none.
func NullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Querier is a connection, a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}
