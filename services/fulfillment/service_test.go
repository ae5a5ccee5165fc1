package fulfillment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/kit/telemetry"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	tenant       = "6d1f0a3e-8b1c-4f4e-9d0f-1a2b3c4d5e6f"
	subscription = "b0d70a69-4c42-4b27-b4c3-5a4a8b9b7f10"
)

// vendor answers as Partner Center does and counts what it is asked.
type vendor struct {
	mu     sync.Mutex
	asked  []string
	names  []string       // friendly names in the cart
	seats  map[string]int // by subscription
	hiccup map[string]int // answers 503 so many times, by method and last part of the path
	// gate, if there is one, keeps every change of a subscription waiting until it can be read from.
	gate chan struct{}
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPatch && v.gate != nil {
		<-v.gate
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	parts := strings.Split(r.URL.Path, "/")
	what := r.Method + " " + parts[len(parts)-1]
	if strings.HasSuffix(r.URL.Path, "/token") {
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":"3600","access_token":"t"}`)
		return
	}
	if slices.Contains(parts, "subscriptions") {
		what = r.Method + " subscription"
	}
	v.asked = append(v.asked, what)
	if v.hiccup[what] > 0 {
		v.hiccup[what]--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	switch what {
	case "POST carts":
		v.cart(w, r)
	case "POST checkout":
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"orders":[{"id":"order-1","status":"completed","lineItems":[{"lineItemNumber":0,"offerId":"CFQ7TTC0LFLX:0001:X",
			"subscriptionId":"sub-1","quantity":3,"friendlyName":%q}]}]}`, v.names[0])
	case "GET subscription", "PATCH subscription":
		v.subscription(w, r, parts[len(parts)-1])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (v *vendor) cart(w http.ResponseWriter, r *http.Request) {
	var cart struct {
		LineItems []struct{ FriendlyName string } `json:"lineItems"`
	}
	if err := json.NewDecoder(r.Body).Decode(&cart); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	v.names = nil
	for _, l := range cart.LineItems {
		v.names = append(v.names, l.FriendlyName)
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, `{"id":"cart-1","status":"Active","lineItems":[{"id":0,"orderGroup":"0"}]}`)
}

func (v *vendor) subscription(w http.ResponseWriter, r *http.Request, id string) {
	have, ok := v.seats[id]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":20003,"description":"Subscription not found."}`)
		return
	}
	if r.Method == http.MethodPatch {
		var change struct{ Quantity int }
		if err := json.NewDecoder(r.Body).Decode(&change); err == nil {
			have = change.Quantity
			v.seats[id] = have
		}
	}
	fmt.Fprintf(w, `{"id":%q,"quantity":%d,"status":"active","autoRenewEnabled":true}`, id, have)
}

func (v *vendor) times(what string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for _, a := range v.asked {
		if a == what {
			n++
		}
	}
	return n
}

func (v *vendor) create(id string, seats int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seats[id] = seats
}

// stage is the service with real servers around it, and the vendor's double.
type stage struct {
	t      *testing.T
	v      *vendor
	js     jetstream.JetStream
	rpc    *rpc.Client
	events chan *nats.Msg
	// database and metrics are the service's own.
	database string
	metrics  *prometheus.Registry
}

