package budget

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestInterval(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	b := newBudget(500, func() time.Time { return now })
	for i := range burst {
		if ok, _ := b.Take(); !ok {
			t.Fatalf("permit %d of the burst was refused", i)
		}
	}
	ok, wait := b.Take()
	if ok || wait != 126*time.Millisecond {
		t.Fatalf("after the burst: ok %v, wait %v; want 126ms", ok, wait)
	}
	now = now.Add(wait)
	if ok, _ := b.Take(); !ok {
		t.Fatal("no permit after the wait that was named")
	}
}

func TestLifted(t *testing.T) {
	t.Parallel()
	b := New(0)
	for range 10_000 {
		if ok, wait := b.Take(); !ok || wait != 0 {
			t.Fatalf("a lifted budget refused: wait %v", wait)
		}
	}
}

// No 60 s see more requests than the vendor allows, whatever the pauses, with a second request now and then.
func TestNeverAboveTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const limit = 500
		now := time.Unix(0, 0)
		b := newBudget(limit, func() time.Time { return now })
		var made []time.Time
		for range 3000 {
			if rapid.IntRange(0, 200).Draw(t, "pause") == 0 {
				now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond)
			}
			ok, wait := b.Take()
			if !ok {
				now = now.Add(wait)
				continue
			}
			made = append(made, now)
			if rapid.IntRange(0, 3).Draw(t, "second") == 0 {
				b.Spend(1)
				made = append(made, now)
			}
		}
		first := 0
		for i := range made {
			for made[i].Sub(made[first]) >= time.Minute {
				first++
			}
			if n := i - first + 1; n > limit {
				t.Fatalf("%d requests in the minute before %v", n, made[i])
			}
		}
	})
}
