// Package proxy is a faulty network for tests: a TCP proxy between a client and a server, told when to fail and how.
//
// Model: a [Proxy] listens on a loopback port and passes every connection on to one target. It passes bytes until it is
// told otherwise, at any moment and for the connections that exist as well as for new ones: cut them, swallow what the
// server answers (the request takes effect, the client never learns), stall both ways, or cut after so many bytes.
//
// Guarantees: a fault holds from the moment the call that sets it returns, for every byte the proxy has not handed on yet.
// Close ends all connections and waits for all goroutines.
//
// Failures: a target that cannot be reached closes the client's connection, as a dead server would.
package proxy

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	bufferSize  = 32 << 10
)

// mode is what the proxy does with bytes.
type mode struct {
	refuse    bool          // close new connections at once
	swallow   bool          // throw away what the server sends
	stall     chan struct{} // not nil: hand nothing on, either way, until it is closed
	limited   bool
	remaining int64 // limited: so many bytes from the server, over all connections, then cut
}

// Proxy is one listening proxy. All methods may be called from any goroutine.
type Proxy struct {
	target   string
	listener net.Listener
	ctx      context.Context //nolint:containedctx // the proxy's own life, for dialling; ends in Close
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu    sync.Mutex
	mode  mode
	links map[*link]struct{}
}

// link is one client connection and the server connection that belongs to it.
type link struct{ client, server net.Conn }

func (l *link) cut() {
	for _, c := range []net.Conn{l.client, l.server} {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as a network gives, and no goodbye
		}
		_ = c.Close() // both ends learn by their own errors
	}
}

// New starts a proxy to target ("host:port"), which need not be up, and closes it with the test.
func New(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("proxy: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{target: target, listener: listener, ctx: ctx, cancel: cancel, links: map[*link]struct{}{}}
	p.running.Go(p.accept)
	t.Cleanup(p.Close)
	return p
}

// Addr is where the proxy listens, as "host:port".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Pass ends all faults. Connections that were not cut go on; what was swallowed stays lost.
func (p *Proxy) Pass() { p.set(mode{}, false) }

// Cut resets every connection, and new ones from now on. Pass lets new ones in again.
func (p *Proxy) Cut() { p.set(mode{refuse: true}, true) }

// Reset resets every connection once; new ones pass.
func (p *Proxy) Reset() { p.set(mode{}, true) }

// SwallowAnswers throws away all that the server sends from now on, while the client's bytes still arrive: the request
// takes effect and its answer is lost.
func (p *Proxy) SwallowAnswers() { p.set(mode{swallow: true}, false) }

// Stall hands nothing on, either way, until Pass: the connections stand and are silent, as behind a dead router.
func (p *Proxy) Stall() { p.set(mode{stall: make(chan struct{})}, false) }

// CutAfter lets n more bytes from the server through, over all connections together, then does what Cut does.
func (p *Proxy) CutAfter(n int64) { p.set(mode{limited: true, remaining: n}, false) }

// Connections is how many connections stand.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Close ends the proxy and all its connections. Closing twice is harmless.
func (p *Proxy) Close() {
	p.cancel()
	_ = p.listener.Close() // the second close fails, and does not matter
	p.set(mode{refuse: true}, true)
	p.running.Wait()
}

func (p *Proxy) set(m mode, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode.stall != nil {
		close(p.mode.stall)
	}
	p.mode = m
	if cut {
		p.cutAll()
	}
}

// cutAll needs the lock.
func (p *Proxy) cutAll() {
	for l := range p.links {
		l.cut()
		delete(p.links, l)
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	ctx, cancel := context.WithTimeoutCause(p.ctx, dialTimeout, errors.New("proxy: dial timeout"))
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.target)
	cancel()
	if err != nil {
		(&link{client: client, server: client}).cut()
		return
	}
	l := &link{client: client, server: server}
	p.mu.Lock()
	if p.mode.refuse || p.ctx.Err() != nil {
		p.mu.Unlock()
		l.cut()
		return
	}
	p.links[l] = struct{}{}
	p.mu.Unlock()

	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client, false) })
	both.Go(func() { p.copy(client, server, true) })
	both.Wait()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
	_, _ = client.Close(), server.Close() // closed already if they were cut
}

// copy hands bytes on until either side ends. answers says that they come from the server.
func (p *Proxy) copy(to, from net.Conn, answers bool) {
	buffer := make([]byte, bufferSize)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.hand(to, buffer[:n], answers) {
			break
		}
		if err != nil {
			break
		}
	}
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // the other direction may go on
	}
}

// hand does with the bytes what the mode says at this moment. It returns false when the connection is of no more use.
func (p *Proxy) hand(to net.Conn, bytes []byte, answers bool) bool {
	p.mu.Lock()
	for p.mode.stall != nil {
		stall := p.mode.stall
		p.mu.Unlock()
		<-stall // every change of the mode closes it, Close too
		p.mu.Lock()
	}
	cut := false
	if answers && p.mode.swallow {
		bytes = nil
	}
	if answers && p.mode.limited {
		if cut = int64(len(bytes)) >= p.mode.remaining; cut {
			bytes = bytes[:p.mode.remaining]
		}
		p.mode.remaining -= int64(len(bytes))
	}
	p.mu.Unlock()
	_, err := to.Write(bytes)
	if cut {
		if tcp, ok := to.(*net.TCPConn); ok {
			_ = tcp.CloseWrite() // let the last bytes out before the cut; a reset would overtake them
		}
		p.Cut()
		return false
	}
	return err == nil
}
