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
	era     int        // how often all was forgotten
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

// now is the era in which a token's check begins; put wants it back.
func (c *cache) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.era
}

// put remembers a token, unless all was forgotten while it was being checked.
func (c *cache) put(era int, key tokenKey, caller rpc.Caller, until time.Time) {
	if c.limit <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if el, ok := c.entries[key]; ok {
		c.drop(el)
	}
	for len(c.entries) >= c.limit {
		c.drop(c.recent.Back())
	}
	c.entries[key] = c.recent.PushFront(&entry{key: key, caller: caller, until: until})
}

// forget drops every token: their keys may no longer be good.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	clear(c.entries)
	c.recent.Init()
}

func (c *cache) drop(el *list.Element) {
	c.recent.Remove(el)
	delete(c.entries, el.Value.(*entry).key)
}
