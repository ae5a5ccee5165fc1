// Package postgres is how a service uses its own database: a small pool, one way to run a transaction, migrations, and
// what the database's errors mean.
//
// Model: a service has one database, one role and one pool. Statements are prepared once per connection and kept. Every
// connection carries the service's name, gives up on a lock after 5 seconds and is ended by the server when it idles
// inside a transaction for 5 seconds, so that a paused process cannot block the others for long.
//
// Guarantees: [InTx] commits or rolls back, whatever happens in between, even a panic or the end of the context; when it
// returns nil the commit was acknowledged. [Migrate] may be called by any number of processes at once. No password stands
// in an error or a log line that this package writes.
//
// Failures: a commit whose answer was lost comes back as an error though it may have taken effect; whoever calls again
// must notice by itself that the work is done (the engine does, by versions and keys). Errors pass through with their
// cause: [Retryable], [IsUnique], [IsBadInput] and [IsConnection] look through all wrapping, and [Wrap] gives them a kind.
package postgres
