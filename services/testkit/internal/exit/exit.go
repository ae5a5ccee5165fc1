// Package exit keeps what must be ended after a test binary's tests: servers that they share.
//
// Model: a package that starts such a server calls [After]; testkit.Main calls [Run]. A binary without testkit.Main
// leaves the ending to whatever ends with the process.
//
// Failures: Run goes on after an error and gives all of them.
package exit

import (
	"errors"
	"sync"
)

var (
	mu   sync.Mutex
	ends []func() error
)

// After has end called after the tests, before those that were given earlier.
func After(end func() error) {
	mu.Lock()
	defer mu.Unlock()
	ends = append(ends, end)
}

// Run calls what After was given, the last one first, each once.
func Run() error {
	mu.Lock()
	defer mu.Unlock()
	var errs []error
	for len(ends) > 0 {
		last := ends[len(ends)-1]
		ends = ends[:len(ends)-1]
		errs = append(errs, last())
	}
	return errors.Join(errs...)
}
