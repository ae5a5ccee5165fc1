package rate

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
	"github.com/seatflow/seatflow/scripts/chaos/split"
)

const (
	startTimeout = 2 * time.Minute
	leaseTime    = 10 * time.Second
	vendorWait   = time.Minute
	// needs is how many requests an order of one line needs at least: its cart and the checkout.
	needs = 2
)

var (
	errStart = errors.New("rate: fulfillment does not come up in time")
	errOver  = errors.New("rate: over")
)

// Run is one measurement on a fresh data folder.
func Run(ctx context.Context, cfg Config, log *slog.Logger) (Report, error) {
	keep := strconv.Itoa(4*cfg.Rate*int(cfg.For/time.Minute+2) + 10_000)
	s := split.Config{
		Data: cfg.Data, Bin: cfg.Bin, Services: []string{"fulfillment"}, Replicas: cfg.Replicas, Lease: leaseTime, Timeout: vendorWait,
		Rate: cfg.Rate, Log: cfg.Log,
		Extra: map[string][]string{"partnersim": {"SEATFLOW_PARTNERSIM_KEEP_REQUESTS=" + keep, "SEATFLOW_PARTNERSIM_KEEP_ORDERS=" + keep}},
	}
	s.FreeAddresses()
	shape, err := split.New(ctx, s, log)
	if err != nil {
		return Report{}, err
	}
	running, stop := context.WithCancelCause(ctx)
	ready, ended := make(chan split.Addresses, 1), make(chan error, 1)
	go func() { ended <- shape.Run(running, func(at split.Addresses) { ready <- at }) }()
	report, err := within(ctx, cfg, log, ready, ended)
	stop(errOver)
	return report, errors.Join(err, <-ended)
}

// within waits until everything runs and measures.
func within(ctx context.Context, cfg Config, log *slog.Logger, ready <-chan split.Addresses, ended chan error) (Report, error) {
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	var at split.Addresses
	select {
	case at = <-ready:
	case err := <-ended:
		ended <- nil
		return Report{}, err
	case <-timer.C:
		return Report{}, errStart
	case <-ctx.Done():
		return Report{}, context.Cause(ctx)
	}
	l, err := newLoad(ctx, at, log)
	if err != nil {
		return Report{}, err
	}
	defer l.close()
	began, err := l.run(ctx, cfg)
	if err != nil {
		return Report{}, err
	}
	ended2 := time.Now()
	requests, forgotten, err := readLog(ctx, web.New(at.Partnersim, ""))
	if err != nil {
		return Report{}, err
	}
	return judge(cfg, requests, forgotten, began, ended2, l.singles), nil
}
