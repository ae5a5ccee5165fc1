// Package store keeps notification's rows; it is the only place of the service with SQL.
//
// Model: deliveries are aggregates of the engine, loaded by id and written by one upsert per batch that succeeds only on
// the version that was loaded.
//
// Guarantees: the database repeats the domain's rules on states as CHECK constraints. What a delivery is about (order,
// event, kind, recipient) never changes once it is written.
//
// Failures: errors are the driver's own; the engine sorts them.
package store

import (
	"embed"
	"io/fs"
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
