package testkit

import (
	"testing"
	"time"
)

// patience is how long a test waits for what should come at once. It is generous, since machines are busy.
const patience = time.Minute

// Wait waits for a value from ch, or for ch to be closed, and fails the test with what it waited for if neither comes
// within a minute.
func Wait[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v := <-ch:
		return v
	case <-timer.C:
		t.Fatalf("waited %v in vain for %s", patience, what)
	case <-t.Context().Done():
		t.Fatalf("the test ended while it waited for %s", what)
	}
	panic("unreachable")
}

// Until waits until done says true. It asks at once and then after each signal on wake, which comes from whatever changes
// what done looks at: a subscription, a hook of the code under test, a process's output. It fails the test with what it
// waited for when a minute has passed, or wake is closed, and done is still false.
func Until[T any](t testing.TB, what string, wake <-chan T, done func() bool) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !done() {
		select {
		case _, open := <-wake:
			if !open && !done() {
				t.Fatalf("no more signals, and still no %s", what)
			}
		case <-timer.C:
			t.Fatalf("waited %v in vain for %s", patience, what)
		case <-t.Context().Done():
			t.Fatalf("the test ended while it waited for %s", what)
		}
	}
}
