package load

import (
	"context"
	"time"
)

// Sender places one order of a run, which was due at a time. It may return before the order is placed; what goes wrong
// fails the run.
type Sender interface {
	Send(ctx context.Context, r *Run, due time.Time) error
}

// tick is how often Pace looks at the clock.
const tick = 500 * time.Microsecond

// Saturate places orders as fast as the run's window lets it, for d or until limit orders are placed (0: no limit).
func Saturate(ctx context.Context, r *Run, s Sender, d time.Duration, limit int) error {
	end := time.Now().Add(d)
	for n := 0; limit == 0 || n < limit; n++ {
		if err := r.enter(ctx); err != nil {
			return err
		}
		now := time.Now()
		if now.After(end) {
			r.leave()
			return nil
		}
		if err := s.Send(ctx, r, now); err != nil {
			return err
		}
	}
	return nil
}

// leave gives back a place that was not used.
func (r *Run) leave() {
	if r.window != nil {
		<-r.window
	}
}

// Pace places rate orders a second for d, whatever becomes of them: each is due at its time, and one that is sent late
// was due no later.
func Pace(ctx context.Context, r *Run, s Sender, rate float64, d time.Duration) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	start := time.Now()
	for n, all := 0, int(rate*d.Seconds()); n < all; {
		due := start.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		if time.Now().Before(due) {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			continue
		}
		if err := r.broken(ctx); err != nil {
			return err
		}
		if err := s.Send(ctx, r, due); err != nil {
			return err
		}
		n++
	}
	return nil
}

// OneByOne places n orders, each a pause after the one before it is through.
func OneByOne(ctx context.Context, r *Run, s Sender, n int, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for i := range n {
		timer.Reset(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := s.Send(ctx, r, time.Now()); err != nil {
			return err
		}
		if err := r.wait(ctx, func() bool { return r.told > i }); err != nil {
			return err
		}
	}
	return nil
}
