package handlers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/approval/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// Metrics counts decisions and, when it is scraped, what waits.
type Metrics struct {
	decisions *prometheus.CounterVec
}

// NewMetrics registers approval's metrics. ctx ends with the service; q is read at a
// scrape, at most once a second and never for longer than half of one.
func NewMetrics(ctx context.Context, reg prometheus.Registerer, q engine.Querier) (*Metrics, error) {
	m := &Metrics{decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatflow_approval_decisions_total",
		Help: "Decisions on orders; held means that an admin was asked.",
	}, []string{"decision"})}
	for _, d := range []string{"automatic", "approved", "rejected", "expired", "withdrawn", "held"} {
		m.decisions.WithLabelValues(d)
	}
	return m, errors.Join(reg.Register(m.decisions), reg.Register(&pending{ctx: ctx, q: q}))
}

// decided counts how a request stands now.
func (m *Metrics) decided(r domain.Request) {
	word := "held"
	switch {
	case r.State == domain.Granted && r.Decision.Automatic:
		word = "automatic"
	case r.State == domain.Granted:
		word = "approved"
	case r.State != domain.Awaiting:
		word = r.State.String()
	}
	m.decisions.WithLabelValues(word).Inc()
}

var (
	pendingDesc = prometheus.NewDesc("seatflow_approval_pending", "Orders that wait for an admin.", nil, nil)
	oldestDesc  = prometheus.NewDesc("seatflow_approval_oldest_pending_seconds", "Age of the order that has waited longest; 0 if none waits.", nil, nil)
)

// pending asks the database when it is scraped. When the database does not answer it
// reports nothing: a gap is honest, an old number is not.
type pending struct {
	ctx context.Context // a collector is called without one
	q   engine.Querier

	mu     sync.Mutex
	at     time.Time
	count  int64
	oldest time.Duration
	err    error
}

// Describe names the two gauges.
func (p *pending) Describe(ch chan<- *prometheus.Desc) {
	ch <- pendingDesc
	ch <- oldestDesc
}

// Collect reads them, or repeats what was read within the last second.
func (p *pending) Collect(ch chan<- prometheus.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) > time.Second {
		ctx, cancel := context.WithTimeoutCause(p.ctx, 500*time.Millisecond, errors.New("approval: scrape timeout"))
		p.count, p.oldest, p.err = store.Pending(ctx, p.q)
		cancel()
		p.at = time.Now()
	}
	if p.err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(pendingDesc, prometheus.GaugeValue, float64(p.count))
	ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, p.oldest.Seconds())
}
