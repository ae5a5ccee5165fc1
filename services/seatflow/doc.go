// Package seatflow is the all-in-one program and the operator's command line: the one module that imports the services.
//
// Model: cmd/seatflow is the program; internal/up starts everything in one process, internal/setup makes what services need,
// internal/cli and internal/demo are clients of the portal's HTTP API, as any other program would be.
//
// Guarantees: the tests of this folder make the same whole orders' journeys on the all-in-one program and on one process for
// each service.
//
// Failures: each command ends with a plain sentence and an exit code other than 0.
package seatflow
