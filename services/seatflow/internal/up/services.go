package up

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/fulfillment"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/notification"
	"github.com/seatflow/seatflow/services/partnersim/seed"
	"github.com/seatflow/seatflow/services/seatflow/internal/keys"
)

const (
	grace           = 60 * time.Second
	approvalExpires = 30 * 24 * time.Hour
	smtpConnections = 8
)

// base is what every service is told: its own database role, its own NATS user.
func (r *runner) base(s contract.Service) service.Config {
	return service.Config{
		Postgres: postgres.Config{URL: config.URL(r.layout.Databases[s])},
		NATS:     service.NATS{URL: config.URL(r.at.NATS), KeyFile: keys.File(r.at.Keys, string(s))},
	}
}

// reconcileEvery is how often fulfillment compares its records with the double's.
const reconcileEvery = 24 * time.Hour

func (r *runner) fulfillment(ctx context.Context, ready func()) error {
	vendor := r.at.Partnersim
	if r.cfg.Partnersim != "" {
		vendor = r.cfg.Partnersim
		r.at.Partnersim = vendor
	}
	// The double takes its well-known refresh token at any time, and those that it made only until it ends.
	refresh := filepath.Join(r.data, "vendor-refresh-token")
	if err := os.WriteFile(refresh, []byte(seed.RefreshToken), 0o600); err != nil {
		return err
	}
	return fulfillment.Run(ctx, fulfillment.Config{
		Config: r.base(contract.Fulfillment),
		Vendor: fulfillment.Vendor{
			BaseURL: vendor, TokenURL: vendor + "/{tenant}/oauth2/token", Tenant: seed.PartnerTenant,
			ClientID: "seatflow", ClientSecret: "seatflow", ReadTimeout: 30 * time.Second, WriteTimeout: 3 * time.Minute,
			RefreshToken: refresh, RatePerMinute: r.cfg.Rate, TimeScale: max(r.cfg.TimeScale, 1), DryRun: r.cfg.DryRun,
		},
		ReconcileEvery: reconcileEvery, UndoWindow: r.cfg.Undo,
	}, r.env(contract.Fulfillment), ready)
}

func (r *runner) notification(ctx context.Context, ready func()) error {
	at := r.at.SMTP
	if r.cfg.SMTP != "" {
		at = r.cfg.SMTP
	}
	cfg := notification.Config{
		Config: r.base(contract.Notification), Admins: r.cfg.Admins, From: "Seatflow <seatflow@msp.example>",
		Domain: "msp.example", Command: "bin/seatflow",
	}
	if _, port, err := net.SplitHostPort(r.cfg.Listen); err == nil && port != "0" {
		cfg.Portal = "http://" + r.cfg.Listen
	}
	cfg.SMTP.Address, cfg.SMTP.TLS, cfg.SMTP.Connections = at, "none", smtpConnections
	return notification.Run(ctx, cfg, r.env(contract.Notification), ready)
}
