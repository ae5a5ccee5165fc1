package traffic

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var began = time.Date(2026, 3, 14, 9, 0, 30, 0, time.UTC)

func TestLimiterHoldsInEveryMinute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 8).Draw(rt, "limit")
		l, now := NewLimiter(limit), began
		var arrived []time.Time
		for range rapid.IntRange(1, 60).Draw(rt, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "seconds")) * time.Second)
			recent := 0
			for _, at := range arrived {
				if now.Sub(at) < time.Minute {
					recent++
				}
			}
			wait, ok := l.Allow(now, "tenant", Orders)
			if ok != (recent < limit) {
				rt.Fatalf("%d requests in the last minute, limit %d: allowed %v", recent, limit, ok)
			}
			if !ok && (wait <= 0 || wait > time.Minute) {
				rt.Fatalf("wait %v", wait)
			}
			arrived = append(arrived, now)
		}
	})
}

func TestLimiterKeepsTenantsAndResourcesApart(t *testing.T) {
	t.Parallel()
	l := NewLimiter(1)
	for _, step := range []struct {
		tenant   string
		resource Resource
		ok       bool
	}{{"a", Orders, true}, {"a", Orders, false}, {"a", Subscriptions, true}, {"b", Orders, true}, {"a", SignIn, true}, {"a", SignIn, true}} {
		if _, ok := l.Allow(began, step.tenant, step.resource); ok != step.ok {
			t.Errorf("%+v: got %v", step, ok)
		}
	}
	l.SetLimit(0)
	for range 100 {
		if _, ok := l.Allow(began, "a", Orders); !ok {
			t.Fatal("no limit lets everything through")
		}
	}
}

func TestTallyByMinute(t *testing.T) {
	t.Parallel()
	tally := &Tally{}
	for n := range 90 { // one a second, over two minutes of the clock
		tally.Arrived(began.Add(time.Duration(n)*time.Second), Orders, n == 0)
	}
	end := began.Add(89 * time.Second)
	minutes := tally.Minutes(end)
	if len(minutes) != 2 || minutes[0].Arrived[Orders] != 30 || minutes[1].Arrived[Orders] != 60 || minutes[0].Throttled[Orders] != 1 {
		t.Errorf("minutes: %+v", minutes)
	}
	if most := tally.Busiest(end); most[Orders] != 60 {
		t.Errorf("busiest: %v", most)
	}
	if later := tally.Minutes(end.Add(time.Hour)); len(later) != 0 {
		t.Errorf("after an hour: %+v", later)
	}
	tally.Answered(GetCart, 200)
	tally.Answered(GetCart, 200)
	tally.Answered(GetCart, 0)
	if totals := tally.Totals(); len(totals) != 2 || totals[1] != (Total{GetCart, 200, 2}) {
		t.Errorf("totals: %+v", totals)
	}
}

func TestOperationsHaveWords(t *testing.T) {
	t.Parallel()
	for op := range Operations {
		if back, ok := ParseOperation(op.String()); !ok || back != op || op.String() == "" {
			t.Errorf("operation %d: %q", op, op)
		}
	}
}
