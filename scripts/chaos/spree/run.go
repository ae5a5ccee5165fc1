package spree

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/store"
	"github.com/seatflow/seatflow/scripts/chaos/split"
)

const startTimeout = 2 * time.Minute

var (
	errStart = errors.New("spree: fulfillment does not come up in time")
	errOver  = errors.New("spree: over")
)

// run is one spree.
type run struct {
	cfg      Config
	note     *notes
	log      *slog.Logger
	shape    *split.Shape
	at       split.Addresses
	plan     *planner
	orders   []order
	vendor   vendor
	approval *approval
	store    store.Reader
	retried  map[string]bool
	told     time.Time // when progress was told
}

// Run is one spree on a fresh data folder. The seed must be set.
func Run(ctx context.Context, cfg Config, log *slog.Logger) (Report, error) {
	r := &run{cfg: cfg, note: newNotes(), log: log, retried: map[string]bool{}}
	keep := strconv.Itoa(40*cfg.Lines + 10_000)
	scale := strconv.Itoa(cfg.Scale)
	s := split.Config{
		Data: cfg.Data, Bin: cfg.Bin, Services: []string{"fulfillment"}, Replicas: cfg.Replicas, Lease: cfg.Lease, Timeout: cfg.Timeout,
		Rate: vendorRate * cfg.Scale, Log: cfg.Log,
		Extra: map[string][]string{
			"partnersim": {"SEATFLOW_PARTNERSIM_KEEP_EFFECTS=" + keep, "SEATFLOW_PARTNERSIM_KEEP_ORDERS=" + keep, "SEATFLOW_PARTNERSIM_TIME_SCALE=" + scale,
				"SEATFLOW_PARTNERSIM_RATE_PER_MINUTE=" + strconv.Itoa(vendorRate)}, // a minute of its own time
			"fulfillment": {"SEATFLOW_VENDOR_TIME_SCALE=" + scale},
		},
	}
	s.FreeAddresses()
	var err error
	if r.shape, err = split.New(ctx, s, log); err != nil {
		return Report{}, err
	}
	shape, stop := context.WithCancelCause(ctx)
	ready, ended := make(chan split.Addresses, 1), make(chan error, 1)
	go func() { ended <- r.shape.Run(shape, func(at split.Addresses) { ready <- at }) }()
	report, err := r.within(ctx, ready, ended)
	stop(errOver)
	return report, errors.Join(err, <-ended)
}

// vendorRate is the vendor's limit of requests a minute, before it is scaled.
const vendorRate = 500

// within waits until everything runs and does the spree.
func (r *run) within(ctx context.Context, ready <-chan split.Addresses, ended chan error) (Report, error) {
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case r.at = <-ready:
	case err := <-ended:
		ended <- nil
		return Report{}, err
	case <-timer.C:
		return Report{}, errStart
	case <-ctx.Done():
		return Report{}, context.Cause(ctx)
	}
	if err := r.prepare(ctx); err != nil {
		return Report{}, err
	}
	defer r.approval.close()
	return r.buy(ctx)
}

// prepare makes the orders, and sets the scene at the vendor.
func (r *run) prepare(ctx context.Context) error {
	r.store = store.Reader{AdminURL: r.shape.AdminURL(), Prefix: "seatflow_"}
	r.plan = &planner{random: r.random(1)}
	r.orders = r.plan.orders(r.cfg.Lines, time.Now())
	r.vendor = newVendor(r.at.Partnersim)
	if err := r.vendor.prepare(ctx, r.plan, r.cfg); err != nil {
		return err
	}
	var err error
	r.approval, err = newApproval(ctx, r.at.NATS, r.at.Keys, r.log)
	return err
}

// random is a source of its own for each use, so that one does not shift the other.
func (r *run) random(use uint64) *rand.Rand { return rand.New(rand.NewPCG(r.cfg.Seed, use)) }

// buy grants everything while blows fall, waits for the end, and checks.
func (r *run) buy(ctx context.Context) (Report, error) {
	striking, calm := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() { r.strike(striking) })
	err := r.grant(ctx)
	if err == nil {
		err = r.meddle(ctx)
	}
	if err == nil {
		err = r.rest(ctx)
	}
	calm()
	group.Wait()
	if err == nil {
		err = r.vendor.calm(ctx)
	}
	if err == nil {
		err = r.rest(ctx) // what the last blow interrupted
	}
	if err != nil {
		return Report{}, err
	}
	return r.check(ctx)
}
