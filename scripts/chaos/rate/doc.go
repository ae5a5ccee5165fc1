// Package rate measures how fulfillment uses the request rate that the vendor allows: all of it, never more, and in turn.
//
// Model: several replicas of fulfillment alone, against one Postgres, one NATS and the Partner Center double, which counts as the
// vendor does and refuses what is too much. This program is approval: one customer gets a backlog of thousands of orders, all
// of one line; then every so often another customer gets a single one. When the time is over, the double's log of requests is
// read: how many arrived in each window of 60 s, how many were refused for the rate, and how long after its approval each single
// line's first request arrived.
//
// Guarantees: the figures are the vendor's own, not what the replicas say of themselves. A window counts only while there was a
// backlog from its beginning to its end.
//
// Failures: what was promised and not kept is a finding in the [Report]; an error means that the run could not be done.
package rate
