package service_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	notificationv1 "github.com/seatflow/seatflow/proto/gen/seatflow/notification/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		service.Main("notification", child)
	}
	testkit.Main(m)
}

// The service under test has notification's name and its one query; it counts what it hears.

var migrations = fstest.MapFS{"migrations/00001_heard.sql": {Data: []byte("-- +goose Up\ncreate table heard (id text primary key);\n")}}

// place is what a service needs around it.
type place struct {
	t      *testing.T
	broker *natstest.Server
	js     jetstream.JetStream
	nc     *nats.Conn
	cfg    service.Config
	health *telemetry.Health
	heard  chan string
	list   rpc.Handle
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, broker: natstest.Start(t, natstest.Options{}), health: new(telemetry.Health), heard: make(chan string, 10)}
	p.nc = p.broker.Connect(nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	var err error
	if p.js, err = jetstream.New(p.nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Create(t.Context(), p.js, 1); err != nil {
		t.Fatal(err)
	}
	p.cfg = service.Config{
		Postgres: postgres.Config{URL: config.URL(testkit.Postgres(t))}, NATS: service.NATS{URL: config.URL(p.broker.URL())},
		Engine: service.Engine{Lease: 2 * time.Second, Backlog: 100, Concurrency: 2},
	}
	p.list = func(context.Context, proto.Message, rpc.Meta) (proto.Message, error) {
		return &notificationv1.ListDeliveriesResponse{}, nil
	}
	return p
}

// build makes the parts; that the database is migrated shows in its own table.
func (p *place) build(ctx context.Context, d service.Deps) (service.Parts, error) {
	if _, err := d.Pool.Exec(ctx, `insert into heard values ('built')`); err != nil {
		return service.Parts{}, err
	}
	return service.Parts{
		Spec: engine.Spec{Service: contract.Notification, Events: []engine.EventRoute{{
			Event: contract.ApprovalRequested,
			Refs:  func(proto.Message, engine.Meta) []engine.Ref { return nil },
			Decide: func(t *engine.Turn) error {
				order := t.Meta.Order
				t.After(func() { p.heard <- order })
				return nil
			},
		}}},
		Queries: []rpc.Query{{Method: contract.ListDeliveries, Handle: func(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
			return p.list(context.WithValue(ctx, depsKey{}, d), req, m)
		}}},
	}, nil
}

type depsKey struct{}

// serve runs the service; ready is closed when it says so, and ended gets Serve's error.
func (p *place) serve() (ready <-chan struct{}, ended <-chan error, stop context.CancelFunc) {
	ctx, cancel := context.WithCancel(p.t.Context())
	up, done := make(chan struct{}), make(chan error, 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		env := service.Env{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: p.health}
		done <- service.Serve(ctx, contract.Notification, p.cfg, env, migrations, p.build, func() { close(up) })
	}()
	p.t.Cleanup(func() {
		cancel()
		<-finished
	})
	return up, done, cancel
}

// up waits until the service is ready, or fails with why it is not.
func (p *place) up(ready <-chan struct{}, ended <-chan error) {
	p.t.Helper()
	select {
	case <-ready:
	case err := <-ended:
		p.t.Fatalf("it ended with %v", err)
	case <-time.After(time.Minute):
		p.t.Fatal("it is not ready in a minute")
	}
}

func (p *place) ask() error {
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	return rpc.NewClient(p.nc).Call(ctx, contract.ListDeliveries, &notificationv1.ListDeliveriesRequest{OrderId: uuid.NewString()}, new(notificationv1.ListDeliveriesResponse),
		rpc.Meta{Caller: rpc.Caller{Issuer: "i", Subject: "john", Role: orderv1.Role_ROLE_ADMIN}})
}

// tell publishes an event as approval would.
func (p *place) tell(order string) {
	p.t.Helper()
	o := &orderv1.Order{
		Id: order, Number: "ORD-2026-00001", Requester: &orderv1.Person{}, Customer: &orderv1.Customer{TenantId: order, Name: "Contoso Corp"},
		Lines: []*orderv1.Line{{Product: "Visio", Change: &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: order, Quantity: 1}}}},
	}
	body, err := proto.Marshal(&eventv1.ApprovalRequested{View: &orderv1.View{}, Order: o})
	if err != nil {
		p.t.Fatal(err)
	}
	h := bus.Head{ID: order + ".approval.1", Source: "approval", Type: contract.ApprovalRequested.Type, Subject: order, Sequence: 1, Time: time.Now()}
	if _, err := p.js.PublishMsg(p.t.Context(), &nats.Msg{Subject: contract.ApprovalRequested.Subject, Header: h.Header(), Data: body}); err != nil {
		p.t.Fatal(err)
	}
}

