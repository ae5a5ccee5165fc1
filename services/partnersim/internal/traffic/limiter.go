package traffic

import (
	"sync"
	"time"
)

const window = time.Minute

// Limiter allows a number of requests in any minute, per partner tenant and resource.
type Limiter struct {
	mu    sync.Mutex
	limit int
	lanes map[lane]*times
}

type lane struct {
	tenant   string
	resource Resource
}

// times holds the arrival of the newest requests, a ring as long as the limit.
type times struct {
	at   []time.Time
	next int
}

// NewLimiter makes a limiter; a limit of 0 or less lets everything through.
func NewLimiter(perMinute int) *Limiter {
	return &Limiter{limit: perMinute, lanes: map[lane]*times{}}
}

// SetLimit changes the limit and forgets all earlier requests.
func (l *Limiter) SetLimit(perMinute int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = perMinute
	clear(l.lanes)
}

// Limit is the limit per minute; 0 or less means none.
func (l *Limiter) Limit() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limit
}

// Allow notes a request and says whether it may pass; if not, after how long the next one could.
func (l *Limiter) Allow(now time.Time, tenant string, resource Resource) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit <= 0 || !resource.Limited() {
		return 0, true
	}
	key := lane{tenant, resource}
	t := l.lanes[key]
	if t == nil {
		t = &times{}
		l.lanes[key] = t
	}
	if len(t.at) < l.limit {
		t.at = append(t.at, now)
		return 0, true
	}
	oldest := t.at[t.next]
	t.at[t.next] = now
	t.next = (t.next + 1) % l.limit
	if now.Sub(oldest) >= window {
		return 0, true
	}
	return t.at[t.next].Add(window).Sub(now), false
}
