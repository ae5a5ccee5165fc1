package intake_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/servicetest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	contoso  = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"
	fabrikam = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0002"
)

var (
	emily = rpc.Caller{Issuer: "local", Subject: "emily", Name: "Emily Chen", Email: "emily@example.com", Role: orderv1.Role_ROLE_TECHNICIAN}
	carla = rpc.Caller{Issuer: "local", Subject: "carla", Name: "Carla", Role: orderv1.Role_ROLE_CUSTOMER, Tenant: contoso}
	frank = rpc.Caller{Issuer: "local", Subject: "frank", Name: "Frank", Role: orderv1.Role_ROLE_CUSTOMER, Tenant: fabrikam}
)

// world is an intake that runs.
type world struct {
	*servicetest.World
	t        *testing.T
	verdicts *nats.Subscription
	events   *nats.Subscription
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{World: servicetest.New(t, testkit.Postgres(t)), t: t}
	w.verdicts, w.events = w.Listen("seatflow.verdicts.*"), w.Listen("seatflow.events.order.*")
	w.Run(contract.Intake, func(ctx context.Context, env service.Env, ready func()) error {
		return intake.Run(ctx, intake.Config{Config: w.Config}, env, ready)
	})
	return w
}

func order(quantity int32) *orderv1.NewOrder {
	return &orderv1.NewOrder{
		Customer: &orderv1.Customer{TenantId: contoso, Name: "Contoso Corp"}, Requester: &orderv1.Person{Name: "Emily Chen"},
		Lines: []*orderv1.Line{{
			Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLZ:0002", UnitPrice: &orderv1.Money{Amount: "570.00", Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: quantity, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL}},
		}},
	}
}

