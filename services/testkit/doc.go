// Package testkit gives tests the servers they need: a Postgres here, a NATS server in natstest, a faulty network in proxy.
// storetest and servicetest use them to run a service's tables, or the whole of it. Only tests import it.
//
// Model: a test binary has at most one Postgres server, started by the first test that asks and stopped by [Main]; each
// test gets a database of its own. The server is, in this order: the one that SEATFLOW_TEST_POSTGRES_URL names (a
// superuser's URL); a container, if a Docker engine answers at once and a postgres image can be had; the machine's own
// programs. One line on stderr says which. Where there is none, the test fails: a green run without servers is none.
//
// Guarantees: nothing outlives the test binary, even when it is killed: the kernel ends a server started here (on Linux;
// elsewhere the next run does), and a watching process removes a container. What a killed run left on disk, the next one
// removes. No test waits by sleeping: [Wait] and [Until] wait on a signal and fail with what they waited for.
package testkit
