package testkit

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// atExit is what ends with the test binary, besides Postgres.
var atExit struct {
	mu   sync.Mutex
	ends []func() error
}

// AtExit has end called by Main after the tests, in the reverse order of the calls: for servers that tests share.
func AtExit(end func() error) {
	atExit.mu.Lock()
	defer atExit.mu.Unlock()
	atExit.ends = append(atExit.ends, end)
}

// Main is the body of a TestMain: it runs the tests, stops the shared servers and exits.
func Main(m *testing.M) { os.Exit(run(m)) } //nolint:forbidigo // it is a TestMain, which ends so

// run is Main without the exit; it returns the exit code.
func run(m *testing.M) int {
	code := m.Run()
	atExit.mu.Lock()
	defer atExit.mu.Unlock()
	for _, end := range slices.Backward(atExit.ends) {
		if err := end(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "testkit: a shared server was not stopped in order:", err)
			code = max(code, 1)
		}
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
