package journey

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protowire"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// spoil is one way in which an order can be wrong, and the field that the answer must name.
var spoils = []struct {
	name, field string
	spoil       func(*orderv1.NewOrder)
}{
	{"a note over its limit", "note", func(o *orderv1.NewOrder) { o.Note = strings.Repeat("n", 2001) }},
	{"a negative quantity", "lines[0].new_subscription.quantity", func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().Quantity = -5 }},
	{"no quantity", "lines[0].new_subscription.quantity", func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().Quantity = 0 }},
	{"a huge quantity", "lines[0].new_subscription.quantity", func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().Quantity = 2_000_000_000 }},
	{"an unknown term", "lines[0].new_subscription.term", func(o *orderv1.NewOrder) { o.Lines[0].GetNewSubscription().Term = "P7Y" }},
	{"a malformed currency", "lines[0].unit_price.currency", func(o *orderv1.NewOrder) { o.Lines[0].UnitPrice.Currency = "usd" }},
	{"a malformed amount", "lines[0].unit_price.amount", func(o *orderv1.NewOrder) { o.Lines[0].UnitPrice.Amount = "-72,00" }},
	{"a control character", "customer.name", func(o *orderv1.NewOrder) { o.Customer.Name = "Con\x1b[2Jtoso" }},
	{"a change of direction", "lines[0].product", func(o *orderv1.NewOrder) { o.Lines[0].Product = "Microsoft \u202e563" }},
	{"a tenant that is none", "customer.tenant_id", func(o *orderv1.NewOrder) { o.Customer.TenantId = "contoso" }},
	{"mixed currencies", "lines[1].unit_price.currency", func(o *orderv1.NewOrder) {
		more := order(client.Customer{}, 1).GetLines()[0]
		more.UnitPrice.Currency = "EUR"
		o.Lines = append(o.Lines, more)
	}},
	{"no line", "lines", func(o *orderv1.NewOrder) { o.Lines = nil }},
	{"a line without a change", "lines[0]", func(o *orderv1.NewOrder) { o.Lines[0].Change = nil }},
}

// badInputByNATS sends what no publisher should. Each is refused with its field, and none stops the good order behind it.
func badInputByNATS(t *testing.T, w *world) {
	c := w.regular(t)
	type sent struct {
		name, field string
		sequence    uint64
	}
	var all []sent
	put := func(name, field, contentType string, data []byte) {
		all = append(all, sent{name, field, w.publish(t, named(uuid.NewString(), contentType), data)})
	}
	good := encode(t, order(c, 1), asProtobuf)
	put("malformed protobuf", "", asProtobuf, []byte("\x0a\xff\xff\xff\xff\x7fnothing"))
	put("cut protobuf", "", asProtobuf, good[:len(good)/2])
	put("malformed JSON", "", asJSON, []byte(`{"customer": {`))
	put("JSON of another kind", "", asJSON, []byte(`[1, 2, 3]`))
	put("empty", "", asProtobuf, nil)
	put("an unknown field in JSON", "colour", asJSON, []byte(`{"colour": "blue"}`))
	put("an unknown field in protobuf", "", asProtobuf, protowire.AppendString(protowire.AppendTag(bytes.Clone(good), 1999, protowire.BytesType), "x"))
	put("a number as text", "quantity", asJSON, []byte(`{"lines":[{"newSubscription":{"quantity":"many"}}]}`))
	put("another content type", "Content-Type", "text/csv", good)
	put("too large", "", asJSON, []byte(`{"note":"`+strings.Repeat("n", 300<<10)+`"}`))
	for _, s := range spoils {
		o := order(c, 1)
		s.spoil(o)
		contentType := asProtobuf
		if len(all)%2 == 0 {
			contentType = asJSON
		}
		put(s.name, s.field, contentType, encode(t, o, contentType))
	}
	last := w.send(t, named(uuid.NewString(), asProtobuf), good)
	if last.GetResult() != eventv1.Result_RESULT_ACCEPTED {
		t.Errorf("the good order behind the bad ones: %v", last)
	}
	for _, s := range all {
		wantRefused(t, s.name, s.field, w.verdict(t, s.sequence))
	}
	w.completed(t, last.GetOrderId())
}

