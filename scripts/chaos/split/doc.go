// Package split runs Seatflow the way a few machines would: one process for each service, against a NATS process, a private
// Postgres, the Partner Center double and the mail catcher, all started from the same programs and kept running.
//
// Model: a [Shape] is a list of members in the order in which they start. A member is one process with a name; when it
// ends, whoever ended it, it is started again, at once the first time and after a growing pause when it keeps dying. Each
// service's process gets the environment that `seatflow setup` wrote for it, and what its [Config] adds. Addresses are
// chosen once, so that a member comes back where it was.
//
// Guarantees: members start one after the other, each once the one before it answers, and stop in the reverse order. Once all
// run, the data folder holds run.json, as that of `seatflow up` does, so that the same programs find their way. No process
// outlives this one where the kernel offers that (Linux).
//
// Failures: a member that dies again and again before it was ever ready ends the start, with the end of its log. After that,
// deaths are logged and mended.
package split
