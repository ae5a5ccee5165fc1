package calls

import (
	"context"
	"maps"
	"sync"
	"time"
)

// memo keeps what has been learnt by key for a while. Who asks for the same at the same time waits for one answer. Its zero
// value is ready.
type memo[T any] struct {
	mu   sync.Mutex
	kept map[string]*learnt[T]
}

type learnt[T any] struct {
	told  chan struct{} // closed when value is there
	value T
	until time.Time
}

// crowd is how many keys are kept before those that are too old are dropped.
const crowd = 4096

// get gives what is known, or asks. ask says for how long its answer is good; zero is for those only who wait for it now. When
// ctx ends first, nothing is known.
func (m *memo[T]) get(ctx context.Context, key string, ask func() (value T, good time.Duration)) T {
	m.mu.Lock()
	l := m.kept[key]
	if l != nil && (l.until.IsZero() || time.Now().Before(l.until)) {
		m.mu.Unlock()
		select {
		case <-l.told:
			return l.value
		case <-ctx.Done():
			var nothing T
			return nothing
		}
	}
	l = &learnt[T]{told: make(chan struct{})}
	m.keep(key, l)
	m.mu.Unlock()

	var good time.Duration
	defer func() {
		m.mu.Lock()
		l.until = time.Now().Add(good)
		m.mu.Unlock()
		close(l.told)
	}()
	l.value, good = ask()
	return l.value
}

func (m *memo[T]) keep(key string, l *learnt[T]) {
	if m.kept == nil {
		m.kept = map[string]*learnt[T]{}
	}
	if len(m.kept) >= crowd {
		now := time.Now()
		maps.DeleteFunc(m.kept, func(_ string, l *learnt[T]) bool { return !l.until.IsZero() && now.After(l.until) })
	}
	m.kept[key] = l
}

// forget has the next one ask again.
func (m *memo[T]) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.kept[key]; l != nil && !l.until.IsZero() {
		delete(m.kept, key)
	}
}
