package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// decide lets each input be decided in turn, each seeing what the one before it left.
func (e *Engine) decide(ws *workset, batch []*Input) {
	ws.results = make([]result, 0, len(batch))
	for _, in := range batch {
		ws.results = append(ws.results, e.decideOne(ws, in))
	}
}

func (e *Engine) decideOne(ws *workset, in *Input) result {
	if r, repeated := repeat(ws, in); repeated {
		return r
	}
	if !in.settled.IsZero() {
		// Decisions go by the database's clock, which this machine's may be far from. It was asked after this one.
		o := in.Body.(Outcome)
		o.SettledAt = ws.now.Add(in.settled.Sub(ws.asked))
		in.Body = o
	}
	t := &Turn{Input: in, Now: ws.now, set: ws, facts: ws.facts}
	var events []journaled
	err := safely(in.decide, t)
	if err == nil {
		events, err = e.encode(ws, t)
	}
	if err != nil {
		return e.refused(ws, in, err)
	}
	if in.Source == FromCommand && in.Key != nil && t.leaves() {
		reply, merr := proto.Marshal(t.answer)
		if merr != nil {
			return e.refused(ws, in, merr)
		}
		t.record = &KeyRecord{Fingerprint: in.Key.Fingerprint, Reply: reply}
	}
	ws.apply(t, events)
	e.metrics.accepted(in)
	return result{in: in, reply: t.answer}
}

// leaves reports whether the turn leaves anything behind.
func (t *Turn) leaves() bool {
	return len(t.puts)+len(t.events)+len(t.calls)+len(t.drops)+len(t.settle)+len(t.hasten) > 0
}

// repeat answers a command whose key has been used before.
func repeat(ws *workset, in *Input) (result, bool) {
	if in.Source != FromCommand || in.Key == nil {
		return result{}, false
	}
	rec, ok := ws.keys[in.Key.id()]
	if !ok {
		return result{}, false
	}
	if string(rec.Fingerprint) != string(in.Key.Fingerprint) {
		return result{in: in, err: fault.New(fault.Conflict, "key_reused", "This key was used before for another request.").
			At("Idempotency-Key").Hinted("Use a new key for a new request.")}, true
	}
	return result{in: in, raw: rec.Reply}, true
}

// refused is the fate of an input whose decision failed: a command's caller is
// told; a message is put aside as a dead letter, unless it only came too early
// for our own infrastructure.
func (e *Engine) refused(ws *workset, in *Input, err error) result {
	f := fault.As(err)
	e.metrics.decided(in, f.Kind.String())
	switch {
	case in.Source == FromCommand || in.letter != nil:
		return result{in: in, err: f}
	case f.Kind == fault.Unavailable && in.raw != nil:
		return result{in: in, err: f, later: true}
	case in.raw == nil:
		// An outcome or a timer is our own: its failure is a defect, told loudly and tried again.
		e.log.Error("a decision failed", "input", in.Name, "error", err)
		return result{in: in, err: f, later: true}
	}
	e.bury(ws, in, f)
	return result{in: in}
}

// safely turns a panic into an error that names its place.
func safely(d Decide, t *Turn) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("panic: %w\n%s", p, debug.Stack())
		default:
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return d(t)
}

// encode makes journal rows of a turn's events. A row above the broker's payload
// limit could never be published, so it is not committed either.
func (e *Engine) encode(ws *workset, t *Turn) ([]journaled, error) {
	out := make([]journaled, 0, len(t.events))
	for _, p := range t.events {
		body, err := proto.Marshal(p.body)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", p.ceType, err)
		}
		id := p.id
		if id == "" {
			id = p.order + "." + string(e.spec.Service) + "." + strconv.FormatInt(p.sequence, 10)
		}
		ev := journaled{
			id: id, subject: p.subject, ceType: p.ceType, order: p.order, sequence: p.sequence,
			trace: t.Meta.Traceparent, at: ws.now, body: body,
		}
		if limit := e.nc.MaxPayload(); limit > 0 && ev.size() > limit {
			return nil, fault.New(fault.Invalid, "event_too_large", "This order is too large to be passed on.").
				Hinted("Split it into smaller orders.")
		}
		out = append(out, ev)
	}
	return out, nil
}

// fingerprint hashes a request's canonical form.
func fingerprint(r CommandRoute, req proto.Message) []byte {
	var canonical []byte
	if r.Fingerprint != nil {
		canonical = r.Fingerprint(req)
	} else {
		// Only compared between processes of one version; a route with long-lived keys brings its own form.
		canonical, _ = proto.MarshalOptions{Deterministic: true}.Marshal(req)
	}
	sum := sha256.Sum256(canonical)
	return sum[:]
}

// answer hands the caller of a command its reply; other inputs have none.
func (in *Input) answer(m proto.Message, err error) {
	if in.reply != nil {
		in.reply(m, err)
		in.reply = nil
	}
}

// stopErr is nil for an orderly stop.
func stopErr(err error) error {
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

var errStopped = errors.New("engine: stopped")

// age is how long an input has waited.
func (in *Input) age() time.Duration { return time.Since(in.arrived) }
