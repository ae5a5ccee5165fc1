package split

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	probeInterval = 25 * time.Millisecond
	probeTimeout  = 2 * time.Second
	firstPause    = 100 * time.Millisecond
	longestPause  = 3 * time.Second
	// settled is how long a process must have lived for its death to count as a first one.
	settled = 10 * time.Second
	// tries is how often a member may die before it was ever ready.
	tries   = 5
	logTail = 2 << 10 // bytes of a log that an error shows
)

// member is one process that is kept running.
type member struct {
	name    string
	logFile string
	start   func(ctx context.Context) (life, error)
	// probe says whether the process that runs can be used.
	probe func(ctx context.Context) error
	log   *slog.Logger

	mu     sync.Mutex
	life   life          // nil while none runs
	ready  chan struct{} // closed when the process that runs, or the next one, can be used
	starts int
}

// keep runs the member until ctx ends. ready is called when it can be used for the first time.
func (m *member) keep(ctx context.Context, ready func()) error {
	ever := false
	pause := time.Duration(0)
	for died := 0; ; died++ {
		if !wait(ctx, pause) {
			return nil
		}
		born := time.Now()
		up, err := m.live(ctx, func() { ever = true; ready() })
		if ctx.Err() != nil {
			return err
		}
		if !up && !ever && died+1 >= tries {
			return fmt.Errorf("%s does not come up: %w; the end of %s:\n%s", m.name, err, m.logFile, tailOf(m.logFile))
		}
		pause = min(max(2*pause, firstPause), longestPause)
		if up && time.Since(born) > settled {
			pause = firstPause
		}
		m.log.WarnContext(ctx, "process ended", slog.String("process", m.name), slog.Any("reason", err),
			slog.Duration("lived", time.Since(born).Round(time.Millisecond)), slog.Duration("again_in", pause))
	}
}

// live is one process from start to end. up says whether it could be used at some time.
func (m *member) live(ctx context.Context, ready func()) (up bool, err error) {
	l, err := m.start(ctx)
	if err != nil {
		return false, err
	}
	m.mu.Lock()
	m.life = l
	m.starts++
	nth := m.starts
	m.mu.Unlock()
	m.log.InfoContext(ctx, "process started", slog.String("process", m.name), slog.Int("pid", l.PID()), slog.Int("start", nth))
	if err := m.awaitProbe(ctx, l); err == nil {
		up = true
		m.mu.Lock()
		close(m.ready)
		m.mu.Unlock()
		ready()
	}
	select {
	case <-l.Done():
		err = cmpErr(l.Wait())
		m.gone(up)
		return up, err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout, errors.New("split: stop timeout"))
	defer cancel()
	err = l.Stop(stop)
	m.gone(up)
	return up, err
}

// gone notes that no process runs.
func (m *member) gone(up bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.life = nil
	if up {
		m.ready = make(chan struct{})
	}
}

// awaitProbe waits until the process can be used. It fails when the process ends first.
func (m *member) awaitProbe(ctx context.Context, l life) error {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		once, cancel := context.WithTimeoutCause(ctx, probeTimeout, errors.New("split: probe timeout"))
		err := m.probe(once)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-l.Done():
			return errors.New("it ended before it was ready")
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// signal sends a signal to the process that runs; false if none does.
func (m *member) signal(sig syscall.Signal) (pid int, sent bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.life == nil {
		return 0, false
	}
	select {
	case <-m.life.Done():
		return 0, false
	default:
	}
	return m.life.PID(), syscall.Kill(m.life.PID(), sig) == nil
}

// readiness is closed when the process that runs now, or else the next one, can be used.
func (m *member) readiness() (ready <-chan struct{}, starts int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ready, m.starts
}

func cmpErr(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// wait pauses; false when ctx has ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// tailOf is the end of a file, for an error.
func tailOf(name string) string {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-logTail):])
}
