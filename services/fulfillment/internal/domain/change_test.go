package domain

import (
	"strings"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Seats: 10 become 25, whatever is asked on the way.
func TestSeats(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1)).answer(SubscriptionGet, seen(10)).want(Processing, NoEvent)
	if b := s.call(SubscriptionPatch).Body; b.Base != 10 || b.Target != 25 || b.Repeat {
		t.Fatalf("%+v", b)
	}
	s.answer(SubscriptionPatch, Sent{Seen: seen(11), Moved: true}) // somebody else was faster
	s.answer(SubscriptionGet, seen(11))
	s.silence(SubscriptionPatch).want(OutcomeUnknown, EventOutcomeUnknown)
	if at := s.call(SubscriptionGet).Due; !at.Equal(s.d.Order.Lines[0].Track.SettledAt) {
		t.Fatalf("looks at %v", at)
	}
	s.answer(SubscriptionGet, seen(11)).want(Processing, EventStarted) // not executed
	if b := s.call(SubscriptionPatch).Body; b.Target != 26 || !b.Repeat {
		t.Fatalf("%+v", b)
	}
	s.answer(SubscriptionPatch, Sent{Seen: seen(0), Later: true}).want(Processing, EventStarted)
	s.answer(SubscriptionGet, seen(11)).answer(SubscriptionGet, seen(26)).want(Completed, EventFinished)
}

// What ends a change of seats other than well.
func TestSeatsFail(t *testing.T) {
	t.Parallel()
	pending := conflict
	pending.Wait = 24 * time.Hour
	for name, c := range map[string]struct {
		play   func(s *story)
		status Status
		detail string
	}{
		"not found": {func(s *story) { s.answer(SubscriptionGet, Seen{Answer: refused("Subscription not found")}) }, Failed, "not found"},
		"refused": {func(s *story) {
			s.answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, Sent{Seen: Seen{Answer: refused("900214")}})
		}, Failed, "900214"},
		"neither old nor new": {func(s *story) {
			s.answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch).answer(SubscriptionGet, seen(30))
		}, Failed, "25 instead of 10 seats; the subscription now shows 30"},
		"moved after a silence": {func(s *story) {
			s.answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch).answer(SubscriptionGet, seen(10)).
				answer(SubscriptionPatch, Sent{Seen: seen(30), Moved: true})
		}, Failed, "now shows 30"},
		"pending operation": {func(s *story) {
			s.answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, Sent{Seen: Seen{Answer: pending}})
		}, WaitingOnVendor, "Conflict"},
		"no look possible": {func(s *story) {
			s.answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch).answer(SubscriptionGet, Seen{Answer: refused("403")})
		}, OutcomeUnknown, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, adding(1))
			c.play(s)
			if l := s.line(); s.d.Order.Status != c.status || !strings.Contains(l.Trouble.Detail, c.detail) {
				t.Errorf("the order is %v, the line says %q", s.d.Order.Status, l.Trouble.Detail)
			}
			if sentence, _ := s.d.Order.Sentence(); !strings.Contains(sentence, c.detail) {
				t.Errorf("the order says %q", sentence)
			}
		})
	}
}

// recorded is a look that does not show what the vendor's activity log has of the change.
func recorded(n int64) Seen {
	a := seen(n)
	a.Recorded = true
	return a
}

// A change whose answer was lost, and that somebody has undone before it was looked for, is not made again when the vendor's
// activity log has it. It has its time to show, since the vendor may only be slow.
func TestUndoneBeforeTheLook(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int64{"undone": 10, "changed further": 30} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, adding(1)).answer(SubscriptionGet, seen(10))
			first := s.call(SubscriptionPatch)
			s.silence(SubscriptionPatch)
			if b := s.call(SubscriptionGet).Body; len(b.Attempts) != 1 || b.Attempts[0] != first.ID {
				t.Fatalf("looks for %v", b.Attempts)
			}
			s.answer(SubscriptionGet, recorded(n)).want(Processing, EventStarted)
			since := s.now
			for s.d.Order.Status == Processing {
				s.answer(SubscriptionGet, seen(n))
			}
			if l := s.want(Completed, EventFinished).line(); l.Trouble.Code != "changed_since" || !strings.Contains(l.Trouble.Detail, "25 instead of 10 seats") {
				t.Errorf("%+v", l)
			}
			if d := s.now.Sub(since); d < ListLag || d > 2*ListLag {
				t.Errorf("it had %v to show", d)
			}
		})
	}
	s := tell(t, adding(1)).answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch).answer(SubscriptionGet, recorded(10))
	if l := s.answer(SubscriptionGet, seen(25)).want(Completed, EventFinished).line(); l.Trouble != (Trouble{}) {
		t.Errorf("only slow: %+v", l)
	}
	s = tell(t, adding(1)).answer(SubscriptionGet, seen(10)).silence(SubscriptionPatch).answer(SubscriptionGet, seen(10))
	if b := s.call(SubscriptionPatch).Body; b.Attempts != nil {
		t.Errorf("a change that was not made: %v", b.Attempts)
	}
}

