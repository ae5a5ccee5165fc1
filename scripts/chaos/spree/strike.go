package spree

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"time"
)

var errQuiet = errors.New("spree: it does not come to rest")

// strike kills, stops or pauses a replica every few seconds until ctx ends. A paused one wakes after its lease is gone.
func (r *run) strike(ctx context.Context) {
	random := r.random(4)
	var replicas []string
	for name := range r.at.Processes {
		replicas = append(replicas, name)
	}
	slices.Sort(replicas)
	for {
		wait := r.cfg.Every/2 + time.Duration(random.Int64N(int64(r.cfg.Every)))
		if pause(ctx, wait) != nil {
			return
		}
		name := replicas[random.IntN(len(replicas))]
		switch random.IntN(10) {
		case 0:
			r.hit(name, syscall.SIGTERM, "stopped")
		case 1, 2, 3:
			r.hit(name, syscall.SIGSTOP, "paused")
			_ = pause(ctx, r.cfg.Lease+time.Duration(random.Int64N(int64(2*r.cfg.Lease))))
			r.shape.Signal(name, syscall.SIGCONT)
		default:
			r.hit(name, syscall.SIGKILL, "killed")
		}
	}
}

func (r *run) hit(name string, sig syscall.Signal, word string) {
	if r.shape.Signal(name, sig) {
		r.note.blow(word)
	}
}
