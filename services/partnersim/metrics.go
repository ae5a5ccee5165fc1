package partnersim

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// metrics reads the counts that are kept anyway, when somebody asks; the way of a request has nothing more to do.
type metrics struct {
	world    *world.World
	tally    *traffic.Tally
	requests *prometheus.Desc
	effects  *prometheus.Desc
	twice    *prometheus.Desc
}

func newMetrics(w *world.World, t *traffic.Tally) *metrics {
	return &metrics{
		world: w, tally: t,
		requests: prometheus.NewDesc("seatflow_partnersim_requests_total",
			"Requests answered, by operation and HTTP status; status 0 is a connection closed without an answer.", []string{"operation", "status"}, nil),
		effects: prometheus.NewDesc("seatflow_partnersim_effects_total",
			"Changes that took effect, by kind.", []string{"kind"}, nil),
		twice: prometheus.NewDesc("seatflow_partnersim_carts_bought_twice_total",
			"Carts that were bought more than once; anything but 0 is a fault of the simulator.", nil, nil),
	}
}

// Describe names the metrics.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.requests
	ch <- m.effects
	ch <- m.twice
}

// Collect reads the counts.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	counter := func(desc *prometheus.Desc, value uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
	}
	for _, t := range m.tally.Totals() {
		counter(m.requests, t.Count, t.Operation.String(), strconv.Itoa(t.Status))
	}
	sums := m.world.Tally()
	for kind, count := range sums.ByKind {
		counter(m.effects, count, string(kind))
	}
	counter(m.twice, sums.BoughtTwice)
}
