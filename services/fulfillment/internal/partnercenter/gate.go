package partnercenter

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// The states of a gate. It is left once: either the first byte goes, or it is shut for ever.
//
//	open ──first write──► passed          (a write that moved no byte goes back to open)
//	  └───late, or given up───► shut
const (
	gateOpen int32 = iota
	gatePassed
	gateShut
)

var (
	errLate = errors.New("partnercenter: send_before has passed")
	errShut = errors.New("partnercenter: call was given up before its first byte")
)

// gate stands between one request and its connection. The transport writes requests in a goroutine of its own and may do
// so after RoundTrip has already returned, which is why watching RoundTrip from outside cannot prove that nothing was sent.
type gate struct {
	state  atomic.Int32
	late   atomic.Bool
	before time.Time // zero: no limit
	now    func() time.Time
	cancel func() // ends the call's context, so that the transport does not try its other connections
}

// traced has the transport put the gate in front of the connection that it chooses. The trace is the caller's memory.
func (g *gate) traced(ctx context.Context, trace *httptrace.ClientTrace) context.Context {
	trace.GotConn = func(info httptrace.GotConnInfo) { g.guard(info.Conn) }
	return httptrace.WithClientTrace(ctx, trace)
}

// enter is asked before each write of the request. first tells the caller to report back a write that moved nothing.
func (g *gate) enter() (first bool, err error) {
	if g.state.Load() == gatePassed {
		return false, nil
	}
	if !g.before.IsZero() && g.now().After(g.before) {
		if g.state.CompareAndSwap(gateOpen, gateShut) {
			g.late.Store(true)
			g.cancel()
			return false, errLate
		}
	}
	if g.state.CompareAndSwap(gateOpen, gatePassed) {
		return true, nil
	}
	if g.state.Load() == gatePassed {
		return false, nil
	}
	return false, errShut
}

// nothingMoved takes back a first write that handed no byte to the network, so that the transport may try another
// connection and the call may still count as not sent.
func (g *gate) nothingMoved() { g.state.CompareAndSwap(gatePassed, gateOpen) }

// shut ends the call and says whether that came before the first byte. After true no byte can follow.
func (g *gate) shut() (notSent bool) {
	return g.state.CompareAndSwap(gateOpen, gateShut) || g.state.Load() == gateShut
}

// gatedConn is a connection whose requests pass a gate. A connection carries one request at a time.
type gatedConn struct {
	net.Conn
	gate atomic.Pointer[gate]
}

// Write asks the gate of the current request first. Handshakes come before any gate is set and pass.
func (c *gatedConn) Write(b []byte) (int, error) {
	g := c.gate.Load()
	if g == nil {
		return c.Conn.Write(b)
	}
	first, err := g.enter()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if first && n == 0 && err != nil {
		g.nothingMoved()
	}
	return n, err
}

// guard puts the gate in front of a connection that the transport has chosen for the request.
func (g *gate) guard(conn net.Conn) {
	for {
		switch c := conn.(type) {
		case *gatedConn:
			c.gate.Store(g)
			return
		case *tls.Conn:
			conn = c.NetConn()
		default: // not dialled by us: nothing can be proved about it
			g.state.CompareAndSwap(gateOpen, gatePassed)
			return
		}
	}
}
