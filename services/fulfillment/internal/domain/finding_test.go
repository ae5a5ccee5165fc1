package domain

import (
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// One look proves nothing; the second opens it; when it is no longer so it goes by itself; what a person closes stays closed
// while it is so.
func TestFindingsLife(t *testing.T) {
	t.Parallel()
	d := Discrepancy{Kind: MissingPurchase, Customer: customerOne, VendorOrder: "o1", Detail: "X."}
	f, changed := Finding{}.Seen(d, lag, noon)
	if !changed || f.Stage != Suspected {
		t.Fatalf("first seen: %+v", f)
	}
	if same, changed := f.Seen(d, lag, noon.Add(lag-time.Second)); changed {
		t.Errorf("seen too soon: %+v", same)
	}
	open, changed := f.Seen(d, lag, noon.Add(lag))
	if !changed || open.Stage != Open || !open.FoundAt.Equal(noon.Add(lag)) {
		t.Fatalf("seen again: %+v", open)
	}
	if _, changed := open.Seen(d, lag, noon.Add(2*lag)); changed {
		t.Error("an open finding opens again")
	}
	gone, changed := open.Unseen(noon.Add(2 * lag))
	if !changed || gone.Stage != Gone || gone.ClosedBy != (Person{}) {
		t.Errorf("no longer so: %+v", gone)
	}
	if back, changed := gone.Seen(d, lag, noon.Add(3*lag)); !changed || back.Stage != Suspected || !back.FoundAt.IsZero() {
		t.Errorf("so once more: %+v", back)
	}
	john := Person{Name: "John"}
	closed, err := open.CloseBy(john, "known", noon)
	if err != nil || closed.Stage != Closed || closed.ClosedBy != john || closed.Note != "known" {
		t.Fatalf("closed: %+v, %v", closed, err)
	}
	if after, changed := closed.Seen(d, lag, noon.Add(9*lag)); changed {
		t.Errorf("closed, then seen: %+v", after)
	}
	over, changed := closed.Unseen(noon.Add(9 * lag))
	if !changed || over.Stage != Gone || over.ClosedBy != john || over.Note != "known" || !over.ClosedAt.Equal(closed.ClosedAt) {
		t.Errorf("closed, and no longer so: %+v", over)
	}
	if back, changed := over.Seen(d, lag, noon.Add(10*lag)); !changed || back.Stage != Suspected {
		t.Errorf("closed, gone, and so once more: %+v", back)
	}
	if _, err := over.CloseBy(john, "", noon); fault.KindOf(err) != fault.Conflict {
		t.Errorf("closed once it is gone: %v", err)
	}
	if _, err := closed.CloseBy(john, "", noon); fault.KindOf(err) != fault.Conflict {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := f.CloseBy(john, "", noon); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a suspicion closed: %v", err)
	}
}

// A round goes from one customer to the next, does not stop at one who cannot be looked at, and comes again in its time.
func TestRound(t *testing.T) {
	t.Parallel()
	const every = 24 * time.Hour
	due := Round{}.Plan(every, time.Time{}, noon)
	if wait := due.Sub(noon); wait <= 0 || wait > firstRound*11/10 {
		t.Errorf("the first round waits %v", wait)
	}
	if !(Round{}).Plan(0, due, noon).IsZero() {
		t.Error("a round that is off is due")
	}
	r, look, due := Round{}.Next("a", every, noon)
	if !look || !due.IsZero() || r.Customer != "a" || !r.Under() {
		t.Fatalf("began with %+v, due %v", r, due)
	}
	if at := r.Plan(every, time.Time{}, noon); at.IsZero() || at.After(noon.Add(firstRound*11/10)) {
		t.Errorf("a start in the middle of a round waits until %v", at)
	}
	for i := range maxLooks {
		if r.Customer != "a" {
			t.Fatalf("gave up after %d looks", i)
		}
		r, due = r.Looked(Unknown, noon)
	}
	if r.Customer != "" || r.After != "a" || due.IsZero() {
		t.Fatalf("after three looks in vain: %+v", r)
	}
	r, look, _ = r.Next("b", every, noon)
	if !look || r.Customer != "b" || r.Tries != 0 {
		t.Fatalf("the next: %+v", r)
	}
	r, _ = r.Looked(Done, noon)
	r, look, due = r.Next("", every, noon.Add(time.Hour))
	if look || r.Under() || r.After != "" {
		t.Errorf("after the last: %+v", r)
	}
	if wait := due.Sub(noon); wait < every*9/10 || wait > every*11/10 {
		t.Errorf("the next round comes after %v", wait)
	}
	if r, _, _ = r.Next("a", every, due); !r.Under() || r.Customer != "a" {
		t.Errorf("the next round: %+v", r)
	}
}

// A round that somebody asks for begins at once, once, whether rounds come by themselves or not; that of one customer ends with
// a look at them, or after looks in vain.
func TestRoundAskedFor(t *testing.T) {
	t.Parallel()
	r, started := Round{StartedAt: noon.Add(-time.Hour), EndedAt: noon.Add(-time.Minute)}.Ask("", noon)
	if !started || !r.Under() || r.After != "" || !r.EndedAt.Equal(noon.Add(-time.Minute)) {
		t.Fatalf("asked for: %+v", r)
	}
	if same, started := r.Ask("", noon.Add(time.Second)); started || same != r {
		t.Errorf("asked for twice: %+v", same)
	}
	if due := r.Plan(0, time.Time{}, noon); due.IsZero() {
		t.Error("it stops with a start of the service")
	}
	r, look, _ := r.Next("a", 0, noon.Add(time.Second))
	if !look || !r.StartedAt.Equal(noon) {
		t.Errorf("goes on with %+v", r)
	}
	r, _ = r.Looked(Done, noon)
	if r, _, due := r.Next("", 0, noon.Add(time.Minute)); r.Under() || !due.IsZero() {
		t.Errorf("ended as %+v, due %v", r, due)
	}
	one, _ := Round{}.Ask("a", noon)
	for range maxLooks - 1 {
		var due time.Time
		if one, due = one.LookedAlone(Unknown, noon); !one.Under() || !due.Equal(noon.Add(lookAgain)) {
			t.Fatalf("looked in vain: %+v, due %v", one, due)
		}
	}
	if one, due := one.LookedAlone(Done, noon.Add(time.Minute)); one.Under() || !due.IsZero() || one.After != "" {
		t.Errorf("looked: %+v, due %v", one, due)
	}
}
