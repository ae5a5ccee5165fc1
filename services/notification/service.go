// Package notification tells people what happens to their orders, by e-mail.
//
// Model: one engine over notification's own database, and a few connections to one mail server. See internal/domain for
// who is told what and the states of a delivery, internal/handlers for what comes in and goes out, internal/letter for the
// words of the mails, internal/smtp for how they travel, README.md for settings.
//
// Guarantees: a mail goes out at least once, with the same Message-ID each time. No order waits for a mail.
//
// Failures: Run returns when its database, its bus or its migrations fail for good, or the settings are faulty. A mail
// server that cannot be reached is told in the log and delays mails, nothing else.
package notification

import (
	"context"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/notification/internal/handlers"
	"github.com/seatflow/seatflow/services/notification/internal/store"
)

// Run serves until ctx ends. ready is called once it takes events.
func Run(ctx context.Context, cfg Config, env service.Env, ready func()) error {
	cfg = cfg.filled()
	m, err := newMailer(cfg, env)
	if err != nil {
		return err
	}
	defer m.sender.Close()
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		m.check(ctx)
	}()
	defer func() { <-checked }()
	build := func(_ context.Context, d service.Deps) (service.Parts, error) {
		metrics, err := handlers.NewMetrics(env.Metrics)
		if err != nil {
			return service.Parts{}, err
		}
		s := &handlers.Service{Admins: cfg.Admins, Send: m.send, Timeout: cfg.sendTimeout(), Metrics: metrics}
		return service.Parts{Spec: s.Spec(), Queries: handlers.Queries(d.Pool)}, nil
	}
	return service.Serve(ctx, contract.Notification, cfg.Config, env, store.Migrations(), build, ready)
}