// send puts an order into the inbox of erp and returns its verdict.
func (w *world) send(key string, data []byte) *eventv1.Verdict {
	w.t.Helper()
	m := &nats.Msg{Subject: contract.InboxSubject("erp"), Header: nats.Header{}, Data: data}
	if key != "" {
		m.Header.Set("ce-id", key)
	}
	if _, err := w.JS.PublishMsg(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
	v := new(eventv1.Verdict)
	w.Next(w.verdicts, v)
	return v
}

func (w *world) sendOrder(key string, n *orderv1.NewOrder) *eventv1.Verdict {
	w.t.Helper()
	data, err := proto.Marshal(n)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.send(key, data)
}

// tell publishes an event as its owner does.
func (w *world) tell(ev contract.Event, order string, sequence int64, body proto.Message) {
	w.t.Helper()
	w.Tell(ev, bus.Head{
		ID: order + "." + ev.Subject + bus.Sequence(sequence), Subject: order, Sequence: sequence,
		Time: time.Now().Add(time.Duration(sequence) * time.Millisecond),
	}, body)
}

// get reads an order, at a position of an owner if one is named.
func (w *world) get(c rpc.Caller, id, owner string, sequence int64) (*intakev1.BookOrder, error) {
	req, out := &intakev1.GetOrderRequest{Id: id}, &intakev1.GetOrderResponse{}
	if owner != "" {
		req.AtLeast = &orderv1.Position{Owner: owner, Sequence: sequence}
	}
	err := w.Call(c, contract.GetOrder, req, out)
	return out.GetOrder(), err
}

func TestInbox(t *testing.T) {
	t.Parallel()
	w := start(t)
	first := w.sendOrder("po-1", order(3))
	if first.GetResult() != eventv1.Result_RESULT_ACCEPTED || !strings.HasPrefix(first.GetOrderNumber(), "ORD-20") || first.GetKey() != "po-1" || first.GetInboxSequence() != 1 {
		t.Fatalf("the verdict is %v", first)
	}
	ev := new(eventv1.OrderSubmitted)
	head := w.Next(w.events, ev)
	o := ev.GetOrder()
	if head.ID != first.GetOrderId()+".intake.1" || head.Sequence != 1 || ev.GetFingerprint() != first.GetFingerprint() || o.GetNumber() != first.GetOrderNumber() ||
		o.GetRequester().GetRole() != orderv1.Role_ROLE_SYSTEM || o.GetOnBehalfOf().GetName() != "Emily Chen" || o.GetAmount().GetAmount() != "1710.00" ||
		o.GetSource() != "erp" || o.GetLines()[0].GetNumber() != 1 || ev.GetView().GetStatus() != orderv1.Status_STATUS_RECEIVED {
		t.Errorf("submitted %v %v", head, ev)
	}
	if again := w.sendOrder("po-1", order(3)); again.GetResult() != eventv1.Result_RESULT_DUPLICATE || again.GetOrderId() != first.GetOrderId() ||
		again.GetOrderNumber() != first.GetOrderNumber() {
		t.Errorf("sent again: %v", again)
	}
	if other := w.sendOrder("po-1", order(4)); other.GetResult() != eventv1.Result_RESULT_REFUSED || other.GetFaults()[0].GetCode() != "key_reused" ||
		other.GetAcceptedFingerprint() != first.GetFingerprint() || other.GetFingerprint() == first.GetFingerprint() {
		t.Errorf("other content: %v", other)
	}
	if bad := w.sendOrder("po-2", order(-1)); bad.GetResult() != eventv1.Result_RESULT_REFUSED || bad.GetFaults()[0].GetField() != "lines[0].new_subscription.quantity" {
		t.Errorf("a bad order: %v", bad)
	}
	if mended := w.sendOrder("po-2", order(1)); mended.GetResult() != eventv1.Result_RESULT_ACCEPTED {
		t.Errorf("a refused order used up its key: %v", mended)
	}
	if noise := w.send("po-3", []byte("{]")); noise.GetFaults()[0].GetCode() != "malformed_json" || noise.GetKey() != "po-3" {
		t.Errorf("noise: %v", noise)
	}
	if none := w.sendOrder("", order(1)); none.GetFaults()[0].GetCode() != "no_key" || none.GetInboxSequence() != 7 {
		t.Errorf("no key: %v", none)
	}
}

func TestPlaceAndRead(t *testing.T) {
	t.Parallel()
	w := start(t)
	place := func(c rpc.Caller, key string, n *orderv1.NewOrder, only bool) (*intakev1.PlaceOrderResponse, error) {
		out := &intakev1.PlaceOrderResponse{}
		err := w.CallOnce(c, key, contract.PlaceOrder, &intakev1.PlaceOrderRequest{Order: n, ValidateOnly: only}, out)
		return out, err
	}
	if out, err := place(emily, "k", order(3), true); err != nil || out.GetOrder() != nil {
		t.Errorf("only checked: %v, %v", out, err)
	}
	out, err := place(emily, "k1", order(3), false)
	if err != nil || out.GetPosition().GetSequence() != 1 || out.GetView().GetStatus() != orderv1.Status_STATUS_RECEIVED ||
		out.GetOrder().GetRequester().GetEmail() != "emily@example.com" || out.GetOrder().GetSource() != "portal" {
		t.Fatalf("placed: %v, %v", out, err)
	}
	if again, err := place(emily, "k1", order(3), false); err != nil || again.GetOrder().GetId() != out.GetOrder().GetId() {
		t.Errorf("placed again: %v, %v", again, err)
	}
	if _, err := place(emily, "k1", order(4), false); fault.As(err).Code != "key_reused" {
		t.Errorf("another order by the same key: %v", err)
	}
	if until := w.keyUntil("k1"); until != nil {
		t.Errorf("the key of an order ends at %v", until)
	}
	if _, err := place(frank, "k2", order(1), false); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("for another customer: %v", err)
	}
	// Approval trusts a price by who asks: a customer stays one, whomever they name.
	if out, err := place(carla, "k5", order(1), false); err != nil || out.GetOrder().GetRequester().GetRole() != orderv1.Role_ROLE_CUSTOMER ||
		out.GetOrder().GetOnBehalfOf().GetRole() != orderv1.Role_ROLE_UNSPECIFIED {
		t.Errorf("placed by a customer: %v, %v", out, err)
	}
	mixed := order(1)
	mixed.Lines = append(mixed.Lines, order(1).Lines[0])
	mixed.Lines[1].UnitPrice.Currency = "EUR"
	if _, err := place(emily, "k3", mixed, false); fault.As(err).Code != "mixed_currency" || fault.As(err).Field != "lines[1].unit_price.currency" {
		t.Errorf("mixed currencies: %v", err)
	}
	if _, err := place(emily, "k4", order(-1), false); fault.As(err).Code != "out_of_range" || fault.As(err).Field != "lines[0].new_subscription.quantity" {
		t.Errorf("a negative quantity: %v", err)
	}
	id, number := out.GetOrder().GetId(), out.GetOrder().GetNumber()
	for _, key := range []string{id, strings.ToUpper(id), number, strings.ToLower(number)} {
		if b, err := w.get(carla, key, "", 0); err != nil || b.GetOrder().GetId() != id || b.GetOwner() != "intake" {
			t.Errorf("get %s: %v, %v", key, b, err)
		}
	}
	if _, err := w.get(frank, id, "", 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another customer's order: %v", err)
	}
	if _, err := w.get(emily, "ORD-1999-00001", "", 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no order: %v", err)
	}
	if _, err := w.get(rpc.Caller{Issuer: "x", Subject: "y"}, id, "", 0); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("no role: %v", err)
	}
}

