package engine

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestSettledByTheDatabasesClock: until when a call without an answer may take effect is told by the clock of the decisions,
// whatever this machine's says, and however often the batch is run again.
func TestSettledByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	spec := tallySpec(&bell{})
	var told []time.Time
	spec.Operations[0].Decide = func(t *Turn) error {
		told = append(told, t.Body.(Outcome).SettledAt)
		return nil
	}
	e := &Engine{cfg: Config{Settle: 5 * time.Second}.withDefaults(), metrics: newMetrics(prometheus.NewRegistry())}
	var err error
	if e.routes, err = newRoutes(spec); err != nil {
		t.Fatal(err)
	}
	e.callers = newCallers(e)
	here := time.Now()
	call := Call{ID: "c", Ref: ref("a"), Operation: "ring", SendBefore: here.Add(10 * time.Second)}
	in, err := e.routes.outcome(e.callers.outcome(call, Result{Unknown: true}), Meta{})
	if err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{0, 4 * time.Second} {
		for _, ahead := range []time.Duration{time.Hour, -time.Hour} {
			ws := newWorkset(1)
			ws.asked, ws.now = here.Add(later), here.Add(later+ahead)
			ws.entries[call.Ref] = &entry{ref: call.Ref}
			e.decide(ws, []*Input{in})
			want := here.Add(ahead + 10*time.Second + 2*time.Second + 5*time.Second) // send_before, timeout, settle
			if got := told[len(told)-1]; !got.Equal(want) {
				t.Errorf("%v later, with the database's clock %v ahead: settled %v too late", later, ahead, got.Sub(want))
			}
		}
	}
}

// TestOpenCallsWithinABatch: a decision sees the open calls as the inputs before it left them.
func TestOpenCallsWithinABatch(t *testing.T) {
	t.Parallel()
	ws := newWorkset(4)
	at := ref("a")
	ws.open = map[Ref][]OpenCall{at: {{ID: "ended", Begun: true}, {ID: "settled", Begun: true}, {ID: "dropped"}, {ID: "stays"}}}
	expect := func(what string, want ...string) {
		t.Helper()
		var got []string
		for _, c := range ws.openCalls(at) {
			got = append(got, c.ID)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %v are open, not %v", what, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: %v are open, not %v", what, got, want)
			}
		}
	}
	turn := func(do func(t *Turn), call string) {
		x := &Turn{Input: &Input{call: call}, set: ws}
		do(x)
		ws.apply(x, nil)
	}
	turn(func(t *Turn) { t.Drop("dropped"); t.Settle("settled") }, "ended")
	expect("after the first", "stays")
	turn(func(t *Turn) { t.Do(Call{ID: "new", Ref: at, Operation: "ring"}) }, "")
	expect("after the second", "stays", "new")
	turn(func(t *Turn) { t.Drop("new") }, "")
	expect("after the third", "stays")
	if len(ws.calls) != 0 || len(ws.drops) != 1 {
		t.Errorf("%d calls are made and %v dropped", len(ws.calls), ws.drops)
	}
}
