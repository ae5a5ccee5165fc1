package partnercenter

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// oneConnection starts a vendor with a single connection, which the first call holds until release is called.
func oneConnection(t *testing.T) (v *vendor, arrived *atomic.Int64, release func(), first <-chan Answer) {
	t.Helper()
	held, busy := make(chan struct{}), make(chan struct{})
	arrived = new(atomic.Int64)
	v = startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if arrived.Add(1) == 1 {
			close(busy)
			<-held
		}
		answering(201, `{"id":"o"}`)(w, r)
	}, func(c *Config) { c.MaxConns = 1 })
	answers := make(chan Answer, 1)
	go func() {
		_, a, _ := v.client.CheckoutCart(t.Context(), exchangeIDs(), "c", "k")
		answers <- a
	}()
	<-busy
	return v, arrived, sync.OnceFunc(func() { close(held) }), answers
}

// waiting gives a context that says when its call begins to wait for a connection.
func waiting(ctx context.Context, then func()) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { then() }})
}

func TestSendBeforePassesWhileWaitingForAConnection(t *testing.T) {
	t.Parallel()
	v, arrived, release, first := oneConnection(t)
	ex := exchangeIDs()
	ex.SendBefore = v.clock.now().Add(10 * time.Second)
	ctx := waiting(testContext(t), func() {
		v.clock.advance(11 * time.Second)
		release()
	})
	_, answer, err := v.client.CheckoutCart(ctx, ex, "c", "k2")
	if answer.Outcome != NotSent || answer.Entry.Word != "send_too_late" || !errors.Is(err, errLate) {
		t.Errorf("answer %+v, error %v", answer, err)
	}
	if a := <-first; a.Outcome != Done || arrived.Load() != 1 {
		t.Errorf("first %+v, requests arrived %d", a, arrived.Load())
	}
}

func TestGivenUpWhileWaitingForAConnectionIsNotSent(t *testing.T) {
	t.Parallel()
	v, arrived, release, first := oneConnection(t)
	defer release()
	ctx, cancel := context.WithCancel(testContext(t))
	_, answer, err := v.client.CheckoutCart(waiting(ctx, cancel), exchangeIDs(), "c", "k2")
	if answer.Outcome != NotSent || !errors.Is(err, context.Canceled) {
		t.Errorf("answer %+v, error %v", answer, err)
	}
	release()
	if a := <-first; a.Outcome != Done || arrived.Load() != 1 {
		t.Errorf("first %+v, requests arrived %d", a, arrived.Load())
	}
}

// TestGivenUpAtTheGate cancels at the last moment: the connection is chosen, the write is about to begin. Whatever the
// race decides, NotSent and an arrived request never go together.
func TestGivenUpAtTheGate(t *testing.T) {
	t.Parallel()
	var arrived sync.Map
	v := startVendor(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Store(r.Header.Get("MS-RequestId"), true)
		answering(201, `{"id":"o"}`)(w, r)
	})
	outcomes := map[Outcome]int{}
	var notSent []string
	var cancels sync.WaitGroup
	for i := range 300 {
		ctx, cancel := context.WithCancel(testContext(t))
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { cancels.Go(cancel) }})
		id := strconv.Itoa(i)
		_, answer, _ := v.client.CheckoutCart(traced, Exchange{RequestID: id}, "c", "k")
		cancel()
		outcomes[answer.Outcome]++
		if answer.Outcome == NotSent {
			notSent = append(notSent, id)
		}
	}
	cancels.Wait()
	v.Close() // waits for every request that did arrive
	for _, id := range notSent {
		if _, ok := arrived.Load(id); ok {
			t.Errorf("call %s is NotSent and arrived", id)
		}
	}
	t.Logf("outcomes %v", outcomes)
}

// TestGateIsLeftOnce races the first write against giving up.
func TestGateIsLeftOnce(t *testing.T) {
	t.Parallel()
	for range 2000 {
		g := &gate{now: time.Now, cancel: func() {}}
		var passed, shut bool
		var wg sync.WaitGroup
		wg.Go(func() { _, err := g.enter(); passed = err == nil })
		wg.Go(func() { shut = g.shut() })
		wg.Wait()
		if passed == shut {
			t.Fatalf("passed %v, shut %v", passed, shut)
		}
	}
}

// TestWriteThatMovedNothing: a connection that was dead already does not make a call unknown.
func TestWriteThatMovedNothing(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	_ = far.Close()
	g := &gate{now: time.Now, cancel: func() {}}
	conn := &gatedConn{Conn: near}
	g.guard(conn)
	if n, err := conn.Write([]byte("x")); n != 0 || !errors.Is(err, io.ErrClosedPipe) {
		t.Fatalf("wrote %d: %v", n, err)
	}
	if !g.shut() {
		t.Error("nothing was written, and yet the gate counts as passed")
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, errShut) {
		t.Errorf("write after giving up: %v", err)
	}
	_ = near.Close()
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var conns atomic.Int64
	v := startVendor(t, answering(404, `{"code":20000}`))
	ctx := httptrace.WithClientTrace(testContext(t), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if !i.Reused {
			conns.Add(1)
		}
	}})
	for range 50 {
		if _, _, err := v.client.GetOrder(ctx, exchangeIDs(), "c", "o"); err == nil {
			t.Fatal("no error")
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for 50 calls in a row", n)
	}
}