// keyUntil is when a key ends; nil for never.
func (w *world) keyUntil(key string) (until *time.Time) {
	w.t.Helper()
	db, err := pgx.Connect(w.t.Context(), string(w.Config.Postgres.URL))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	if err := db.QueryRow(w.t.Context(), `select expires_at from engine_keys where key = $1`, key).Scan(&until); err != nil {
		w.t.Fatal(err)
	}
	return until
}

func TestBook(t *testing.T) {
	t.Parallel()
	w := start(t)
	id := w.sendOrder("po-1", order(3)).GetOrderId()
	view := func(s orderv1.Status) *orderv1.View { return &orderv1.View{Status: s, Sentence: s.String()} }
	john := &orderv1.Person{Name: "John Smith", Email: "john@example.com", Role: orderv1.Role_ROLE_ADMIN}
	w.tell(contract.ProvisioningFinished, id, 2, &eventv1.ProvisioningFinished{View: view(orderv1.Status_STATUS_COMPLETED), By: john})
	w.tell(contract.ProvisioningStarted, id, 1, &eventv1.ProvisioningStarted{View: view(orderv1.Status_STATUS_PROCESSING)})
	w.tell(contract.ProvisioningFinished, id, 2, &eventv1.ProvisioningFinished{View: view(orderv1.Status_STATUS_COMPLETED)})
	w.tell(contract.ProvisioningFailed, "0190d2c4-0000-7000-8000-000000000001", 1, &eventv1.ProvisioningFailed{View: view(orderv1.Status_STATUS_FAILED)})
	w.tell(contract.NotificationSent, id, 0, &eventv1.NotificationSent{Delivery: &eventv1.Delivery{Id: "d1", OrderId: id, Channel: "email", Recipient: "emily@example.com"}})
	w.tell(contract.ApprovalRequested, id, 1, &eventv1.ApprovalRequested{
		View: view(orderv1.Status_STATUS_AWAITING_APPROVAL), Order: &orderv1.Order{
			Id: id, Number: "ORD-2026-00001", Customer: order(1).Customer, Lines: order(1).Lines, Requester: &orderv1.Person{Name: "erp"},
		},
	})
	b, err := w.get(emily, id, "approval", 1)
	if err != nil || b.GetView().GetStatus() != orderv1.Status_STATUS_COMPLETED || b.GetOwner() != "fulfillment" || b.GetFinishedAt() == nil || len(b.GetHeard()) != 3 {
		t.Fatalf("the book shows %v, %v", b, err)
	}
	owners := map[string]int{}
	line := w.timeline(emily, id)
	for _, e := range line {
		owners[e.GetOwner()]++
	}
	if owners["intake"] != 1 || owners["approval"] != 1 || owners["fulfillment"] != 2 || owners["notification"] != 1 {
		t.Errorf("timeline: %v", line)
	}
	w.tell(contract.DeadLetterNotice(contract.Fulfillment), id, 5000, &eventv1.DeadLetter{Service: "fulfillment", Id: "l1", OrderId: id, Message: "No."})
	w.tell(contract.DeadLetterNotice(contract.Fulfillment), id, 5001, &eventv1.DeadLetter{Service: "fulfillment", Id: "l2", OrderId: id, Message: "No."})
	w.tell(contract.DeadLetterNotice(contract.Fulfillment), id, 5002, &eventv1.DeadLetter{Service: "fulfillment", Id: "l1", OrderId: id, State: "replayed", By: john})
	w.tell(contract.ProvisioningWaiting, id, 3, &eventv1.ProvisioningWaiting{View: view(orderv1.Status_STATUS_COMPLETED)})
	if b, err := w.get(emily, id, "fulfillment", 3); err != nil || !b.GetNeedsAttention() {
		t.Errorf("after a dead letter: %v, %v", b, err)
	}
	w.shownTo(emily, id, true)
	w.shownTo(carla, id, false)
}

// timeline reads what happened to an order.
func (w *world) timeline(c rpc.Caller, id string) []*intakev1.TimelineEntry {
	w.t.Helper()
	out := &intakev1.GetTimelineResponse{}
	if err := w.Call(c, contract.GetTimeline, &intakev1.GetTimelineRequest{Id: id}, out); err != nil {
		w.t.Fatal(err)
	}
	return out.GetEntries()
}

