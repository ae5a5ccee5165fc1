// Package servicetest runs one service in a test as its program does, and speaks with it as its neighbours do.
//
// Model: a [World] is a NATS server of the test's own with the contract's streams, a connection to it that may do
// everything, and the database that the test gives it. The test says in a function how its service is run, so that this package knows none.
//
// Failures: whatever goes wrong here ends the test; a service that ends with an error makes it fail.
package servicetest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

// patience is how long a test waits for a message that should come at once.
const patience = time.Minute

// World is what a service lives in. It is for the test's goroutine; Call and CallOnce are for any.
type World struct {
	// Config has the addresses of the servers, for the service's own settings.
	Config  service.Config
	Metrics *prometheus.Registry
	JS      jetstream.JetStream

	t      testing.TB
	nc     *nats.Conn
	client *rpc.Client
}

// New starts what a service needs, until the test ends. database is the URL of an empty one: testkit.Postgres.
func New(t testing.TB, database string) *World {
	t.Helper()
	server := natstest.Start(t, natstest.Options{})
	w := &World{t: t, nc: server.Connect(), Metrics: prometheus.NewRegistry()}
	var err error
	if w.JS, err = jetstream.New(w.nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Create(t.Context(), w.JS, 1); err != nil {
		t.Fatal(err)
	}
	w.client = rpc.NewClient(w.nc)
	w.Config.Postgres.URL = config.URL(database)
	w.Config.NATS.URL = config.URL(server.URL())
	return w
}

// Run runs a service until the test ends, and returns when it is ready.
func (w *World) Run(name contract.Service, run func(ctx context.Context, env service.Env, ready func()) error) {
	w.t.Helper()
	env := service.Env{
		Log: slog.New(slog.DiscardHandler), Metrics: telemetry.ForService(w.Metrics, string(name)), Health: new(telemetry.Health),
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- run(ctx, env, func() { close(ready) }) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			w.t.Errorf("%s ended with %v", name, err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		w.t.Fatalf("%s does not start: %v", name, err)
	}
}

// Listen subscribes to a subject.
func (w *World) Listen(subject string) *nats.Subscription {
	w.t.Helper()
	sub, err := w.nc.SubscribeSync(subject)
	if err != nil {
		w.t.Fatal(err)
	}
	return sub
}

// Next decodes a subscription's next message.
func (w *World) Next(sub *nats.Subscription, into proto.Message) bus.Head {
	w.t.Helper()
	m, err := sub.NextMsg(patience)
	if err != nil {
		w.t.Fatalf("no message at %s: %v", sub.Subject, err)
	}
	if err := proto.Unmarshal(m.Data, into); err != nil {
		w.t.Fatalf("what came at %s cannot be decoded: %v", m.Subject, err)
	}
	return bus.ParseHead(m.Header)
}

// Tell publishes an event as its owner does. Source and type of the head are the event's.
func (w *World) Tell(ev contract.Event, h bus.Head, body proto.Message) {
	w.t.Helper()
	data, err := proto.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	h.Source, h.Type = string(ev.Owner), ev.Type
	if _, err := w.JS.PublishMsg(w.t.Context(), &nats.Msg{Subject: ev.Subject, Header: h.Header(), Data: data}); err != nil {
		w.t.Fatal(err)
	}
}

// Call asks the service as the portal does.
func (w *World) Call(c rpc.Caller, m contract.Method, req, reply proto.Message) error {
	return w.client.Call(w.t.Context(), m, req, reply, rpc.Meta{Caller: c})
}

// CallOnce is Call with an idempotency key.
func (w *World) CallOnce(c rpc.Caller, key string, m contract.Method, req, reply proto.Message) error {
	return w.client.Call(w.t.Context(), m, req, reply, rpc.Meta{Caller: c, Key: key})
}
