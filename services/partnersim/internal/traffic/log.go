package traffic

import (
	"sync"
	"time"
)

// Request is one row of the log: a request that was answered, or whose connection was closed.
type Request struct {
	Number        uint64    // 1, 2, 3 … without gaps, in the order of the answers
	At            time.Time // of its arrival, simulated
	Operation     Operation
	Tenant        string   // the partner's; empty: not signed in
	Customer      [16]byte // zero: none
	Target        string   // the cart, order or subscription of the path
	RequestID     string
	CorrelationID string
	Status        int    // HTTP; 0: closed without an answer
	Code          int    // the vendor's; 0: no error
	FirstEffect   uint64 // rows of the ledger that it made; 0: none
	LastEffect    uint64
	Met           string // faults and behaviours, such as "fault:swallow" or "list_lag#3"; empty: none
}

const requestsPerChunk = 256

// Log keeps the newest requests. Make it with NewLog.
type Log struct {
	mu     sync.Mutex
	limit  uint64
	total  uint64
	chunks [][]Request // together a ring of limit rows; made as they are needed
}

// NewLog makes a log that keeps so many requests, at least one.
func NewLog(limit int) *Log { return &Log{limit: uint64(max(limit, 1))} }

// Add writes a row and numbers it.
func (l *Log) Add(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	if at := (l.total - 1) / requestsPerChunk; l.total <= l.limit && at == uint64(len(l.chunks)) {
		l.chunks = append(l.chunks, make([]Request, min(requestsPerChunk, l.limit-at*requestsPerChunk)))
	}
	row := l.row(l.total)
	*row = *r
	row.Number = l.total
}

func (l *Log) row(number uint64) *Request {
	at := (number - 1) % l.limit
	return &l.chunks[at/requestsPerChunk][at%requestsPerChunk]
}

// Total is how many requests there were, and how many of them are forgotten.
func (l *Log) Total() (total, forgotten uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total, l.total - min(l.total, l.limit)
}

// Requests gives the kept requests with a number above after that pass the filter, oldest first, at most limit of them
// (0: all).
func (l *Log) Requests(after uint64, limit int, pass func(*Request) bool) []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []Request{}
	oldest := l.total - min(l.total, l.limit) + 1
	for n := max(oldest, after+1); n <= l.total && (limit <= 0 || len(list) < limit); n++ {
		if r := l.row(n); pass == nil || pass(r) {
			list = append(list, *r)
		}
	}
	return list
}

// Reset forgets everything; numbers begin anew.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total, l.chunks = 0, nil
}
