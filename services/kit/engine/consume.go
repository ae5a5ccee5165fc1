package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// rawMessage is a message as it came, kept until it is acknowledged.
type rawMessage struct {
	subject string
	header  nats.Header
	data    []byte
	stream  string
	seq     uint64
	stored  time.Time
	msg     jetstream.Msg // nil for a replayed dead letter
	again   bool          // it may have been processed before, perhaps as a dead letter
}

const (
	// naksAfter is how long a message waits that could not be taken now.
	naksAfter = 2 * time.Second
	// handBackAfter is how long one waits that a stopping process hands back to the others.
	handBackAfter = 50 * time.Millisecond
	// drainTimeout bounds handing back.
	drainTimeout = 2 * time.Second
)

// consumers are the service's durables that the spec has routes for.
func (e *Engine) consumers() []contract.Consumer {
	var out []contract.Consumer
	for _, c := range contract.ConsumersOf(e.spec.Service) {
		if c.Stream != contract.InboxStream.Name || e.spec.Inbox != nil {
			out = append(out, c)
		}
	}
	return out
}

// consume feeds one durable's messages to the work loop until the engine stops.
// A consumer that is gone is looked for again, since setup may bring it back.
func (e *Engine) consume(ctx context.Context, c contract.Consumer) error {
	for attempt := 0; ; attempt++ {
		err := e.consumeOnce(ctx, c)
		if err == nil {
			return nil
		}
		e.log.Warn("a consumer is not available", "consumer", c.Name, "error", err)
		// Perhaps with its stream: what that held is in doubt.
		e.publisher.doubt()
		e.Reconnected()
		select {
		case <-time.After(backoff(attempt + 5)):
		case <-e.stopping:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (e *Engine) consumeOnce(ctx context.Context, c contract.Consumer) error {
	ictx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: consumer info timeout"))
	defer cancel()
	cons, err := e.js.Consumer(ictx, c.Stream, c.Name)
	if err != nil {
		return fmt.Errorf("consumer %s of %s: %w", c.Name, c.Stream, err)
	}
	back := e.back.next()
	if err := e.rewind(ictx, cons); err != nil {
		return err
	}
	gone := make(chan error, 1)
	in := newTurns(e, c.Stream == contract.InboxStream.Name)
	cc, err := cons.Consume(func(m jetstream.Msg) { in.put(ctx, e.input(m)) },
		jetstream.PullMaxMessages(4*e.cfg.Batch),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrNoHeartbeat) {
				select {
				case gone <- err:
				default:
				}
			}
		}))
	if err != nil {
		return fmt.Errorf("consume %s: %w", c.Name, err)
	}
	defer in.stop()
	defer cc.Stop()
	for {
		select {
		case <-back: // the broker may have come back with less than it had
			back = e.back.next()
			if err := e.rewindNow(ctx, cons); err != nil {
				return err
			}
		case err := <-gone:
			return err
		case <-e.stopping:
			cc.Drain() // what the client still holds comes to put, which hands it back
			select {
			case <-cc.Closed():
			case <-time.After(drainTimeout): // NATS is away: the broker finds out by itself
			case <-ctx.Done():
			}
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// handBack gives a message that was fetched and will not be decided here to another
// replica; left alone it would wait until its acknowledgement is overdue.
func (e *Engine) handBack(in *Input) {
	if in.raw == nil || in.raw.msg == nil {
		return
	}
	if err := in.raw.msg.NakWithDelay(handBackAfter); err != nil {
		e.metrics.acksLost.Inc()
	}
}

// handBackRest hands back the messages that came in just before the work loop ended.
func (e *Engine) handBackRest() {
	for {
		select {
		case in := <-e.messages:
			e.handBack(in)
		default:
			return
		}
	}
}

func (e *Engine) rewindNow(ctx context.Context, cons jetstream.Consumer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, loadTimeout, errors.New("engine: consumer info timeout"))
	defer cancel()
	return e.rewind(ctx, cons)
}

// rewind resets a consumer whose position lies beyond the stream's end, as after
// the broker lost its tail. What is delivered twice changes nothing twice.
func (e *Engine) rewind(ctx context.Context, cons jetstream.Consumer) error {
	info, err := cons.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask for the consumer's position: %w", err)
	}
	s, err := e.js.Stream(ctx, info.Stream)
	if err != nil {
		return fmt.Errorf("ask for stream %s: %w", info.Stream, err)
	}
	last := s.CachedInfo().State.LastSeq
	if info.Delivered.Stream <= last {
		return nil
	}
	e.log.Warn("a consumer stands beyond the end of its stream and is set back", "consumer", info.Name, "position", info.Delivered.Stream, "end", last)
	if _, err := e.js.ResetConsumerToSequence(ctx, info.Stream, info.Name, last+1); err != nil {
		return fmt.Errorf("reset consumer %s: %w", info.Name, err)
	}
	return nil
}

// input turns a message into something to decide. What cannot be decoded becomes
// an input whose decision fails, so that it ends as a dead letter like any other.
func (e *Engine) input(m jetstream.Msg) *Input {
	raw := &rawMessage{subject: m.Subject(), header: m.Headers(), data: m.Data(), msg: m}
	if meta, err := m.Metadata(); err == nil {
		raw.stream, raw.seq, raw.stored, raw.again = meta.Stream, meta.Sequence.Stream, meta.Timestamp, meta.NumDelivered > 1
	}
	return e.inputOf(raw)
}

func (e *Engine) inputOf(raw *rawMessage) (in *Input) {
	in = &Input{raw: raw, arrived: time.Now()}
	defer func() { // a defect in a route must not end the process: the message would end the next one too
		if p := recover(); p != nil {
			in.Body, in.Refs, in.Key = nil, nil, nil
			in.decide = func(*Turn) error { return fmt.Errorf("panic while decoding: %v", p) }
		}
	}()
	if raw.stream == contract.InboxStream.Name && e.spec.Inbox != nil {
		in.Source, in.Name = FromInbox, "inbox"
		in.Meta = Meta{Traceparent: bus.ParseHead(raw.header).Traceparent}
		in.Body, in.Refs, in.Key = e.spec.Inbox.Decode(Message{
			Subject: raw.subject, Header: raw.header, Data: raw.data, Stream: raw.stream, Sequence: raw.seq, Stored: raw.stored,
		})
		in.decide = e.spec.Inbox.Decide
		return in
	}
	in.Source = FromEvent
	h := bus.ParseHead(raw.header)
	in.Meta = Meta{
		ID: h.ID, Service: h.Source, Sequence: h.Sequence, Order: h.Subject, Type: h.Type, Time: h.Time, Traceparent: h.Traceparent,
	}
	ev, known := contract.EventAt(raw.subject)
	in.Name = ev.Type
	route, wanted := e.routes.events[ev.Type]
	if !known || !wanted {
		// A newer version's consumer is wider than this one's routes: it is left to a replica that knows.
		in.decide = func(*Turn) error {
			return fault.New(fault.Unavailable, "not_known_yet", "This version does not know such events.")
		}
		return in
	}
	// Who may read a stream may have the broker deliver what it reads to any subject, another
	// event's too. So an event counts only where its owner has put it.
	if h.Type != ev.Type || h.Source != string(ev.Owner) {
		in.Meta.Service, in.Meta.Type = string(ev.Owner), ev.Type
		in.decide = func(*Turn) error {
			return fault.New(fault.Invalid, "not_this_event", "The message's type or source does not belong to its subject.")
		}
		return in
	}
	// A route may decode a slimmer message than the one published.
	body := route.Event.New()
	if err := decodeEvent(raw.data, body, e.routes.slim[ev.Type]); err != nil {
		in.decide = func(*Turn) error { return err }
		return in
	}
	in.Body, in.decide = body, route.Decide
	in.Refs = route.Refs(body, in.Meta)
	return in
}

// decodeEvent checks the form only. The broker lets nobody but an event's owner
// publish it, and the order in it was checked at its door; what a decision still
// cannot take becomes a dead letter. Fields of a newer neighbour are kept, to be
// passed on, unless the route decodes less than was published anyway.
func decodeEvent(data []byte, into proto.Message, slim bool) error {
	if err := (proto.UnmarshalOptions{DiscardUnknown: slim}).Unmarshal(data, into); err != nil {
		return fault.New(fault.Invalid, "malformed_message", "The message cannot be decoded.").Because(err)
	}
	return nil
}
