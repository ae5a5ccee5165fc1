package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/seatflow/seatflow/scripts/bench/internal/load"
)

const (
	// soakShare is the part of its full speed at which each door is loaded: together half of it. Full speed is that of a
	// few seconds with crowded batches; at 70 % of it a machine of two cores falls behind within minutes, and what waits
	// then fills memory however flat it would be.
	soakShare  = 0.25
	soakSample = time.Second
	soakReport = 30 * time.Second
	// flatShare and flatMargin are how much more memory may be used at the end than at the beginning.
	flatShare  = 1.10
	flatMargin = 4 << 20
	paceShare  = 0.98
	// The soak's second tenth is compared with its last: minute 2 with minute 10 of ten.
	tenths = 10
)

// soakLine is a reading in the middle of the soak.
type soakLine struct {
	Name       string   `json:"name"`
	Seconds    float64  `json:"seconds"`
	Orders     int      `json:"orders"`
	OrdersPerS float64  `json:"orders_per_s"`
	P50        *float64 `json:"p50_ms"`
	P99        *float64 `json:"p99_ms"`
	RSS        figures  `json:"rss_mb"`
}

// verdict is what the soak was for.
type verdict struct {
	line
	EarlyRSS figures `json:"rss_mb_early"`
	LateRSS  figures `json:"rss_mb_late"`
	Flat     bool    `json:"flat"`
	// KeptPace is false when orders came faster than they were carried, which fills memory however flat it would be.
	KeptPace bool `json:"kept_pace"`
}

// runSoak loads both doors for long and tells whether Seatflow's memory stays flat.
func (b *bench) runSoak(ctx context.Context) error {
	var patterns []pattern
	var rate float64
	for _, door := range []string{inbox, httpDoor} {
		speed, err := b.speed(ctx, door)
		if err != nil {
			return err
		}
		p := pattern{door: door, rate: math.Round(speed * soakShare), duration: b.duration}
		patterns = append(patterns, p)
		rate += p.rate
		b.say("soak: %.0f orders/s by %s for %s", p.rate, door, b.duration)
	}
	before, err := b.stack.Usage()
	if err != nil {
		return err
	}
	s := &sampler{bench: b}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	r, err := b.carryWatched(ctx, func(run *load.Run) { go func() { done <- s.watch(ctx, run) }() }, patterns...)
	stop()
	if watchErr := <-done; err == nil {
		err = watchErr
	}
	if err != nil {
		return err
	}
	return b.judge(context.WithoutCancel(ctx), s, r, rate, func(l *line) error {
		after, err := b.stack.Usage()
		l.spent(before, after)
		return err
	})
}

// judge verifies the soak and prints its verdict.
func (b *bench) judge(ctx context.Context, s *sampler, r load.Result, rate float64, spent func(*line) error) error {
	v := verdict{line: line{Name: "soak", Config: "shape=" + b.shape() + " both doors", Rate: rate}}
	v.result(r)
	if err := spent(&v.line); err != nil {
		return err
	}
	if err := b.verify(ctx); err != nil {
		return err
	}
	v.memory(s.peak(), b.stack.Services())
	tenth := b.duration / tenths
	v.EarlyRSS, v.LateRSS = s.mean(tenth, 2*tenth), s.mean(b.duration-tenth, b.duration)
	v.Flat = v.LateRSS["seatflow"] <= v.EarlyRSS["seatflow"]*flatShare+megabytes(flatMargin)
	v.KeptPace = v.OrdersPerS >= rate*paceShare
	if err := b.print(v); err != nil {
		return err
	}
	word := "flat"
	if !v.Flat {
		word = "not flat"
	}
	b.say("soak: %s: seatflow had %.1f MB from %s to %s and %.1f MB in the last %s", word, v.EarlyRSS["seatflow"], tenth, 2*tenth, v.LateRSS["seatflow"], tenth)
	if !v.KeptPace {
		return fmt.Errorf("%.0f of %.0f orders/s were carried, so the verdict says nothing: was the machine busy with something else?", v.OrdersPerS, rate)
	}
	if !v.Flat {
		return fmt.Errorf("memory is not flat: %.1f MB became %.1f MB", v.EarlyRSS["seatflow"], v.LateRSS["seatflow"])
	}
	return nil
}

// sample is the memory of every process at one moment.
type sample struct {
	at  time.Duration
	rss map[string]int64
}

// sampler reads memory every second and reports every half minute.
type sampler struct {
	bench   *bench
	samples []sample
	told    int
}

// watch samples until ctx ends.
func (s *sampler) watch(ctx context.Context, run *load.Run) error {
	began := time.Now()
	ticker := time.NewTicker(soakSample)
	defer ticker.Stop()
	next := soakReport
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		memory, err := s.bench.stack.Memory()
		if err != nil {
			return err
		}
		now := sample{at: time.Since(began), rss: memory}
		s.samples = append(s.samples, now)
		if now.at < next {
			continue
		}
		next += soakReport
		if err := s.report(ctx, run, now); err != nil {
			return err
		}
	}
}

// report prints a reading, and looks for doubles while the double still remembers what it sold since the last one.
func (s *sampler) report(ctx context.Context, run *load.Run, now sample) error {
	told, p50, p99 := run.SoFar(s.told)
	l := soakLine{
		Name: "soak-sample", Seconds: round(now.at.Seconds()), Orders: told, P50: millis(p50), P99: millis(p99),
		OrdersPerS: round(float64(told-s.told) / soakReport.Seconds()), RSS: figures{},
	}
	s.told = told
	for name, bytes := range now.rss {
		if bytes > 0 {
			l.RSS[name] = megabytes(bytes)
		}
	}
	s.bench.say("soak: %d orders, %.0f/s, p99 %.1f ms, seatflow %.1f MB", told, l.OrdersPerS, *l.P99, l.RSS["seatflow"])
	purchases, err := s.bench.stack.Witness().Purchases(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the soak is over
	}
	if err == nil && purchases.Doubles != 0 {
		err = fmt.Errorf("partnersim has sold %d things twice", purchases.Doubles)
	}
	if err != nil {
		run.Fail(err)
		return err
	}
	return s.bench.print(l)
}

// mean is the mean memory in MB between two moments.
func (s *sampler) mean(from, to time.Duration) figures {
	sums, n := map[string]int64{}, int64(0)
	for _, one := range s.samples {
		if one.at >= from && one.at <= to {
			n++
			for name, bytes := range one.rss {
				sums[name] += bytes
			}
		}
	}
	out := figures{}
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		if sums[name] > 0 {
			out[name] = megabytes(sums[name] / n)
		}
	}
	return out
}

// peak is the most memory of each process.
func (s *sampler) peak() map[string]int64 {
	most := map[string]int64{}
	for _, one := range s.samples {
		for name, bytes := range one.rss {
			most[name] = max(most[name], bytes)
		}
	}
	return most
}
