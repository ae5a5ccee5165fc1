package load

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
)

// maxPending is how many published orders may wait for the broker's acknowledgement.
const maxPending = 1 << 16

// completed is the kind of notification that a requester gets when all was bought.
const completed = "order_completed"

// Ear hears what becomes of orders: the verdicts of its source and every notification. It also is where a run begins and
// ends. One connection hears, another publishes, so that neither waits for the other.
type Ear struct {
	source  string
	hearing *nats.Conn
	talking *nats.Conn
	js      jetstream.JetStream
	run     atomic.Pointer[Run]
	offers  Offers
}

// Listen signs in as a publisher. The caller closes the ear.
func Listen(ctx context.Context, url, source, keyFile string, offers Offers, log *slog.Logger) (*Ear, error) {
	e := &Ear{source: source, offers: offers}
	cfg := bus.Config{URL: url, User: source, SeedFile: keyFile}
	lost := func(err error) {
		if err != nil {
			e.fail(fmt.Errorf("the connection to NATS: %w", err))
		}
	}
	var err error
	if e.hearing, err = bus.Connect(ctx, cfg, log, lost); err != nil {
		return nil, err
	}
	if e.talking, err = bus.Connect(ctx, cfg, log, lost); err != nil {
		e.Close()
		return nil, err
	}
	if err = e.open(); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

func (e *Ear) open() (err error) {
	e.js, err = jetstream.New(e.talking, jetstream.WithPublishAsyncMaxPending(maxPending),
		jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, _ *nats.Msg, err error) {
			e.fail(fmt.Errorf("the broker did not take an order: %w", err))
		}))
	if err != nil {
		return err
	}
	for subject, handle := range map[string]nats.MsgHandler{
		contract.VerdictSubject(e.source):   e.verdict,
		contract.NotificationSent.Subject:   e.sent,
		contract.NotificationFailed.Subject: e.unsent,
	} {
		sub, err := e.hearing.Subscribe(subject, handle)
		if err != nil {
			return err
		}
		if err := sub.SetPendingLimits(-1, -1); err != nil {
			return err
		}
	}
	return e.hearing.Flush()
}

// Close ends the ear.
func (e *Ear) Close() {
	e.run.Store(nil)
	if e.talking != nil {
		e.talking.Close()
	}
	e.hearing.Close()
}

// Begin makes a run the one that is told.
func (e *Ear) Begin(r *Run) { e.run.Store(r) }

func (e *Ear) fail(err error) {
	if r := e.run.Load(); r != nil {
		r.Fail(err)
	}
}

func (e *Ear) verdict(m *nats.Msg) {
	r := e.run.Load()
	if r == nil {
		return
	}
	var v eventv1.Verdict
	if err := proto.Unmarshal(m.Data, &v); err != nil {
		r.Fail(fmt.Errorf("a verdict cannot be read: %w", err))
		return
	}
	if v.GetResult() != eventv1.Result_RESULT_ACCEPTED {
		r.Fail(fmt.Errorf("the order %s was not accepted: %s %v", v.GetKey(), v.GetResult(), v.GetFaults()))
		return
	}
	text, ours := strings.CutPrefix(v.GetKey(), r.tag)
	number, err := strconv.Atoi(text)
	id, idErr := uuid.Parse(v.GetOrderId())
	if !ours || err != nil || idErr != nil {
		r.Fail(fmt.Errorf("a verdict on %q, which this run did not send", v.GetKey()))
		return
	}
	r.accepted(number, id)
}

func (e *Ear) sent(m *nats.Msg) {
	now := time.Now()
	r := e.run.Load()
	if r == nil {
		return
	}
	var n eventv1.NotificationSent
	err := proto.Unmarshal(m.Data, &n)
	id, idErr := uuid.Parse(n.GetDelivery().GetOrderId())
	switch {
	case err != nil || idErr != nil:
		r.Fail(fmt.Errorf("a notification cannot be read: %v %v", err, idErr)) //nolint:errorlint // for people only
	case n.GetDelivery().GetKind() != completed:
		r.Fail(fmt.Errorf("order %s: %s was told %s", id, n.GetDelivery().GetRecipient(), n.GetDelivery().GetKind()))
	default:
		r.notified(id, now)
	}
}

func (e *Ear) unsent(m *nats.Msg) {
	e.fail(fmt.Errorf("a notification was given up: %s", m.Header.Get("ce-id")))
}

// Inbox is the sender that publishes to JetStream, without waiting for the broker's word on one before the next.
type Inbox struct{ *Ear }

// Send implements Sender.
func (i Inbox) Send(_ context.Context, r *Run, due time.Time) error {
	number := r.sending(due)
	body, err := proto.Marshal(i.offers.order(number))
	if err != nil {
		return err
	}
	m := &nats.Msg{Subject: contract.InboxSubject(i.source), Data: body, Header: bus.Head{
		ID: r.tag + strconv.Itoa(number), Source: i.source, Type: "seatflow.bench.order.v1", Time: due,
	}.Header()}
	_, err = i.js.PublishMsgAsync(m)
	return err
}
