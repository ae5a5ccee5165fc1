package split

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 20 * time.Second

// keeping is a member that runs a shell command and can be used while the file in $READY is there.
func keeping(t *testing.T, command string) (m *member, ready string) {
	t.Helper()
	dir := t.TempDir()
	ready = filepath.Join(dir, "ready")
	m = &member{name: "shell", logFile: filepath.Join(dir, "log"), log: slog.New(slog.DiscardHandler), ready: make(chan struct{})}
	m.start = func(context.Context) (life, error) {
		_ = os.Remove(ready) // the one before it may have left it
		p, err := launch([]string{"/bin/sh", "-c", command}, append(os.Environ(), "READY="+ready), m.logFile)
		if err != nil {
			return nil, err
		}
		return p, nil
	}
	m.probe = func(context.Context) error {
		_, err := os.Stat(ready)
		return err
	}
	return m, ready
}

// What is killed comes back, as another process; what is asked to stop ends in order.
func TestComesBack(t *testing.T) {
	t.Parallel()
	m, _ := keeping(t, `trap 'echo bye; exit 0' TERM; touch "$READY"; while :; do sleep 0.05; done`)
	ctx, stop := context.WithCancel(t.Context())
	usable, ended := make(chan struct{}, 9), make(chan error, 1)
	go func() { ended <- m.keep(ctx, func() { usable <- struct{}{} }) }()
	var pids []int
	for range 3 {
		within(t, usable)
		pid, sent := m.signal(syscall.Signal(0))
		if !sent {
			t.Fatal("nothing runs")
		}
		if len(pids) > 0 && pids[len(pids)-1] == pid {
			t.Fatal("it is the same process")
		}
		pids = append(pids, pid)
		if len(pids) < 3 {
			m.signal(syscall.SIGKILL)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if log := tailOf(m.logFile); !strings.Contains(log, "bye") {
		t.Errorf("it was not asked to stop: %q", log)
	}
	if _, sent := m.signal(syscall.Signal(0)); sent {
		t.Error("it still runs")
	}
}

// What never comes up ends the start, and says why.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	m, _ := keeping(t, "echo the port is taken >&2; exit 3")
	err := m.keep(t.Context(), func() { t.Error("ready") })
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("got %v", err)
	}
	if _, starts := m.readiness(); starts != tries {
		t.Errorf("%d starts", starts)
	}
}

// A process that does not stop when asked is cut off.
func TestCutOff(t *testing.T) {
	t.Parallel()
	m, _ := keeping(t, `trap '' TERM; touch "$READY"; while :; do sleep 0.05; done`)
	p, err := m.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.awaitProbe(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("enough"))
	defer cancel()
	if err := p.Stop(ctx); err == nil {
		t.Error("it says that it stopped in order")
	}
	within(t, p.Done())
}

func within[T any](t *testing.T, signal <-chan T) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-signal:
	case <-timer.C:
		t.Fatal("it takes too long")
	}
}

// Ports that are left open are all different; a run of addresses counts on from the first.
func TestPorts(t *testing.T) {
	t.Parallel()
	var p ports
	defer p.release()
	seen := map[string]bool{}
	for range 20 {
		addr, err := p.pick(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Errorf("%s twice", addr)
		}
		seen[addr] = true
	}
	for _, want := range []string{"127.0.0.1:9090", "127.0.0.1:9091"} {
		if got, err := p.following(t.Context(), "127.0.0.1:9090"); err != nil || got != want {
			t.Errorf("got %s, %v", got, err)
		}
	}
}
