package storm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/store"
	"github.com/seatflow/seatflow/scripts/chaos/split"
)

const (
	startTimeout = 2 * time.Minute
	tokenTimeout = 20 * time.Second
	keepMails    = 1_000_000
)

var (
	errStart    = errors.New("storm: Seatflow does not come up in time")
	errToken    = errors.New("storm: no token in time")
	errPatience = errors.New("storm: no answer although everything runs again")
	errOver     = errors.New("storm: over")
)

// run is one storm.
type run struct {
	cfg    Config
	note   *notes
	log    *slog.Logger
	shape  *split.Shape
	at     split.Addresses
	load   *load
	vendor vendor
	admin  *site // the decider, who may see everything
	store  store.Reader
	killed map[string]int // the number of each member's process that was killed last
}

// Run is one storm on a fresh data folder. The seed must be set.
func Run(ctx context.Context, cfg Config, log *slog.Logger) (Report, error) {
	r := &run{cfg: cfg, note: newNotes(), log: log, killed: map[string]int{}}
	s := split.Config{
		Data: cfg.Data, Bin: cfg.Bin, Sources: []string{source}, Admins: admins, Replicas: cfg.Replicas, Lease: cfg.Lease, Timeout: cfg.Timeout,
		Log: cfg.Log, KeepMails: keepMails,
		Extra: map[string][]string{"partnersim": {"SEATFLOW_PARTNERSIM_KEEP_EFFECTS=200000", "SEATFLOW_PARTNERSIM_KEEP_ORDERS=200000"}},
	}
	s.FreeAddresses()
	var err error
	if r.shape, err = split.New(ctx, s, log); err != nil {
		return Report{}, err
	}
	shape, stop := context.WithCancelCause(ctx)
	ready, ended := make(chan split.Addresses, 1), make(chan error, 1)
	go func() { ended <- r.shape.Run(shape, func(at split.Addresses) { ready <- at }) }()
	err = r.within(ctx, ready, ended)
	stop(errOver)
	err = errors.Join(err, <-ended)
	report := r.note.report(cfg.Seed)
	report.Data = r.shape.Data()
	return report, err
}

// within waits until everything runs and does the storm.
func (r *run) within(ctx context.Context, ready <-chan split.Addresses, ended chan error) error {
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case r.at = <-ready:
	case err := <-ended:
		ended <- nil
		return err
	case <-timer.C:
		return errStart
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	defer r.load.pub.close()
	return r.storm(ctx)
}

// prepare signs people in and sets the scene at the vendor.
func (r *run) prepare(ctx context.Context) error {
	r.store = store.Reader{AdminURL: r.shape.AdminURL(), Prefix: "seatflow_"}
	r.vendor = vendor{newSite(r.at.Partnersim, "")}
	plan := &planner{random: r.random(1), prefix: fmt.Sprintf("storm-%d", r.cfg.Seed)}
	plan.subscriptions(r.cfg.Subscriptions)
	r.load = &load{plan: plan, note: r.note, placed: map[string]*placed{}}
	var err error
	for _, p := range people {
		s, err := r.signIn(ctx, p)
		if err != nil {
			return err
		}
		r.load.web = append(r.load.web, s)
	}
	if r.admin, err = r.signIn(ctx, decider); err != nil {
		return err
	}
	if err := r.vendor.prepare(ctx, plan.subs, r.cfg.Calm); err != nil {
		return err
	}
	r.load.pub, err = newPublisher(ctx, r.at.NATS, r.at.Keys, r.log)
	return err
}

// random is a source of its own for each use, so that one does not shift the other.
func (r *run) random(use uint64) *rand.Rand { return rand.New(rand.NewPCG(r.cfg.Seed, use)) }

func (r *run) signIn(ctx context.Context, p person) (*site, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, tokenTimeout, errToken)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(r.cfg.Bin, "seatflow"), "token", "--data", r.shape.Data(), "--role", p.role, "--name", p.name, "--email", p.email)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("seatflow token: %w", err)
	}
	return newSite(r.at.Portal, strings.TrimSpace(string(out))), nil
}

// storm is the load and the blows, the rest after them, and the checks.
func (r *run) storm(ctx context.Context) error {
	deciding, stopDeciding := context.WithCancel(ctx)
	patience, stopWaiting := context.WithCancelCause(ctx)
	defer stopWaiting(nil)
	loading, stopLoad := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stopDeciding()
	defer stopLoad()
	group.Go(func() { decide(deciding, r.admin, r.note) })
	loaded := make(chan struct{})
	group.Go(func() {
		defer close(loaded)
		r.load.run(loading, patience, r.cfg.Rate)
	})
	r.awaitOrders(ctx, firstOrders)
	r.strike(ctx, blows(r.random(2), r.cfg, r.shape.Names()))
	for _, name := range r.shape.Names() {
		r.awaitUp(ctx, name)
	}
	r.awaitOrders(ctx, lastOrders)
	stopLoad()
	if err := r.vendor.calm(ctx); err != nil {
		return err
	}
	// Everything runs now: what is still not answered must be soon.
	give := time.AfterFunc(answerTimeout, func() { stopWaiting(errPatience) })
	<-loaded
	give.Stop()
	r.note.fact("storm of %s; at its end every sender had an answer after %s", time.Since(r.note.began).Round(time.Second), "at most "+answerTimeout.String())
	if err := r.settle(ctx); err != nil {
		return err
	}
	stopDeciding()
	return r.check(ctx)
}

const (
	firstOrders   = 20
	lastOrders    = 10
	answerTimeout = 45 * time.Second
)
