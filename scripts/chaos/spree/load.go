package spree

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seatflow/seatflow/proto/contract"
)

const (
	// hands are how many grants are on their way to the broker at once.
	hands = 32
	// cancelledShare is how many of a hundred orders somebody cancels.
	cancelledShare = 6
	lookEvery      = 300 * time.Millisecond
	tellEvery      = 10 * time.Second
)

// ends are the statuses that nothing but a person changes.
var ends = []string{"completed", "completed_with_errors", "failed", "cancelled"}

// grant publishes every order; a few are cancelled right behind, or ahead of, their grant.
func (r *run) grant(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(hands)
	random := r.random(2)
	for i := range r.orders {
		o := r.orders[i].body
		ahead, behind := random.IntN(100) < cancelledShare/3, random.IntN(100) < cancelledShare
		g.Go(func() error {
			if ahead {
				r.approval.command(ctx, contract.CancelOrder, o.GetId(), "ahead")
			}
			if err := r.approval.grant(ctx, o); err != nil {
				return err
			}
			if behind {
				r.approval.command(ctx, contract.CancelOrder, o.GetId(), "behind")
			}
			return nil
		})
	}
	return g.Wait()
}

// meddle has every order that failed for a while tried again once, and some cancelled late, until everything is at rest for
// the first time.
func (r *run) meddle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.Quiet, errQuiet)
	defer cancel()
	random := r.random(3)
	for {
		open, failed, err := r.states(ctx)
		if err != nil {
			return r.unrest(context.WithoutCancel(ctx), errors.Join(err, context.Cause(ctx)))
		}
		for _, id := range failed {
			if r.retried[id] {
				continue
			}
			r.retried[id] = true
			if random.IntN(100) < cancelledShare {
				r.approval.command(ctx, contract.CancelOrder, id, "late")
				continue
			}
			r.approval.command(ctx, contract.RetryOrder, id, "again")
		}
		if open == 0 {
			return nil
		}
		r.progress(open)
		if err := pause(ctx, lookEvery); err != nil {
			return r.unrest(context.WithoutCancel(ctx), err)
		}
	}
}

// rest waits until no order is open and no event is unpublished.
func (r *run) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.Quiet, errQuiet)
	defer cancel()
	for {
		open, _, err := r.states(ctx)
		if err != nil {
			return r.unrest(context.WithoutCancel(ctx), errors.Join(err, context.Cause(ctx)))
		}
		if open == 0 {
			loose, err := r.store.Loose(ctx, string(contract.Fulfillment))
			if err == nil && loose.Unpublished == 0 {
				return nil
			}
		}
		r.progress(open)
		if err := pause(ctx, lookEvery); err != nil {
			return r.unrest(context.WithoutCancel(ctx), err)
		}
	}
}

// progress tells now and then how many orders have come to an end.
func (r *run) progress(open int) {
	if time.Since(r.told) < tellEvery {
		return
	}
	r.told = time.Now()
	r.log.Info("orders at an end", "orders", len(r.orders)-open, "of", len(r.orders))
}

// unrest names what does not come to its end in time. Any other cause is the run's own failure.
func (r *run) unrest(ctx context.Context, cause error) error {
	if !errors.Is(cause, errQuiet) {
		return cause
	}
	stuck, err := r.store.Orders(ctx, true, ends...)
	if err != nil {
		return err
	}
	for _, o := range stuck {
		r.note.find("%s is %s: %s", o.ID, o.Status, o.Body)
	}
	if len(stuck) == 0 {
		return cause
	}
	return nil
}

// states counts the open orders, and names the failed ones. An order that has not arrived is open.
func (r *run) states(ctx context.Context) (open int, failed []string, err error) {
	counts, err := r.store.Statuses(ctx)
	if err != nil {
		return 0, nil, err
	}
	open = len(r.orders)
	for _, status := range ends {
		open -= counts[status]
	}
	if counts["failed"]+counts["completed_with_errors"] > 0 {
		rows, err := r.store.Orders(ctx, false, "failed", "completed_with_errors")
		if err != nil {
			return 0, nil, err
		}
		for _, o := range rows {
			failed = append(failed, o.ID)
		}
	}
	return open, failed, nil
}

// pause waits, or says why not.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
