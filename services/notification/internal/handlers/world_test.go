package handlers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/notification/internal/store"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is the service's routes on a real engine, Postgres and NATS; only the mail server is played.
type world struct {
	t       *testing.T
	pool    *pgxpool.Pool
	js      jetstream.JetStream
	metrics *Metrics
	fates   chan *eventv1.Delivery // what notification.sent and .failed told

	mu    sync.Mutex
	mails []domain.Mail
	// answers are what the mail server says, in turn; it takes what comes after them.
	answers []domain.Outcome
}

func newWorld(t *testing.T, admins []string, answers ...domain.Outcome) *world {
	t.Helper()
	w := &world{t: t, fates: make(chan *eventv1.Delivery, 64), answers: answers}
	url := testkit.PostgresFrom(t, "notification with engine", migrate)
	var err error
	if w.pool, err = pgxpool.New(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	nc := natstest.Start(t, natstest.Options{}).Connect()
	if w.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Create(t.Context(), w.js, 1); err != nil {
		t.Fatal(err)
	}
	w.listen(nc)
	if w.metrics, err = NewMetrics(prometheus.NewPedanticRegistry()); err != nil {
		t.Fatal(err)
	}
	s := &Service{Admins: admins, Send: w.send, Timeout: 10 * time.Second, Metrics: w.metrics}
	log := slog.New(slog.DiscardHandler)
	eng, err := engine.New(s.Spec(), engine.Config{Calls: 2}, w.pool, nc, log, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	w.run(eng)
	return w
}

func migrate(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	engines, err := fs.Sub(engine.Migrations, "migrations")
	if err != nil {
		return err
	}
	return errors.Join(
		postgres.Migrate(ctx, pool, engines, engine.VersionTable),
		postgres.Migrate(ctx, pool, store.Migrations(), "notification_migrations"))
}

// listen hears the service's own events.
func (w *world) listen(nc *nats.Conn) {
	w.t.Helper()
	sub, err := nc.Subscribe("seatflow.events.notification.*", func(m *nats.Msg) {
		ev, _ := contract.EventAt(m.Subject)
		body := ev.New()
		if err := proto.Unmarshal(m.Data, body); err != nil {
			w.t.Errorf("event %s: %v", m.Subject, err)
			return
		}
		d := body.(interface{ GetDelivery() *eventv1.Delivery }).GetDelivery()
		word := map[string]string{contract.NotificationSent.Type: ".sent", contract.NotificationFailed.Type: ".failed"}[ev.Type]
		if h := bus.ParseHead(m.Header); h.ID != d.GetId()+word || h.Subject != d.GetOrderId() || h.Sequence != 0 {
			w.t.Errorf("the envelope of %s is %+v", m.Subject, h)
		}
		w.fates <- d
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = sub.Unsubscribe() }) // the connection may be closed by then
}

func (w *world) run(eng *engine.Engine) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- eng.Run(ctx, func() { close(ready) }) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("the engine ended with %v", err)
		}
	})
	testkit.Wait(w.t, "the engine", ready)
}

// send plays the mail server.
func (w *world) send(_ context.Context, delivery string, m domain.Mail, before time.Time) domain.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if before.Before(time.Now()) {
		w.t.Errorf("the mail was to begin before %v", before)
	}
	w.mails = append(w.mails, m)
	if _, err := uuid.Parse(delivery); err != nil {
		w.t.Errorf("a mail of delivery %q", delivery)
	}
	if len(w.answers) == 0 {
		return domain.Outcome{Fate: domain.Taken}
	}
	answer := w.answers[0]
	w.answers = w.answers[1:]
	return answer
}

// sent is every mail that the mail server was handed so far.
func (w *world) sent() []domain.Mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]domain.Mail(nil), w.mails...)
}

// publish puts an event of another service on the stream. again makes it a repeat that the broker does not drop.
func (w *world) publish(ev contract.Event, order string, sequence int64, body proto.Message, again int) {
	w.t.Helper()
	data, err := proto.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	h := bus.Head{
		ID: fmt.Sprintf("%s.%s.%d", order, ev.Owner, sequence), Source: string(ev.Owner), Type: ev.Type, Subject: order,
		Sequence: sequence, Time: time.Now(),
	}
	m := &nats.Msg{Subject: ev.Subject, Header: h.Header(), Data: data}
	m.Header[nats.MsgIdHdr] = []string{fmt.Sprintf("%s/%d", h.ID, again)}
	if _, err := w.js.PublishMsg(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
}

// until waits until a condition over the database holds. It looks again each time the engine may have committed something.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	testkit.Until(w.t, what, tick.C, holds)
}

// one reads one value.
func one[T any](w *world, sql string, args ...any) (v T) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), sql, args...).Scan(&v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// counted waits until so many notifications of a kind have ended so; they are counted a moment after they are told.
func (w *world) counted(kind, result string, n float64) {
	w.t.Helper()
	c, err := w.metrics.notifications.GetMetricWithLabelValues(kind, domain.Email, result)
	if err != nil {
		w.t.Fatal(err)
	}
	w.until("the count of "+kind+" "+result, func() bool { return testutil.ToFloat64(c) == n })
}
