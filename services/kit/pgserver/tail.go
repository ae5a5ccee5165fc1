package pgserver

import (
	"io"
	"strings"
	"sync"
)

// tail passes the server's log on and keeps its end for errors.
type tail struct {
	file io.Writer
	also io.Writer

	mu  sync.Mutex
	end []byte
}

// Write never fails: a full disk must not make the server block on its log.
func (t *tail) Write(p []byte) (int, error) {
	_, _ = t.file.Write(p)
	if t.also != nil {
		_, _ = t.also.Write(p)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if extra := len(t.end) - logTail; extra > 0 {
		t.end = append(t.end[:0], t.end[extra:]...)
	}
	return len(p), nil
}

// String is the end of the log.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.end))
}