// The request id is used again while no answer to it has come, also after a look; any answer ends that.
func TestRequestIDOfAChange(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]struct {
		s    *story
		op   Operation
		look func(s *story)
	}{
		"seats": {tell(t, adding(1)).answer(SubscriptionGet, seen(10)), SubscriptionPatch, func(s *story) { s.answer(SubscriptionGet, seen(10)) }},
		"product": {tell(t, moving(4)).answer(TransitionCheck, offered(10)), TransitionCreate, func(s *story) {
			s.answer(TransitionGet, history(10)).answer(TransitionGet, history(10))
		}},
	} {
		s, first := begin.s, begin.s.call(begin.op)
		for range 2 {
			begin.look(s.silence(begin.op))
			if got := s.call(begin.op).Body.Request; got != first.ID {
				t.Errorf("%s: after silence %q", name, got)
			}
		}
		unclear := Sent{Seen: Seen{Answer: Answer{Answered: true}}}
		begin.look(s.outcome(s.call(begin.op), true, unclear))
		if got := s.call(begin.op).Body.Request; got != "" {
			t.Errorf("%s: after an answer %q", name, got)
		}
	}
}

// Where the days for a cancellation are over, the vendor may take it as the wish not to renew, and says so at once.
func TestEndsWithItsTerm(t *testing.T) {
	t.Parallel()
	ending := sent(10)
	ending.Subscription.Renews = false
	s := tell(t, line(1, &orderv1.Line{Change: &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: "s1"}}}))
	s.answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, ending).want(Completed, EventFinished)
	if l := s.line(); l.Trouble.Code != "ends_with_term" || l.Trouble.Detail == "" {
		t.Errorf("%+v", l)
	}
	later := ending
	later.Later = true
	s = tell(t, line(1, &orderv1.Line{Change: &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: "s1"}}}))
	s.answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, later).want(Processing, EventStarted)
}

// A quantity that never rests ends the line with the true reason: others changed it, and the vendor did answer.
func TestNeverRests(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1))
	for n := int64(10); s.d.Order.Status == Processing; n++ {
		s.answer(SubscriptionGet, seen(n)).answer(SubscriptionPatch, Sent{Seen: seen(n + 1), Moved: true})
	}
	s.want(Failed, EventFailed)
	if why := s.line().Trouble; why.Code != "quantity_moving" || !strings.Contains(why.Detail, "changed by others") || why.Hint == "" {
		t.Errorf("%+v", why)
	}
}

// More seats than there are cannot be removed, and the last one neither.
func TestInsufficientSeats(t *testing.T) {
	t.Parallel()
	s := tell(t, line(1, &orderv1.Line{Change: remove("s1", 10)})).answer(SubscriptionGet, seen(10)).want(Failed, EventFailed)
	if got := s.line().Trouble.Detail; got != "Partner Center: Insufficient seats. The subscription has 10, so 10 cannot be removed." {
		t.Error(got)
	}
}

// Two lines of one subscription go one after the other; the second one waits in sight.
func TestHeld(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1), line(2, &orderv1.Line{Change: remove("s1", 5)}))
	if s.d.Order.Lines[1].Status != LineHeld {
		t.Fatalf("%+v", s.d.Order.Lines)
	}
	s.answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, sent(25)).want(Processing, EventLineSettled)
	s.answer(SubscriptionGet, seen(25)).answer(SubscriptionPatch, sent(20)).want(Completed, EventFinished)
}