func play(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, v: &vendor{seats: map[string]int{}, hiccup: map[string]int{}}, events: make(chan *nats.Msg, 64),
		database: testkit.Postgres(t), metrics: prometheus.NewRegistry()}
	web := httptest.NewServer(s.v)
	t.Cleanup(web.Close)
	broker := natstest.Start(t, natstest.Options{})
	log := slog.New(slog.DiscardHandler)
	nc, err := bus.Connect(t.Context(), bus.Config{URL: broker.URL(), User: "test"}, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	s.rpc = rpc.NewClient(nc)
	if s.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Create(t.Context(), s.js, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.ChanSubscribe("seatflow.events.provisioning.>", s.events); err != nil {
		t.Fatal(err)
	}
	cfg := fulfillment.Config{Vendor: fulfillment.Vendor{
		BaseURL: web.URL, TokenURL: web.URL + "/token", Tenant: "partner", ClientID: "app", ClientSecret: "secret",
		ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second,
	}}
	cfg.Postgres.URL = config.URL(s.database)
	cfg.NATS.URL = config.URL(broker.URL())
	ctx, stop := context.WithCancel(context.Background())
	up, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		env := service.Env{Log: log, Metrics: s.metrics, Health: new(telemetry.Health)}
		ended <- fulfillment.Run(ctx, cfg, env, func() { close(up) })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	testkit.Wait(t, "the service", up)
	return s
}

// grant publishes an approved order.
func (s *stage) grant(id string, lines ...*orderv1.Line) {
	s.t.Helper()
	m := &eventv1.ApprovalGranted{
		View: &orderv1.View{Status: orderv1.Status_STATUS_PROCESSING}, Fingerprint: "f",
		Order: &orderv1.Order{
			Id: id, Number: "ORD-2026-00001", Customer: &orderv1.Customer{TenantId: tenant, Name: "Contoso Corp"}, Lines: lines,
			Requester: &orderv1.Person{Issuer: "i", Subject: "emily", Name: "Emily Chen"}, Source: "portal",
		},
	}
	data, err := proto.Marshal(m)
	if err != nil {
		s.t.Fatal(err)
	}
	ev := contract.ApprovalGranted
	head := bus.Head{ID: id + ".approval.1", Source: "approval", Type: ev.Type, Subject: id, Sequence: 1, Time: time.Now()}
	if _, err := s.js.PublishMsg(s.t.Context(), &nats.Msg{Subject: ev.Subject, Header: head.Header(), Data: data}); err != nil {
		s.t.Fatal(err)
	}
}

// next is the next event of fulfillment's.
func (s *stage) next() (string, *eventv1.StatusEvent) {
	s.t.Helper()
	m := testkit.Wait(s.t, "an event", s.events)
	var e eventv1.StatusEvent
	if err := proto.Unmarshal(m.Data, &e); err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimPrefix(m.Subject, "seatflow.events.provisioning."), &e
}

func (s *stage) want(event string, status orderv1.Status) *eventv1.StatusEvent {
	s.t.Helper()
	got, e := s.next()
	if got != event || e.GetView().GetStatus() != status {
		s.t.Fatalf("%s with %v; want %s with %v", got, e.GetView(), event, status)
	}
	return e
}

func (s *stage) caller(role orderv1.Role) rpc.Meta {
	return rpc.Meta{Caller: rpc.Caller{Issuer: "i", Subject: "john", Name: "John Smith", Role: role}, Deadline: time.Now().Add(20 * time.Second)}
}

func purchase() *orderv1.Line {
	return &orderv1.Line{
		Number: 1, Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLX:0001:CFQ7TTC0XXXX",
		Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
			Quantity: 3, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
		}},
	}
}

func moreSeats() *orderv1.Line {
	return &orderv1.Line{Number: 1, Product: "Power BI Pro", Change: &orderv1.Line_AddSeats{
		AddSeats: &orderv1.AddSeats{SubscriptionId: subscription, Quantity: 10},
	}}
}

// The shortest way: one cart, one checkout, one event, though the approval comes twice.
func TestPurchase(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000a"
	s.grant(id, purchase())
	e := s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if l := e.GetView().GetLines()[0]; l.GetVendorSubscriptionId() != "sub-1" || l.GetVendorOrderId() != "order-1" ||
		l.GetStatus() != orderv1.LineStatus_LINE_STATUS_FULFILLED || e.GetOrder().GetId() != id {
		t.Errorf("the event says %v", e)
	}
	s.grant(id, purchase())
	err := s.rpc.Call(t.Context(), contract.CancelOrder, &fulfillmentv1.CancelRequest{OrderId: id}, &fulfillmentv1.CancelResponse{}, s.caller(orderv1.Role_ROLE_ADMIN))
	if f := fault.As(err); f == nil || f.Kind != fault.Conflict || !strings.Contains(f.Hint, "order its cancellation") {
		t.Errorf("cancel of a completed order: %v", err)
	}
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 1 || checkouts != 1 {
		t.Errorf("%d carts, %d checkouts", carts, checkouts)
	}
}

// A checkout without a definite answer is repeated with the same cart.
func TestUnansweredCheckout(t *testing.T) {
	t.Parallel()
	s := play(t)
	s.v.mu.Lock()
	s.v.hiccup["POST checkout"] = 1
	s.v.mu.Unlock()
	s.grant("0190d2c4-0000-7000-8000-00000000000b", purchase())
	s.want("outcome_unknown", orderv1.Status_STATUS_OUTCOME_UNKNOWN)
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	if carts, checkouts := s.v.times("POST carts"), s.v.times("POST checkout"); carts != 1 || checkouts != 2 {
		t.Errorf("%d carts, %d checkouts", carts, checkouts)
	}
}

// A subscription that does not exist fails the order in plain words; once it exists, a retry completes it.
func TestSubscriptionNotFoundThenRetry(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000c"
	s.grant(id, moreSeats())
	e := s.want("failed", orderv1.Status_STATUS_FAILED)
	if sentence := e.GetView().GetSentence(); !strings.HasPrefix(sentence, "Partner Center: Subscription not found. ") {
		t.Errorf("the sentence is %q", sentence)
	}
	req := &fulfillmentv1.RetryRequest{OrderId: id}
	err := s.rpc.Call(t.Context(), contract.RetryOrder, req, &fulfillmentv1.RetryResponse{}, s.caller(orderv1.Role_ROLE_CUSTOMER))
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("retry by a customer: %v", err)
	}
	s.v.create(subscription, 10)
	var reply fulfillmentv1.RetryResponse
	if err := s.rpc.Call(t.Context(), contract.RetryOrder, req, &reply, s.caller(orderv1.Role_ROLE_TECHNICIAN)); err != nil {
		t.Fatal(err)
	}
	if reply.GetPosition().GetSequence() != 2 || reply.GetView().GetStatus() != orderv1.Status_STATUS_PROCESSING {
		t.Errorf("the reply is %v", &reply)
	}
	if e := s.want("started", orderv1.Status_STATUS_PROCESSING); e.GetBy().GetName() != "John Smith" {
		t.Errorf("started by %v", e.GetBy())
	}
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	s.v.mu.Lock()
	defer s.v.mu.Unlock()
	if s.v.seats[subscription] != 20 {
		t.Errorf("%d seats", s.v.seats[subscription])
	}
}

