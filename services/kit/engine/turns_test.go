package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/testkit"
)

// desk is the part of an engine that turns hand their messages to.
func desk(batch int) *Engine {
	return &Engine{cfg: Config{Batch: batch}, messages: make(chan *Input), stopping: make(chan struct{})}
}

func from(source string, n int) *Input {
	return &Input{Name: fmt.Sprint(source, n), raw: &rawMessage{subject: contract.InboxSubject(source)}}
}

// TestSourcesTakeTurns: who comes with a single order does not wait behind another's hundreds.
func TestSourcesTakeTurns(t *testing.T) {
	t.Parallel()
	e := desk(100)
	turns := newTurns(e, true)
	defer turns.stop()
	for i := range 300 {
		turns.put(t.Context(), from("flood", i))
	}
	turns.put(t.Context(), from("single", 0))
	turns.put(t.Context(), from("other", 0))
	turns.put(t.Context(), from("other", 1))
	got := map[string]int{}
	for i := range 303 {
		got[testkit.Wait(t, "a message", e.messages).Name] = i
	}
	if got["single0"] > 4 || got["other0"] > 5 || got["other1"] > 8 {
		t.Errorf("single at %d, other at %d and %d of 303", got["single0"], got["other0"], got["other1"])
	}
	for i := range 299 {
		if got[fmt.Sprint("flood", i)] > got[fmt.Sprint("flood", i+1)] {
			t.Fatalf("message %d comes after the next one", i)
		}
	}
}

// TestFairness: whatever comes, a source that waits is served once in each round, in its own order.
func TestFairness(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := desk(1000)
		turns := &turns{e: e, fair: true, queues: map[string][]*Input{}, waiting: make(chan struct{}, 1), room: make(chan struct{}, 8000), quit: make(chan struct{})}
		sources := []string{"a", "b", "c", "d"}
		sent, served, waits := map[string]int{}, map[string]int{}, map[string]int{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "arrival") {
				s := rapid.SampledFrom(sources).Draw(t, "source")
				turns.put(context.Background(), from(s, sent[s]))
				sent[s]++
				continue
			}
			in := turns.next()
			if in == nil {
				for _, s := range sources {
					if served[s] != sent[s] {
						t.Fatalf("%s waits, and nobody is served", s)
					}
				}
				continue
			}
			who, _ := contract.InboxSource(in.raw.subject)
			if in.Name != fmt.Sprint(who, served[who]) {
				t.Fatalf("%s is served before its turn", in.Name)
			}
			served[who]++
			for _, s := range sources {
				waits[s]++
				if s == who || served[s] == sent[s] {
					waits[s] = 0
				}
				if waits[s] >= len(sources) {
					t.Fatalf("%s waits for %d others", s, waits[s])
				}
			}
		}
	})
}

// TestTurnsHoldSoMany: when the engine takes nothing, no more is gathered, and a stop frees who waits.
func TestTurnsHoldSoMany(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"turns stop", "engine stops", "context ends"} {
		e := desk(1)
		turns := newTurns(e, true)
		ctx, cancel := context.WithCancel(t.Context())
		held := make(chan int)
		go func() {
			n := 0
			defer func() { held <- n }()
			for range 100 {
				before := len(turns.room)
				turns.put(ctx, from("a", n))
				if len(turns.room) == before && before == cap(turns.room) {
					return
				}
				n++
			}
		}()
		tick := time.NewTicker(time.Millisecond)
		testkit.Until(t, "a full desk", tick.C, func() bool { return len(turns.room) == cap(turns.room) })
		tick.Stop()
		switch how {
		case "turns stop":
			turns.stop()
		case "engine stops":
			close(e.stopping)
		default:
			cancel()
		}
		if n := testkit.Wait(t, "the end of the rush", held); n > cap(turns.room)+1 {
			t.Errorf("%s: %d messages are held", how, n)
		}
		if how != "turns stop" {
			turns.stop()
		}
		cancel()
	}
}

// TestEventsKeepTheirOrder: only inbox sources take turns.
func TestEventsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	e := desk(10)
	turns := newTurns(e, false)
	defer turns.stop()
	go func() {
		for i := range 50 {
			turns.put(t.Context(), from([]string{"a", "b"}[i%2], i))
		}
	}()
	for i := range 50 {
		if in := testkit.Wait(t, "an event", e.messages); in.Name != fmt.Sprint([]string{"a", "b"}[i%2], i) {
			t.Fatalf("event %d is %s", i, in.Name)
		}
	}
}

// TestBroadcast wakes who waits, and only once.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	var b broadcast
	b.fire() // nobody waits
	first, also := b.next(), b.next()
	b.fire()
	testkit.Wait(t, "the first", first)
	testkit.Wait(t, "the other", also)
	select {
	case <-b.next():
		t.Error("it is still on")
	default:
	}
}
