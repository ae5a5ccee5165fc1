// Package store keeps approval's rows; it is the only place of the service with SQL.
//
// Model: requests and rules are aggregates of the engine, loaded by id and written by
// one upsert per batch that succeeds only on the version that was loaded. Customers are
// rows written beside a granted request and read as facts.
//
// Guarantees: the database repeats the domain's rules on states as CHECK constraints.
//
// Failures: errors are the driver's own; the engine sorts them.
package store

import (
	"embed"
	"io/fs"
	"time"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the service's own tables, in goose's form.
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// nullable is the time for a column that may be null.
func nullable(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// value is the time of a column that may be null.
func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
