package budget

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/kit/engine"
)

// row is a row of tokens with a clock that the test moves. It does what store.Budgets' statement does.
type row struct {
	mu            sync.Mutex
	clock         time.Time
	used, blocked time.Time
	stall         func() // while a question is on its way, either way
}

func newRow() *row {
	return &row{clock: time.Unix(1_000_000, 0), stall: func() {}}
}

func (r *row) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

func (r *row) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = r.clock.Add(d)
}

func (r *row) Take(_ context.Context, _ string, n, burst int, interval time.Duration) (int, time.Duration, error) {
	r.stall()
	defer r.stall()
	r.mu.Lock()
	defer r.mu.Unlock()
	now, full := r.clock, time.Duration(burst)*interval
	used := r.used
	if used.Before(now) {
		used = now
	}
	free := int(now.Add(full).Sub(used) / interval)
	if r.blocked.After(now) || free < 1 {
		return 0, max(r.blocked.Sub(now), used.Sub(now)-full+interval), nil
	}
	n = min(n, free)
	r.used = used.Add(time.Duration(n) * interval)
	return n, 0, nil
}

func (r *row) Block(_ context.Context, _ string, pause time.Duration, burst int, interval time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until := r.clock.Add(pause); until.After(r.blocked) {
		r.blocked = until
	}
	if used := r.blocked.Add(time.Duration(burst-1) * interval); used.After(r.used) {
		r.used = used
	}
	return nil
}

// replica is a budget whose clock is wrong by some time.
func replica(perMinute int, r *row, wrong time.Duration) *Budget {
	b := New(perMinute, r)
	b.now = func() time.Time { return r.now().Add(wrong) }
	b.after = func(d time.Duration) (<-chan time.Time, func() bool) {
		r.pass(d)
		c := make(chan time.Time, 1)
		c <- r.now()
		return c, func() bool { return true }
	}
	return b
}

func TestFigures(t *testing.T) {
	t.Parallel()
	r := newRow()
	b := replica(500, r, 0)
	if b.interval != 126*time.Millisecond || b.burst != 8 {
		t.Errorf("500 a minute are one every %v, %d at once", b.interval, b.burst)
	}
	for range 2 { // a burst, four at a time
		if l, err := b.Lease(t.Context(), "orders", 10); err != nil || l.Tokens != 4 || l.Until.Sub(b.now()) != time.Second {
			t.Fatalf("leased %+v, %v", l, err)
		}
	}
	l, err := b.Lease(t.Context(), "orders", 1)
	if err != nil || l.Tokens != 0 || l.Wait != 126*time.Millisecond {
		t.Fatalf("after the burst: %+v, %v", l, err)
	}
	r.pass(l.Wait)
	if l, err = b.Lease(t.Context(), "orders", 4); err != nil || l.Tokens != 1 {
		t.Fatalf("after the wait that was named: %+v, %v", l, err)
	}
	if New(0, r) != nil {
		t.Error("0 is a limit")
	}
	if until, err := (*Budget)(nil).Permit(t.Context(), "orders"); err != nil || !until.IsZero() {
		t.Errorf("no limit asks to wait: %v, %v", until, err)
	}
}

// With enough to do, one replica uses 476 of 500, and so do three.
func TestFullRate(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		r := newRow()
		var all []*Budget
		for range replicas {
			all = append(all, replica(500, r, 0))
		}
		end, taken := r.now().Add(10*time.Minute), 0
		for i := 0; r.now().Before(end); i++ {
			l, err := all[i%replicas].Lease(t.Context(), "orders", 4)
			if err != nil {
				t.Fatal(err)
			}
			taken += l.Tokens
			if l.Tokens == 0 {
				r.pass(l.Wait)
			}
		}
		if taken < 4760 || taken > 4760+8+1 {
			t.Errorf("%d replicas take %d tokens in 10 minutes", replicas, taken)
		}
	}
}

// The most that any minute can see: tokens saved up before it and sent in it at their last moment, and then all there are.
func TestTightestMinute(t *testing.T) {
	t.Parallel()
	r := newRow()
	saver, spender := replica(500, r, 0), replica(500, r, 0)
	sent := 0
	for range 2 {
		l, err := saver.Lease(t.Context(), "orders", 4)
		if err != nil || l.Tokens != 4 {
			t.Fatalf("leased %+v, %v", l, err)
		}
		sent += l.Tokens
	}
	for end := r.now().Add(life + time.Minute); r.now().Before(end); {
		l, err := spender.Lease(t.Context(), "orders", 4)
		if err != nil {
			t.Fatal(err)
		}
		if l.Tokens == 0 {
			r.pass(l.Wait)
			continue
		}
		sent += l.Tokens // held back until the minute begins where that is possible
	}
	if sent != 492 {
		t.Errorf("%d requests in a minute", sent)
	}
}

