package domain

import (
	"testing"
	"time"
)

// What is told of waits is by everybody's clock, though the vendor's may go faster.
func TestTellTheTime(t *testing.T) {
	t.Parallel()
	s := waitsFor(t, "pending_review")
	c, l := s.call(OrderGet), s.line()
	if got := s.d.Order.NextLook(&l); !got.Equal(c.Due) {
		t.Errorf("the next look is told for %v; want %v", got, c.Due)
	}
	soon := s.now.Add(Pace(60).Real(c.Due.Sub(s.now)))
	s.d.Order.Planned(c.ID, soon)
	s.d.Order.Planned("another", s.now.Add(24*time.Hour))
	if got := s.d.Order.NextLook(&l); !got.Equal(soon) {
		t.Errorf("with a fast vendor it is told for %v; want %v", got, soon)
	}
	s.d.Order.Pace = 60
	if got := s.d.Order.Deadline().Sub(s.d.Order.Since); got != 4*time.Hour {
		t.Errorf("with a fast vendor an order may wait %v for it", got)
	}
	if got := Patience(OutcomeUnknown, 10_000); got != leastPatience {
		t.Errorf("with a very fast vendor an outcome may be unknown for %v", got)
	}
	if got := Patience(Scheduled, 60); got != patience[Scheduled] {
		t.Errorf("an order that nobody at the vendor knows of yet may be late by %v", got)
	}
}
