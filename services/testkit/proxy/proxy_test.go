package proxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a server that answers every line with itself, and tells which lines it saw.
func echo(t *testing.T) (addr string, seen <-chan string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lines, done := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			go func() {
				in := bufio.NewScanner(c)
				for in.Scan() {
					lines <- in.Text()
					if _, err := io.WriteString(c, in.Text()+"\n"); err != nil {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String(), lines
}

type client struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, addr string) client {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return client{Conn: c, in: bufio.NewReader(c)}
}

// ask sends a line and reads one, for as long as the deadline lets it.
func (c client) ask(line string, wait time.Duration) (string, error) {
	if err := c.SetDeadline(time.Now().Add(wait)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	answer, err := c.in.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

// refused checks that a new connection is of no use: it is reset while or after it is made.
func refused(t *testing.T, addr string) {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := (client{Conn: c, in: bufio.NewReader(c)}).ask("x", soon); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a new connection was not cut: %v", err)
	}
}

const (
	soon   = 30 * time.Second       // for what must come
	silent = 100 * time.Millisecond // for what must not come
)

func TestPassAndCut(t *testing.T) {
	t.Parallel()
	addr, _ := echo(t)
	p := proxy.New(t, addr)
	c := dial(t, p.Addr())
	if got, err := c.ask("hello", soon); err != nil || got != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
	if p.Connections() != 1 {
		t.Errorf("%d connections", p.Connections())
	}
	p.Cut()
	if _, err := c.ask("x", soon); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after a cut: %v", err)
	}
	refused(t, p.Addr())
	p.Pass()
	again := dial(t, p.Addr())
	if got, err := again.ask("again", soon); err != nil || got != "again" {
		t.Errorf("%q, %v", got, err)
	}
	p.Reset()
	if _, err := again.ask("x", soon); err == nil {
		t.Error("a reset connection answers")
	}
	if got, err := dial(t, p.Addr()).ask("new", soon); err != nil || got != "new" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSwallowAnswers(t *testing.T) {
	t.Parallel()
	addr, seen := echo(t)
	p := proxy.New(t, addr)
	c := dial(t, p.Addr())
	p.SwallowAnswers()
	if got, err := c.ask("lost", silent); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an answer came: %q, %v", got, err)
	}
	if got := testkit.Wait(t, "the request at the server", seen); got != "lost" {
		t.Errorf("the server saw %q", got)
	}
}

func TestStall(t *testing.T) {
	t.Parallel()
	addr, seen := echo(t)
	p := proxy.New(t, addr)
	c := dial(t, p.Addr())
	p.Stall()
	if got, err := c.ask("late", silent); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an answer came: %q, %v", got, err)
	}
	if len(seen) != 0 {
		t.Error("the server saw it")
	}
	p.Pass()
	if got := testkit.Wait(t, "the request at the server", seen); got != "late" {
		t.Errorf("the server saw %q", got)
	}
}

func TestCutAfter(t *testing.T) {
	t.Parallel()
	addr, _ := echo(t)
	p := proxy.New(t, addr)
	c := dial(t, p.Addr())
	p.CutAfter(8)
	if got, err := c.ask("12345", soon); err != nil || got != "12345" {
		t.Fatalf("%q, %v", got, err)
	}
	if got, err := c.ask("67890", soon); err == nil || errors.Is(err, os.ErrDeadlineExceeded) || len(got) > 2 {
		t.Errorf("beyond the limit: %q, %v", got, err)
	}
}

func TestDeadTarget(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, proxy.New(t, addr).Addr())
}

func TestCloseWithStalledConnections(t *testing.T) {
	t.Parallel()
	addr, _ := echo(t)
	p := proxy.New(t, addr)
	c := dial(t, p.Addr())
	p.Stall()
	if _, err := c.ask("x", silent); err == nil {
		t.Error("not stalled")
	}
	p.Close()
	p.Close()
}
