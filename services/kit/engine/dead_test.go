package engine

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	opsv1 "github.com/seatflow/seatflow/proto/gen/seatflow/ops/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/testkit"
)

// ops asks a replica as an operator would, at the endpoint of that name.
func (r *replica) ops(m contract.Method, role orderv1.Role, req proto.Message) (proto.Message, error) {
	r.w.t.Helper()
	ctx, cancel := context.WithTimeout(r.w.t.Context(), 20*time.Second)
	defer cancel()
	for _, q := range r.eng.Endpoints() {
		if q.Method.Name == m.Name {
			return q.Handle(ctx, req, rpc.Meta{Caller: rpc.Caller{Issuer: "test", Subject: "john", Name: "John Smith", Role: role}})
		}
	}
	r.w.t.Fatalf("there is no endpoint %s", m.Name)
	return nil, nil
}

const (
	admin      = orderv1.Role_ROLE_ADMIN
	technician = orderv1.Role_ROLE_TECHNICIAN
)

var (
	listLetters   = contract.ListDeadLetters(contract.Approval)
	replayLetter  = contract.ReplayDeadLetter(contract.Approval)
	discardLetter = contract.DiscardDeadLetter(contract.Approval)
)

// letters lists dead letters, the newest first.
func (r *replica) letters(req *opsv1.ListDeadLettersRequest) []*opsv1.DeadLetterRecord {
	r.w.t.Helper()
	m, err := r.ops(listLetters, admin, req)
	if err != nil {
		r.w.t.Fatal(err)
	}
	return m.(*opsv1.ListDeadLettersResponse).GetLetters()
}

// waitForLetters waits until so many are open.
func (w *world) waitForLetters(n int) {
	w.t.Helper()
	w.await("dead letters", func() bool { return w.count(`select count(*) from engine_dead_letters where state = 'open'`) == n })
}

// curable is tallySpec whose "hopeless" orders go through once the defect that made them fail is mended.
func curable(w *world, cured *atomic.Bool) Spec {
	spec := tallySpec(w.bell)
	decide := spec.Events[0].Decide
	spec.Events[0].Decide = func(t *Turn) error {
		if o := t.Body.(*eventv1.OrderSubmitted).GetOrder(); o.GetNote() == "hopeless" && cured.Load() {
			o.Note = "" // the test's stand-in for a newer program
		}
		return decide(t)
	}
	return spec
}

// TestDeadLetters: what is put aside can be listed, tried again and closed, by admins only, and once.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var cured atomic.Bool
	r := w.startSpec(curable(w, &cured), nil)
	good, bad := newOrder(), newOrder()
	w.submit(good, "hopeless", 0)
	w.waitForLetters(1)
	w.submit(bad, "panic", 0)
	w.waitForLetters(2)

	all := r.letters(&opsv1.ListDeadLettersRequest{})
	if len(all) != 2 || all[0].GetOrderId() != bad || all[1].GetOrderId() != good || all[1].GetCode() != "hopeless" || all[1].GetMessage() != "It cannot be." ||
		all[1].GetSubject() != contract.OrderSubmitted.Subject || all[1].GetState() != "open" || all[1].GetCreatedAt() == nil {
		t.Fatalf("the list: %v", all)
	}
	if strings.Contains(all[0].GetMessage(), "boom") || all[0].GetCode() != "internal" {
		t.Errorf("a panic tells strangers %v", all[0])
	}
	if some := r.letters(&opsv1.ListDeadLettersRequest{Code: "hopeless"}); len(some) != 1 || some[0].GetId() != all[1].GetId() {
		t.Errorf("by cause: %v", some)
	}
	if some := r.letters(&opsv1.ListDeadLettersRequest{Limit: 1}); len(some) != 1 {
		t.Errorf("one at most: %v", some)
	}
	r.lettersAreForAdmins(all[1].GetId())
	r.replayAndClose(all[1].GetId(), &cured)
	r.failAndDiscard(all[0].GetId())
	if all := r.letters(&opsv1.ListDeadLettersRequest{All: true}); len(all) != 2 {
		t.Errorf("closed ones too: %v", all)
	}
	w.settled(map[string]int{good: 0})
	r.stop()
	w.check(map[string]int{good: 0})
	if n := w.count(`select count(*) from engine_journal where subject = 'seatflow.dead.approval'`); n != 4 {
		t.Errorf("%d notices of two letters put aside and closed", n)
	}
}

// failAndDiscard tries the last open letter, which fails again and stays open, and closes it.
func (r *replica) failAndDiscard(id string) {
	t := r.w.t
	t.Helper()
	if _, err := r.ops(replayLetter, admin, &opsv1.ReplayDeadLetterRequest{Id: id}); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("a replay that fails: %v", err)
	}
	if open := r.letters(&opsv1.ListDeadLettersRequest{}); len(open) != 1 || open[0].GetId() != id {
		t.Errorf("afterwards open: %v", open)
	}
	m, err := r.ops(discardLetter, admin, &opsv1.DiscardDeadLetterRequest{Id: id})
	if err != nil || m.(*opsv1.DiscardDeadLetterResponse).GetLetter().GetState() != "discarded" {
		t.Errorf("a discard: %v, %v", m, err)
	}
	if open := r.letters(&opsv1.ListDeadLettersRequest{}); len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
}

