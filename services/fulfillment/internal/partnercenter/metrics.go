package partnercenter

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts calls. The series are looked up once, since a look-up by label costs more than the count.
type metrics struct {
	calls        [operationCount][len(outcomeWords)]prometheus.Counter
	seconds      *prometheus.HistogramVec
	known        [operationCount]atomic.Pointer[prometheus.Observer] // an operation's series is made when it is first used
	unknownCodes prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	calls, err := registered(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatflow_vendor_calls_total", Help: "Calls to Partner Center, by operation and outcome.",
	}, []string{"operation", "outcome"}))
	if err != nil {
		return nil, err
	}
	seconds, err := registered(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "seatflow_vendor_call_seconds", Help: "Time from asking Partner Center to the whole answer.",
		Buckets: []float64{.001, .005, .02, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 180},
	}, []string{"operation"}))
	if err != nil {
		return nil, err
	}
	unknown, err := registered(reg, prometheus.NewCounter(prometheus.CounterOpts{
		Name: "seatflow_vendor_unknown_codes_total", Help: "Error answers whose code the catalogue does not have.",
	}))
	if err != nil {
		return nil, err
	}
	m := &metrics{unknownCodes: unknown, seconds: seconds}
	for op := range operations {
		for o, word := range outcomeWords {
			m.calls[op][o] = calls.WithLabelValues(operations[op].name, word)
		}
	}
	return m, nil
}

// registered registers a collector, or gives the one that another client has registered before.
func registered[C prometheus.Collector](reg prometheus.Registerer, c C) (C, error) {
	err := reg.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing, nil
		}
	}
	return c, err
}

func (m *metrics) count(op operation, a *Answer) {
	m.calls[op][a.Outcome].Inc()
	seconds := m.known[op].Load()
	if seconds == nil {
		made := m.seconds.WithLabelValues(operations[op].name)
		seconds = &made
		m.known[op].Store(seconds)
	}
	(*seconds).Observe(a.Duration.Seconds())
}

// observe counts and logs a call. The four MS headers are in the log because the vendor's support asks for them.
func (c *Client) observe(ctx context.Context, op operation, a *Answer, cause error) {
	c.metrics.count(op, a)
	if !c.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", op.String()),
		slog.String("outcome", a.Outcome.String()),
		slog.Int("status", a.Status),
		slog.String("ms_request_id", a.RequestID),
		slog.String("ms_correlation_id", a.CorrelationID),
		slog.String("ms_cv", a.CV),
		slog.String("ms_server_id", a.ServerID),
		slog.Duration("duration", a.Duration),
		slog.Int("requests", a.Requests),
	}
	if a.Code != "" {
		attrs = append(attrs, slog.String("code", a.Code))
	}
	if cause != nil {
		attrs = append(attrs, slog.String("cause", cause.Error()))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "vendor exchange", attrs...)
}
