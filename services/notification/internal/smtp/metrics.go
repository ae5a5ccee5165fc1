package smtp

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts mails. The series are looked up once, since a look-up by label costs more than the count.
type metrics struct {
	sends   [len(outcomeWords)]prometheus.Counter
	seconds prometheus.Observer
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	sends, err := registered(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seatflow_mail_sends_total", Help: "Attempts to hand a mail to the mail server, by outcome.",
	}, []string{"outcome"}))
	if err != nil {
		return nil, err
	}
	seconds, err := registered(reg, prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "seatflow_mail_send_seconds", Help: "Time of an attempt, the wait for a free connection included.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30, 120},
	}))
	if err != nil {
		return nil, err
	}
	m := &metrics{seconds: seconds}
	for o, word := range outcomeWords {
		m.sends[o] = sends.WithLabelValues(word)
	}
	return m, nil
}

// registered registers a collector, or gives the one that another sender has registered before.
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

func (m *metrics) count(o Outcome, took time.Duration) {
	m.sends[o].Inc()
	m.seconds.Observe(took.Seconds())
}
