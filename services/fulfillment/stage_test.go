package fulfillment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/config"
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
	names  []string          // friendly names in the cart
	subs   map[string]object // by id
	moves  []object          // changes of product
	lines  []object          // of the order
	hiccup map[string]int    // answers 503 so many times, by method and last part of the path
	says   map[string]string // what it answers instead, a refusal if it has a code
	// gate, if there is one, keeps every change of a subscription waiting until it can be read from.
	gate chan struct{}
}

type object = map[string]any

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPatch && v.gate != nil {
		<-v.gate
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	parts := strings.Split(r.URL.Path, "/")
	last := parts[len(parts)-1]
	if last == "token" {
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":"3600","access_token":"t"}`)
		return
	}
	what := r.Method + " " + last
	switch parts[len(parts)-2] {
	case "subscriptions":
		what = r.Method + " subscription"
	case "orders":
		what = r.Method + " order"
	}
	v.asked = append(v.asked, what)
	if v.hiccup[what] > 0 {
		v.hiccup[what]--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if said := v.says[what]; said != "" {
		if strings.Contains(said, `"code"`) {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, said)
		return
	}
	if err := v.answer(w, r, what, last); err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (v *vendor) answer(w http.ResponseWriter, r *http.Request, what, last string) error {
	switch what {
	case "POST carts":
		return v.cart(w, r)
	case "POST checkout":
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"orders":[{"id":"order-1","status":"completed","lineItems":[{"lineItemNumber":0,"offerId":"CFQ7TTC0LFLX:0001:X",
			"subscriptionId":"sub-1","quantity":3,"friendlyName":%q}]}]}`, v.names[0])
	case "GET subscription", "PATCH subscription":
		return v.subscription(w, r, last)
	case "GET transitionEligibilities":
		fmt.Fprint(w, `{"items":[{"catalogItemId":"CFQ7TTC0LFLX:0001:Y","eligibilities":[{"transitionType":"transition_only","isEligible":true}]}]}`)
	case "GET transitions":
		return json.NewEncoder(w).Encode(object{"items": v.moves})
	case "POST transitions":
		move := object{}
		err := json.NewDecoder(r.Body).Decode(&move)
		move["operationId"], move["toSubscriptionId"] = fmt.Sprint("move-", len(v.moves)), "sub-9"
		move["events"] = []object{{"name": "Conversion", "status": "Completed"}}
		v.moves = append(v.moves, move)
		return errors.Join(err, json.NewEncoder(w).Encode(move))
	case "GET order", "PATCH order":
		return v.order(w, r, last)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	return nil
}

func (v *vendor) cart(w http.ResponseWriter, r *http.Request) error {
	var cart struct {
		LineItems []struct{ FriendlyName string } `json:"lineItems"`
	}
	if err := json.NewDecoder(r.Body).Decode(&cart); err != nil {
		return err
	}
	v.names = nil
	for _, l := range cart.LineItems {
		v.names = append(v.names, l.FriendlyName)
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, `{"id":"cart-1","status":"Active","lineItems":[{"id":0,"orderGroup":"0"}]}`)
	return nil
}

// subscription takes a change only with the whole resource, as the vendor drops what is missing.
func (v *vendor) subscription(w http.ResponseWriter, r *http.Request, id string) error {
	have, ok := v.subs[id]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":20003,"description":"Subscription not found."}`)
		return nil
	}
	if r.Method == http.MethodPatch {
		change := object{}
		if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
			return err
		}
		for name := range have {
			if _, ok := change[name]; !ok {
				return fmt.Errorf("%s is missing", name)
			}
		}
		v.subs[id] = change
	}
	return json.NewEncoder(w).Encode(v.subs[id])
}

// order cancels the lines that it is told, or all.
func (v *vendor) order(w http.ResponseWriter, r *http.Request, id string) error {
	status := "completed"
	if r.Method == http.MethodPatch {
		var change struct {
			LineItems []struct{ LineItemNumber int }
		}
		if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
			return err
		}
		for _, l := range change.LineItems {
			v.lines[l.LineItemNumber]["quantity"] = 0
		}
		if len(change.LineItems) == 0 {
			status = "cancelled"
		}
	}
	return json.NewEncoder(w).Encode(object{"id": id, "status": status, "lineItems": v.lines})
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
	v.subs[id] = object{
		"id": id, "quantity": seats, "status": "active", "autoRenewEnabled": true, "termDuration": "P1Y", "billingCycle": "annual",
		"offerId": "CFQ7TTC0LF8Q:0001:X", "unheardOf": object{"kept": true},
	}
}

// shows is a property of a subscription, in words.
func (v *vendor) shows(id, property string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Sprint(v.subs[id][property])
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
	// placed is when granted orders were placed.
	placed *timestamppb.Timestamp
}

func play(t *testing.T, changes ...func(s *stage, cfg *fulfillment.Config)) *stage {
	t.Helper()
	s := &stage{t: t, v: &vendor{subs: map[string]object{}, moves: []object{}, hiccup: map[string]int{}, says: map[string]string{}}, events: make(chan *nats.Msg, 64),
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
	for _, change := range changes {
		change(s, &cfg)
	}
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
			PlacedAt: s.placed,
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
