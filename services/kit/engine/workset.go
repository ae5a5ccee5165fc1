package engine

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
)

// workset is everything that a batch has loaded and is about to write.
type workset struct {
	now     time.Time // the database's clock
	asked   time.Time // this machine's, when it was asked for
	entries map[Ref]*entry
	keys    map[string]KeyRecord
	open    map[Ref][]OpenCall // nil when no input of the batch asks for it
	facts   any

	dirty   []*entry // in the order of their first change
	events  []journaled
	calls   []Call
	drops   []string
	ended   []string
	unknown []string
	hasten  []string
	replan  []replan
	newKeys []keyRow
	after   []func()

	results []result
	mark    mark
}

// result is what became of one input.
type result struct {
	in    *Input
	reply proto.Message
	raw   []byte // a stored reply, repeated
	err   error
	later bool // not now: the message comes again
}

type replan struct {
	id  string
	due time.Time
}

type keyRow struct {
	key Key
	rec KeyRecord
}

// pendingEvent is an event as a decision gave it.
type pendingEvent struct {
	id, subject, ceType, order string
	sequence                   int64
	body                       proto.Message
}

func newWorkset(n int) *workset {
	return &workset{
		entries: make(map[Ref]*entry, n), dirty: make([]*entry, 0, n), events: make([]journaled, 0, n),
		keys: map[string]KeyRecord{},
	}
}

func (w *workset) openCalls(ref Ref) []OpenCall { return w.open[ref] }

func (k Key) id() string { return k.Caller + "\x00" + k.Scope + "\x00" + k.Value }

// apply makes one turn's changes part of the batch, so that the next input sees them.
func (w *workset) apply(t *Turn, events []journaled) {
	for _, e := range t.puts {
		w.entries[e.ref] = e
		if e.dirty > 0 {
			w.dirty[e.dirty-1] = e
			continue
		}
		w.dirty = append(w.dirty, e)
		e.dirty = len(w.dirty)
	}
	w.events = append(w.events, events...)
	w.after = append(w.after, t.after...)
	w.applyCalls(t)
	if t.record != nil {
		w.keys[t.Key.id()] = *t.record
		w.newKeys = append(w.newKeys, keyRow{*t.Key, *t.record})
	}
}

// applyCalls notes what becomes of calls: the turn's own, and the one whose outcome it decides.
func (w *workset) applyCalls(t *Turn) {
	ended := t.settle
	switch {
	case t.call == "":
	case t.unknown:
		w.unknown = append(w.unknown, t.call)
	default:
		ended = append(ended, t.call)
	}
	w.calls = append(w.calls, t.calls...)
	w.ended = append(w.ended, ended...)
	w.hasten = append(w.hasten, t.hasten...)
	for _, id := range t.drops {
		w.drop(id)
	}
	if w.open == nil {
		return
	}
	for _, c := range t.calls {
		w.open[c.Ref] = append(w.open[c.Ref], OpenCall{ID: c.ID, Operation: c.Operation})
	}
	if len(ended)+len(t.drops) == 0 {
		return
	}
	for ref, open := range w.open {
		w.open[ref] = slices.DeleteFunc(open, func(c OpenCall) bool { return slices.Contains(ended, c.ID) || slices.Contains(t.drops, c.ID) })
	}
}

// drop takes back a planned call: one of this very batch is simply forgotten.
func (w *workset) drop(id string) {
	for i, c := range w.calls {
		if c.ID == id {
			w.calls = append(w.calls[:i], w.calls[i+1:]...)
			return
		}
	}
	if !slices.Contains(w.drops, id) { // two inputs of one batch may drop the same call
		w.drops = append(w.drops, id)
	}
}
