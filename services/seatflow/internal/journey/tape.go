package journey

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
)

// heard is one message as a publisher hears it live.
type heard struct {
	subject string
	head    bus.Head
	// order is the order that an event, or a delivery, is about; empty for verdicts.
	order  string
	header nats.Header
	data   []byte
}

// status is where the event brought the order, as a word; empty if it is about something else.
func (h heard) status() string {
	e, known := contract.EventAt(h.subject)
	if !known || e.Owner == contract.Notification {
		return ""
	}
	var s eventv1.StatusEvent
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(h.data, &s); err != nil || s.GetView() == nil {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(s.GetView().GetStatus().String(), "STATUS_"))
}

// position is the event's place, as a read wants it named.
func (h heard) position() string {
	return h.head.Source + ":" + strconv.FormatInt(h.head.Sequence, 10)
}

// tape remembers everything that a publisher hears.
type tape struct {
	mu   sync.Mutex
	all  []heard
	more chan struct{} // closed and replaced at each message
}

// record listens to all events and to the source's own verdicts until the test ends.
func record(t *testing.T, nc *nats.Conn, source string) *tape {
	t.Helper()
	tp := &tape{more: make(chan struct{})}
	for _, subject := range []string{"seatflow.events.>", contract.VerdictSubject(source)} {
		if _, err := nc.Subscribe(subject, tp.take); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	return tp
}

func (tp *tape) take(m *nats.Msg) {
	h := heard{subject: m.Subject, head: bus.ParseHead(m.Header), header: m.Header, data: m.Data}
	if h.head.Type != contract.VerdictType {
		h.order = orderOf(h)
	}
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.all = append(tp.all, h)
	close(tp.more)
	tp.more = make(chan struct{})
}

// orderOf is the order's id: the envelope's subject, or what a delivery names.
func orderOf(h heard) string {
	if d := h.delivery(); d != nil {
		return d.GetOrderId()
	}
	return h.head.Subject
}

// delivery is the notification that a message is about; nil if it is about none.
func (h heard) delivery() *eventv1.Delivery {
	if e, known := contract.EventAt(h.subject); !known || e.Owner != contract.Notification {
		return nil
	}
	var sent eventv1.NotificationSent // a failed one has the same first field
	if err := proto.Unmarshal(h.data, &sent); err != nil {
		return nil
	}
	return sent.GetDelivery()
}

// events is everything heard by now but the verdicts, in the order it came.
func (tp *tape) events() []heard {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(tp.all), func(h heard) bool { return h.head.Type == contract.VerdictType })
}

// await gives the first message that fits, heard already or still to come.
func (tp *tape) await(t *testing.T, what string, fits func(heard) bool) heard {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errPatience)
	defer cancel()
	for seen := 0; ; {
		tp.mu.Lock()
		all, more := tp.all, tp.more
		tp.mu.Unlock()
		for ; seen < len(all); seen++ {
			if fits(all[seen]) {
				return all[seen]
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("waited %s in vain for %s; heard %d messages, the last:\n%s", patience, what, len(all), last(all))
		}
	}
}

// last tells the last messages, for a failed test.
func last(all []heard) string {
	const few = 12
	var b strings.Builder
	for _, h := range all[max(0, len(all)-few):] {
		b.WriteString("  " + h.head.ID + " " + h.subject + " " + h.status() + "\n")
	}
	return b.String()
}
