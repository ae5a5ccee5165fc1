package storm

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
)

const settleEvery = 300 * time.Millisecond

var errQuiet = errors.New("storm: it does not come to rest")

// settle waits until nothing is left to do: every order in its end, no event unpublished, no call open, no message unread.
// What is left when the time is over is a finding.
func (r *run) settle(ctx context.Context) error {
	begun := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.Quiet, errQuiet)
	defer cancel()
	nc, js, err := r.admins(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	for {
		left := r.left(ctx, js)
		if len(left) == 0 {
			r.note.fact("rest after %s", time.Since(begun).Round(100*time.Millisecond))
			return nil
		}
		timer := time.NewTimer(settleEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if errors.Is(context.Cause(ctx), errQuiet) {
				for _, l := range left {
					r.note.find(checkRest, "%s", l)
				}
				return nil
			}
			return context.Cause(ctx)
		}
	}
}

// admins connects to NATS as the deploy identity, which may read everything.
func (r *run) admins(ctx context.Context) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := bus.Connect(ctx, bus.Config{URL: r.at.NATS, User: "admin", SeedFile: filepath.Join(r.at.Keys, "admin.nk")}, r.log, nil)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	return nc, js, err
}

// left is what still has to be done, in words. It asks for the cheap things first and stops at the first that are left.
func (r *run) left(ctx context.Context, js jetstream.JetStream) []string {
	look, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), settleTimeout, errQuiet)
	defer cancel()
	if left := r.ordersLeft(look); len(left) > 0 {
		return left
	}
	var left []string
	for _, s := range contract.EngineServices {
		l, err := r.store.Loose(look, string(s))
		switch {
		case err != nil:
			left = append(left, err.Error())
		case l.Unpublished > 0 || l.Calls > 0 || l.Writers != int64(r.cfg.Replicas):
			left = append(left, fmt.Sprintf("%s: %d events unpublished, %d calls open, %d writers of %d processes", s, l.Unpublished, l.Calls, l.Writers, r.cfg.Replicas))
		}
	}
	for _, c := range contract.Consumers {
		consumer, err := js.Consumer(look, c.Stream, c.Name)
		if err != nil {
			left = append(left, c.Name+": "+err.Error())
			continue
		}
		info, err := consumer.Info(look)
		switch {
		case err != nil:
			left = append(left, c.Name+": "+err.Error())
		case info.NumPending > 0 || info.NumAckPending > 0:
			left = append(left, fmt.Sprintf("consumer %s: %d messages unread, %d not acknowledged", c.Name, info.NumPending, info.NumAckPending))
		}
	}
	return left
}

const settleTimeout = 20 * time.Second

// atRest are the statuses that nothing but a person changes. Whether they are the right ones is checked later.
var atRest = []string{"completed", "completed_with_errors", "failed", "rejected", "cancelled", "expired", "deleted"}

// ordersLeft are the orders that something still happens to.
func (r *run) ordersLeft(ctx context.Context) []string {
	book, err := r.admin.book(ctx)
	if err != nil {
		return []string{"the book cannot be read: " + err.Error()}
	}
	byID := map[string]entry{}
	for _, e := range book {
		byID[e.ID] = e
	}
	var left []string
	for _, p := range r.load.all() {
		if p.id == "" {
			continue
		}
		if e, known := byID[p.id]; !known {
			left = append(left, fmt.Sprintf("%s (%s, %s) is not in the book", p.key, p.kind, p.id))
		} else if !slices.Contains(atRest, e.Status) {
			left = append(left, describe(p, e))
		}
	}
	return left
}

// describe tells where an order stands.
func describe(p *placed, e entry) string {
	var lines []string
	for _, l := range e.Lines {
		lines = append(lines, strings.TrimSpace(l.Status+" "+l.Detail))
	}
	return fmt.Sprintf("%s (%s, %s) must be %s and is %s: %s [%s]", e.Number, p.kind, p.id, p.end, e.Status, e.Sentence, strings.Join(lines, "; "))
}
