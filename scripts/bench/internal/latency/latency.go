// Package latency keeps how long things took, and says what share of them took at most how long.
//
// Model: one number of microseconds per sample and nothing else, so that a million samples are four megabytes.
// Guarantees: a quantile is a sample that was really taken (nearest rank), never a value in between. Failures: none; of no
// samples every quantile is zero, and what took longer than 71 minutes counts as 71 minutes.
package latency

import (
	"math"
	"slices"
	"time"
)

// Recorder gathers samples. It is not safe for concurrent use.
type Recorder struct{ micros []uint32 }

// Add notes one sample.
func (r *Recorder) Add(d time.Duration) {
	r.micros = append(r.micros, uint32(min(max(d.Microseconds(), 0), math.MaxUint32)))
}

// Len is the number of samples.
func (r *Recorder) Len() int { return len(r.micros) }

// Since gives a copy of the samples from the n-th on, as a recorder of its own.
func (r *Recorder) Since(n int) *Recorder {
	return &Recorder{slices.Clone(r.micros[min(n, len(r.micros)):])}
}

// Quantiles gives, for each share from 0 to 1, the least sample that so many of all samples do not exceed.
func (r *Recorder) Quantiles(shares ...float64) []time.Duration {
	sorted := slices.Clone(r.micros)
	slices.Sort(sorted)
	out := make([]time.Duration, len(shares))
	for i, share := range shares {
		if len(sorted) == 0 {
			break
		}
		rank := int(math.Ceil(share * float64(len(sorted))))
		out[i] = time.Duration(sorted[min(max(rank, 1), len(sorted))-1]) * time.Microsecond
	}
	return out
}
