package handlers

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// statusEvent is what every event about an order's status has.
type statusEvent interface {
	proto.Message
	GetView() *orderv1.View
	GetBy() *orderv1.Person
}

// bookRefs are the order and one entry of its timeline; none if the order is no UUID.
func bookRefs(order, owner, which string) []engine.Ref {
	id, ok := canonical(order)
	if !ok {
		return nil
	}
	return []engine.Ref{
		{Kind: store.OrderKind, ID: id},
		{Kind: store.TimelineKind, ID: store.EntryID(id, owner, which)},
	}
}

func heardRefs(_ proto.Message, meta engine.Meta) []engine.Ref {
	return bookRefs(meta.Order, meta.Service, strconv.FormatInt(meta.Sequence, 10))
}

func deliveryRefs(m proto.Message, meta engine.Meta) []engine.Ref {
	d := m.(interface{ GetDelivery() *eventv1.Delivery }).GetDelivery()
	order := d.GetOrderId()
	if order == "" {
		order = meta.Order
	}
	return bookRefs(order, string(contract.Notification), meta.ID)
}

// noticeRefs are the order, the notice's own entry, and that of the letter's other notice: a letter is told of when it is
// put aside and when it is closed, in any order.
func noticeRefs(m proto.Message, meta engine.Meta) []engine.Ref {
	d := m.(*eventv1.DeadLetter)
	own, other := "dead-"+d.GetId(), "closed-"+d.GetId()
	if closed(d) {
		own, other = other, own
	}
	refs := bookRefs(d.GetOrderId(), meta.Service, own)
	if len(refs) == 0 {
		return nil
	}
	return append(refs, engine.Ref{Kind: store.TimelineKind, ID: store.EntryID(refs[0].ID, meta.Service, other)})
}

// ends are what may have become of a letter, in words.
var ends = map[string]string{"replayed": "processed after all", "discarded": "discarded"}

// closed reports that the notice is of a letter's end. A state of a newer version is none.
func closed(d *eventv1.DeadLetter) bool { return ends[d.GetState()] != "" }

// known is the book of the order that an event is about. An event of an order that intake
// does not know is counted and passed over.
func (s *Service) known(t *engine.Turn) (b domain.Book, ok bool) {
	if len(t.Refs) > 0 {
		b, ok = engine.Get[domain.Book](t, t.Refs[0])
	}
	if !ok {
		t.After(func() { s.Metrics.unknown.WithLabelValues(t.Meta.Service).Inc() })
	}
	return b, ok
}

// timed measures how long the order took to this stage, if one begins with the event.
func (s *Service) timed(t *engine.Turn, b domain.Book) {
	t.After(func() { s.Metrics.stage(t.Meta.Type, t.Meta.Time.Sub(b.PlacedAt)) })
}

// enter puts the entry into the timeline; false if it is there already.
func enter(t *engine.Turn, e *intakev1.TimelineEntry) bool {
	ref := t.Refs[1]
	if _, there := engine.Get[*intakev1.TimelineEntry](t, ref); there {
		return false
	}
	e.At, e.Type, e.Owner, e.Sequence = timestamppb.New(t.Meta.Time), t.Meta.Type, t.Meta.Service, t.Meta.Sequence
	engine.Put(t, ref, e)
	return true
}

// heard takes an owner's event about the order's status into book and timeline.
func (s *Service) heard(t *engine.Turn) error {
	b, ok := s.known(t)
	if !ok {
		return nil
	}
	ev := t.Body.(statusEvent)
	v := ev.GetView()
	fresh := enter(t, &intakev1.TimelineEntry{
		Status: v.GetStatus(), By: ev.GetBy(), Sentence: v.GetSentence(), Lines: v.GetLines(),
	})
	if fresh {
		s.timed(t, b)
	}
	next, changed := b.Hear(domain.Event{
		Owner: domain.OwnerOf(t.Meta.Service), Sequence: t.Meta.Sequence, View: v, At: micros(t.Meta.Time),
	})
	if changed {
		engine.Put(t, t.Refs[0], next)
	}
	return nil
}

// delivered takes a notification's fate into the timeline. It says nothing about the status.
func (s *Service) delivered(t *engine.Turn) error {
	b, ok := s.known(t)
	if !ok {
		return nil
	}
	d := t.Body.(interface{ GetDelivery() *eventv1.Delivery }).GetDelivery()
	sentence := "Notified " + d.GetRecipient() + " by " + d.GetChannel() + "."
	if d.GetError() != "" {
		sentence = "Could not notify " + d.GetRecipient() + " by " + d.GetChannel() + ": " + d.GetError()
	}
	if enter(t, &intakev1.TimelineEntry{Sentence: sentence}) {
		s.timed(t, b)
	}
	return nil
}

// putAside shows that a service has put an input about the order aside, or that somebody closed it. The book is
// written even when it stays the same: of a letter's two notices, decided at the same time by two replicas, one
// must see the other.
func (s *Service) putAside(t *engine.Turn) error {
	d := t.Body.(*eventv1.DeadLetter)
	if d.GetOrderId() == "" {
		return nil // not about an order that has an id
	}
	b, ok := s.known(t)
	if !ok {
		return nil
	}
	e := &intakev1.TimelineEntry{Sentence: "A message was put aside by " + d.GetService() + ": " + d.GetMessage()}
	if closed(d) {
		e.Sentence, e.By = "A message that was put aside by "+d.GetService()+" was "+ends[d.GetState()]+".", d.GetBy()
	}
	if enter(t, e) {
		_, paired := engine.Get[*intakev1.TimelineEntry](t, t.Refs[2])
		engine.Put(t, t.Refs[0], b.Letter(closed(d), paired))
	}
	return nil
}

// micros is the time as the database keeps it, so that times compare the same before and
// after they were stored.
func micros(t time.Time) time.Time { return t.Truncate(time.Microsecond) }
