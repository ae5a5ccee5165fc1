package latency_test

import (
	"slices"
	"testing"
	"time"

	"github.com/seatflow/seatflow/scripts/bench/internal/latency"
)

func TestQuantiles(t *testing.T) {
	t.Parallel()
	ms := func(values ...int) []time.Duration {
		out := make([]time.Duration, len(values))
		for i, v := range values {
			out[i] = time.Duration(v) * time.Millisecond
		}
		return out
	}
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = 100 - i // the order of arrival must not matter
	}
	for name, c := range map[string]struct {
		samples []time.Duration
		shares  []float64
		want    []time.Duration
	}{
		"none":         {nil, []float64{0.5, 0.99}, ms(0, 0)},
		"one":          {ms(7), []float64{0, 0.5, 0.99, 1}, ms(7, 7, 7, 7)},
		"odd":          {ms(3, 1, 2), []float64{0.5}, ms(2)},
		"even":         {ms(4, 1, 3, 2), []float64{0.5}, ms(2)},
		"hundred":      {ms(hundred...), []float64{0.5, 0.99, 1}, ms(50, 99, 100)},
		"out of range": {ms(1, 2), []float64{-1, 2}, ms(1, 2)},
		"negative":     {[]time.Duration{-time.Second}, []float64{1}, ms(0)},
		"too long":     {[]time.Duration{48 * time.Hour}, []float64{1}, []time.Duration{4294967295 * time.Microsecond}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r latency.Recorder
			for _, s := range c.samples {
				r.Add(s)
			}
			if got := r.Quantiles(c.shares...); !slices.Equal(got, c.want) {
				t.Errorf("the quantiles %v are %v, not %v", c.shares, got, c.want)
			}
			if r.Len() != len(c.samples) {
				t.Errorf("%d samples, not %d", r.Len(), len(c.samples))
			}
		})
	}
}

func TestSinceIsAPartOfItsOwn(t *testing.T) {
	t.Parallel()
	var r latency.Recorder
	for _, s := range []time.Duration{time.Second, 3 * time.Millisecond, 2 * time.Millisecond} {
		r.Add(s)
	}
	part := r.Since(1)
	r.Add(time.Minute)
	if got := part.Quantiles(1)[0]; got != 3*time.Millisecond || part.Len() != 2 {
		t.Errorf("the part has %d samples up to %s", part.Len(), got)
	}
	if n := r.Since(99).Len(); n != 0 {
		t.Errorf("a part beyond the end has %d samples", n)
	}
}
