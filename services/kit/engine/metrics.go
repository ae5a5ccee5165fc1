package engine

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	batch, lateness                    prometheus.Histogram
	steps                              *prometheus.HistogramVec
	inputs                             *prometheus.CounterVec
	accept                             [FromTimer + 1]prometheus.Counter  // of inputs, by source: result "ok"
	wait                               [FromTimer + 1]prometheus.Observer // by source
	reruns                             *prometheus.CounterVec
	calls, starts                      *prometheus.HistogramVec
	tokens                             *prometheus.CounterVec
	published, dead, acksLost          prometheus.Counter
	takeovers, healed                  prometheus.Counter
	unpublished, unpublishedAge, stuck prometheus.GaugeFunc
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		batch: f.NewHistogram(prometheus.HistogramOpts{Name: "seatflow_engine_batch_inputs", Help: "Inputs decided and committed together.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9)}),
		steps: f.NewHistogramVec(prometheus.HistogramOpts{Name: "seatflow_engine_batch_seconds", Help: "Time of each step of a batch: load, decide, commit.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}, []string{"step"}),
		lateness: f.NewHistogram(prometheus.HistogramOpts{Name: "seatflow_engine_timer_lateness_seconds", Help: "How late a due timer was decided.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 14)}),
		inputs: f.NewCounterVec(prometheus.CounterOpts{Name: "seatflow_engine_inputs_total", Help: "Inputs decided, by source and result."}, []string{"source", "result"}),
		reruns: f.NewCounterVec(prometheus.CounterOpts{Name: "seatflow_engine_reruns_total", Help: "Batches that had to be run again, by cause."}, []string{"cause"}),
		calls: f.NewHistogramVec(prometheus.HistogramOpts{Name: "seatflow_engine_call_seconds", Help: "Duration of calls to the outside, by operation.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 16)}, []string{"operation"}),
		starts: f.NewHistogramVec(prometheus.HistogramOpts{Name: "seatflow_engine_call_start_seconds", Help: "Time from a waiting call's being due to its start, by class.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 18)}, []string{"class"}),
		tokens:    f.NewCounterVec(prometheus.CounterOpts{Name: "seatflow_engine_tokens_total", Help: "Tokens taken for calls to what counts requests, by resource."}, []string{"resource"}),
		published: f.NewCounter(prometheus.CounterOpts{Name: "seatflow_engine_published_total", Help: "Events that the stream has acknowledged."}),
		dead:      f.NewCounter(prometheus.CounterOpts{Name: "seatflow_engine_dead_letters_total", Help: "Inputs put aside as dead letters."}),
		acksLost:  f.NewCounter(prometheus.CounterOpts{Name: "seatflow_engine_lost_acks_total", Help: "Acknowledgements of inputs that could not be sent; the input comes again."}),
		takeovers: f.NewCounter(prometheus.CounterOpts{Name: "seatflow_engine_takeovers_total", Help: "Dead writers taken over."}),
		healed:    f.NewCounter(prometheus.CounterOpts{Name: "seatflow_engine_healed_total", Help: "Events published again because the stream had lost them."}),
	}
	wait := f.NewHistogramVec(prometheus.HistogramOpts{Name: "seatflow_engine_input_seconds", Help: "Time from an input's arrival to its commit.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}, []string{"source"})
	for _, cause := range rerunCauses { // an increase is seen only from a series that was there before
		m.reruns.WithLabelValues(cause)
	}
	for source, name := range sourceNames { // looked up once: it is done for each input
		m.accept[source], m.wait[source] = m.inputs.WithLabelValues(name, "ok"), wait.WithLabelValues(name)
	}
	return m
}

// watch adds the gauges that read the engine's state when they are scraped.
func (m *metrics) watch(reg prometheus.Registerer, e *Engine) {
	f := promauto.With(reg)
	m.unpublished = f.NewGaugeFunc(prometheus.GaugeOpts{Name: "seatflow_engine_unpublished_rows", Help: "Journal rows of this process that the stream has not acknowledged."},
		func() float64 { return float64(e.publisher.backlog()) })
	m.unpublishedAge = f.NewGaugeFunc(prometheus.GaugeOpts{Name: "seatflow_engine_unpublished_age_seconds", Help: "Age of the oldest of them."},
		func() float64 { return e.publisher.oldest().Seconds() })
	m.stuck = f.NewGaugeFunc(prometheus.GaugeOpts{Name: "seatflow_engine_calls_running", Help: "Calls to the outside that are claimed and not yet brought back."},
		func() float64 { return float64(e.callers.taken.Load()) })
}

var sourceNames = map[Source]string{
	FromCommand: "command", FromEvent: "event", FromInbox: "inbox", FromOutcome: "outcome", FromTimer: "timer",
}

func (m *metrics) accepted(in *Input) { m.accept[in.Source].Inc() }

func (m *metrics) decided(in *Input, result string) {
	m.inputs.WithLabelValues(sourceNames[in.Source], result).Inc()
}

func (m *metrics) waited(in *Input) {
	if !in.arrived.IsZero() {
		m.wait[in.Source].Observe(in.age().Seconds())
	}
}

// class is the word for a priority: that of the class itself, or one before the next class.
func class(priority int16) string {
	switch {
	case priority < Bulk-1:
		return "urgent"
	case priority < Poll-1:
		return "bulk"
	case priority < Background-1:
		return "poll"
	default:
		return "background"
	}
}

// started notes how long a call waited, which was just claimed to be sent within a time.
func (m *metrics) started(c *Call, sendBefore time.Duration) {
	m.starts.WithLabelValues(class(c.Priority)).Observe(max(0, c.SendBefore.Add(-sendBefore).Sub(c.Due).Seconds()))
}

func (m *metrics) leased(resource string, n int) { m.tokens.WithLabelValues(resource).Add(float64(n)) }

// rerunCauses are why a batch is run again.
var rerunCauses = []string{"stale", "paused", "epoch", "unique", "database", "part", "bisect"}

func (m *metrics) rerun(cause string) { m.reruns.WithLabelValues(cause).Inc() }

// step notes how long one step of a batch took, and when the next begins.
func (m *metrics) step(name string, since time.Time) time.Time {
	now := time.Now()
	m.steps.WithLabelValues(name).Observe(now.Sub(since).Seconds())
	return now
}
