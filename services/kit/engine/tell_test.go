package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// A notice of the service's own is decided like a command: it sees the open calls, commits, and its refusal comes back.
func TestTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := tallySpec(w.bell)
	spec.Notices = []NoticeRoute{{Name: "moved", WithCalls: true, Decide: func(t *Turn) error {
		s, ok := Get[tally1](t, t.Refs[0])
		if !ok {
			return fault.New(fault.NotFound, "no_such_order", "There is no such order.")
		}
		if len(t.OpenCalls(t.Refs[0])) > 0 {
			return errors.New("the bell has rung")
		}
		s.Fired += t.Body.(int)
		Put(t, t.Refs[0], s)
		return nil
	}}}
	r := w.startSpec(spec, nil)
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the order is there and its bell has rung", func() bool { return w.tallies()[id].State.Rung == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := r.eng.Tell(ctx, "moved", 3, Ref{tallyKind, id}); err != nil {
		t.Fatal(err)
	}
	if fired := w.tallies()[id].State.Fired; fired != 3 {
		t.Errorf("after the answer it has %d", fired)
	}
	if err := r.eng.Tell(ctx, "moved", 3, Ref{tallyKind, newOrder()}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a refused notice: %v", err)
	}
	if err := r.eng.Tell(ctx, "unheard", nil); fault.KindOf(err) != fault.Internal {
		t.Errorf("a notice without a route: %v", err)
	}
	r.stop()
	w.check(map[string]int{id: 0})
}

// A planned call that is brought forward is made at once; bringing it forward once more does nothing.
func TestHasten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := tallySpec(w.bell)
	decide := spec.Events[0].Decide
	spec.Events[0].Decide = func(t *Turn) error {
		err := decide(t)
		for i := range t.calls {
			t.calls[i].Due = t.Now.Add(time.Hour)
		}
		return err
	}
	spec.Notices = []NoticeRoute{{Name: "moved", Decide: func(t *Turn) error {
		s, _ := Get[tally1](t, t.Refs[0])
		t.Hasten(s.CallID)
		return nil
	}}}
	r := w.startSpec(spec, nil)
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the order is there", func() bool { return w.tallies()[id].State.CallID != "" })
	for range 2 {
		if err := r.eng.Tell(t.Context(), "moved", nil, Ref{tallyKind, id}); err != nil {
			t.Fatal(err)
		}
	}
	w.settled(map[string]int{id: 0})
	r.stop()
	w.check(map[string]int{id: 0})
}
