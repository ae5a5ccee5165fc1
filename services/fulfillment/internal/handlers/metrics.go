package handlers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// outcomeWords are the ends of a line.
var outcomeWords = map[domain.LineStatus]string{
	domain.LineFulfilled: "fulfilled", domain.LineUnfulfilled: "unfulfilled",
	domain.LineFailed: "failed", domain.LineCancelled: "cancelled",
}

// Metrics counts lines that came to their end and, when it is scraped, unknown outcomes.
type Metrics struct {
	lines map[domain.Ended]prometheus.Counter
}

// NewMetrics registers fulfillment's metrics. ctx ends with the service; q is read at a scrape, at most once a second and
// never for longer than half of one.
func NewMetrics(ctx context.Context, reg prometheus.Registerer, q engine.Querier) (*Metrics, error) {
	lines := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatflow_fulfillment_lines_total",
		Help: "Lines that came to their end, by requested change and outcome.",
	}, []string{"change", "outcome"})
	m := &Metrics{lines: map[domain.Ended]prometheus.Counter{}}
	for _, c := range []domain.Change{domain.NewSubscription, domain.AddSeats, domain.RemoveSeats, domain.OtherChange} {
		for s, word := range outcomeWords {
			m.lines[domain.Ended{Change: c, Status: s}] = lines.WithLabelValues(string(c), word)
		}
	}
	return m, errors.Join(reg.Register(lines), reg.Register(&unknown{ctx: ctx, q: q}))
}

func (m *Metrics) ended(lines []domain.Ended) {
	for _, l := range lines {
		m.lines[l].Inc()
	}
}

var (
	unknownDesc = prometheus.NewDesc("seatflow_fulfillment_unknown_outcomes",
		"Orders with a call that may or may not have taken effect.", nil, nil)
	oldestDesc = prometheus.NewDesc("seatflow_fulfillment_oldest_unknown_seconds",
		"Age of the oldest unknown outcome; 0 if there is none.", nil, nil)
)

// unknown asks the database when it is scraped. When the database does not answer it reports nothing: a gap is honest, an
// old number is not.
type unknown struct {
	ctx context.Context // a collector is called without one
	q   engine.Querier

	mu     sync.Mutex
	at     time.Time
	count  int64
	oldest time.Duration
	err    error
}

// Describe names the two gauges.
func (u *unknown) Describe(ch chan<- *prometheus.Desc) {
	ch <- unknownDesc
	ch <- oldestDesc
}

// Collect reads them, or repeats what was read within the last second.
func (u *unknown) Collect(ch chan<- prometheus.Metric) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(u.at) > time.Second {
		ctx, cancel := context.WithTimeoutCause(u.ctx, 500*time.Millisecond, errors.New("fulfillment: scrape timeout"))
		u.count, u.oldest, u.err = store.Unknown(ctx, u.q)
		cancel()
		u.at = time.Now()
	}
	if u.err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(unknownDesc, prometheus.GaugeValue, float64(u.count))
	ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, u.oldest.Seconds())
}
