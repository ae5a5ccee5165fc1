package traffic

import (
	"sync"
	"time"
)

const (
	secondsKept  = 3600
	statusesKept = 600
)

// Tally counts requests.
type Tally struct {
	mu      sync.Mutex
	seconds [secondsKept]second
	totals  [Operations][statusesKept]uint64 // by status; 0 stands for a connection closed without an answer
}

type second struct {
	unix      int64
	arrived   [Resources]uint32
	throttled [Resources]uint32
}

// Arrived counts a request when it comes in; throttled says that the limiter refused it.
func (t *Tally) Arrived(now time.Time, resource Resource, throttled bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.seconds[now.Unix()%secondsKept]
	if s.unix != now.Unix() {
		*s = second{unix: now.Unix()}
	}
	s.arrived[resource]++
	if throttled {
		s.throttled[resource]++
	}
}

// Answered counts an answer; status 0 means that the connection was closed without one.
func (t *Tally) Answered(op Operation, status int) {
	if status < 0 || status >= statusesKept {
		status = 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.totals[op][status]++
}

// Reset forgets everything.
func (t *Tally) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seconds, t.totals = [secondsKept]second{}, [Operations][statusesKept]uint64{}
}

// Total is how many requests of an operation got one status.
type Total struct {
	Operation Operation
	Status    int // HTTP; 0: closed without an answer
	Count     uint64
}

// Totals gives all counts since the start or the last reset, by operation and status.
func (t *Tally) Totals() []Total {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Total
	for op := range t.totals {
		for status, count := range t.totals[op] {
			if count > 0 {
				list = append(list, Total{Operation(op), status, count})
			}
		}
	}
	return list
}

// Minute is what came in during one minute of the clock.
type Minute struct {
	Start     time.Time
	Arrived   [Resources]uint64
	Throttled [Resources]uint64
}

// Minutes gives the minutes of the last hour in which something came in, oldest first.
func (t *Tally) Minutes(now time.Time) []Minute {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Minute
	for at := now.Unix() - secondsKept + 1; at <= now.Unix(); at++ {
		s := &t.seconds[at%secondsKept]
		if at < 0 || s.unix != at {
			continue
		}
		start := time.Unix(at-at%60, 0).UTC()
		if len(list) == 0 || !list[len(list)-1].Start.Equal(start) {
			list = append(list, Minute{Start: start})
		}
		m := &list[len(list)-1]
		for r := range Resources {
			m.Arrived[r] += uint64(s.arrived[r])
			m.Throttled[r] += uint64(s.throttled[r])
		}
	}
	return list
}

// Busiest gives, per resource, the most requests that came in during any 60 consecutive seconds of the last hour. Seconds
// are those of the clock.
func (t *Tally) Busiest(now time.Time) (most [Resources]uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	arrived := func(at int64, r Resource) uint64 {
		if at < 0 || t.seconds[at%secondsKept].unix != at {
			return 0
		}
		return uint64(t.seconds[at%secondsKept].arrived[r])
	}
	for r := range Resources {
		sum := uint64(0)
		first := now.Unix() - secondsKept + 1
		for at := first; at <= now.Unix(); at++ {
			sum += arrived(at, r)
			if at-60 >= first {
				sum -= arrived(at-60, r)
			}
			most[r] = max(most[r], sum)
		}
	}
	return most
}
