package engine

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// crashPoints are the steps at which a process can die; each is reached in a run.
var crashPoints = []string{
	"loaded", "before_commit", "after_commit", "before_answer", "before_ack", "after_ack",
	"before_publish", "after_publish", "after_call", "before_renew",
}

// A replica that dies at one named step, for each step in turn: nothing is lost or done twice.
func TestCrashAtEachStep(t *testing.T) {
	t.Parallel()
	for i, point := range slices.Concat(crashPoints, crashPoints) {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if i >= len(crashPoints) { // once more, with calls that need tokens
				w.budget = newTill(1_000_000)
			}
			var hits atomic.Int32
			crashed := make(chan struct{})
			first := w.start(func(p string) error {
				if p == point && hits.Add(1) == 2 { // let it get going first
					close(crashed)
					return errCrashed
				}
				return nil
			})
			orders := map[string]int{}
			for i := range 6 {
				id := newOrder()
				w.submit(id, "", 0)
				orders[id] = 0
				if i == 2 {
					w.await("the first is there", func() bool { return len(w.tallies()) > 0 || first.dead() })
				}
			}
			<-crashed
			first.kill()
			second := w.start(nil)
			w.settled(orders)
			second.stop()
			w.check(orders)
		})
	}
}

// Random histories: orders, repeats, commands with keys, crashes at random steps,
// up to two replicas at a time.
func TestRandomCrashes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		if rapid.Bool().Draw(rt, "limited") {
			w.budget = newTill(1_000_000)
		}
		h := &history{w: w, rt: rt, orders: map[string]int{}}
		steps := rapid.IntRange(8, 24).Draw(rt, "steps")
		for range steps {
			h.step()
		}
		h.finish()
		if t.Failed() {
			rt.Fatal("an invariant does not hold")
		}
	})
}

// history is one random run.
type history struct {
	w        *world
	rt       *rapid.T
	ids      []string
	mu       sync.Mutex
	orders   map[string]int // approvals answered "ok", by order
	replicas []*replica
	keys     int
}

func (h *history) step() {
	switch rapid.IntRange(0, 9).Draw(h.rt, "action") {
	case 0, 1, 2, 3:
		id := newOrder()
		h.ids = append(h.ids, id)
		h.mu.Lock()
		h.orders[id] = 0
		h.mu.Unlock()
		h.w.submit(id, "", 0)
	case 4:
		if len(h.ids) > 0 {
			h.w.submit(h.pick(), "", rapid.IntRange(1, 3).Draw(h.rt, "again"))
		}
	case 5, 6:
		h.command()
	case 7, 8:
		h.startReplica()
	case 9:
		h.reap()
	}
}

func (h *history) pick() string { return h.ids[rapid.IntRange(0, len(h.ids)-1).Draw(h.rt, "order")] }

// startReplica starts one that dies at a random step, if fewer than two live.
func (h *history) startReplica() {
	h.reap()
	if len(h.replicas) >= 2 {
		return
	}
	point := rapid.SampledFrom(crashPoints).Draw(h.rt, "dies at")
	after := int32(rapid.IntRange(1, 6).Draw(h.rt, "after"))
	var hits atomic.Int32
	h.replicas = append(h.replicas, h.w.start(func(p string) error {
		if p == point && hits.Add(1) == after {
			return errCrashed
		}
		return nil
	}))
}

// reap forgets replicas that have died.
func (h *history) reap() {
	alive := h.replicas[:0]
	for _, r := range h.replicas {
		if r.dead() {
			r.kill()
			continue
		}
		alive = append(alive, r)
	}
	h.replicas = alive
}

// command approves an order and, when the answer does not come, lets it be open.
func (h *history) command() {
	if len(h.ids) == 0 || len(h.replicas) == 0 {
		return
	}
	id, r := h.pick(), h.replicas[0]
	h.keys++
	err := r.approve(id, fmt.Sprint("key-", h.keys), 400*time.Millisecond)
	switch {
	case err == nil:
		h.mu.Lock()
		h.orders[id]++
		h.mu.Unlock()
	case fault.KindOf(err) == fault.NotFound, fault.KindOf(err) == fault.Unavailable, fault.KindOf(err) == fault.TooMany:
	default:
		h.w.t.Errorf("an approval got %v", err)
	}
}

// finish lets a healthy replica bring everything to its end and checks the guarantees.
func (h *history) finish() {
	healthy := h.w.start(nil)
	h.w.settled(h.orders)
	for _, r := range h.replicas {
		r.cancel()
		if err := <-r.done; err != nil && !errors.Is(err, errCrashed) {
			h.w.t.Errorf("a replica ended with %v", err)
		}
	}
	h.w.settled(h.orders)
	healthy.stop()
	h.w.check(h.orders)
}

// settled waits until every order is there with its bell accounted for, every call
// is closed and every writer's journal is published.
func (w *world) settled(orders map[string]int) {
	w.t.Helper()
	w.await("everything has come to rest", func() bool {
		have := w.tallies()
		for id := range orders {
			if s := have[id].State; s.Rung+s.Doubts != 1 {
				return false
			}
		}
		return w.count(`select (select count(*) from engine_calls)
			+ (select count(*) from engine_writers where published < committed)
			+ (select count(*) from engine_writers where retired_at is null and lease_until < clock_timestamp())`) == 0
	})
}

// dead reports whether the replica has ended.
func (r *replica) dead() bool {
	select {
	case err, open := <-r.done:
		if open {
			r.done = make(chan error, 1)
			r.done <- err
			close(r.done)
		}
		return true
	default:
		return false
	}
}
