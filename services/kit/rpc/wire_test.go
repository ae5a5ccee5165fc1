package rpc_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/nats-io/nats.go/micro"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	opsv1 "github.com/seatflow/seatflow/proto/gen/seatflow/ops/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

// TestDiscovery: NATS' own tools find the service and its endpoints.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	f := open(t, natstest.Options{}, nil)
	r, err := f.nc.RequestWithContext(t.Context(), "$SRV.PING.approval", nil)
	var ping micro.Ping
	if err != nil || json.Unmarshal(r.Data, &ping) != nil || ping.Name != "approval" || ping.Version == "" {
		t.Errorf("ping: %v, %+v", err, ping)
	}
	if r, err = f.nc.RequestWithContext(t.Context(), "$SRV.INFO.approval."+ping.ID, nil); err != nil {
		t.Fatal(err)
	}
	var info micro.Info
	if err := json.Unmarshal(r.Data, &info); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, e := range info.Endpoints {
		got = append(got, e.Subject)
	}
	for _, m := range contract.Methods {
		if m.Service == contract.Approval {
			want = append(want, m.Subject())
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("endpoints %v, want %v", got, want)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	f := open(t, natstest.Options{}, nil) // Approve panics
	if _, err := f.approve(""); err == nil {
		t.Error("a panic is an answer")
	}
	f.raw(nil, []byte("\x0a\x01x"))
	families, err := f.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "seatflow_rpc_requests_total" {
				got[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	if got["Approve internal"] != 1 || got["Approve invalid"] != 1 {
		t.Errorf("counted %v", got)
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	p := func(issuer, subject, email string) *orderv1.Person {
		return &orderv1.Person{Issuer: issuer, Subject: subject, Email: email}
	}
	for name, c := range map[string]struct {
		a, b *orderv1.Person
		same bool
	}{
		"issuer and subject":          {p("i", "s", ""), p("i", "s", "x@y"), true},
		"another issuer":              {p("i", "s", ""), p("j", "s", ""), false},
		"e-mail in any case":          {p("i", "s", "Emily@Partner.example"), p("j", "t", "emily@partner.EXAMPLE"), true},
		"two without e-mail":          {p("i", "s", ""), p("i", "t", ""), false},
		"two without anything":        {p("", "", ""), p("", "", ""), false},
		"nobody and somebody":         {nil, p("i", "s", ""), false},
		"nobody":                      {nil, nil, false},
		"an issuer without a subject": {p("i", "", ""), p("i", "", ""), false},
	} {
		if rpc.Same(c.a, c.b) != c.same || rpc.Same(c.b, c.a) != c.same {
			t.Errorf("%s: %v", name, !c.same)
		}
	}
	if a, b := (rpc.Caller{Issuer: "a|b", Subject: "c"}), (rpc.Caller{Issuer: "a", Subject: "b|c"}); a.ID() == b.ID() {
		t.Errorf("two callers share the keys of %q", a.ID())
	}
	if got := john.Person(); got.GetName() != john.Name || got.GetRole() != john.Role || got.GetEmail() != john.Email {
		t.Errorf("%v", got)
	}
}

// rules are messages that break the schema in one way each, with the field that is named.
var rules = map[string]struct {
	m     proto.Message
	field string
	code  string
}{
	"no order id":              {&approvalv1.ApproveRequest{}, "order_id", "string.uuid_empty"},
	"an order's number":        {&approvalv1.ApproveRequest{OrderId: "ORD-2026-00001"}, "order_id", "string.uuid"},
	"a long note":              {&approvalv1.ApproveRequest{OrderId: orderID, Note: strings.Repeat("ä", 2001)}, "note", "string.max_len"},
	"no rule":                  {&approvalv1.SetRuleRequest{}, "rule", "required"},
	"an unknown rule":          {&approvalv1.SetRuleRequest{Rule: &approvalv1.Rule{Name: "all"}}, "rule.name", "string.in"},
	"a negative threshold":     {&approvalv1.SetRuleRequest{Rule: &approvalv1.Rule{Name: "amount_over", Threshold: "-1"}}, "rule.threshold", "string.pattern"},
	"a page of thousands":      {&intakev1.ListOrdersRequest{Limit: 201}, "limit", "int32.gte_lte"},
	"a negative page":          {&opsv1.ListDeadLettersRequest{Limit: -1}, "limit", "int32.gte_lte"},
	"a letter by its number":   {&opsv1.ReplayDeadLetterRequest{Id: "1"}, "id", "string.uuid"},
	"an order without lines":   {order(func(o *orderv1.NewOrder) { o.Lines = nil }), "lines", "repeated.min_items"},
	"an order for nobody":      {order(func(o *orderv1.NewOrder) { o.Customer = nil }), "customer", "required"},
	"a customer by its name":   {order(func(o *orderv1.NewOrder) { o.Customer.TenantId = "contoso" }), "customer.tenant_id", "string.uuid"},
	"no seats":                 {order(func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().Quantity = 0 }), "lines[0].new_subscription.quantity", "int32.gte_lte"},
	"seats without end":        {order(func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().Quantity = 100_001 }), "lines[0].new_subscription.quantity", "int32.gte_lte"},
	"a term of two years":      {order(func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().Term = "P2Y" }), "lines[0].new_subscription.term", "string.in"},
	"no billing cycle":         {order(func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().BillingCycle = 0 }), "lines[0].new_subscription.billing_cycle", "enum.not_in"},
	"an unknown cycle":         {order(func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().BillingCycle = 77 }), "lines[0].new_subscription.billing_cycle", "enum.defined_only"},
	"no change":                {order(func(o *orderv1.NewOrder) { o.Lines[0].Change = nil }), "lines[0].change", "required"},
	"a price in words":         {order(func(o *orderv1.NewOrder) { o.Lines[0].UnitPrice = &orderv1.Money{Amount: "ten", Currency: "USD"} }), "lines[0].unit_price.amount", "string.pattern"},
	"a price with an exponent": {order(func(o *orderv1.NewOrder) { o.Lines[0].UnitPrice = &orderv1.Money{Amount: "1e3", Currency: "USD"} }), "lines[0].unit_price.amount", "string.pattern"},
	"a small currency":         {order(func(o *orderv1.NewOrder) { o.Lines[0].UnitPrice = &orderv1.Money{Amount: "1", Currency: "usd"} }), "lines[0].unit_price.currency", "string.pattern"},
	"a nameless product":       {order(func(o *orderv1.NewOrder) { o.Lines[0].Product = "" }), "lines[0].product", "string.min_len"},
	"a catalogue of blanks":    {order(func(o *orderv1.NewOrder) { o.Lines[0].CatalogItem = "a b" }), "lines[0].catalog_item", "string.pattern"},
	"fifty-one lines": {order(func(o *orderv1.NewOrder) {
		for len(o.GetLines()) < 51 {
			o.Lines = append(o.Lines, o.GetLines()[0])
		}
	}), "lines", "repeated.max_items"},
	"an address without at":   {order(func(o *orderv1.NewOrder) { o.Requester = &orderv1.Person{Email: "emily"} }), "requester.email", "string.email"},
	"a name without end":      {order(func(o *orderv1.NewOrder) { o.Requester = &orderv1.Person{Name: strings.Repeat("n", 121)} }), "requester.name", "string.max_len"},
	"an event without view":   {&eventv1.OrderSubmitted{Order: sound()}, "view", "required"},
	"granted without print":   {&eventv1.ApprovalGranted{View: &orderv1.View{}, Order: sound()}, "fingerprint", "string.min_len"},
	"granted without order":   {&eventv1.ApprovalGranted{View: &orderv1.View{}, Fingerprint: "f"}, "order", "required"},
	"a note of no delivery":   {&eventv1.NotificationSent{}, "delivery", "required"},
	"an order without number": {&eventv1.OrderSubmitted{View: &orderv1.View{}, Order: func() *orderv1.Order { o := sound(); o.Number = ""; return o }()}, "order.number", "string.min_len"},
}

