package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/approval/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/telemetry"
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
	return m, errors.Join(reg.Register(m.decisions), reg.Register(pending(q).Collector(ctx)))
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

// pending are the gauges of what waits.
func pending(q engine.Querier) telemetry.Asked {
	return telemetry.Asked{
		Gauges: []*prometheus.Desc{pendingDesc, oldestDesc}, Every: time.Second, Within: 500 * time.Millisecond,
		Ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			count, oldest, err := store.Pending(ctx, q)
			return []prometheus.Metric{telemetry.Gauge(pendingDesc, float64(count)), telemetry.Gauge(oldestDesc, oldest.Seconds())}, err
		},
	}
}
