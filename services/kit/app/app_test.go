package app_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/fault"
)

const grace = 10 * time.Second

// journal notes what happened in which order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

// part is a part that behaves well.
func (j *journal) part(name string) app.Part {
	return app.Part{Name: name, Run: func(ctx context.Context, ready func()) error {
		j.note("+" + name)
		ready()
		ready() // twice is harmless
		<-ctx.Done()
		j.note("-" + name)
		return context.Cause(ctx)
	}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestStartsInOrderStopsInReverse(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var j journal
	last := app.Step("migrate", func(context.Context) error { j.note("migrated"); stop(); return nil })
	if err := app.Run(ctx, quiet(), grace, j.part("a"), j.part("b"), last); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(j.lines, " "); got != "+a +b migrated -b -a" {
		t.Errorf("order: %s", got)
	}
}

func TestOneDeathStopsAllAndIsNamed(t *testing.T) {
	t.Parallel()
	boom := errors.New("disk full")
	for name, run := range map[string]func(ctx context.Context, ready func()) error{
		"error":         func(_ context.Context, ready func()) error { ready(); return boom },
		"before ready":  func(context.Context, func()) error { return boom },
		"without error": func(_ context.Context, ready func()) error { ready(); return nil },
		"panic":         func(_ context.Context, ready func()) error { ready(); panic("disk full") },
		"goexit":        func(_ context.Context, ready func()) error { ready(); runtime.Goexit(); return nil },
		"step":          app.Step("victim", func(context.Context) error { return boom }).Run,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var j journal
			err := app.Run(t.Context(), quiet(), grace, j.part("a"), app.Part{Name: "victim", Run: run}, j.part("c"))
			e := fault.As(err)
			if e == nil || e.Code != "part_died" || e.Subject != "victim" || !strings.Contains(e.Message, "victim") {
				t.Fatalf("got %v", err)
			}
			if !slices.Contains(j.lines, "-a") {
				t.Errorf("the part before it was not stopped: %v", j.lines)
			}
			if (name == "error" || name == "before ready" || name == "step") && !errors.Is(err, boom) {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
}

func TestStopDuringStart(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var j journal
	slow := app.Part{Name: "slow", Run: func(ctx context.Context, _ func()) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	}}
	var log strings.Builder
	if err := app.Run(ctx, slog.New(slog.NewTextHandler(&log, nil)), grace, j.part("a"), slow, j.part("never")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log.String(), "all parts ready") || !strings.Contains(log.String(), "stopping") {
		t.Errorf("logged:\n%s", log.String())
	}
	if got := strings.Join(j.lines, " "); got != "+a -a" {
		t.Errorf("order: %s", got)
	}
}

func TestFailureWhileStoppingIsReported(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	flush := errors.New("flush failed")
	bad := app.Part{Name: "bad", Run: func(ctx context.Context, ready func()) error {
		ready()
		stop()
		<-ctx.Done()
		return flush
	}}
	var j journal
	err := app.Run(ctx, quiet(), grace, j.part("a"), bad)
	if !errors.Is(err, flush) || fault.As(err).Subject != "bad" {
		t.Errorf("got %v", err)
	}
}

func TestValuesReachTheParts(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx, stop := context.WithCancel(context.WithValue(t.Context(), key{}, "v"))
	p := app.Step("p", func(ctx context.Context) error {
		defer stop()
		if ctx.Value(key{}) != "v" {
			return errors.New("no value")
		}
		return nil
	})
	if err := app.Run(ctx, quiet(), grace, p); err != nil {
		t.Error(err)
	}
}

func TestGraceCutsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var j journal
		release := make(chan struct{})
		stubborn := app.Part{Name: "stubborn", Run: func(_ context.Context, ready func()) error {
			ready()
			stop()
			<-release
			return nil
		}}
		begun := time.Now()
		err := app.Run(ctx, quiet(), grace, j.part("a"), stubborn)
		if took := time.Since(begun); took != grace+time.Second {
			t.Errorf("took %v", took)
		}
		e := fault.As(err)
		if e == nil || e.Code != "part_stuck" || e.Subject != "stubborn" {
			t.Errorf("got %v", err)
		}
		if !slices.Contains(j.lines, "-a") {
			t.Error("the part behind the stuck one was not told to end")
		}
		close(release)
	})
}

func TestNoParts(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := app.Run(ctx, quiet(), grace); err != nil {
		t.Error(err)
	}
}

func TestNothingLeaks(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var j journal
	ctx, stop := context.WithCancel(t.Context())
	dead := app.Part{Name: "dead", Run: func(context.Context, func()) error { stop(); return errors.New("dead") }}
	if err := app.Run(ctx, quiet(), grace, j.part("a"), j.part("b"), dead); err == nil {
		t.Error("no error")
	}
}
