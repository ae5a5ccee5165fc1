package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seatflow/seatflow/scripts/bench/internal/load"
	"github.com/seatflow/seatflow/scripts/bench/internal/store"
)

const (
	// catchUp is how long the order book may lag behind the last notification.
	catchUp       = 30 * time.Second
	catchUpPause  = 100 * time.Millisecond
	lonePause     = 20 * time.Millisecond
	fullSpeedRate = 0
)

// pattern is how orders are placed.
type pattern struct {
	door     string  // inbox or httpDoor
	rate     float64 // orders/s; 0 is as fast as the window lets
	duration time.Duration
	lone     int // so many orders, one after another, instead
}

func full(door string, d time.Duration) pattern { return pattern{door: door, duration: d} }

// carry places orders by one or more patterns at once and waits until all of them are through.
func (b *bench) carry(ctx context.Context, patterns ...pattern) (load.Result, error) {
	return b.carryWatched(ctx, nil, patterns...)
}

// carryWatched hands the run to who wants to look at it meanwhile.
func (b *bench) carryWatched(ctx context.Context, watch func(*load.Run), patterns ...pattern) (load.Result, error) {
	window := 0
	if patterns[0].rate == fullSpeedRate && patterns[0].lone == 0 {
		window = b.inflight
	}
	run := load.NewRun(b.nextTag(), window)
	b.ear.Begin(run)
	if watch != nil {
		watch(run)
	}
	done := make(chan error, len(patterns))
	for _, p := range patterns {
		go func() { done <- b.place(ctx, run, p) }()
	}
	var faults []error
	for range patterns {
		if err := <-done; err != nil {
			run.Fail(err)
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return load.Result{}, faults[0]
	}
	if err := run.Finish(ctx); err != nil {
		return load.Result{}, err
	}
	r, err := run.Result()
	b.placed += int64(r.Orders)
	return r, err
}

// place places orders by one pattern and returns when all are placed.
func (b *bench) place(ctx context.Context, run *load.Run, p pattern) (err error) {
	sender := load.Sender(load.Inbox{Ear: b.ear})
	if p.door == httpDoor {
		conns := b.conns
		if p.lone > 0 {
			conns = 1
		}
		door, err := load.OpenDoor(ctx, b.stack.Portal(), b.person, conns, p.rate > 0, b.offers)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, door.Close()) }()
		sender = door
	}
	switch {
	case p.lone > 0:
		return load.OneByOne(ctx, run, sender, p.lone, lonePause)
	case p.rate > 0:
		return load.Pace(ctx, run, sender, p.rate, p.duration)
	default:
		return load.Saturate(ctx, run, sender, p.duration, b.orders)
	}
}

// verify asks everyone what happened since the start, and fails if it is not exactly what was placed.
func (b *bench) verify(ctx context.Context) error {
	purchases, err := b.stack.Witness().Purchases(ctx)
	if err != nil {
		return err
	}
	mails, err := b.stack.Witness().Mails(ctx)
	if err != nil {
		return err
	}
	switch {
	case purchases.Bought != b.placed:
		return fmt.Errorf("%d orders are through, and partnersim has sold %d", b.placed, purchases.Bought)
	case purchases.Doubles != 0:
		return fmt.Errorf("partnersim has sold %d things twice", purchases.Doubles)
	case purchases.Forgotten != 0 && !b.soak:
		return fmt.Errorf("partnersim no longer remembers %d of its sales, so doubles could hide", purchases.Forgotten)
	case mails != b.placed:
		return fmt.Errorf("%d orders are through, and the mail sink has taken %d mails", b.placed, mails)
	}
	return b.verifyDatabases(ctx)
}

// verifyDatabases waits until all four databases have all orders, and every one of them through.
func (b *bench) verifyDatabases(ctx context.Context) error {
	deadline := time.Now().Add(catchUp)
	for {
		found, err := b.databases.Orders(ctx)
		if err != nil {
			return err
		}
		want := store.Orders{All: b.placed, Through: b.placed}
		wrong := slices.Sorted(maps.Keys(found))
		wrong = slices.DeleteFunc(wrong, func(s string) bool { return found[s] == want })
		if len(wrong) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			o := found[wrong[0]]
			return fmt.Errorf("%d orders are through, and the database of %s has %d, %d of them completed", b.placed, wrong[0], o.All, o.Through)
		}
		if err := pause(ctx, catchUpPause); err != nil {
			return err
		}
	}
}

// pause waits, unless ctx ends first.
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
