package fulfillment

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/handlers"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter/callbacks"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter/calls"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter/webhook"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/app"
	"github.com/seatflow/seatflow/services/kit/service"
)

const (
	// readTimeout bounds one read of our own records beside the engine.
	readTimeout = 30 * time.Second
	// tellAgain is the wait after a start could not be told to the engine.
	tellAgain = 5 * time.Second
	// doorGrace bounds the stop of what listens.
	doorGrace = 10 * time.Second
)

// door is what the service has to do beside its endpoints: have the comparison of the books planned and, if so set, hear the
// vendor's webhook and keep it registered.
func door(cfg Webhook, d service.Deps, client *partnercenter.Client, metrics *handlers.Metrics) (func(ctx context.Context, ready func()) error, error) {
	parts := []app.Part{{Name: "fulfillment round", Run: func(ctx context.Context, ready func()) error {
		ready()
		planRound(ctx, d)
		<-ctx.Done()
		return nil
	}}}
	if cfg.Listen != "" {
		roots, err := cfg.roots()
		if err != nil {
			return nil, err
		}
		verifier, err := webhook.New(webhook.Config{Hosts: cfg.CertificateHosts, Roots: roots})
		if err != nil {
			return nil, err
		}
		r := &callbacks.Receiver{Listen: cfg.Listen, Verify: verifier.Event, Take: taking(d), Refused: metrics.Heard, Log: d.Log}
		parts = append(parts, app.Part{Name: "fulfillment webhook", Run: func(ctx context.Context, ready func()) error {
			defer verifier.Close()
			return r.Run(ctx, ready)
		}})
	}
	if cfg.URL != "" {
		registered := prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "seatflow_fulfillment_webhook_registered", Help: "1 while the vendor's webhook was found registered as it should be.",
		})
		if err := d.Metrics.Register(registered); err != nil {
			return nil, err
		}
		r := &callbacks.Registration{Vendor: client, URL: cfg.URL, Registered: registered, Log: d.Log}
		parts = append(parts, app.Part{Name: "fulfillment webhook registration", Run: func(ctx context.Context, ready func()) error {
			ready()
			r.Run(ctx)
			return nil
		}})
	}
	return func(ctx context.Context, ready func()) error {
		last := app.Part{Name: "fulfillment ready", Run: func(ctx context.Context, up func()) error {
			up()
			ready()
			<-ctx.Done()
			return nil
		}}
		return app.Run(ctx, d.Log, doorGrace, append(parts, last)...)
	}, nil
}

// planRound has the next round planned by the settings of this start. Another replica may have done so.
func planRound(ctx context.Context, d service.Deps) {
	for {
		told, cancel := context.WithTimeoutCause(ctx, tellAgain, errors.New("fulfillment: plan the round timeout"))
		err := d.Tell(told, handlers.RoundNotice, nil, handlers.RoundRef())
		cancel()
		if err == nil || ctx.Err() != nil {
			return
		}
		d.Log.WarnContext(ctx, "the comparison with the vendor's books could not be planned", "error", err)
		again := time.NewTimer(tellAgain)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return
		}
	}
}

// taking stores a verified callback, and has the orders that wait for it look now.
func taking(d service.Deps) func(context.Context, webhook.Event) error {
	return func(ctx context.Context, e webhook.Event) error {
		c := handlers.Callback{
			Callback:     domain.Callback{Name: e.Name, URI: e.URI, Changed: e.At.UTC().Format(time.RFC3339Nano)},
			Subscription: e.SubscriptionID,
		}
		if e.At.IsZero() {
			c.Changed = uuid.NewString() // a repeat cannot be told from a change, so it counts as one
		}
		var orders []string
		if customer, err := uuid.Parse(e.CustomerID); err == nil && e.SubscriptionID != "" {
			if orders, err = store.Listening(ctx, d.Pool, customer.String()); err != nil {
				return err
			}
		}
		return d.Tell(ctx, handlers.CallbackNotice, c, c.Refs(orders)...)
	}
}

// ours compares the vendor's books with our own.
func ours(pool *pgxpool.Pool) calls.Ours {
	return func(ctx context.Context, customer string, theirs domain.Books) ([]domain.Discrepancy, []string, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, readTimeout, errors.New("fulfillment: own records timeout"))
		defer cancel()
		records, err := store.Records(ctx, pool, customer)
		if err != nil {
			return nil, nil, err
		}
		standing, err := store.StandingFindings(ctx, pool, customer)
		if err != nil {
			return nil, nil, err
		}
		return domain.Compare(customer, records, theirs, time.Now()), domain.Judged(records, standing), nil
	}
}

// holders reads which of our orders have bought something.
func holders(pool *pgxpool.Pool) func(ctx context.Context, customer, vendorOrder string) ([]domain.Place, error) {
	return func(ctx context.Context, customer, vendorOrder string) ([]domain.Place, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, readTimeout, errors.New("fulfillment: own records timeout"))
		defer cancel()
		return store.Holders(ctx, pool, customer, vendorOrder)
	}
}

// roots are the certificates that the vendor's must lead to; nil for this machine's.
func (w *Webhook) roots() (*x509.CertPool, error) {
	if w.RootsFile == "" {
		return nil, nil
	}
	data, err := os.ReadFile(w.RootsFile)
	if err != nil {
		return nil, fmt.Errorf("--webhook-certificate-roots-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, errors.New("--webhook-certificate-roots-file holds no certificate")
	}
	return pool, nil
}