// shownTo checks whether somebody is shown in a timeline what is for the partner's staff only.
func (w *world) shownTo(c rpc.Caller, id string, want bool) {
	w.t.Helper()
	line := protojson.Format(&intakev1.GetTimelineResponse{Entries: w.timeline(c, id)})
	for _, secret := range []string{"Notified emily@example.com", "A message was put aside", "was processed after all", "john@example.com"} {
		if got := strings.Contains(line, secret); got != want {
			w.t.Errorf("%s is shown %q: %v", c.Name, secret, got)
		}
	}
	if !strings.Contains(line, "STATUS_COMPLETED") || !strings.Contains(line, "John Smith") {
		w.t.Errorf("%s is not shown how the order got on: %v", c.Name, line)
	}
}

// TestLettersOfAnyOrder: two replicas hear at the same time that letters were put aside and closed, each notice twice. The
// order needs attention until the last one is closed.
func TestLettersOfAnyOrder(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Run(contract.Intake, func(ctx context.Context, env service.Env, ready func()) error {
		env.Metrics = prometheus.NewRegistry()
		return intake.Run(ctx, intake.Config{Config: w.Config}, env, ready)
	})
	// An acknowledgement follows the commit, so each is a reason to look again.
	heard := w.Listen("$JS.ACK." + contract.EventStream.Name + ".intake-book.>")
	id := w.sendOrder("po-1", order(1)).GetOrderId()
	said := int64(5000)
	tell := func(letter int, state string) {
		said++
		w.tell(contract.DeadLetterNotice(contract.Approval), id, said, &eventv1.DeadLetter{
			Service: "approval", Id: strconv.Itoa(letter), OrderId: id, Message: "No.", State: state,
		})
	}
	settle := func(entries int, attention bool) {
		t.Helper()
		for len(w.timeline(emily, id)) < entries {
			if _, err := heard.NextMsg(time.Minute); err != nil {
				t.Fatalf("%d of %d entries: %v", len(w.timeline(emily, id)), entries, err)
			}
		}
		if b, err := w.get(emily, id, "", 0); err != nil || b.GetNeedsAttention() != attention {
			t.Errorf("after %d entries it needs attention: %v, %v", entries, b.GetNeedsAttention(), err)
		}
	}
	const many = 30
	for i := range many {
		states := []string{"", "replayed", "", "replayed"}
		if i%2 == 0 {
			states = []string{"discarded", "", "", "discarded"}
		}
		for _, state := range states {
			tell(i, state)
		}
	}
	settle(1+2*many, false)
	tell(many, "")
	tell(many+1, "")
	tell(many, "discarded")
	settle(1+2*many+3, true)
	tell(many+1, "replayed")
	settle(1+2*many+4, false)
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := start(t)
	var want []string
	for i := range 5 {
		want = append([]string{w.sendOrder("po-"+string(rune('a'+i)), order(int32(i+1))).GetOrderId()}, want...)
	}
	var got []string
	req := &intakev1.ListOrdersRequest{Scope: intakev1.Scope_SCOPE_PENDING, Limit: 2}
	for range 3 {
		out := &intakev1.ListOrdersResponse{}
		if err := w.Call(carla, contract.ListOrders, req, out); err != nil {
			t.Fatal(err)
		}
		for _, b := range out.GetOrders() {
			got = append(got, b.GetOrder().GetId())
		}
		req.Cursor = out.GetNextCursor()
	}
	if strings.Join(got, " ") != strings.Join(want, " ") || req.GetCursor() != "" {
		t.Errorf("pages %v, want %v", got, want)
	}
	out := &intakev1.ListOrdersResponse{}
	if err := w.Call(frank, contract.ListOrders, &intakev1.ListOrdersRequest{}, out); err != nil || len(out.GetOrders()) != 0 {
		t.Errorf("another customer sees %v, %v", out, err)
	}
	if err := w.Call(emily, contract.ListOrders, &intakev1.ListOrdersRequest{Cursor: "?"}, out); fault.As(err).Field != "cursor" {
		t.Errorf("a cursor that is none: %v", err)
	}
	families, err := w.Metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range families {
		seen[f.GetName()] = true
	}
	for _, name := range []string{"seatflow_orders", "seatflow_order_stage_seconds", "seatflow_intake_verdicts_total"} {
		if !seen[name] {
			t.Errorf("there is no metric %s", name)
		}
	}
}
