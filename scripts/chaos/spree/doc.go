// Package spree proves that fulfillment buys every approved line once, whatever fails, and no line that ended without it.
//
// Model: several replicas of fulfillment alone, against one Postgres, one NATS and the Partner Center double. This program is
// approval: it publishes thousands of granted orders with lines of all kinds of change, and now and then cancels one or
// retries a failed one, as the portal would. The vendor loses answers, refuses before, after and while something takes
// effect, shows what it did late, throttles; every few seconds a replica is killed or paused for longer than its lease. All
// of it runs in scaled time: one setting speeds up the vendor's clock, the request limits and fulfillment's waits together.
// When the vendor is calm again and nothing is open any more, the last view of each order is held against the vendor's ledger.
//
// Guarantees: a run without a finding had exactly one effect at the vendor for each line that ended fulfilled by a change,
// none for each that ended failed or cancelled, no effect that belongs to no line, and every order in an end that its lines
// explain. The seed decides orders, blows and the vendor's faults, though never at the same instant.
//
// Failures: what was promised and not kept is a finding in the [Report]; an error means that the run could not be done.
package spree
