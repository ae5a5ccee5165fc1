package mailcatcher

import (
	"net"
	"sync"
)

// trackedListener bounds the connections open at once and closes them when it is closed, which go-smtp's graceful stop
// does not do: it waits for them, and a sender keeps its connection for ever.
type trackedListener struct {
	net.Listener

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

func track(l net.Listener) *trackedListener {
	return &trackedListener{Listener: l, open: map[net.Conn]struct{}{}}
}

// Accept waits for the next connection; one too many is closed at once.
func (l *trackedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		if !l.closed && len(l.open) < maxConnections {
			l.open[c] = struct{}{}
			l.mu.Unlock()
			return &trackedConn{Conn: c, owner: l}, nil
		}
		l.mu.Unlock()
		c.Close()
	}
}

// Close ends listening and all connections. It may be called more than once.
func (l *trackedListener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for c := range l.open {
		c.Close()
	}
	return err
}

// end is Close for those who have no use for its error, which says at most that the listener was closed before.
func (l *trackedListener) end() { _ = l.Close() }

type trackedConn struct {
	net.Conn
	owner *trackedListener
}

func (c *trackedConn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.open, c.Conn)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}
