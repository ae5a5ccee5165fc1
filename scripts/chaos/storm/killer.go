package storm

import (
	"context"
	"errors"
	"math/rand/v2"
	"syscall"
	"time"
)

const (
	// between two deaths at least a few orders are taken, or so much time goes by.
	fewOrders  = 6
	longSilent = 6 * time.Second
	lookEvery  = 20 * time.Millisecond
	// upTimeout is how long a process may take to come up again.
	upTimeout = 60 * time.Second
)

var errUp = errors.New("storm: it takes too long")

// blow is one thing done to one process.
type blow struct {
	name  string
	pause time.Duration // 0: ended, by signal
	// signal is kill -9, or SIGTERM, on which it ends in order.
	signal syscall.Signal
	// overlap: the next blow falls before this process is up again.
	overlap bool
	// orders are accepted between the blow before and this one, if any are.
	orders int64
}

// blows is every process killed, as often as asked, and if asked also paused and stopped in order, all in a random order. The mail catcher and the Partner
// Center double keep what is compared in memory; they are left alone.
func blows(random *rand.Rand, cfg Config, names []string) []blow {
	var all []blow
	for _, name := range names {
		if name == "mail" || name == "partnersim" {
			continue
		}
		for range cfg.Rounds {
			all = append(all, blow{name: name, signal: syscall.SIGKILL})
		}
		if cfg.Pause && name != "postgres" { // its first process says little about it
			all = append(all, blow{name: name, signal: syscall.SIGTERM})
			all = append(all, blow{name: name, pause: cfg.Lease + time.Duration(500+random.IntN(2500))*time.Millisecond})
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i := range all {
		all[i].overlap = random.IntN(100) < 30
		all[i].orders = int64(fewOrders + random.IntN(20))
	}
	return all
}

// strike deals the blows.
func (r *run) strike(ctx context.Context, all []blow) {
	for i, b := range all {
		r.awaitOrders(ctx, b.orders)
		if ctx.Err() != nil {
			return
		}
		// The vendor provisions at once or after a moment, in turns.
		_ = r.vendor.provisioning(ctx, 300*(i%2)) // the double answers always, and if not it matters little
		if b.pause > 0 {
			r.pause(ctx, b)
			continue
		}
		r.end(ctx, b)
	}
}

func (r *run) end(ctx context.Context, b blow) {
	before := r.shape.Starts(b.name)
	for !r.shape.Signal(b.name, b.signal) { // it may be between two lives
		if !r.look(ctx) {
			return
		}
	}
	r.killed[b.name] = before
	how, next := "killed", ""
	if b.signal == syscall.SIGTERM {
		how = "stopped in order"
	}
	if b.overlap {
		next = ", and the next blow at once"
	}
	r.note.death("%s %s%s", b.name, how, next)
	if b.overlap {
		return
	}
	r.awaitUp(ctx, b.name)
}

// awaitUp waits until a later process than the one that was killed last is up.
func (r *run) awaitUp(ctx context.Context, name string) {
	before := r.killed[name]
	up, cancel := context.WithTimeoutCause(ctx, upTimeout, errUp)
	defer cancel()
	for r.shape.Starts(name) == before && r.look(up) {
	}
	if err := r.shape.AwaitReady(up, name); err != nil && ctx.Err() == nil {
		r.note.find(checkUp, "%v", err)
	}
}

func (r *run) pause(ctx context.Context, b blow) {
	if !r.shape.Signal(b.name, syscall.SIGSTOP) {
		return
	}
	r.note.death("%s paused for %s", b.name, b.pause)
	timer := time.NewTimer(b.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	r.shape.Signal(b.name, syscall.SIGCONT)
}

// awaitOrders waits until so many more orders were accepted, or for a while.
func (r *run) awaitOrders(ctx context.Context, orders int64) {
	ctx, cancel := context.WithTimeoutCause(ctx, longSilent, errUp)
	defer cancel()
	for start := r.load.accepted.Load(); r.load.accepted.Load() < start+orders && r.look(ctx); {
	}
}

// look waits a moment; false when ctx has ended.
func (r *run) look(ctx context.Context) bool {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
