package approval_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const contoso = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"

var (
	john  = rpc.Caller{Issuer: "local", Subject: "john", Name: "John Smith", Role: orderv1.Role_ROLE_ADMIN}
	emily = rpc.Caller{Issuer: "local", Subject: "emily", Name: "Emily Chen", Email: "emily@example.com", Role: orderv1.Role_ROLE_TECHNICIAN}
	// alias is Emily again, as an admin of another issuer with the same address.
	alias = rpc.Caller{Issuer: "other", Subject: "e", Name: "E. Chen", Email: "EMILY@example.com", Role: orderv1.Role_ROLE_ADMIN}
)

// world is an approval that runs, and a connection that may do everything.
type world struct {
	t        *testing.T
	js       jetstream.JetStream
	client   *rpc.Client
	registry *prometheus.Registry
	events   *nats.Subscription
}

func start(t *testing.T, expires time.Duration) *world {
	t.Helper()
	url := natstest.Start(t, natstest.Options{}).URL()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Create(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, js: js, client: rpc.NewClient(nc), registry: prometheus.NewRegistry()}
	if w.events, err = nc.SubscribeSync("seatflow.events.approval.*"); err != nil {
		t.Fatal(err)
	}
	cfg := approval.Config{Expires: expires, Config: service.Config{
		Postgres: postgres.Config{URL: config.URL(testkit.Postgres(t))}, NATS: service.NATS{URL: config.URL(url)},
	}}
	env := service.Env{
		Log: slog.New(slog.DiscardHandler), Metrics: telemetry.ForService(w.registry, "approval"), Health: new(telemetry.Health),
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- approval.Run(ctx, cfg, env, func() { close(ready) }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("approval ended with %v", err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("approval does not start: %v", err)
	}
	return w
}

// submit publishes an order as intake does and returns its id.
func (w *world) submit(o *orderv1.Order) string {
	w.t.Helper()
	data, err := proto.Marshal(&eventv1.OrderSubmitted{View: &orderv1.View{Status: orderv1.Status_STATUS_RECEIVED}, Order: o, Fingerprint: "f00d"})
	if err != nil {
		w.t.Fatal(err)
	}
	h := bus.Head{ID: uuid.NewString(), Source: "intake", Type: contract.OrderSubmitted.Type, Subject: o.GetId(), Sequence: 1, Time: time.Now()}
	if _, err := w.js.PublishMsg(w.t.Context(), &nats.Msg{Subject: contract.OrderSubmitted.Subject, Header: h.Header(), Data: data}); err != nil {
		w.t.Fatal(err)
	}
	return o.GetId()
}

// next decodes approval's next event, which must be of this type.
func (w *world) next(ev contract.Event, into proto.Message) bus.Head {
	w.t.Helper()
	m, err := w.events.NextMsg(30 * time.Second)
	if err != nil {
		w.t.Fatalf("no %s: %v", ev.Type, err)
	}
	h := bus.ParseHead(m.Header)
	if h.Type != ev.Type {
		w.t.Fatalf("%s came, not %s", h.Type, ev.Type)
	}
	if err := proto.Unmarshal(m.Data, into); err != nil {
		w.t.Fatal(err)
	}
	return h
}

func (w *world) call(c rpc.Caller, m contract.Method, req, reply proto.Message) error {
	return w.client.Call(w.t.Context(), m, req, reply, rpc.Meta{Caller: c})
}

func order(amount string) *orderv1.Order {
	return &orderv1.Order{
		Id: uuid.Must(uuid.NewV7()).String(), Number: "ORD-2026-00001", Customer: &orderv1.Customer{TenantId: contoso, Name: "Contoso Corp"},
		Requester: emily.Person(), Lines: []*orderv1.Line{{
			Number: 1, Product: "Microsoft 365 E5", CatalogItem: "C:1", UnitPrice: &orderv1.Money{Amount: amount, Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 25, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL}},
		}},
	}
}

func TestAnAdminDecides(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	o := order("570.00")
	id := w.submit(o)
	w.submit(o) // a repeat
	asked := new(eventv1.ApprovalRequested)
	head := w.next(contract.ApprovalRequested, asked)
	if head.ID != id+".approval.1" || len(asked.GetReasons()) != 2 || asked.GetExpiresAt() == nil ||
		asked.GetView().GetSentence() != "Order exceeds USD 10,000.00 threshold requiring admin approval. First order for Contoso Corp requires review." {
		t.Errorf("requested %v %v", head, asked)
	}
	yes := &approvalv1.ApproveResponse{}
	if err := w.call(emily, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: id}, yes); fault.As(err).Code != "admin_only" {
		t.Errorf("a technician approves: %v", err)
	}
	if err := w.call(alias, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: id}, yes); fault.As(err).Code != "requester_decides" {
		t.Errorf("the requester approves under another name: %v", err)
	}
	err := w.call(john, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: strings.ToUpper(id), Note: "fine"}, yes)
	if err != nil || yes.GetPosition().GetSequence() != 2 || yes.GetView().GetStatus() != orderv1.Status_STATUS_PROCESSING {
		t.Fatalf("approved: %v, %v", yes, err)
	}
	granted := new(eventv1.ApprovalGranted)
	w.next(contract.ApprovalGranted, granted)
	if !proto.Equal(granted.GetOrder(), o) || granted.GetFingerprint() != "f00d" || granted.GetDecision().GetBy().GetName() != "John Smith" ||
		granted.GetDecision().GetNote() != "fine" || granted.GetDecision().GetAutomatic() {
		t.Errorf("granted %v", granted)
	}
	if err := w.call(john, contract.RejectOrder, &approvalv1.RejectRequest{OrderId: id, Reason: "no"}, &approvalv1.RejectResponse{}); fault.As(err).Code != "already_decided" {
		t.Errorf("a second decision: %v", err)
	}
	if err := w.call(emily, contract.WithdrawOrder, &approvalv1.CancelRequest{OrderId: id}, &approvalv1.CancelResponse{}); fault.As(err).Owner != "fulfillment" {
		t.Errorf("cancel after the grant: %v", err)
	}
	w.submit(order("1.00"))
	if w.next(contract.ApprovalGranted, granted); !granted.GetDecision().GetAutomatic() || granted.GetView().GetSentence() != "Approved; submitting to Partner Center…" {
		t.Errorf("the second order of the customer: %v", granted)
	}
}

