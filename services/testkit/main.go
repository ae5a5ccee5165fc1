package testkit

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/testkit/internal/exit"
)

// Main is the body of a TestMain: it runs the tests, stops the shared servers and exits.
func Main(m *testing.M) { os.Exit(run(m)) } //nolint:forbidigo // it is a TestMain, which ends so

// run is Main without the exit; it returns the exit code.
func run(m *testing.M) int {
	code := m.Run()
	if err := exit.Run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "testkit: a shared server was not stopped in order:", err)
		code = max(code, 1)
	}
	return code
}

// MainNoLeaks is Main that also fails when tests that passed leave goroutines behind.
func MainNoLeaks(m *testing.M, options ...goleak.Option) {
	code := run(m)
	if code == 0 {
		if err := goleak.Find(append(options, leftByDocker()...)...); err != nil {
			_, _ = fmt.Fprintf(os.Stderr, "testkit: goroutines are left: %v\n", err)
			code = 1
		}
	}
	os.Exit(code) //nolint:forbidigo // it is a TestMain, which ends so
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
