package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seatflow/seatflow/scripts/bench/internal/store"
	"github.com/seatflow/seatflow/scripts/bench/internal/witness"
)

const (
	idleQuiet  = 3 * time.Second
	idleTime   = 10 * time.Second
	sampleTime = 250 * time.Millisecond
	// profileTime bounds how long a CPU profile is taken.
	profileTime = 30 * time.Second
	// quickLook is how long a door is measured whose full speed is needed and was not asked for.
	quickLook = 5 * time.Second
	half      = 0.5
	allInOne  = "all-in-one"
)

// measurements makes those that are asked for, and prints them.
func (b *bench) measurements(ctx context.Context) error {
	steps := []struct {
		name string
		make func(context.Context) error
	}{
		{inbox, func(ctx context.Context) error { return b.fullSpeed(ctx, inbox, inbox) }},
		{idle, b.idle},
		{httpDoor, func(ctx context.Context) error { return b.fullSpeed(ctx, httpDoor, httpDoor) }},
		{inboxHalf, func(ctx context.Context) error { return b.halfLoad(ctx, inboxHalf, inbox) }},
		{httpHalf, func(ctx context.Context) error { return b.halfLoad(ctx, httpHalf, httpDoor) }},
		{inboxLone, func(ctx context.Context) error { return b.loneOrders(ctx, inboxLone, inbox) }},
		{httpLone, func(ctx context.Context) error { return b.loneOrders(ctx, httpLone, httpDoor) }},
		{splitInbox, func(ctx context.Context) error { return b.fullSpeed(ctx, splitInbox, inbox) }},
		{splitHTTP, func(ctx context.Context) error { return b.fullSpeed(ctx, splitHTTP, httpDoor) }},
	}
	split := false
	for _, s := range steps {
		if !b.wants(s.name) {
			continue
		}
		if !split && (s.name == splitInbox || s.name == splitHTTP) {
			split = true
			if err := b.changeShape(ctx); err != nil {
				return err
			}
		}
		if err := s.make(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	b.say("every one of %d orders was bought once, notified once and is completed in all four databases", b.placed)
	return nil
}

// changeShape runs the services as processes of their own from here on.
func (b *bench) changeShape(ctx context.Context) error {
	b.say("stopping the all-in-one, starting each service as a process of its own")
	if err := b.stack.StopServices(ctx); err != nil {
		return err
	}
	if err := b.stack.StartSplit(ctx); err != nil {
		return err
	}
	return b.warm(ctx)
}

func (b *bench) shape() string {
	if b.stack.Ops() == "" {
		return "split"
	}
	return allInOne
}

// fullSpeed measures a door with its window full.
func (b *bench) fullSpeed(ctx context.Context, name, door string) error {
	b.say("%s: full speed for %s", name, b.duration)
	l := line{Name: name, Config: "shape=" + b.shape() + " inflight=" + strconv.Itoa(b.inflight)}
	if door == httpDoor {
		l.Config += " conns=" + strconv.Itoa(b.conns)
	}
	rows, err := b.databases.RowVersions(ctx)
	if err != nil {
		return err
	}
	profiled := b.takeProfile(ctx, name)
	err = b.observe(ctx, &l, full(door, b.duration))
	if profileErr := <-profiled; err == nil {
		err = profileErr
	}
	if err != nil {
		return err
	}
	b.measured[name] = l.OrdersPerS
	if b.shape() == allInOne { // the same in either shape, and the statistics take their time
		if err := pause(ctx, store.Settle); err != nil {
			return err
		}
		after, err := b.databases.RowVersions(ctx)
		if err != nil {
			return err
		}
		l.rows(rows, after)
	}
	b.say("%s", l.sentence(b.stack.Services()))
	return b.print(l)
}

// halfLoad measures how long an order takes when the door is half loaded.
func (b *bench) halfLoad(ctx context.Context, name, door string) error {
	rate := b.rate
	if rate == 0 {
		speed, err := b.speed(ctx, door)
		if err != nil {
			return err
		}
		rate = math.Round(speed * half)
	}
	b.say("%s: %.0f orders/s for %s", name, rate, b.duration)
	l := line{Name: name, Config: "shape=" + b.shape(), Rate: rate}
	if err := b.observe(ctx, &l, pattern{door: door, rate: rate, duration: b.duration}); err != nil {
		return err
	}
	b.say("%s", l.sentence(b.stack.Services()))
	return b.print(l)
}

// speed is what a door carries at full speed, measured now if it was not before.
func (b *bench) speed(ctx context.Context, door string) (float64, error) {
	if v := b.measured[door]; v > 0 {
		return v, nil
	}
	b.say("a quick look at the full speed of %s", door)
	r, err := b.carry(ctx, full(door, quickLook))
	if err != nil {
		return 0, err
	}
	b.measured[door] = float64(r.Orders) / r.Seconds
	return b.measured[door], b.verify(ctx)
}

// loneOrders measures how long an order takes that has everything for itself.
func (b *bench) loneOrders(ctx context.Context, name, door string) error {
	b.say("%s: %d orders, each alone", name, b.lone)
	l := line{Name: name, Config: "shape=" + b.shape() + " one after another"}
	if err := b.observe(ctx, &l, pattern{door: door, lone: b.lone}); err != nil {
		return err
	}
	b.say("%s", l.sentence(b.stack.Services()))
	return b.print(l)
}

// observe carries orders, reads what that costs, and verifies it.
func (b *bench) observe(ctx context.Context, l *line, p pattern) error {
	messages, err := b.messages(ctx)
	if err != nil {
		return err
	}
	before, err := b.stack.Usage()
	if err != nil {
		return err
	}
	engines, err := b.engines(ctx)
	if err != nil {
		return err
	}
	peak := b.watchMemory(ctx)
	r, err := b.carry(ctx, p)
	after, usageErr := b.stack.Usage()
	memory := peak()
	if err != nil {
		return err
	}
	if usageErr != nil {
		return usageErr
	}
	if err := b.verify(ctx); err != nil {
		return err
	}
	committed, err := b.engines(ctx)
	if err != nil {
		return err
	}
	l.result(r)
	l.batches(engines, committed)
	l.spent(before, after)
	for name, u := range after {
		memory[name] = max(memory[name], u.Memory)
	}
	l.memory(memory, b.stack.Services())
	end, err := b.messages(ctx)
	if err != nil {
		return err
	}
	each := round(float64(end-messages) / float64(max(r.Orders, 1)))
	l.Messages = &each
	return nil
}

// engines reads what the services have committed; the split shape does not say.
func (b *bench) engines(ctx context.Context) (map[string]witness.Batches, error) {
	if b.shape() != allInOne {
		return nil, nil
	}
	return witness.Engine(ctx, b.stack.Ops())
}

// watchMemory notes the most memory of each process until the function that it returns is called.
func (b *bench) watchMemory(ctx context.Context) (peak func() map[string]int64) {
	ctx, stop := context.WithCancel(ctx)
	most := map[string]int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause(ctx, sampleTime) == nil {
			memory, err := b.stack.Memory()
			if err != nil {
				return // a process has ended, which fails the run by itself
			}
			for name, bytes := range memory {
				most[name] = max(most[name], bytes)
			}
		}
	}()
	return func() map[string]int64 {
		stop()
		<-done
		return most
	}
}

// idle measures what the processes use when nothing happens.
func (b *bench) idle(ctx context.Context) error {
	b.say("idle: %s", idleTime)
	if err := pause(ctx, idleQuiet); err != nil {
		return err
	}
	before, err := b.stack.Usage()
	if err != nil {
		return err
	}
	if err := pause(ctx, idleTime); err != nil {
		return err
	}
	after, err := b.stack.Usage()
	if err != nil {
		return err
	}
	l := line{Name: idle, Config: "shape=" + b.shape(), Seconds: idleTime.Seconds(), IdleCPU: figures{}}
	l.spent(before, after)
	peak := map[string]int64{}
	for name, u := range after {
		l.IdleCPU[name] = round((u.CPU - before[name].CPU).Seconds() / idleTime.Seconds() * 100)
		peak[name] = u.Memory
	}
	l.memory(peak, b.stack.Services())
	b.say("idle: seatflow uses %.1f %% of one core", l.IdleCPU["seatflow"])
	return b.print(l)
}

// takeProfile takes CPU profiles of the all-in-one process and of the double while a measurement runs, if that was asked for.
func (b *bench) takeProfile(ctx context.Context, name string) <-chan error {
	done := make(chan error, 1)
	var group errgroup.Group
	for file, base := range map[string]string{name: b.stack.Ops(), name + "-partnersim": b.stack.Witness().Partnersim} {
		if b.profile != "" && base != "" { // the split shape has no one process to look at
			group.Go(func() error { return b.keepProfile(ctx, file, base) })
		}
	}
	go func() { done <- group.Wait() }()
	return done
}

func (b *bench) keepProfile(ctx context.Context, file, base string) error {
	seconds := max(int(min(b.duration*3/4, profileTime).Seconds()), 1)
	text, err := call(ctx, "GET", base+"/debug/pprof/profile?seconds="+strconv.Itoa(seconds), "", nil)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.profile, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.profile, file+".pprof"), text, 0o600)
}