// TestServe is a service's life: ready when all is there, not ready while NATS is away, and gone after a stop.
func TestServe(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ready, ended, stop := p.serve()
	p.up(ready, ended)
	if err := p.health.Ready(); err != nil {
		t.Errorf("ready, and yet %v", err)
	}
	if err := p.ask(); err != nil {
		t.Errorf("its query: %v", err)
	}
	first := uuid.NewString()
	p.tell(first)
	if got := testkit.Wait(t, "the first event", p.heard); got != first {
		t.Errorf("it heard of %s", got)
	}

	p.broker.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	testkit.Until(t, "unready without NATS", tick.C, func() bool { return p.health.Ready() != nil })
	if err := p.health.Ready(); err == nil || !strings.Contains(err.Error(), "notification nats") {
		t.Errorf("without NATS: %v", err)
	}
	p.broker.Restart()
	testkit.Until(t, "ready again", tick.C, func() bool { return p.health.Ready() == nil })
	testkit.Until(t, "the test's own connection", tick.C, p.nc.IsConnected)
	second := uuid.NewString()
	p.tell(second)
	for got := ""; got != second; { // the first may come again
		got = testkit.Wait(t, "the second event", p.heard)
	}
	if err := p.ask(); err != nil {
		t.Errorf("its query, afterwards: %v", err)
	}

	stop()
	if err := testkit.Wait(t, "the stop", ended); err != nil {
		t.Errorf("the stop: %v", err)
	}
	if p.health.Ready() == nil {
		t.Error("a stopped service is ready")
	}
	if err := p.ask(); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a stopped service answers %v", err)
	}
}

// TestStopInOrder: what was asked is answered, with the database and the broker still there, while no more is taken.
func TestStopInOrder(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	began, hold := make(chan struct{}), make(chan struct{})
	p.list = func(ctx context.Context, _ proto.Message, _ rpc.Meta) (proto.Message, error) {
		close(began)
		<-hold
		d := ctx.Value(depsKey{}).(service.Deps)
		_, err := d.Pool.Exec(ctx, `insert into heard values ('last')`)
		return &notificationv1.ListDeliveriesResponse{}, err
	}
	ready, ended, stop := p.serve()
	p.up(ready, ended)
	answer := make(chan error, 1)
	go func() { answer <- p.ask() }()
	testkit.Wait(t, "the request", began)
	stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	testkit.Until(t, "unready while stopping", tick.C, func() bool { return p.health.Ready() != nil })
	if err := p.health.Ready(); !strings.Contains(err.Error(), "stopping") {
		t.Errorf("while stopping: %v", err)
	}
	testkit.Until(t, "no more requests taken", tick.C, func() bool { return fault.KindOf(p.ask()) == fault.Unavailable })
	select {
	case err := <-ended:
		t.Fatalf("it ended over a running request: %v", err)
	default:
	}
	close(hold)
	if err := testkit.Wait(t, "the answer", answer); err != nil {
		t.Errorf("the last request: %v", err)
	}
	if err := testkit.Wait(t, "the stop", ended); err != nil {
		t.Errorf("the stop: %v", err)
	}
}

// TestDoesNotStart: what is missing or differs is named, and the service is never ready.
func TestDoesNotStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(p *place) error
		want  []string
	}{
		"no stream": {func(p *place) error { return p.js.DeleteStream(p.t.Context(), contract.EventStream.Name) },
			[]string{"notification nats", "stream SEATFLOW:", "seatflow setup"}},
		"no consumer": {func(p *place) error {
			return p.js.DeleteConsumer(p.t.Context(), contract.EventStream.Name, "notification")
		}, []string{"notification nats", "consumer notification of SEATFLOW", "seatflow setup"}},
		"another stream": {func(p *place) error {
			s, err := p.js.Stream(p.t.Context(), contract.InboxStream.Name)
			if err != nil {
				return err
			}
			cfg := s.CachedInfo().Config
			cfg.MaxAge = time.Hour
			_, err = p.js.UpdateStream(p.t.Context(), cfg)
			return err
		}, []string{"notification nats", "SEATFLOW_INBOX differs: max_age is 1h0m0s and should be 168h0m0s"}},
		"no database": {func(p *place) error { p.cfg.Postgres.URL = "postgres://seatflow:hunter2@127.0.0.1:1/none"; return nil },
			[]string{"notification postgres", "127.0.0.1"}},
		"no key": {func(p *place) error { p.cfg.NATS.KeyFile = "/no/such/key"; return nil }, []string{"notification nats", "/no/such/key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			if err := c.spoil(p); err != nil {
				t.Fatal(err)
			}
			ready, ended, _ := p.serve()
			err := testkit.Wait(t, "the end", ended)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("it says %v, without %q", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("it tells the password: %v", err)
			}
			select {
			case <-ready:
				t.Error("it said that it is ready")
			default:
			}
			if p.health.Ready() == nil {
				t.Error("it counts as ready")
			}
		})
	}
}
