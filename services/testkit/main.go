package testkit

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main is the body of a TestMain: it runs the tests, stops the shared server and exits.
func Main(m *testing.M) {
	code := m.Run()
	os.Exit(max(code, stopShared()))
}

// MainNoLeaks is Main that also fails when tests that passed leave goroutines behind.
func MainNoLeaks(m *testing.M, options ...goleak.Option) {
	code := max(m.Run(), stopShared())
	if code == 0 {
		if err := goleak.Find(append(options, leftByDocker()...)...); err != nil {
			_, _ = fmt.Fprintf(os.Stderr, "testkit: goroutines are left: %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}

// leftByDocker are the goroutines of idle connections to the Docker engine, which its client gives no way to close.
func leftByDocker() []goleak.Option {
	if !containerUsed.Load() {
		return nil
	}
	return []goleak.Option{
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
	}
}
