// Package store keeps intake's rows; it is the only place of the service with SQL.
//
// Model: an order is one aggregate of the engine in two tables: its record, written once,
// and its row in the book, written by one upsert per batch that succeeds only on the version
// that was loaded. A timeline entry is an aggregate that is only ever inserted.
//
// Guarantees: the database repeats the domain's rules on statuses as CHECK constraints; lists
// are keyset pages along the primary key, since order ids sort by time.
//
// Failures: errors are the driver's own; the engine and the handlers sort them.
package store

import (
	"embed"
	"fmt"
	"io/fs"

	"google.golang.org/protobuf/proto"
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

// encode cannot fail: what is stored here was read from a message or checked as text before.
func encode(m proto.Message) []byte {
	data, err := proto.MarshalOptions{}.MarshalAppend([]byte{}, m)
	if err != nil {
		panic(fmt.Errorf("intake: encode %T: %w", m, err))
	}
	return data
}
