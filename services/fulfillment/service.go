// Package fulfillment buys approved orders at Partner Center, every change exactly once.
//
// Model: one engine over fulfillment's own database. See internal/domain for the states and decisions, internal/partnercenter
// for the vendor's API, internal/handlers for what comes in and goes out, README.md for settings.
//
// Failures: Run returns when its settings cannot work, or its database, its bus or its migrations fail for good. A vendor
// that does not answer is no failure of the service.
package fulfillment

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/fulfillment/internal/budget"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/handlers"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter/calls"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/service"
)

// The engine's margins around a call: how long after its claim its first byte may leave, and how long after its timeout
// it may still take effect. A faster vendor's clock shortens them, not below what processes need.
const (
	sendBefore, leastSendBefore = 10 * time.Second, 2 * time.Second
	settle, leastSettle         = 5 * time.Second, time.Second
)

// Run serves until ctx ends. ready is called once it takes orders.
func Run(ctx context.Context, cfg Config, env service.Env, ready func()) error {
	speed := domain.Pace(cfg.Vendor.TimeScale)
	tokens := &store.Budgets{Account: cfg.Vendor.Tenant}
	limit := budget.New(cfg.Vendor.RatePerMinute, tokens)
	access := cfg.Vendor.client(cfg.Engine.Concurrency)
	if limit != nil {
		access.Permits = permits{budget: limit, pace: speed, log: env.Log}
	}
	client, err := partnercenter.New(access, env.Log, env.Metrics)
	if err != nil {
		return err
	}
	defer client.Close()
	breaker, err := calls.NewBreaker(env.Metrics, cfg.Vendor.TimeScale)
	if err != nil {
		return err
	}
	if cfg.Vendor.DryRun {
		env.Log.LogAttrs(ctx, slog.LevelWarn, "dry run, nothing is bought or changed at the vendor")
	}
	vendor := &calls.Vendor{
		Client: client, Pace: speed, Breaker: breaker, ReadTimeout: cfg.Vendor.ReadTimeout, WriteTimeout: cfg.Vendor.WriteTimeout,
	}
	about := handlers.Access{
		Resources: []string{partnercenter.Orders, partnercenter.Subscriptions, partnercenter.Customers}, PerMinute: cfg.Vendor.RatePerMinute,
		Blocked: tokens.Blocked, Breaker: breaker.State, DryRun: cfg.Vendor.DryRun, Pace: speed,
	}
	build := func(ctx context.Context, d service.Deps) (service.Parts, error) {
		tokens.DB = d.Pool
		metrics, err := handlers.NewMetrics(ctx, env.Metrics, d.Pool, about)
		if err != nil {
			return service.Parts{}, err
		}
		lag := speed.Real(cmp.Or(cfg.Vendor.ListLag, domain.ListLag))
		vendor.Ours, vendor.Holders = ours(d.Pool), holders(d.Pool)
		s := &handlers.Service{
			Metrics:   metrics,
			Pace:      speed,
			Undo:      cfg.UndoWindow,
			Lag:       cfg.Vendor.ListLag,
			Comparing: handlers.Comparing{Every: cfg.ReconcileEvery, Lag: lag},
			Calls:     vendor.Operations(),
		}
		opened, err := door(cfg.Webhook, d, client, metrics)
		if err != nil {
			return service.Parts{}, err
		}
		parts := service.Parts{
			Door: opened, Spec: s.Spec(), Queries: handlers.Queries(d.Pool, about),
			SendBefore: speed.Margin(sendBefore, leastSendBefore), Settle: speed.Margin(settle, leastSettle),
		}
		if limit != nil {
			parts.Budget, vendor.Pay = breaker.Guard(limit), budget.With
		}
		return parts, nil
	}
	return service.Serve(ctx, contract.Fulfillment, cfg.Config, env, store.Migrations(), build, ready)
}

// client is the access as the client wants it, with a connection for each call that may run at once.
func (v Vendor) client(conns int) partnercenter.Config {
	return partnercenter.Config{
		BaseURL: v.BaseURL, TokenURL: v.TokenURL, Tenant: v.Tenant, ClientID: v.ClientID,
		Secret:           func() (string, error) { return v.ClientSecret.Reveal(), nil },
		RefreshTokenFile: v.RefreshToken, Audience: v.Audience, DryRun: v.DryRun,
		MaxConns: conns, ReadTimeout: v.ReadTimeout, WriteTimeout: v.WriteTimeout,
	}
}
