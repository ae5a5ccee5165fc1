package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// Metrics counts what comes in and, when it is scraped, what the book holds.
type Metrics struct {
	verdicts *prometheus.CounterVec
	unknown  *prometheus.CounterVec
	stages   *prometheus.HistogramVec
}

// NewMetrics registers intake's metrics. ctx ends with the service; q is read at a scrape,
// at most every ten seconds and never for longer than two.
func NewMetrics(ctx context.Context, reg prometheus.Registerer, q engine.Querier) (*Metrics, error) {
	m := &Metrics{
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatflow_intake_verdicts_total", Help: "Verdicts on inbox orders, by result.",
		}, []string{"result"}),
		unknown: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatflow_intake_unknown_orders_total", Help: "Events of orders that intake does not know, by the owner of the event.",
		}, []string{"owner"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "seatflow_order_stage_seconds", Help: "Time from placing an order to its first event of a stage.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 18),
		}, []string{"stage"}),
	}
	for _, word := range results {
		m.verdicts.WithLabelValues(word)
	}
	for _, word := range stages {
		m.stages.WithLabelValues(word)
	}
	return m, errors.Join(reg.Register(m.verdicts), reg.Register(m.unknown), reg.Register(m.stages),
		reg.Register(orders(q).Collector(ctx)))
}

var results = map[eventv1.Result]string{
	eventv1.Result_RESULT_ACCEPTED: "accepted", eventv1.Result_RESULT_DUPLICATE: "duplicate", eventv1.Result_RESULT_REFUSED: "refused",
}

// stages are the events at which the clock is read.
var stages = map[string]string{
	contract.ApprovalGranted.Type:      "granted",
	contract.ProvisioningFinished.Type: "finished",
	contract.NotificationSent.Type:     "notified",
}

func (m *Metrics) verdict(r eventv1.Result) { m.verdicts.WithLabelValues(results[r]).Inc() }

func (m *Metrics) stage(ceType string, since time.Duration) {
	if word, timed := stages[ceType]; timed {
		m.stages.WithLabelValues(word).Observe(since.Seconds())
	}
}

var ordersDesc = prometheus.NewDesc("seatflow_orders", "Orders of the book by status; those at their end for one day.", []string{"status"}, nil)

// orders are the gauges of the book.
func orders(q engine.Querier) telemetry.Asked {
	return telemetry.Asked{
		Gauges: []*prometheus.Desc{ordersDesc}, Every: 10 * time.Second, Within: 2 * time.Second,
		Ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			counts, err := store.CountByStatus(ctx, q)
			metrics := make([]prometheus.Metric, 0, len(counts))
			for status, n := range counts {
				metrics = append(metrics, telemetry.Gauge(ordersDesc, float64(n), status))
			}
			return metrics, err
		},
	}
}
