package domain

import "testing"

// behind answers the planned read while another order has the turn.
func (s *story) behind(other string) *story {
	s.t.Helper()
	c := s.call(SubscriptionGet)
	if c.Due.After(s.now) {
		s.now = c.Due
	}
	s.d = SubscriptionRead(s.d.Order, Outcome{ID: c.ID, Behind: other}, seen(10), s.now)
	return s
}

// An order waits for its turn as long as it takes, and builds on what it then finds.
func TestTurnIsAwaited(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1))
	for range 3 * maxTries {
		s.behind("other").want(Processing, NoEvent)
		if b := s.call(SubscriptionGet).Body; b.Behind != "other" {
			t.Fatalf("%+v", b)
		}
	}
	if got, _ := s.d.Order.Sentence(); got != "Waiting until another order has changed the same subscription…" {
		t.Error(got)
	}
	if w := s.wait(SubscriptionGet); !about(w, turns[len(turns)-1]) {
		t.Errorf("asks again after %v", w)
	}
	s.answer(SubscriptionGet, seen(12))
	if b := s.call(SubscriptionPatch).Body; b.Base != 12 || b.Target != 27 || b.Behind != "" {
		t.Fatalf("%+v", b)
	}
	s.answer(SubscriptionPatch, SeatsSet{Answer: done, Quantity: 27}).want(Completed, EventFinished)
}

// The turn is an order's from the decision to change until the change is settled, whatever happens between.
func TestTurnIsKept(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1))
	me := s.d.Order.ID
	var turn Subscription
	step := func(name, holder string) {
		t.Helper()
		turn, _ = turn.Turn(s.d.Order, "S1")
		if turn.Holder != holder {
			t.Fatalf("%s: the turn is %q's", name, turn.Holder)
		}
	}
	step("planned", "")
	s.answer(SubscriptionGet, seen(10))
	step("read", me)
	s.silence(SubscriptionPatch)
	step("no answer", me)
	s.answer(SubscriptionGet, seen(10))
	step("not executed", me)
	s.answer(SubscriptionPatch, SeatsSet{Answer: done, Later: true})
	step("accepted", me)
	s.answer(SubscriptionGet, seen(25)).want(Completed, EventFinished)
	step("done", "")
}

// A turn that was given up by a command, which does not know it, is found out by whoever asks next.
func TestTurnIsNotLost(t *testing.T) {
	t.Parallel()
	s := tell(t, adding(1)).answer(SubscriptionGet, seen(10))
	holder := s.d.Order
	turn := Subscription{Holder: holder.ID}
	for name, c := range map[string]struct {
		asking string
		holder *Order
		behind string
	}{
		"the holder itself":       {holder.ID, nil, ""},
		"another, holder unknown": {"other", nil, holder.ID},
		"another, holder at work": {"other", holder, holder.ID},
	} {
		if got := turn.Behind(c.asking, "s1", c.holder); got != c.behind {
			t.Errorf("%s: behind %q", name, got)
		}
	}
	d, err := Cancel(holder, Person{Name: "John"}, "", func(string) bool { return true }, s.now)
	if err != nil {
		t.Fatal(err)
	}
	if got := turn.Behind("other", "s1", d.Order); got != "" {
		t.Errorf("still behind %q, which was cancelled", got)
	}
	if next, changed := turn.Turn(&Order{ID: "other"}, "s1"); changed {
		t.Errorf("who has no turn gave it to %q", next.Holder)
	}
}
