// Package natstest gives tests a NATS server with JetStream.
//
// Model: [Start] runs a server of the test's own on a free loopback port, with a store of its own. By default it runs in
// the test's process, which takes milliseconds; with Options.Process it is a process of its own (the test binary, run a
// second time), which [Server.Kill] ends as kill -9 does. A server can be stopped and started again on its store and its
// port, so that clients find it again. [URL] is for tests that need no more than some server: it gives the one that
// SEATFLOW_TEST_NATS_URL names, else one that all tests of the binary share.
//
// Guarantees: a server ends with its test; one in a process of its own ends with the test binary too, even when that is
// killed. The JetStream sync interval is the server's default, so a kill loses nothing and a power loss would; CutTail
// stands in for the latter.
package natstest