func (r *replica) lettersAreForAdmins(id string) {
	t := r.w.t
	t.Helper()
	for _, role := range []orderv1.Role{technician, orderv1.Role_ROLE_SYSTEM, orderv1.Role_ROLE_UNSPECIFIED} {
		for m, req := range map[string]proto.Message{
			"list": &opsv1.ListDeadLettersRequest{}, "replay": &opsv1.ReplayDeadLetterRequest{Id: id}, "discard": &opsv1.DiscardDeadLetterRequest{Id: id},
		} {
			method := map[string]contract.Method{"list": listLetters, "replay": replayLetter, "discard": discardLetter}[m]
			if _, err := r.ops(method, role, req); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%v may %s: %v", role, m, err)
			}
		}
	}
	for _, err := range []error{
		second(r.ops(replayLetter, admin, &opsv1.ReplayDeadLetterRequest{Id: newOrder()})),
		second(r.ops(discardLetter, admin, &opsv1.DiscardDeadLetterRequest{Id: newOrder()})),
	} {
		if f := fault.As(err); f == nil || f.Kind != fault.NotFound || f.Code != "no_such_letter" {
			t.Errorf("a letter that does not exist: %v", err)
		}
	}
}

func second(_ proto.Message, err error) error { return err }

// replayAndClose tries a letter before and after its cause is gone.
func (r *replica) replayAndClose(id string, cured *atomic.Bool) {
	t := r.w.t
	t.Helper()
	if _, err := r.ops(replayLetter, admin, &opsv1.ReplayDeadLetterRequest{Id: id}); fault.As(err) == nil || fault.As(err).Code != "hopeless" {
		t.Errorf("before the cause is gone: %v", err)
	}
	cured.Store(true)
	m, err := r.ops(replayLetter, admin, &opsv1.ReplayDeadLetterRequest{Id: id})
	if err != nil {
		t.Fatalf("after the cause is gone: %v", err)
	}
	if l := m.(*opsv1.ReplayDeadLetterResponse).GetLetter(); l.GetState() != "replayed" || l.GetId() != id {
		t.Errorf("it answers %v", l)
	}
	for _, err := range []error{
		second(r.ops(replayLetter, admin, &opsv1.ReplayDeadLetterRequest{Id: id})), second(r.ops(discardLetter, admin, &opsv1.DiscardDeadLetterRequest{Id: id})),
	} {
		f := fault.As(err)
		if f == nil || f.Kind != fault.Conflict || f.Code != "letter_closed" || !strings.Contains(f.Message, "replayed by John Smith") {
			t.Errorf("a closed letter: %v", err)
		}
	}
}

// trapped is tallySpec with a route that panics and a decision that says what no database can hold.
func trapped(w *world) Spec {
	spec := tallySpec(w.bell)
	refs, decide := spec.Events[0].Refs, spec.Events[0].Decide
	spec.Events[0].Refs = func(m proto.Message, meta Meta) []Ref {
		if m.(*eventv1.OrderSubmitted).GetOrder().GetNote() == "trap" {
			panic("a defect in the route")
		}
		return refs(m, meta)
	}
	spec.Events[0].Decide = func(t *Turn) error {
		if o := t.Body.(*eventv1.OrderSubmitted).GetOrder(); o.GetNote() == "echo" {
			return fault.New(fault.Invalid, "bad\x00code", "What is \x00\xff?").On(o.GetId())
		}
		return decide(t)
	}
	return spec
}