// Orders about one subscription change it in the order of their arrival. Those that wait say for whom, one that is cancelled is
// passed over, and a turn that is passed on costs no request.
func TestQueue(t *testing.T) {
	t.Parallel()
	s := play(t)
	s.v.create(subscription, 10)
	s.v.gate = make(chan struct{}, 2)
	id := func(n int) string { return fmt.Sprintf("0190d2c4-0000-7000-8000-0000000000f%d", n) }
	s.grant(id(1), moreSeats())
	testkit.Until(t, "the first change", time.Tick(10*time.Millisecond), func() bool { return s.v.times("GET subscription") > 1 })
	for n := 2; n <= 3; n++ {
		s.grant(id(n), moreSeats())
		e := s.want("started", orderv1.Status_STATUS_PROCESSING)
		if l := e.GetView().GetLines()[0]; l.GetStatus() != orderv1.LineStatus_LINE_STATUS_HELD || e.GetOrder().GetId() != id(n) ||
			l.GetDetail() != "Waiting until order ORD-2026-00001 has changed the same subscription…" {
			t.Errorf("%v", e)
		}
	}
	var reply fulfillmentv1.CancelResponse
	req := &fulfillmentv1.CancelRequest{OrderId: id(2)}
	if err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		t.Fatal(err)
	}
	s.want("cancelled", orderv1.Status_STATUS_CANCELLED)
	s.v.gate <- struct{}{}
	s.v.gate <- struct{}{}
	if e := s.want("finished", orderv1.Status_STATUS_COMPLETED); e.GetOrder().GetId() != id(1) {
		t.Errorf("%s came first", e.GetOrder().GetId())
	}
	s.want("started", orderv1.Status_STATUS_PROCESSING)
	if e := s.want("finished", orderv1.Status_STATUS_COMPLETED); e.GetOrder().GetId() != id(3) {
		t.Errorf("%s came last", e.GetOrder().GetId())
	}
	s.v.mu.Lock()
	defer s.v.mu.Unlock()
	if s.v.seats[subscription] != 30 {
		t.Errorf("%d seats", s.v.seats[subscription])
	}
}

// A cancellation that comes before its order holds, and is told when the order arrives.
func TestCancelBeforeArrival(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000d"
	var reply fulfillmentv1.CancelResponse
	req := &fulfillmentv1.CancelRequest{OrderId: id, Reason: "wrong customer"}
	if err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		t.Fatal(err)
	}
	if reply.GetPosition().GetSequence() != 0 || reply.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
		t.Errorf("the reply is %v", &reply)
	}
	s.grant(id, purchase())
	e := s.want("cancelled", orderv1.Status_STATUS_CANCELLED)
	if e.GetView().GetSentence() != "Cancelled by John Smith: wrong customer" {
		t.Errorf("the sentence is %q", e.GetView().GetSentence())
	}
	if s.v.times("POST carts") != 0 {
		t.Error("a cart was made for a cancelled order")
	}
}

// Before the order is here nobody but staff is told that it is cancelled: of others it is not known yet whether they may. What
// they tried does not stand in the way of an admin's cancellation.
func TestOnlyStaffCancelAhead(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-7000-8000-00000000000e"
	req := &fulfillmentv1.CancelRequest{OrderId: id}
	for _, role := range []orderv1.Role{orderv1.Role_ROLE_CUSTOMER, orderv1.Role_ROLE_CUSTOMER_ADMIN, orderv1.Role_ROLE_SYSTEM} {
		err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &fulfillmentv1.CancelResponse{}, s.caller(role))
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v: %v", role, err)
		}
	}
	for range 2 {
		var reply fulfillmentv1.CancelResponse
		if err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil ||
			reply.GetView().GetStatus() != orderv1.Status_STATUS_CANCELLED {
			t.Fatalf("%v, %v", &reply, err)
		}
	}
	err := s.rpc.Call(t.Context(), contract.CancelOrder, req, &fulfillmentv1.CancelResponse{}, s.caller(orderv1.Role_ROLE_CUSTOMER))
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("after an admin: %v", err)
	}
	s.grant(id, purchase())
	s.want("cancelled", orderv1.Status_STATUS_CANCELLED)
	if s.v.times("POST carts") != 0 {
		t.Error("a cart was made for a cancelled order")
	}
}
