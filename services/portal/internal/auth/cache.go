package auth

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/seatflow/seatflow/services/kit/rpc"
)

// tokenKey is a token's hash. Looking up by a hash gives an attacker no timing to learn a token from.
type tokenKey = [sha256.Size]byte

// cache remembers verified tokens, the least recently used one leaving first.
type cache struct {
	limit int

	mu      sync.Mutex
	entries map[tokenKey]*list.Element
	recent  *list.List // of entry, the most recent in front
}

type entry struct {
	key    tokenKey
	caller rpc.Caller
	until  time.Time
}

func newCache(limit int) *cache {
	return &cache{limit: limit, entries: map[tokenKey]*list.Element{}, recent: list.New()}
}

func (c *cache) get(key tokenKey, now time.Time) (rpc.Caller, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.entries[key]
	if !ok {
		return rpc.Caller{}, false
	}
	e := el.Value.(*entry)
	if !now.Before(e.until) {
		c.drop(el)
		return rpc.Caller{}, false
	}
	c.recent.MoveToFront(el)
	return e.caller, true
}

func (c *cache) put(key tokenKey, caller rpc.Caller, until time.Time) {
	if c.limit <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.entries[key]; ok {
		c.drop(el)
	}
	for len(c.entries) >= c.limit {
		c.drop(c.recent.Back())
	}
	c.entries[key] = c.recent.PushFront(&entry{key: key, caller: caller, until: until})
}

func (c *cache) drop(el *list.Element) {
	c.recent.Remove(el)
	delete(c.entries, el.Value.(*entry).key)
}
