package engine

import (
	"context"

	"google.golang.org/protobuf/proto"
)

// finish does what follows a commit: publish, call, answer, acknowledge. None of it
// waits for another, and none of it is lost if the process dies here: the journal,
// the call rows, the keys and the stream each bring it back.
func (e *Engine) finish(_ context.Context, ws *workset) error {
	e.publisher.enqueue(ws.events)
	e.callers.begin(ws)
	for _, d := range ws.dirty {
		if !d.due.IsZero() {
			e.due.at(toLocal(d.due, ws.now))
		}
		e.watchers.changed(d.ref)
		if d.ref == PauseRef {
			e.callers.switched()
		}
	}
	if len(ws.hasten) > 0 {
		e.due.at(toLocal(ws.now, ws.now))
	}
	for _, f := range ws.after {
		f()
	}
	if err := e.cfg.probe("before_answer"); err != nil {
		return err
	}
	for i := range ws.results {
		r := &ws.results[i]
		e.metrics.waited(r.in)
		switch {
		case r.later && r.in.raw == nil:
			e.postpone(r.in)
		case r.in.Source == FromTimer:
			e.fired(r.in.timed)
		case r.in.reply != nil:
			e.reply(r)
		}
	}
	if err := e.cfg.probe("before_ack"); err != nil {
		return err
	}
	for i := range ws.results {
		if r := &ws.results[i]; r.in.raw != nil && r.in.raw.msg != nil {
			e.acknowledge(r)
		}
	}
	return e.cfg.probe("after_ack")
}

func (e *Engine) acknowledge(r *result) {
	var err error
	if r.later {
		err = r.in.raw.msg.NakWithDelay(naksAfter)
	} else {
		err = r.in.raw.msg.Ack()
	}
	if err != nil {
		// It comes again, and is then a repeat.
		e.metrics.acksLost.Inc()
	}
}

// reply answers a command; a repeated one with the stored bytes.
func (e *Engine) reply(r *result) {
	if r.err != nil || r.raw == nil {
		r.in.answer(r.reply, r.err)
		return
	}
	m := e.routes.commands[r.in.Name].Method.Reply()
	if err := proto.Unmarshal(r.raw, m); err != nil {
		r.in.answer(nil, err)
		return
	}
	r.in.answer(m, nil)
}