// forge publishes an order's event, changed.
func (w *world) forge(note string, change func(h *bus.Head, m *nats.Msg)) {
	w.t.Helper()
	m := submitted(newOrder(), note)
	h := bus.ParseHead(m.Header)
	change(&h, m)
	m.Header = h.Header()
	m.Header[nats.MsgIdHdr] = []string{newOrder()}
	if _, err := w.js.PublishMsg(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
}

// TestHostileMessages: each is put aside, none of them stops what comes after it.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.startSpec(trapped(w), nil)
	noID, err := proto.Marshal(&eventv1.OrderSubmitted{View: &orderv1.View{}, Order: &orderv1.Order{Id: "ORD-1"}}) // the database wants a UUID
	if err != nil {
		t.Fatal(err)
	}
	w.forge("trap", func(*bus.Head, *nats.Msg) {})
	w.forge("echo", func(*bus.Head, *nats.Msg) {})
	w.forge("", func(_ *bus.Head, m *nats.Msg) { m.Data = []byte("\x0a\xffnonsense") })
	w.forge("", func(_ *bus.Head, m *nats.Msg) { m.Data = noID })
	w.forge("hopeless", func(h *bus.Head, _ *nats.Msg) { h.Subject, h.ID = "a\x00b\xff", "c\x00" })
	// What another event's owner has published, delivered to this subject by somebody who may read it.
	w.forge("", func(h *bus.Head, _ *nats.Msg) { h.Type = contract.ApprovalRequested.Type })
	w.forge("", func(h *bus.Head, _ *nats.Msg) { h.Source = "approval" })
	if _, err := w.js.Publish(t.Context(), contract.OrderSubmitted.Subject, []byte(`{"stream":"SEATFLOW_INBOX","seq":1}`)); err != nil {
		t.Fatal(err)
	}
	id := w.placed()
	w.waitForLetters(8)
	codes := map[string]int{}
	for _, l := range r.letters(&opsv1.ListDeadLettersRequest{}) {
		codes[l.GetCode()]++
		if strings.Contains(l.GetMessage(), "\x00") {
			t.Errorf("a letter says %q", l.GetMessage())
		}
	}
	for code, want := range map[string]int{
		"internal": 1, "bad\uFFFDcode": 1, "malformed_message": 1, "hopeless": 1, "refused_by_database": 1, "not_this_event": 3,
	} {
		if codes[code] != want {
			t.Errorf("%d letters with the code %q, not %d: %v", codes[code], code, want, codes)
		}
	}
	r.stop()
	w.check(map[string]int{id: 0})
	w.await("all acknowledged", func() bool {
		cons, err := w.js.Consumer(t.Context(), contract.EventStream.Name, "approval")
		return err == nil && cons.CachedInfo().NumAckPending == 0
	})
}

// notices reads what the engine tells of its letters.
func (w *world) notices() func() (bus.Head, *eventv1.DeadLetter) {
	w.t.Helper()
	heard := make(chan *nats.Msg, 8)
	if _, err := w.nc.ChanSubscribe(contract.DeadSubject(contract.Approval), heard); err != nil {
		w.t.Fatal(err)
	}
	return func() (bus.Head, *eventv1.DeadLetter) {
		w.t.Helper()
		m, body := testkit.Wait(w.t, "the notice", heard), new(eventv1.DeadLetter)
		if err := proto.Unmarshal(m.Data, body); err != nil {
			w.t.Fatal(err)
		}
		return bus.ParseHead(m.Header), body
	}
}

// TestNoticesAreRead: the notices of a dead letter, when it is put aside and when it is closed, name the order for the book.
func TestNoticesAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := w.notices()
	var cured atomic.Bool
	r := w.startSpec(curable(w, &cured), nil)
	tells := func(order, letter, state, by string) string {
		t.Helper()
		h, body := next()
		id := "approval.dead." + body.GetId()
		if state != "" {
			id += "." + state
		}
		if h.Type != contract.DeadLetterType || h.Source != "approval" || h.Subject != order || h.Sequence != 0 || h.ID != id ||
			body.GetOrderId() != order || body.GetService() != "approval" || body.GetCode() != "hopeless" || body.GetState() != state ||
			body.GetBy().GetName() != by || letter != "" && body.GetId() != letter {
			t.Errorf("the notice: %+v, %v", h, body)
		}
		return body.GetId()
	}
	one, two := newOrder(), newOrder()
	w.submit(one, "hopeless", 0)
	first := tells(one, "", "", "")
	w.submit(two, "hopeless", 0)
	second := tells(two, "", "", "")
	if _, err := r.ops(replayLetter, admin, &opsv1.ReplayDeadLetterRequest{Id: first}); err == nil {
		t.Error("a replay that cannot succeed did")
	}
	if _, err := r.ops(discardLetter, admin, &opsv1.DiscardDeadLetterRequest{Id: second}); err != nil {
		t.Error(err)
	}
	tells(two, second, "discarded", "John Smith") // and nothing of the replay that failed
	cured.Store(true)
	if _, err := r.ops(replayLetter, admin, &opsv1.ReplayDeadLetterRequest{Id: first}); err != nil {
		t.Error(err)
	}
	tells(one, first, "replayed", "John Smith")
	r.stop()
}

// TestLongOrderIsTold: what a stranger calls its order fits a header, and would not any more once it can be stored. The
// notice must go out all the same: what cannot be published holds up all that comes after it.
func TestLongOrderIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := w.notices()
	r := w.start(nil)
	w.forge("hopeless", func(h *bus.Head, _ *nats.Msg) { h.Subject = strings.Repeat("\xff", 20_000) })
	w.waitForLetters(1)
	id := r.letters(&opsv1.ListDeadLettersRequest{})[0].GetId()
	if _, err := r.ops(discardLetter, admin, &opsv1.DiscardDeadLetterRequest{Id: id}); err != nil {
		t.Error(err)
	}
	for _, state := range []string{"", "discarded"} {
		if _, body := next(); body.GetId() != id || body.GetState() != state {
			t.Errorf("the notice: %v", body)
		}
	}
	r.stop()
}
