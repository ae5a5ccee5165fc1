// Package engine is the one way in which a service changes its state. It collects
// inputs, loads what they touch, lets the service's pure domain decide, commits
// everything in one transaction, publishes, and answers.
//
// # Model
//
// An input is a command, a message of a durable consumer, the outcome of a call to
// the outside, or a due timer. Inputs are taken in batches of what is there, up to
// 256: while one batch commits, the next gathers. Inputs that come one by one never
// wait for others; where they come in crowds, batches keep a beat. One batch is
//
//	load     aggregates with their versions, keys, facts and the database's clock: one round trip
//	decide   one input at a time, each seeing what the one before it left
//	commit   aggregates, journalled events, due calls, keys, dead letters and the
//	         writer's own row: one round trip and the COMMIT
//	publish  from memory, in journal order, asynchronously
//	answer   callers, and acknowledge messages
//
// A process is a writer: a row with a lease and an epoch. Every commit updates that
// row WHERE id AND epoch; a process that was taken over can commit nothing more.
// Aggregates are written only WHERE the version is the one that was loaded; fewer
// rows than sent roll the batch back and run it again.
//
// A call to the outside is a row too: planned, then claimed by a writer before its
// first byte leaves. Its outcome is an input like any other, whose commit ends the row.
//
// Calls of operations with a resource need tokens of the [Budget] that all replicas share.
// They are planned only; the pacer takes tokens and claims so many: the lowest priority
// first, of these the lane (the customer) served longest ago, with one in eight kept for
// polls. A lane is a row that whoever plans a call moves forward, so none is overlooked.
// Without a budget such calls are like all others. While submissions are paused, a row of
// the engine's, no call of an operation with Changes is claimed.
//
// # Guarantees
//
//   - No accepted input is lost: answers and acknowledgements follow the commit.
//   - No decision is taken twice: versions, keys and the writer's batch number see to it,
//     also when the answer to a COMMIT is lost.
//   - Every journalled event is published at least once, always with the same id and bytes.
//   - A process that should be dead cannot commit, and cannot claim a call.
//   - A call is handed to its operation at most once for each claim, and no claim happens
//     before its intent is committed.
//   - No more calls that need tokens are claimed than there were tokens, and none of those
//     that change something once the commit of a pause has been seen.
//
// Postgres is the truth and JetStream is transport: nothing rests on the broker's
// dedupe window, on acknowledgements or on the order of delivery. One fact is assumed
// of the database: a commit once acknowledged stays.
//
// # Failures
//
// Database away: the batch is tried again until it is back; callers are told
// "unavailable" at their deadline. NATS away: events wait in the journal; beyond the
// backlog limit new work is refused as "busy". A process dies: when its lease ends
// another publishes its events and has its open calls decided as lost. The broker
// loses its tail or the stream is deleted: what is missing is published again from
// the journal. An input that can never succeed becomes a dead letter, alone; one whose
// commit fails each time, although the database is there, is put off and comes again, alone
// too. A broker that hangs holds up publication and checks, but no timer and no call.
package engine
