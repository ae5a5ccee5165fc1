package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// outcomeWords are the ends of a line.
var outcomeWords = map[domain.LineStatus]string{
	domain.LineFulfilled: "fulfilled", domain.LineUnfulfilled: "unfulfilled",
	domain.LineFailed: "failed", domain.LineCancelled: "cancelled",
}

// Metrics counts lines that came to their end and, when it is scraped, unknown outcomes.
type Metrics struct {
	lines   map[domain.Ended]prometheus.Counter
	looks   *prometheus.CounterVec
	hooks   *prometheus.CounterVec
	strange prometheus.Counter
}

// NewMetrics registers fulfillment's metrics. ctx ends with the service; q is read at a scrape, at most once a second and
// never for longer than half of one.
func NewMetrics(ctx context.Context, reg prometheus.Registerer, q engine.Querier, a Access) (*Metrics, error) {
	lines := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatflow_fulfillment_lines_total",
		Help: "Lines that came to their end, by requested change and outcome.",
	}, []string{"change", "outcome"})
	m := &Metrics{
		lines: map[domain.Ended]prometheus.Counter{},
		looks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatflow_fulfillment_comparisons_total", Help: "Looks at all that the vendor has of a customer, by outcome.",
		}, []string{"outcome"}),
		hooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatflow_fulfillment_callbacks_total", Help: "Callbacks of the vendor's webhook, by what became of them.",
		}, []string{"outcome"}),
		strange: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "seatflow_fulfillment_unknown_order_statuses_total",
			Help: "Looks at a line whose order has a status at the vendor that nobody knows.",
		}),
	}
	for _, c := range domain.Changes() {
		for s, word := range outcomeWords {
			m.lines[domain.Ended{Change: c, Status: s}] = lines.WithLabelValues(string(c), word)
		}
	}
	return m, errors.Join(reg.Register(lines), reg.Register(m.looks), reg.Register(m.hooks), reg.Register(m.strange), reg.Register(unknown(q).Collector(ctx)),
		reg.Register(openFindings(q).Collector(ctx)), reg.Register(overdue(q, a.Pace).Collector(ctx)), reg.Register(a.gauges(q).Collector(ctx)))
}

func (m *Metrics) ended(lines []domain.Ended) {
	for _, l := range lines {
		m.lines[l].Inc()
	}
}

// looked counts a look at a customer's books.
func (m *Metrics) looked(done bool) {
	outcome := "unread"
	if done {
		outcome = "done"
	}
	m.looks.WithLabelValues(outcome).Inc()
}

// Heard counts a callback of the vendor's by what became of it.
func (m *Metrics) Heard(outcome string) { m.hooks.WithLabelValues(outcome).Inc() }

var (
	unknownDesc = prometheus.NewDesc("seatflow_fulfillment_unknown_outcomes",
		"Orders with a call that may or may not have taken effect.", nil, nil)
	oldestDesc = prometheus.NewDesc("seatflow_fulfillment_oldest_unknown_seconds",
		"Age of the oldest unknown outcome; 0 if there is none.", nil, nil)
	overdueDesc = prometheus.NewDesc("seatflow_fulfillment_overdue_orders",
		"Orders that have stood still for longer than their status should last.", []string{"status"}, nil)
	findingsDesc = prometheus.NewDesc("seatflow_fulfillment_findings",
		"Open findings about which our records and the vendor's disagree, by kind.", []string{"kind"}, nil)
)

// overdue are the gauges of orders that stand still. They are asked for less often: orders are overdue after an hour or more.
func overdue(q engine.Querier, pace domain.Pace) telemetry.Asked {
	return telemetry.Asked{
		Gauges: []*prometheus.Desc{overdueDesc}, Every: 15 * time.Second, Within: 500 * time.Millisecond,
		Ask: func(ctx context.Context) (all []prometheus.Metric, err error) {
			counts, err := store.CountOverdue(ctx, q, pace)
			for _, s := range domain.Patient() {
				all = append(all, telemetry.Gauge(overdueDesc, float64(counts[s]), s.String()))
			}
			return all, err
		},
	}
}

// unknown are the gauges of outcomes that are not known.
func unknown(q engine.Querier) telemetry.Asked {
	return telemetry.Asked{
		Gauges: []*prometheus.Desc{unknownDesc, oldestDesc}, Every: time.Second, Within: 500 * time.Millisecond,
		Ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			count, oldest, err := store.Unknown(ctx, q)
			return []prometheus.Metric{telemetry.Gauge(unknownDesc, float64(count)), telemetry.Gauge(oldestDesc, oldest.Seconds())}, err
		},
	}
}

// openFindings are the gauges of what our records and the vendor's disagree about.
func openFindings(q engine.Querier) telemetry.Asked {
	return telemetry.Asked{
		Gauges: []*prometheus.Desc{findingsDesc}, Every: 10 * time.Second, Within: 500 * time.Millisecond,
		Ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			open, err := store.OpenFindings(ctx, q)
			gauges := make([]prometheus.Metric, len(domain.FindingKinds))
			for i, kind := range domain.FindingKinds {
				gauges[i] = telemetry.Gauge(findingsDesc, float64(open[kind]), string(kind))
			}
			return gauges, err
		},
	}
}
