package engine

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Turn is one input's decision: what it may read and what it leaves behind.
// Nothing of it counts before the batch has been committed.
type Turn struct {
	*Input
	// Now is the database's clock, read when the batch was loaded.
	Now time.Time

	set    *workset
	facts  any
	puts   []*entry // a turn changes few
	events []pendingEvent
	calls  []Call
	drops  []string
	settle []string
	hasten []string
	answer proto.Message
	record *KeyRecord
	after  []func()
}

// Get returns the aggregate's state as the inputs before this one left it.
// ok is false when it does not exist. The aggregate must be among the input's Refs.
func Get[S any](t *Turn, ref Ref) (state S, ok bool) {
	e := t.entry(ref)
	if e.state == nil {
		return state, false
	}
	return e.state.(S), true
}

// Put stores the aggregate's new state.
func Put[S any](t *Turn, ref Ref, state S) { t.change(ref).state = state }

// FactsOf returns what the service's Facts loaded for this batch.
func FactsOf[F any](t *Turn) F { return t.facts.(F) }

// Due sets when the aggregate's timer fires; the zero time clears it.
func (t *Turn) Due(ref Ref, at time.Time) { t.change(ref).due = at }

// DueAt is when the aggregate's timer fires; zero if it has none.
func (t *Turn) DueAt(ref Ref) time.Time { return t.entry(ref).due }

// Sequence is the number of the last event that this service emitted for the aggregate.
func (t *Turn) Sequence(ref Ref) int64 { return t.entry(ref).sequence }

// Emit publishes an event about the aggregate, numbered after the last one:
// its id is "<aggregate>.<service>.<sequence>".
func (t *Turn) Emit(ref Ref, ev contract.Event, body proto.Message) {
	e := t.change(ref)
	e.sequence++
	t.events = append(t.events, pendingEvent{
		subject: ev.Subject, ceType: ev.Type, order: ref.ID, sequence: e.sequence, body: body,
	})
}

// Note publishes a message outside an order's numbering: a verdict, a delivery's
// fate. id must be the same for each repeat of the same fact.
func (t *Turn) Note(id, subject, ceType, order string, body proto.Message) {
	t.events = append(t.events, pendingEvent{id: id, subject: subject, ceType: ceType, order: order, body: body})
}

// Do plans a call to the outside for the aggregate. The call's id, if it has
// none, is made here and returned; its intent commits with the state.
func (t *Turn) Do(c Call) string {
	c.SendBefore, c.Attempt = time.Time{}, 0 // the claim's, should the call be a copy of an earlier one
	if c.ID == "" {
		c.ID = newID()
	}
	if c.Due.IsZero() {
		c.Due = t.Now
	}
	t.calls = append(t.calls, c)
	return c.ID
}

// OpenCalls are the aggregate's calls that have not come to an end, if the route
// asked for them with WithCalls.
func (t *Turn) OpenCalls(ref Ref) []OpenCall { return t.set.openCalls(ref) }

// Drop takes back a planned call. A call that was claimed meanwhile makes the
// whole batch load again, so the decision then sees it as begun.
func (t *Turn) Drop(callID string) { t.drops = append(t.drops, callID) }

// Hasten makes a planned call due now. One that was claimed meanwhile goes on as it is, and
// one that is there no more stays away.
func (t *Turn) Hasten(callID string) { t.hasten = append(t.hasten, callID) }

// Settle closes a call whose outcome was unknown and is now known by other means.
func (t *Turn) Settle(callID string) { t.settle = append(t.settle, callID) }

// Reply is the command's answer, sent after the commit.
func (t *Turn) Reply(m proto.Message) { t.answer = m }

// After has f called once when the batch has been committed: for counters, which a
// batch that is run again would count again.
func (t *Turn) After(f func()) { t.after = append(t.after, f) }

// Prior returns what an earlier use of the input's key left behind. The engine
// itself repeats the reply of a command, so only inbox decisions need it.
func (t *Turn) Prior() (KeyRecord, bool) {
	if t.Key == nil {
		return KeyRecord{}, false
	}
	r, ok := t.set.keys[t.Key.id()]
	return r, ok
}

// UseKey records the input's key as standing for an aggregate. The engine does so
// itself for commands that have a key and change something.
func (t *Turn) UseKey(ref string, sequence uint64) {
	t.record = &KeyRecord{Fingerprint: t.Key.Fingerprint, Ref: ref, Sequence: sequence}
}

// entry returns the aggregate as this turn sees it.
func (t *Turn) entry(ref Ref) *entry {
	if e := t.changed(ref); e != nil {
		return e
	}
	e, ok := t.set.entries[ref]
	if !ok {
		panic(fault.New(fault.Internal, "aggregate_not_loaded", "Something went wrong on our side.").On(ref.Kind + " " + ref.ID))
	}
	return e
}

// change returns the turn's own copy of the aggregate, to be written.
func (t *Turn) change(ref Ref) *entry {
	if e := t.changed(ref); e != nil {
		return e
	}
	e := *t.entry(ref)
	t.puts = append(t.puts, &e)
	return &e
}

// changed is the turn's own copy, nil if it has none.
func (t *Turn) changed(ref Ref) *entry {
	for _, e := range t.puts {
		if e.ref == ref {
			return e
		}
	}
	return nil
}
