package notification

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// sink is a mail server that takes everything.
type sink struct{ mails chan *netmail.Message }

func (s sink) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return session{s}, nil }

type session struct{ sink }

func (session) Mail(string, *gosmtp.MailOptions) error { return nil }
func (session) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (session) Reset()                                 {}
func (session) Logout() error                          { return nil }

func (s session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err == nil {
		s.mails <- m
	}
	return err
}

// serve starts the mail server and gives its address.
func (s sink) serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv, done := gosmtp.NewServer(s), make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(srv.Close(), <-done); err != nil && !errors.Is(err, gosmtp.ErrServerClosed) {
			t.Errorf("the mail server ended with %v", err)
		}
	})
	return l.Addr().String()
}

// TestMailOfAnEvent runs the whole service: an event in, a mail and an event out.
func TestMailOfAnEvent(t *testing.T) {
	t.Parallel()
	in := sink{mails: make(chan *netmail.Message, 8)}
	server := natstest.Start(t, natstest.Options{})
	nc := server.Connect()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Create(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	told := make(chan *nats.Msg, 8)
	if _, err := nc.ChanSubscribe(contract.NotificationSent.Subject, told); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Admins: []string{"ann@example.com"}, From: "Seatflow <seatflow@example.com>", Domain: "mail.example.com", Portal: "http://127.0.0.1:8080/"}
	cfg.Postgres.URL = config.URL(testkit.Postgres(t))
	cfg.NATS.URL = config.URL(server.URL())
	cfg.SMTP.Address = in.serve(t)
	start(t, cfg)

	order := uuid.Must(uuid.NewV7()).String()
	publish(t, js, order)
	m := testkit.Wait(t, "the mail", in.mails)
	sent := new(eventv1.NotificationSent)
	if err := proto.Unmarshal(testkit.Wait(t, "notification.sent", told).Data, sent); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<" + sent.GetDelivery().GetId() + "@mail.example.com>", "To": "<ann@example.com>",
		"From": `"Seatflow" <seatflow@example.com>`, "X-Seatflow-Order": "ORD-2026-00148",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, want := range []string{
		"Contoso Corp", "Emily Chen (emily@example.com)", "USD 14,250.00", "Order exceeds USD 10,000.00.",
		"bin/seatflow orders approve ORD-2026-00148", "http://127.0.0.1:8080/api/licensing/orders/ORD-2026-00148",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the mail does not tell %q:\n%s", want, body)
		}
	}
}

// start runs the service until the test ends.
func start(t *testing.T, cfg Config) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	env := service.Env{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewPedanticRegistry(), Health: new(telemetry.Health)}
	go func() { done <- Run(ctx, cfg, env, func() { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		done <- err
		t.Fatalf("Run ended with %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the service is not ready after a minute")
	}
}

// publish tells of an order that an admin has to decide on.
func publish(t *testing.T, js jetstream.JetStream, order string) {
	t.Helper()
	data, err := proto.Marshal(&eventv1.ApprovalRequested{
		View: &orderv1.View{Status: orderv1.Status_STATUS_AWAITING_APPROVAL, Sentence: "Held."},
		Order: &orderv1.Order{
			Id: order, Number: "ORD-2026-00148", Customer: &orderv1.Customer{TenantId: order, Name: "Contoso Corp"},
			Requester: &orderv1.Person{Name: "Emily Chen", Email: "emily@example.com"}, Amount: &orderv1.Money{Amount: "14250.00", Currency: "USD"},
			Lines: []*orderv1.Line{{Number: 1, Product: "Microsoft 365 E5", Change: &orderv1.Line_NewSubscription{
				NewSubscription: &orderv1.NewSubscription{Quantity: 25, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL}}}},
		},
		Reasons: []*eventv1.Reason{{Rule: "amount_over", Sentence: "Order exceeds USD 10,000.00."}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := bus.Head{ID: order + ".approval.1", Source: "approval", Type: contract.ApprovalRequested.Type, Subject: order, Sequence: 1, Time: time.Now()}
	if _, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: contract.ApprovalRequested.Subject, Header: h.Header(), Data: data}); err != nil {
		t.Fatal(err)
	}
}
