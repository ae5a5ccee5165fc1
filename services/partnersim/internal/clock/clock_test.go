package clock

import (
	"testing"
	"time"
)

var began = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

func TestTimeRunsAtItsScale(t *testing.T) {
	t.Parallel()
	machine := began
	c := New(func() time.Time { return machine }, 1)
	expect := func(want time.Duration) {
		t.Helper()
		if got := c.Now().Sub(began); got != want {
			t.Errorf("%v after the start, want %v", got, want)
		}
	}
	expect(0)
	machine = machine.Add(time.Second)
	expect(time.Second)
	c.SetScale(60)
	expect(time.Second) // no jump
	machine = machine.Add(time.Second)
	expect(61 * time.Second)
	c.Advance(time.Hour)
	expect(time.Hour + 61*time.Second)
	c.Advance(-time.Hour) // never back
	expect(time.Hour + 61*time.Second)
	c.SetScale(1)
	machine = machine.Add(time.Second)
	expect(time.Hour + 62*time.Second)
	c.Reset(0)
	expect(3 * time.Second)
	if c.Scale() != 1 || !c.Machine().Equal(machine) {
		t.Errorf("scale %d, machine %v", c.Scale(), c.Machine())
	}
}

func TestSecondsAreRoundedUp(t *testing.T) {
	t.Parallel()
	c := New(func() time.Time { return began }, 60)
	for d, want := range map[time.Duration]int64{0: 1, time.Minute: 1, 61 * time.Second: 2, time.Hour: 60} {
		if got := c.Seconds(d); got != want {
			t.Errorf("%v: got %d, want %d", d, got, want)
		}
	}
}

func TestWaitingEndsWhenTimeIsMoved(t *testing.T) {
	t.Parallel()
	c := New(func() time.Time { return began }, 1) // the machine's clock stands
	came, never := make(chan bool, 1), make(chan struct{})
	go func() { came <- c.Until(began.Add(time.Hour), never) }()
	c.Advance(30 * time.Minute)
	c.Advance(30 * time.Minute)
	if !<-came {
		t.Error("the time came, yet waiting says it did not")
	}
	stop := make(chan struct{})
	close(stop)
	if c.Until(began.Add(2*time.Hour), stop) {
		t.Error("the time has not come")
	}
}
