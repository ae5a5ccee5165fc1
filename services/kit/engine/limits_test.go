package engine

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	opsv1 "github.com/seatflow/seatflow/proto/gen/seatflow/ops/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

// placed submits an order and waits until it has come through.
func (w *world) placed() string {
	w.t.Helper()
	id := newOrder()
	w.submit(id, "", 0)
	w.await("the order", func() bool { return w.tallies()[id].State.Rung == 1 })
	return id
}

// TestBusyWithoutNATS: commands go on until so many events wait, then they are refused, clearly; when NATS is back all is published.
func TestBusyWithoutNATS(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, natstest.Options{Process: true})
	cfg := testConfig(nil)
	cfg.Backlog = 5
	r := w.startConfig(tallySpec(w.bell), cfg)
	id := w.placed()
	w.await("nothing waiting", func() bool { return r.eng.publisher.backlog() == 0 })
	w.nats.Kill()
	sure := 0
	for {
		err := r.approve(id, fmt.Sprint("k", sure), 10*time.Second)
		if err == nil {
			sure++
			if sure > cfg.Backlog {
				t.Fatal("the backlog has no end")
			}
			continue
		}
		if f := fault.As(err); f.Kind != fault.TooMany || f.Code != "busy" || f.RetryAfter <= 0 || f.Hint == "" {
			t.Fatalf("refused with %+v", f)
		}
		break
	}
	if sure != cfg.Backlog {
		t.Errorf("%d commands were taken, not %d", sure, cfg.Backlog)
	}
	if age := r.eng.publisher.oldest(); age <= 0 {
		t.Errorf("the oldest event waits since %v", age)
	}
	w.nats.Restart()
	w.nc.Close()
	w.connect()
	w.await("everything published", func() bool { return r.eng.publisher.backlog() == 0 && w.missing() == 0 })
	if err := r.approve(id, "afterwards", 20*time.Second); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	r.stop()
	w.check(map[string]int{id: sure + 1})
}

// TestBackPressure: while the stream takes no events, messages stay in it and are not gathered in memory.
func TestBackPressure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	orders := map[string]int{}
	for range 60 {
		id := newOrder()
		orders[id] = 0
		w.submit(id, "", 0)
	}
	room := func(messages int64) {
		s, err := w.js.Stream(t.Context(), contract.EventStream.Name)
		if err != nil {
			t.Fatal(err)
		}
		c := s.CachedInfo().Config
		c.MaxMsgs = messages
		if _, err := w.js.UpdateStream(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	room(int64(len(orders)))
	cfg := testConfig(nil)
	cfg.Backlog, cfg.Batch = 5, 4
	r := w.startConfig(tallySpec(w.bell), cfg)
	w.await("a full backlog", func() bool { return r.eng.publisher.backlog() >= cfg.Backlog })
	for range 3 { // the engine's loop goes round without taking any
		lease := w.count(`select extract(epoch from lease_until)::numeric * 1000000 from engine_writers`)
		w.await("a turn of the loop", func() bool {
			return w.count(`select extract(epoch from lease_until)::numeric * 1000000 from engine_writers`) != lease
		})
	}
	if n := len(w.tallies()); n >= cfg.Backlog+cfg.Batch {
		t.Errorf("%d orders are decided with a backlog of %d and a batch of %d", n, cfg.Backlog, cfg.Batch)
	}
	if n := len(r.eng.messages); n > 2*cfg.Batch {
		t.Errorf("%d messages are held", n)
	}
	room(-1)
	w.settled(orders)
	r.stop()
	w.check(orders)
}

// TestPublishesWhenNATSIsBack: the service works on without NATS; when that is back every event arrives, in order.
func TestPublishesWhenNATSIsBack(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, natstest.Options{Process: true})
	r := w.start(nil)
	orders := map[string]int{}
	for range 3 {
		orders[w.placed()] = 0
	}
	for round := range 2 {
		w.nats.Kill()
		for id := range orders {
			for i := range 5 {
				if err := r.approve(id, fmt.Sprint(id, round, i), 20*time.Second); err != nil {
					t.Fatal(err)
				}
				orders[id]++
			}
		}
		w.nats.Restart()
		w.nc.Close()
		w.connect()
		w.await("every event", func() bool { return w.missing() == 0 })
	}
	r.stop()
	w.check(orders)
}

