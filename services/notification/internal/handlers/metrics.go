package handlers

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// Metrics counts notifications and the attempts they took, each once it is committed.
type Metrics struct {
	notifications, attempts *prometheus.CounterVec
}

// NewMetrics registers notification's metrics, every series at 0.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatflow_notifications_total",
			Help: "Notifications by what became of them: sent, failed (given up), or no_address (nobody to send it to).",
		}, []string{"kind", "channel", "result"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatflow_notification_attempts_total",
			Help: "Attempts to send a notification, by what became of them.",
		}, []string{"channel", "result"}),
	}
	for _, k := range domain.Kinds {
		for _, result := range []string{domain.Sent.String(), domain.Failed.String(), noAddress} {
			m.notifications.WithLabelValues(string(k), domain.Email, result)
		}
	}
	for _, f := range domain.Fates {
		m.attempts.WithLabelValues(domain.Email, f.String())
	}
	return m, errors.Join(reg.Register(m.notifications), reg.Register(m.attempts))
}

// noAddress is the result of a notification that could not even be queued.
const noAddress = "no_address"

func (m *Metrics) unaddressed(kinds []domain.Kind) {
	for _, k := range kinds {
		m.notifications.WithLabelValues(string(k), domain.Email, noAddress).Inc()
	}
}

func (m *Metrics) attempted(f domain.Fate) {
	m.attempts.WithLabelValues(domain.Email, f.String()).Inc()
}

func (m *Metrics) ended(d domain.Delivery) {
	m.notifications.WithLabelValues(string(d.Kind), d.Channel, d.State.String()).Inc()
}
