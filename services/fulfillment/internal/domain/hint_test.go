package domain

import (
	"slices"
	"testing"
	"time"
)

// A hint brings the looks forward that may learn of it, not oftener than every few seconds, and changes nothing else.
func TestHint(t *testing.T) {
	t.Parallel()
	o := &Order{
		ID: "x", Status: Processing,
		Lines: []Line{
			{Number: 1, Status: LineProvisioning, VendorOrder: "o1"},                                                                                // its subscription is not known
			{Number: 2, Status: LineProvisioning, VendorOrder: "o2", Subscription: "S2"},                                                            // another one's
			{Number: 3, Status: LineFulfilled, VendorOrder: "o3"},                                                                                   // done
			{Number: 4, Status: LineProvisioning, Subscription: "S1", Track: Track{Step: StepAwait, Call: "await"}},                                 // the very one
			{Number: 5, Status: LineUnknown, Subscription: "s1", Track: Track{Step: StepVerify, Call: "verify", Unanswered: true, SettledAt: noon}}, // has its time
			{Number: 7, Status: LineInFlight, Subscription: "s1", Track: Track{Step: StepPatch, Call: "patch"}},
		},
		Polls: []Poll{
			{VendorOrder: "o1", Track: Track{Step: StepPoll, Call: "poll1"}}, {VendorOrder: "o2", Track: Track{Step: StepPoll, Call: "poll2"}},
			{VendorOrder: "o3", Track: Track{Step: StepPoll, Call: "poll3"}},
		},
	}
	d := Hint(o, "s1", noon)
	if want := []string{"poll1", "await"}; !slices.Equal(d.Hastened, want) || len(d.Calls)+len(d.Drops) > 0 || d.Event != NoEvent {
		t.Fatalf("hastened %v; want %v: %+v", d.Hastened, want, d)
	}
	if !o.HintedAt.IsZero() || !d.Order.HintedAt.Equal(noon) {
		t.Errorf("hinted at %v, now %v", o.HintedAt, d.Order.HintedAt)
	}
	if soon := Hint(d.Order, "s1", noon.Add(hintEvery-time.Second)); soon.Order != nil {
		t.Errorf("a hint too soon: %+v", soon)
	}
	if later := Hint(d.Order, "s1", noon.Add(hintEvery)); len(later.Hastened) != 2 {
		t.Errorf("a later hint: %+v", later)
	}
	if !o.Listens() {
		t.Error("it does not listen")
	}
	done := &Order{Lines: []Line{{Status: LineFulfilled, Subscription: "s1"}}}
	if d := Hint(done, "s1", noon); d.Order != nil || done.Listens() {
		t.Errorf("a done order: %+v", d)
	}
}
