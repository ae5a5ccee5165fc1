package rpc

import "sync"

// Bounds of a memo: what one entry's text and all entries may be.
const (
	memoText    = 2 << 10
	memoEntries = 1024
)

// memo remembers what a caller looks like on the other side of the wire: few people send most requests. It is safe for
// concurrent use; when it is full it starts anew.
type memo[K comparable, V any] struct {
	mu      sync.RWMutex
	entries map[K]V
}

func (m *memo[K, V]) get(key K) (V, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.entries[key]
	return v, ok
}

// put remembers a pair. size is the length of its text: what is unusually long is not kept.
func (m *memo[K, V]) put(key K, v V, size int) {
	if size > memoText {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil || len(m.entries) >= memoEntries {
		m.entries = map[K]V{}
	}
	m.entries[key] = v
}