// A call's first request pays with the token that the call brought, once and while it is good; every other waits for its own.
func TestPermit(t *testing.T) {
	t.Parallel()
	r := newRow()
	b := replica(500, r, time.Hour)
	l, err := b.Lease(t.Context(), "orders", 4)
	if err != nil {
		t.Fatal(err)
	}
	ctx := With(t.Context(), "orders", l.Until)
	before := r.used
	if until, err := b.Permit(ctx, "orders"); err != nil || !until.Equal(l.Until) || !r.used.Equal(before) {
		t.Errorf("the first request has until %v, %v", until, err)
	}
	if until, err := b.Permit(ctx, "orders"); err != nil || until.Sub(b.now()) != life || !r.used.After(before) {
		t.Errorf("the second one has until %v, %v", until, err)
	}
	late := With(t.Context(), "orders", l.Until)
	r.pass(life)
	before = r.used
	if until, err := b.Permit(late, "orders"); err != nil || until.Sub(b.now()) != life || !r.used.After(before) {
		t.Errorf("a late one has until %v, %v", until, err)
	}
	if _, err := b.Permit(With(t.Context(), "customers", l.Until.Add(time.Hour)), "orders"); err != nil || !r.used.After(before) {
		t.Error("a token of another resource was taken")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	b.waiting["orders"] = &queue{turn: make(chan struct{}, 1), waiters: 1}
	b.waiting["orders"].turn <- struct{}{}
	if _, err := b.Permit(cancelled, "orders"); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that has ended: %v", err)
	}
	if l, err := b.Lease(t.Context(), "orders", 1); err != nil || l.Tokens != 0 || l.Wait <= 0 {
		t.Errorf("a lease overtakes a call that waits: %+v, %v", l, err)
	}
}

// A 429 silences all replicas, and no burst follows.
func TestBlock(t *testing.T) {
	t.Parallel()
	r := newRow()
	one, other := replica(500, r, 0), replica(500, r, -time.Minute)
	if err := one.Block(t.Context(), "orders", 57*time.Second); err != nil {
		t.Fatal(err)
	}
	l, err := other.Lease(t.Context(), "orders", 4)
	if err != nil || l.Tokens != 0 || l.Wait != 57*time.Second {
		t.Fatalf("while it is silent: %+v, %v", l, err)
	}
	r.pass(l.Wait)
	if l, err = other.Lease(t.Context(), "orders", 4); err != nil || l.Tokens != 1 {
		t.Errorf("afterwards: %+v, %v", l, err)
	}
}

// No 60 s see more requests than the limit, whatever replicas do with their tokens: ask at any time, hear late, hold them,
// send at the last moment, throw them away, have clocks that are wrong, ask for further requests, be told to be silent.
func TestNeverAboveTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{1, 20, 60, 119, 500, 1000, 6000}).Draw(t, "limit")
		r := newRow()
		play := game{t: t, row: r}
		long := rapid.IntRange(1, 1500).Draw(t, "longest stall, ms")
		r.stall = func() {
			if rapid.IntRange(0, 9).Draw(t, "stalls") == 0 {
				r.pass(time.Duration(rapid.IntRange(0, long).Draw(t, "stall")) * time.Millisecond)
			}
		}
		var replicas []*Budget
		for range rapid.IntRange(1, 4).Draw(t, "replicas") {
			replicas = append(replicas, replica(limit, r, time.Duration(rapid.IntRange(-5000, 5000).Draw(t, "wrong"))*time.Millisecond))
		}
		play.hand = make([][]engine.Lease, len(replicas))
		for range rapid.IntRange(100, 1500).Draw(t, "steps") {
			i := rapid.IntRange(0, len(replicas)-1).Draw(t, "who")
			play.step(i, replicas[i])
		}
		first := 0
		for i := range play.sent {
			for play.sent[i].Sub(play.sent[first]) >= time.Minute {
				first++
			}
			if n := i - first + 1; n > limit {
				t.Fatalf("%d requests in the minute before %v, limit %d", n, play.sent[i], limit)
			}
		}
	})
}

// game is what replicas do with their tokens.
type game struct {
	t    *rapid.T
	row  *row
	hand [][]engine.Lease // by replica
	sent []time.Time
}

func (g *game) step(i int, b *Budget) {
	switch action := rapid.IntRange(0, 12).Draw(g.t, "does"); {
	case action < 6: // ask
		l, err := b.Lease(context.Background(), "orders", rapid.IntRange(1, 4).Draw(g.t, "n"))
		if err != nil {
			g.t.Fatal(err)
		}
		g.hand[i] = append(g.hand[i], l)
		if l.Tokens == 0 && action < 5 {
			g.row.pass(l.Wait)
		}
	case action < 10: // send all that is still good
		for _, l := range g.hand[i] {
			for range l.Tokens {
				g.send(b, l.Until)
			}
		}
		g.hand[i] = nil
	case action == 10:
		g.row.pass(time.Duration(rapid.IntRange(0, 1200).Draw(g.t, "pause")) * time.Millisecond)
	case action == 11:
		until, err := b.Permit(context.Background(), "orders")
		if err != nil {
			g.t.Fatal(err)
		}
		g.send(b, until)
	case rapid.IntRange(0, 20).Draw(g.t, "throttled") == 0:
		if err := b.Block(context.Background(), "orders", time.Second); err != nil {
			g.t.Fatal(err)
		}
	}
}

func (g *game) send(b *Budget, until time.Time) {
	if b.now().Before(until) {
		g.sent = append(g.sent, g.row.now())
	}
}