// TestNobodyWaits: a command whose caller has given up before it could be decided is not carried out.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var armed atomic.Bool
	asleep, wake := make(chan struct{}), make(chan struct{})
	r := w.start(func(point string) error {
		if point == "before_commit" && armed.Swap(false) {
			close(asleep)
			<-wake
		}
		return nil
	})
	id := w.placed()
	armed.Store(true)
	late := newOrder()
	w.submit(late, "", 0)
	<-asleep
	f := fault.As(r.approve(id, "impatient", 30*time.Millisecond))
	if f == nil || f.Kind != fault.Unavailable || f.Code != "deadline_passed" {
		t.Errorf("it hears %+v", f)
	}
	close(wake)
	if err := r.approve(id, "patient", 20*time.Second); err != nil {
		t.Error(err)
	}
	w.settled(map[string]int{id: 0, late: 0})
	r.stop()
	if n := w.tallies()[id].State.Count; n != 1 {
		t.Errorf("%d approvals took effect", n)
	}
	w.check(map[string]int{id: 1, late: 0})
}

// TestTooLargeToPublish: what the broker could never take is not committed, and its sender hears why.
func TestTooLargeToPublish(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	w := newWorldOn(t, natstest.Options{MaxPayload: limit})
	spec := tallySpec(w.bell)
	var size atomic.Int64
	spec.Commands[0].Decide = func(t *Turn) error {
		id := t.Body.(*approvalv1.ApproveRequest).GetOrderId()
		s, _ := Get[tally1](t, ref(id))
		s.Count++
		Put(t, ref(id), s)
		t.Emit(ref(id), contract.ApprovalWithdrawn, &eventv1.ApprovalWithdrawn{View: &orderv1.View{Sentence: strings.Repeat("x", int(size.Load()))}})
		t.Reply(&approvalv1.ApproveResponse{})
		return nil
	}
	r := w.startSpec(spec, nil)
	id := w.placed()
	for _, n := range []int64{limit, limit - 100, limit - 300} {
		size.Store(n)
		if f := fault.As(r.approve(id, "", 20*time.Second)); f == nil || f.Kind != fault.Invalid || f.Code != "event_too_large" {
			t.Errorf("%d bytes: %+v", n, f)
		}
	}
	size.Store(limit - 1500)
	if err := r.approve(id, "", 20*time.Second); err != nil {
		t.Errorf("what fits: %v", err)
	}
	// A message whose event would be too large is put aside; the next one is not held up.
	m := submitted(newOrder(), strings.Repeat("n", limit-850))
	if _, err := w.js.PublishMsg(t.Context(), m, jetstream.WithRetryAttempts(0)); err != nil {
		t.Fatal(err)
	}
	next := w.placed()
	w.waitForLetters(1)
	if l := r.letters(&opsv1.ListDeadLettersRequest{}); l[0].GetCode() != "event_too_large" {
		t.Errorf("put aside as %v", l[0])
	}
	r.stop()
	w.check(map[string]int{id: 1, next: 0})
}

// TestGoesBackWithTheStream: the broker comes back without its tail while the service runs; what is sent
// next, at positions that the consumer had passed, is heard.
func TestGoesBackWithTheStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	orders := map[string]int{}
	for range 10 {
		orders[w.placed()] = 0
	}
	w.nc.Close()
	w.nats.Stop()
	w.nats.CutTail(contract.EventStream.Name, 15)
	w.nats.Restart()
	w.connect()
	orders[w.placed()] = 0
	w.await("the lost events are back", func() bool { return w.missing() == 0 })
	r.stop()
	w.check(orders)
}