func wantRefused(t *testing.T, name, field string, v *eventv1.Verdict) {
	t.Helper()
	if v.GetResult() != eventv1.Result_RESULT_REFUSED || v.GetOrderId() != "" || len(v.GetFaults()) == 0 {
		t.Errorf("%s: the verdict: %v", name, v)
		return
	}
	var fields []string
	found := field == ""
	for _, f := range v.GetFaults() {
		if f.GetCode() == "" || f.GetMessage() == "" {
			t.Errorf("%s: a fault without words: %v", name, f)
		}
		fields = append(fields, f.GetField())
		found = found || names(f.GetField(), field)
	}
	if !found {
		t.Errorf("%s: the faults name %q, want %q", name, fields, field)
	}
}

// names says whether a fault names a field or a part of it.
func names(got, want string) bool { return got == want || strings.HasPrefix(got, want+".") }

// asHTTP is an order in the portal's JSON, as far as the spoiled ones need it.
func asHTTP(o *orderv1.NewOrder) client.NewOrder {
	out := client.NewOrder{
		Customer: client.Customer{TenantID: o.GetCustomer().GetTenantId(), Name: o.GetCustomer().GetName()}, Note: o.GetNote(), Lines: []client.NewLine{},
	}
	for _, l := range o.GetLines() {
		line := client.NewLine{
			Product: l.GetProduct(), CatalogItem: l.GetCatalogItem(),
			UnitPrice: &client.Money{Amount: l.GetUnitPrice().GetAmount(), Currency: l.GetUnitPrice().GetCurrency()},
		}
		if n := l.GetNewSubscription(); n != nil {
			line.NewSubscription = &client.NewSubscription{Quantity: n.GetQuantity(), Term: n.GetTerm(), BillingCycle: "annual"}
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

// badInputByHTTP places the same spoiled orders at the portal.
func badInputByHTTP(t *testing.T, w *world) {
	c := w.regular(t)
	for _, s := range spoils {
		o := order(c, 1)
		s.spoil(o)
		_, err := w.emily.Place(t.Context(), asHTTP(o), "")
		f := fault.As(err)
		if f == nil || f.Kind != fault.Invalid {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		var fields []string
		found := false
		for _, v := range f.Violations {
			fields = append(fields, v.Field)
			found = found || names(v.Field, s.field)
		}
		if !found || f.Message == "" {
			t.Errorf("%s: the faults name %q, want %q: %s", s.name, fields, s.field, client.Explain(err))
		}
	}
	w.completed(t, w.place(t, w.emily, c, basic(1)).ID)
}

// wrongShape sends bodies that are no orders at all.
func wrongShape(t *testing.T, w *world) {
	good, err := json.Marshal(asHTTP(order(w.stranger(t), 1)))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]struct{ body, field, code string }{
		"malformed JSON":      {`{"customer": {`, "", "malformed_json"},
		"not UTF-8":           {"{\"note\": \"\xff\xfe\"}", "", "malformed_json"},
		"an unknown field":    {strings.Replace(string(good), `{"customer"`, `{"colour":"blue","customer"`, 1), "colour", "unknown_field"},
		"another case":        {strings.Replace(string(good), `"quantity"`, `"Quantity"`, 1), "lines[0].new_subscription.Quantity", "unknown_field"},
		"a text for a number": {strings.Replace(string(good), `"quantity":1`, `"quantity":"1"`, 1), "lines[0].new_subscription.quantity", "wrong_type"},
		"a fraction of seats": {strings.Replace(string(good), `"quantity":1`, `"quantity":1.5`, 1), "lines[0].new_subscription.quantity", "wrong_type"},
		"too large":           {`{"note":"` + strings.Repeat("n", 300<<10) + `"}`, "", "body_too_large"},
	} {
		_, err := w.emily.PlaceRaw(t.Context(), []byte(s.body), "")
		f := fault.As(err)
		if f == nil || f.Kind != fault.Invalid || f.Message == "" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := s.field == "" && f.Code == s.code
		for _, v := range f.Violations {
			found = found || v.Field == s.field && v.Code == s.code
		}
		if !found {
			t.Errorf("%s: want %s at %q, got %s with %+v", name, s.code, s.field, f.Code, f.Violations)
		}
	}
	if _, err := w.emily.Get(t.Context(), "ORD-2026-99999", ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an order that does not exist: %v", err)
	}
	if _, err := w.emily.Get(t.Context(), "%2e%2e%2fops", ""); err == nil {
		t.Error("a path as an id was answered")
	}
}