// order is a sound order, changed.
func order(change func(*orderv1.NewOrder)) *orderv1.NewOrder {
	o := &orderv1.NewOrder{Customer: sound().GetCustomer(), Lines: sound().GetLines()}
	change(o)
	return o
}

func sound() *orderv1.Order {
	return &orderv1.Order{
		Id: orderID, Number: "ORD-2026-00001", Requester: &orderv1.Person{Issuer: "i", Subject: "s"}, Customer: &orderv1.Customer{TenantId: orderID, Name: "Contoso Corp"},
		Lines: []*orderv1.Line{{Product: "Microsoft 365 E5", Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
			Quantity: 1, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
		}}}},
	}
}

// TestRules: each broken rule of the schema becomes a fault with its field, and a sound message none.
func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range rules {
		err := protovalidate.Validate(c.m)
		if err == nil {
			t.Errorf("%s: it passes", name)
			continue
		}
		f := rpc.Violations(err)
		if f.Kind != fault.Invalid || len(f.Violations) != 1 || f.Field != c.field || f.Violations[0].Field != c.field || f.Violations[0].Code != c.code {
			t.Errorf("%s: %+v", name, f)
		}
		if !strings.Contains(f.Message, c.field) || f.Violations[0].Message == "" {
			t.Errorf("%s: %q", name, f.Message)
		}
	}
	for _, m := range []proto.Message{
		order(func(*orderv1.NewOrder) {}), &eventv1.OrderSubmitted{View: &orderv1.View{Status: 99}, Order: sound()}, &intakev1.ListOrdersRequest{},
		&intakev1.PlaceOrderRequest{Order: &orderv1.NewOrder{}}, // intake tells all its faults itself
	} {
		if err := protovalidate.Validate(m); err != nil {
			t.Errorf("%T: %v", m, err)
		}
	}
	// All faults are told together.
	f := rpc.Violations(protovalidate.Validate(&orderv1.NewOrder{Note: strings.Repeat("x", 2001)}))
	if len(f.Violations) != 3 {
		t.Errorf("%+v", f.Violations)
	}
}