func TestRejectWithdrawTombstone(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	requested := new(eventv1.ApprovalRequested)
	id := w.submit(order("1.00"))
	w.next(contract.ApprovalRequested, requested)
	if err := w.call(john, contract.RejectOrder, &approvalv1.RejectRequest{OrderId: id, Reason: "wrong product"}, &approvalv1.RejectResponse{}); err != nil {
		t.Fatal(err)
	}
	rejected := new(eventv1.ApprovalRejected)
	if w.next(contract.ApprovalRejected, rejected); rejected.GetView().GetSentence() != "Rejected by John Smith: wrong product" ||
		rejected.GetView().GetLines()[0].GetStatus() != orderv1.LineStatus_LINE_STATUS_CANCELLED {
		t.Errorf("rejected %v", rejected)
	}
	id = w.submit(order("1.00"))
	w.next(contract.ApprovalRequested, requested)
	if err := w.call(emily, contract.WithdrawOrder, &approvalv1.CancelRequest{OrderId: id}, &approvalv1.CancelResponse{}); err != nil {
		t.Fatal(err)
	}
	withdrawn := new(eventv1.ApprovalWithdrawn)
	if w.next(contract.ApprovalWithdrawn, withdrawn); withdrawn.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
		t.Errorf("withdrawn %v", withdrawn)
	}
	late, out := order("1.00"), &approvalv1.CancelResponse{}
	if err := w.call(john, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: late.GetId()}, &approvalv1.ApproveResponse{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("approved before it came: %v", err)
	}
	if err := w.call(emily, contract.WithdrawOrder, &approvalv1.CancelRequest{OrderId: late.GetId(), Reason: "mistake"}, out); err != nil ||
		out.GetPosition().GetSequence() != 0 || out.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
		t.Fatalf("cancelled before it came: %v, %v", out, err)
	}
	w.submit(late)
	if h := w.next(contract.ApprovalWithdrawn, withdrawn); h.ID != late.GetId()+".approval.1" || !proto.Equal(withdrawn.GetOrder(), late) ||
		withdrawn.GetBy().GetName() != "Emily Chen" {
		t.Errorf("the tombstone's event: %v %v", h, withdrawn)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	w := start(t, 200*time.Millisecond)
	id := w.submit(order("1.00"))
	w.next(contract.ApprovalRequested, new(eventv1.ApprovalRequested))
	expired := new(eventv1.ApprovalExpired)
	if w.next(contract.ApprovalExpired, expired); expired.GetView().GetStatus() != orderv1.Status_STATUS_EXPIRED {
		t.Errorf("expired %v", expired)
	}
	if err := w.call(john, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: id}, &approvalv1.ApproveResponse{}); fault.As(err).Code != "expired" {
		t.Errorf("approved after the end: %v", err)
	}
}

func TestRulesAreSwitched(t *testing.T) {
	t.Parallel()
	w := start(t, time.Hour)
	set := func(c rpc.Caller, r *approvalv1.Rule) (*approvalv1.Rule, error) {
		out := &approvalv1.SetRuleResponse{}
		err := w.call(c, contract.SetRule, &approvalv1.SetRuleRequest{Rule: r}, out)
		return out.GetRule(), err
	}
	if _, err := set(emily, &approvalv1.Rule{Name: "first_order"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a technician sets a rule: %v", err)
	}
	if r, err := set(john, &approvalv1.Rule{Name: "first_order"}); err != nil || r.GetActive() {
		t.Fatalf("first_order: %v, %v", r, err)
	}
	if r, err := set(john, &approvalv1.Rule{Name: "amount_over", Active: true, Threshold: "20"}); err != nil || r.GetThreshold() != "20.00" {
		t.Fatalf("amount_over: %v, %v", r, err)
	}
	w.submit(order("0.80"))
	granted := new(eventv1.ApprovalGranted)
	if w.next(contract.ApprovalGranted, granted); !granted.GetDecision().GetAutomatic() {
		t.Errorf("granted %v", granted)
	}
	w.submit(order("0.81"))
	asked := new(eventv1.ApprovalRequested)
	if w.next(contract.ApprovalRequested, asked); asked.GetReasons()[0].GetRule() != "amount_over" {
		t.Errorf("requested %v", asked)
	}
	list := &approvalv1.ListRulesResponse{}
	if err := w.call(emily, contract.ListRules, &approvalv1.ListRulesRequest{}, list); err != nil || len(list.GetRules()) != 3 ||
		list.GetRules()[0].GetThreshold() != "20.00" {
		t.Errorf("rules %v, %v", list, err)
	}
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "seatflow_approval_pending" && f.GetMetric()[0].GetGauge().GetValue() == 1 {
			return
		}
	}
	t.Error("seatflow_approval_pending is not 1")
}
