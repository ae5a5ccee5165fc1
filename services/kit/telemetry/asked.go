package telemetry

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Asked are gauges whose values somebody has to be asked for, such as a database.
type Asked struct {
	// Gauges are their descriptions.
	Gauges []*prometheus.Desc
	// Ask reads them all at one time; see Gauge. It gets a context of its own that ends after Within.
	Ask func(ctx context.Context) ([]prometheus.Metric, error)
	// Every is the least time between two questions; scrapes in between are told the last answer again.
	Every time.Duration
	// Within bounds one question, and so how long it holds up a scrape.
	Within time.Duration
}

// Gauge is one value that Ask has read. labels are in the order in which the description names them.
func Gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// Collector makes the gauges ready to be registered. They are asked for when they are scraped, while ctx lasts. When there
// is no answer they are left out: a gap is honest, an old number is not.
func (a Asked) Collector(ctx context.Context) prometheus.Collector {
	return &asked{Asked: a, ctx: ctx}
}

type asked struct {
	Asked
	ctx context.Context // a collector is called without one

	mu      sync.Mutex
	at      time.Time
	metrics []prometheus.Metric
}

// Describe names the gauges.
func (a *asked) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range a.Gauges {
		ch <- d
	}
}

// Collect asks, or repeats the last answer while it is fresh.
func (a *asked) Collect(ch chan<- prometheus.Metric) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.at) >= a.Every {
		ctx, cancel := context.WithTimeoutCause(a.ctx, a.Within, errors.New("telemetry: scrape timeout"))
		var err error
		if a.metrics, err = a.Ask(ctx); err != nil {
			a.metrics = nil
		}
		cancel()
		a.at = time.Now()
	}
	for _, m := range a.metrics {
		ch <- m
	}
}
