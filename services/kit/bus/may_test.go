package bus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
)

// patience bounds what should come at once.
const patience = 20 * time.Second

// TestServicesMay: with its rights a service can do all that the kit does for it.
func TestServicesMay(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	// Something to pull for everybody.
	for _, e := range contract.Events {
		if _, err := c.admin.Publish(t.Context(), e.Subject, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.admin.Publish(t.Context(), contract.InboxSubject(erp), []byte("x")); err != nil {
		t.Fatal(err)
	}
	portal := c.connect("portal")
	portal.portalWatches()
	for _, s := range contract.EngineServices {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			u := c.connect(string(s))
			u.c = &city{t: t, server: c.server, files: c.files, admin: c.admin}
			if err := bus.Check(t.Context(), u.js, s); err != nil {
				t.Error(err)
			}
			for _, e := range contract.Events {
				if e.Owner == s {
					u.publishes(e.Subject)
				}
			}
			u.publishes(contract.DeadSubject(s))
			if s == contract.Intake {
				u.publishes(contract.VerdictSubject(erp))
			}
			for _, d := range contract.ConsumersOf(s) {
				u.pulls(d)
			}
			u.heals(s)
			u.serves(s, portal)
			u.may()
		})
	}
}

func (u *user) publishes(subject string) {
	u.c.t.Helper()
	ack, err := u.js.PublishMsg(u.c.t.Context(), &nats.Msg{Subject: subject, Data: []byte("x"), Header: nats.Header{"Nats-Msg-Id": {subject + u.name}}})
	if err != nil || ack.Stream == "" {
		u.c.t.Errorf("%s publishes %s: %v, %v", u.name, subject, ack, err)
	}
}

// pulls takes messages, answers them in every way, and sets the consumer back.
func (u *user) pulls(d contract.Consumer) {
	u.c.t.Helper()
	t := u.c.t
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cons, err := u.js.Consumer(ctx, d.Stream, d.Name)
	if err != nil {
		t.Error(err)
		return
	}
	m, err := cons.Next(jetstream.FetchContext(ctx))
	if err != nil {
		t.Errorf("%s pulls from %s: %v", u.name, d.Name, err)
		return
	}
	for _, answer := range []func() error{m.InProgress, func() error { return m.DoubleAck(ctx) }} {
		if err := answer(); err != nil {
			t.Errorf("%s answers %s: %v", u.name, d.Name, err)
		}
	}
	if _, err := u.js.ResetConsumerToSequence(ctx, d.Stream, d.Name, 1); err != nil {
		t.Errorf("%s sets %s back: %v", u.name, d.Name, err)
	}
	got := make(chan jetstream.Msg, 1)
	cc, err := cons.Consume(func(m jetstream.Msg) {
		_ = m.NakWithDelay(time.Hour) // the flush below shows what became of it
		select {
		case got <- m:
		default:
		}
	})
	if err != nil {
		t.Error(err)
		return
	}
	defer cc.Stop()
	select {
	case <-got:
	case <-ctx.Done():
		t.Errorf("%s gets nothing from %s", u.name, d.Name)
	}
}

// heals looks at the stream's tail and reads back what the service has published.
func (u *user) heals(s contract.Service) {
	u.c.t.Helper()
	t := u.c.t
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := u.js.Stream(ctx, contract.EventStream.Name)
	if err != nil {
		t.Error(err)
		return
	}
	if m, err := stream.GetMsg(ctx, stream.CachedInfo().State.LastSeq); err != nil || len(m.Data) == 0 {
		t.Errorf("%s looks at the last message: %v", u.name, err)
	}
	from := time.Now().Add(-time.Hour)
	for _, filters := range [][]string{contract.Subjects(s), contract.Subjects(s)[:1]} { // the library asks otherwise for a single one
		cons, err := u.js.CreateConsumer(ctx, stream.CachedInfo().Config.Name, jetstream.ConsumerConfig{
			Name: contract.HealConsumer(s), FilterSubjects: filters, AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true,
			DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &from, HeadersOnly: true,
		})
		if err != nil {
			t.Errorf("%s reads back: %v", u.name, err)
			return
		}
		if m, err := cons.Next(jetstream.FetchContext(ctx)); err != nil || len(m.Data()) != 0 {
			t.Errorf("%s reads back: %v", u.name, err)
		}
		if err := u.js.DeleteConsumer(ctx, stream.CachedInfo().Config.Name, contract.HealConsumer(s)); err != nil {
			t.Errorf("%s tidies up: %v", u.name, err)
		}
	}
}

// serves answers the portal at every endpoint, and discovery.
func (u *user) serves(s contract.Service, portal *user) {
	u.c.t.Helper()
	t := u.c.t
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	svc, err := micro.AddService(u.nc, micro.Config{Name: string(s), Version: "1.0.0"})
	if err != nil {
		t.Error(err)
		return
	}
	defer func() {
		if err := svc.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, m := range contract.Methods {
		if m.Service == s {
			answer := micro.HandlerFunc(func(r micro.Request) { _ = r.Respond([]byte("y")) })
			if err := svc.AddEndpoint(m.Name, answer, micro.WithEndpointSubject(m.Subject())); err != nil {
				t.Error(err)
			}
		}
	}
	if err := u.nc.FlushWithContext(ctx); err != nil {
		t.Error(err)
	}
	for _, m := range contract.Methods {
		if m.Service == s {
			if r, err := portal.nc.RequestWithContext(ctx, m.Subject(), nil); err != nil || string(r.Data) != "y" {
				t.Errorf("the portal asks %s: %v", m.Subject(), err)
			}
		}
	}
	for _, verb := range []string{"PING", "INFO", "STATS"} {
		for _, at := range []string{fmt.Sprintf("$SRV.%s.%s", verb, s), fmt.Sprintf("$SRV.%s.%s.%s", verb, s, svc.Info().ID)} {
			if _, err := portal.nc.RequestWithContext(ctx, at, nil); err != nil {
				t.Errorf("discovery of %s: %v", at, err)
			}
		}
	}
}

// portalWatches reads events as they come.
func (u *user) portalWatches() {
	u.c.t.Helper()
	if _, err := u.nc.SubscribeSync("seatflow.events.>"); err != nil {
		u.c.t.Error(err)
	}
	u.may()
}

// TestPublishersMay: a stock client can send orders, and read its verdicts and all events as they come.
func TestPublishersMay(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	u := c.connect(erp)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	verdicts, err := u.nc.SubscribeSync(contract.VerdictSubject(erp))
	if err != nil {
		t.Fatal(err)
	}
	events, err := u.nc.SubscribeSync("seatflow.events.>")
	if err != nil {
		t.Fatal(err)
	}
	u.publishes(contract.InboxSubject(erp))
	for _, s := range []string{contract.VerdictSubject(erp), contract.VerdictSubject(psa), contract.OrderSubmitted.Subject} {
		if _, err := c.admin.Publish(ctx, s, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []*nats.Subscription{verdicts, events} {
		if _, err := sub.NextMsgWithContext(ctx); err != nil {
			t.Errorf("live at %s: %v", sub.Subject, err)
		}
	}
	u.may()
}
