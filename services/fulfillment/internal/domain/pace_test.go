package domain

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pace       Pace
		wait, want time.Duration
	}{
		{0, time.Minute, time.Minute},
		{1, time.Minute, time.Minute},
		{30, time.Minute, 2 * time.Second},
		{30, 0, 0},
		{30, -time.Second, -time.Second},
	} {
		if got := c.pace.Real(c.wait); got != c.want {
			t.Errorf("%s at pace %d takes %s, want %s", c.wait, c.pace, got, c.want)
		}
	}
	if got := Pace(60).Margin(5*time.Second, time.Second); got != time.Second {
		t.Errorf("a margin of 5s at pace 60 is %s, want the least, 1s", got)
	}
	if got := Pace(60).Margin(500*time.Millisecond, time.Second); got != 500*time.Millisecond {
		t.Errorf("a margin below the least is %s, want it as it is", got)
	}
	if p := Pace(30); p.Real(p.Vendors(time.Second)) != time.Second || Pace(0).Vendors(time.Second) != time.Second {
		t.Error("a wait that an answer names is not waited for as it is")
	}
}
