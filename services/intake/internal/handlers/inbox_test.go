package handlers

import (
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// good is an order with nothing wrong, in JSON; tests spoil it by replacing text.
const good = `{
  "customer": {"tenantId": "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001", "name": "Contoso Corp"},
  "lines": [
    {"product": "Microsoft 365 E5", "catalogItem": "CFQ7TTC0LFLZ:0002:CFQ7TTC0XYZ1", "unitPrice": {"amount": "570.00", "currency": "USD"},
     "newSubscription": {"quantity": 25, "term": "P1Y", "billingCycle": "BILLING_CYCLE_ANNUAL"}},
    {"product": "Power BI Pro", "unitPrice": {"amount": "100.00", "currency": "USD"},
     "addSeats": {"subscriptionId": "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0001", "quantity": 10}}
  ],
  "requester": {"name": "Emily Chen", "email": "emily@example.com"},
  "note": "before Friday",
  "reference": "PO-4711"
}`

// addSeats is the change of good's second line.
const addSeats = `"addSeats": {"subscriptionId": "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0001", "quantity": 10}`

func validator(t testing.TB) protovalidate.Validator {
	t.Helper()
	v, err := NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// goodOrder is good as a message.
func goodOrder(t testing.TB) *orderv1.NewOrder {
	t.Helper()
	n := new(orderv1.NewOrder)
	if err := protojson.Unmarshal([]byte(good), n); err != nil {
		t.Fatal(err)
	}
	return n
}

func encoded(t testing.TB, n *orderv1.NewOrder) []byte {
	t.Helper()
	data, err := proto.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func message(data []byte, headers ...string) engine.Message {
	m := engine.Message{Subject: "seatflow.inbox.erp", Header: map[string][]string{"ce-id": {"po-1"}}, Data: data, Sequence: 17}
	for i := 0; i < len(headers); i += 2 {
		m.Header[headers[i]] = []string{headers[i+1]}
	}
	return m
}

// arrive decodes a message and returns every fault that its verdict would have.
func arrive(t testing.TB, m engine.Message) (*arrival, []engine.Ref, *engine.Key, []fault.Violation) {
	t.Helper()
	body, refs, key := inboxDecoder(validator(t))(m)
	a := body.(*arrival)
	faults := a.faults
	if len(faults) == 0 {
		faults = a.asked.Refusals(noon)
	}
	return a, refs, key, faults
}

func TestGoodOrderArrives(t *testing.T) {
	t.Parallel()
	n := goodOrder(t)
	wire := encoded(t, n)
	want := domain.Fingerprint(n)
	for name, m := range map[string]engine.Message{
		"JSON by its content type":       message([]byte(good), "Content-Type", "application/json; charset=utf-8"),
		"JSON by its brace":              message([]byte(good)),
		"protobuf by its content type":   message(wire, "Content-Type", "application/protobuf"),
		"protobuf, lower-case header":    message(wire, "content-type", "application/x-protobuf"),
		"protobuf without content type":  message(wire),
		"JSON after blanks, if it says":  message([]byte("\n "+good), "Content-Type", "application/json"),
		"key from Nats-Msg-Id":           {Subject: "seatflow.inbox.erp", Header: map[string][]string{"Nats-Msg-Id": {"po-1"}}, Data: wire, Sequence: 17},
		"ce-id in CloudEvents' encoding": {Subject: "seatflow.inbox.erp", Header: map[string][]string{"Ce-Id": {"po%2D1"}, "Nats-Msg-Id": {"x"}}, Data: wire, Sequence: 17},
	} {
		a, refs, key, faults := arrive(t, m)
		if len(faults) > 0 || len(refs) != 1 {
			t.Errorf("%s: faults %v, refs %v", name, faults, refs)
			continue
		}
		if key == nil || key.Caller != "erp" || key.Value != "po-1" || string(key.Fingerprint) != string(want[:]) || !key.Permanent {
			t.Errorf("%s: key %+v", name, key)
		}
		if a.door.Requester.GetRole() != orderv1.Role_ROLE_SYSTEM || a.door.OnBehalfOf.GetName() != "Emily Chen" || a.door.Source != "erp" {
			t.Errorf("%s: door %+v", name, a.door)
		}
	}
}

// badJSON is bad input as a publisher would send it: a good order with old replaced by new,
// and the field and code of each fault.
var badJSON = map[string]struct {
	old, new string
	want     []string
}{
	"cut off":                    {`"PO-4711"` + "\n}", `"PO`, []string{" malformed_json"}},
	"not an object":              {good, `[1, 2]`, []string{" malformed_json"}},
	"unknown field":              {`"note"`, `"discount": 5, "note"`, []string{"discount unknown_field"}},
	"unknown field in a line":    {`"quantity": 10`, `"quantity": 10, "seats": 1`, []string{"seats unknown_field"}},
	"a field twice":              {`"note"`, `"reference": "x", "note"`, []string{"reference duplicate_field"}},
	"two changes in a line":      {`"addSeats"`, `"removeSeats": {}, "addSeats"`, []string{"addSeats duplicate_field"}},
	"a note over its limit":      {"before Friday", strings.Repeat("ü", 2001), []string{"note too_long"}},
	"negative quantity":          {`"quantity": 10`, `"quantity": -10`, []string{"lines[1].add_seats.quantity out_of_range"}},
	"no quantity":                {`"quantity": 10`, `"quantity": 0`, []string{"lines[1].add_seats.quantity out_of_range"}},
	"huge quantity":              {`"quantity": 25`, `"quantity": 100001`, []string{"lines[0].new_subscription.quantity out_of_range"}},
	"a quantity beyond numbers":  {`"quantity": 25`, `"quantity": 99999999999`, []string{"quantity wrong_type"}},
	"a quantity in words":        {`"quantity": 25`, `"quantity": "many"`, []string{"quantity wrong_type"}},
	"half a seat":                {`"quantity": 25`, `"quantity": 2.5`, []string{"quantity wrong_type"}},
	"mixed currency":             {`"100.00", "currency": "USD"`, `"100.00", "currency": "EUR"`, []string{"lines[1].unit_price.currency mixed_currency"}},
	"malformed currency":         {`"570.00", "currency": "USD"`, `"570.00", "currency": "usd"`, []string{"lines[0].unit_price.currency malformed_currency", "lines[1].unit_price.currency mixed_currency"}},
	"a negative price":           {`"570.00"`, `"-570.00"`, []string{"lines[0].unit_price.amount malformed_amount"}},
	"a price with a comma":       {`"570.00"`, `"570,00"`, []string{"lines[0].unit_price.amount malformed_amount"}},
	"a price in scientific":      {`"570.00"`, `"5e9"`, []string{"lines[0].unit_price.amount malformed_amount"}},
	"a price as a number":        {`"570.00"`, `570.00`, []string{"amount wrong_type"}},
	"no amount":                  {`"amount": "570.00", `, ``, []string{"lines[0].unit_price.amount required"}},
	"control characters":         {"before Friday", `before\u0000Friday`, []string{"note control_character"}},
	"control character in name":  {"Contoso Corp", `Contoso\u001bCorp`, []string{"customer.name control_character"}},
	"text that turns round":      {"Microsoft 365 E5", `Microsoft \u202e5E 563`, []string{"lines[0].product control_character"}},
	"no customer":                {`"customer": {"tenantId": "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001", "name": "Contoso Corp"},`, ``, []string{"customer required"}},
	"no tenant":                  {`"0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"`, `""`, []string{"customer.tenant_id required"}},
	"a tenant that is none":      {`0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001`, `contoso.com`, []string{"customer.tenant_id not_a_uuid"}},
	"no name":                    {`"Contoso Corp"`, `""`, []string{"customer.name required"}},
	"no catalogue item":          {`"catalogItem": "CFQ7TTC0LFLZ:0002:CFQ7TTC0XYZ1", `, ``, []string{"lines[0].catalog_item required"}},
	"a catalogue item too many":  {`CFQ7TTC0LFLZ:0002:`, `a:b:c:d:`, []string{"lines[0].catalog_item malformed_catalog_item"}},
	"an unknown term":            {`"P1Y"`, `"P2Y"`, []string{"lines[0].new_subscription.term unknown_term"}},
	"a yearly bill for no term":  {`"term": "P1Y", `, ``, []string{"lines[0].new_subscription.term required"}},
	"an unknown billing cycle":   {`"BILLING_CYCLE_ANNUAL"`, `"WEEKLY"`, []string{"billing_cycle wrong_type"}},
	"no billing cycle":           {`, "billingCycle": "BILLING_CYCLE_ANNUAL"`, ``, []string{"lines[0].new_subscription.billing_cycle unknown_billing_cycle"}},
	"a billing cycle to come":    {`"BILLING_CYCLE_ANNUAL"`, `77`, []string{"lines[0].new_subscription.billing_cycle unknown_billing_cycle"}},
	"no change":                  {`"addSeats": {"subscriptionId": "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0001", "quantity": 10}`, `"number": 2`, []string{"lines[1].change required"}},
	"a subscription that's none": {`5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0001`, `sub-1`, []string{"lines[1].add_seats.subscription_id not_a_uuid"}},
	"an e-mail that is none":     {`emily@example.com`, `emily`, []string{"requester.email malformed_email"}},
	"no product":                 {`"Power BI Pro"`, `""`, []string{"lines[1].product required"}},
	"a time that is none":        {`"note"`, `"scheduledFor": "tomorrow", "note"`, []string{"scheduled_for malformed_time"}},
	"a time that has passed":     {`"note"`, `"scheduledFor": "2026-11-21T11:00:00Z", "note"`, []string{"scheduled_for out_of_range"}},
	"a time too far ahead":       {`"note"`, `"scheduledFor": "2028-01-01T00:00:00Z", "note"`, []string{"scheduled_for out_of_range"}},
	"many faults at once": {good, `{"customer": {"tenantId": "x", "name": "Contoso\u0007"}, "lines": [{"product": "", "addSeats": {"subscriptionId": "y", "quantity": -1}}]}`,
		[]string{"customer.tenant_id not_a_uuid", "lines[0].product required", "lines[0].add_seats.subscription_id not_a_uuid",
			"lines[0].add_seats.quantity out_of_range", "customer.name control_character"}},
	"a line of a new kind, wrong": {addSeats, `"changeTerm": {"subscriptionId": "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0001"}`, []string{"lines[1].change_term required"}},
	"a term nobody sells":         {addSeats, `"changeTerm": {"subscriptionId": "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0001", "term": "P5Y", "billingCycle": 9}`, []string{"lines[1].change_term.term unknown_term", "lines[1].change_term.billing_cycle unknown_billing_cycle"}},
	"fewer than no seats to move": {addSeats, `"catalogItem": "a", "changeProduct": {"subscriptionId": "x", "quantity": -1, "term": "P", "billingCycle": 9}`, []string{"lines[1].change_product.subscription_id not_a_uuid", "lines[1].change_product.quantity out_of_range", "lines[1].change_product.term unknown_term", "lines[1].change_product.billing_cycle unknown_billing_cycle"}},
	"an add-on to nothing":        {addSeats, `"catalogItem": "a", "addOn": {"parentSubscriptionId": "x"}`, []string{"lines[1].add_on.parent_subscription_id not_a_uuid", "lines[1].add_on.quantity out_of_range", "lines[1].add_on.billing_cycle unknown_billing_cycle"}},
	"a purchase without an id":    {addSeats, `"cancelPurchase": {}`, []string{"lines[1].cancel_purchase.vendor_order_id required"}},
	"a purchase that is none":     {addSeats, `"cancelPurchase": {"vendorOrderId": "a b", "vendorLines": [1, 1]}`, []string{"lines[1].cancel_purchase.vendor_order_id malformed_vendor_order", "lines[1].cancel_purchase.vendor_lines bad_vendor_lines"}},
	"a line that cannot be":       {addSeats, `"cancelPurchase": {"vendorOrderId": "a", "vendorLines": [-1]}`, []string{"lines[1].cancel_purchase.vendor_lines[0] bad_vendor_lines"}},
	"no subscription to suspend":  {addSeats, `"suspend": {}`, []string{"lines[1].suspend.subscription_id required"}},
	"nor to reactivate":           {addSeats, `"reactivate": {}`, []string{"lines[1].reactivate.subscription_id required"}},
	"nor to cancel":               {addSeats, `"cancelSubscription": {}`, []string{"lines[1].cancel_subscription.subscription_id required"}},
	"a renewal in words":          {addSeats, `"setAutoRenew": {"enabled": "yes"}`, []string{"enabled wrong_type"}},
	"no lines":                    {good, `{"customer": {"tenantId": "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001", "name": "C"}}`, []string{"lines required"}},
	"empty order":                 {good, `{}`, []string{"customer required", "lines required"}},
}

func TestBadJSON(t *testing.T) {
	t.Parallel()
	for name, c := range badJSON {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(good, c.old) {
				t.Fatalf("nothing to spoil: %s", c.old)
			}
			a, refs, key, faults := arrive(t, message([]byte(strings.Replace(good, c.old, c.new, 1)), "Content-Type", "application/json"))
			wantFaults(t, faults, c.want)
			timed := len(a.faults) == 0 && len(a.asked.Faults) == 0
			if len(refs) > 0 && !timed {
				t.Error("an order with faults would touch rows")
			}
			if len(a.faults) > 0 && key != nil {
				t.Error("what cannot be decoded has a key")
			}
		})
	}
}

func wantFaults(t *testing.T, got []fault.Violation, want []string) {
	t.Helper()
	var all []string
	for _, f := range got {
		all = append(all, f.Field+" "+f.Code)
		if !strings.HasSuffix(f.Message, ".") || f.Hint == "" && f.Code != "required" && f.Code != "too_long" {
			t.Errorf("%s %s is told as %q, hint %q", f.Field, f.Code, f.Message, f.Hint)
		}
	}
	if strings.Join(all, ", ") != strings.Join(want, ", ") {
		t.Errorf("faults %q, want %q", all, want)
	}
}

func TestBadMessages(t *testing.T) {
	t.Parallel()
	wire := encoded(t, goodOrder(t))
	extra := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1)
	unknownIn := func(pick func(*orderv1.NewOrder) proto.Message) []byte {
		n := goodOrder(t)
		pick(n).ProtoReflect().SetUnknown(extra)
		return encoded(t, n)
	}
	for name, c := range map[string]struct {
		m    engine.Message
		want string
	}{
		"empty":                       {message(nil), " empty"},
		"noise":                       {message([]byte("\xff\xff\xff\xff")), " malformed_protobuf"},
		"cut off":                     {message(wire[:40]), " malformed_protobuf"},
		"text that is no text":        {message([]byte{0x22, 0x02, 0xff, 0xfe}), " malformed_protobuf"},
		"JSON as protobuf":            {message([]byte(good), "Content-Type", "application/protobuf"), " malformed_protobuf"},
		"protobuf as JSON":            {message(wire, "Content-Type", "application/json"), " malformed_json"},
		"JSON and no object":          {message([]byte(`[]`), "Content-Type", "application/json"), " malformed_json"},
		"another content type":        {message(wire, "Content-Type", "text/xml"), "Content-Type unsupported_content_type"},
		"no content type at all":      {message(wire, "Content-Type", ";;"), "Content-Type unsupported_content_type"},
		"too large":                   {message(make([]byte, mostBytes+1)), " too_large"},
		"unknown field":               {message(unknownIn(func(m *orderv1.NewOrder) proto.Message { return m })), " unknown_field"},
		"unknown field in customer":   {message(unknownIn(func(m *orderv1.NewOrder) proto.Message { return m.Customer })), "customer unknown_field"},
		"unknown field in requester":  {message(unknownIn(func(m *orderv1.NewOrder) proto.Message { return m.Requester })), "requester unknown_field"},
		"unknown field in a line":     {message(unknownIn(func(m *orderv1.NewOrder) proto.Message { return m.Lines[1] })), "lines[1] unknown_field"},
		"unknown field in a price":    {message(unknownIn(func(m *orderv1.NewOrder) proto.Message { return m.Lines[0].UnitPrice })), "lines[0].unit_price unknown_field"},
		"unknown field in a change":   {message(unknownIn(func(m *orderv1.NewOrder) proto.Message { return m.Lines[1].GetAddSeats() })), "lines[1].add_seats unknown_field"},
		"no key":                      {engine.Message{Subject: "seatflow.inbox.erp", Data: wire, Sequence: 17}, "ce-id no_key"},
		"a key too long":              {message(wire, "ce-id", strings.Repeat("k", 256)), "ce-id key_too_long"},
		"a key that does not print":   {message(wire, "ce-id", "a\x07b"), "ce-id malformed_key"},
		"a key that is no text":       {message(wire, "ce-id", "a\xffb"), "ce-id malformed_key"},
		"a key that hides characters": {message(wire, "ce-id", "a%00b"), "ce-id malformed_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, refs, key, faults := arrive(t, c.m)
			wantFaults(t, faults, []string{c.want})
			if refs != nil || key != nil {
				t.Errorf("refs %v, key %v", refs, key)
			}
			if id := verdictID(a); !strings.HasPrefix(id, "erp.") || !strings.HasSuffix(id, ".17") {
				t.Errorf("the verdict's id is %q", id)
			}
		})
	}
}

func TestRepeated(t *testing.T) {
	t.Parallel()
	a, _, key, _ := arrive(t, message([]byte(good)))
	prior := engine.KeyRecord{Fingerprint: key.Fingerprint, Sequence: 17, Ref: "an-id ORD-2026-00001"}
	for name, c := range map[string]struct {
		change func(*engine.KeyRecord)
		want   eventv1.Result
		code   string
	}{
		"the same message":          {func(*engine.KeyRecord) {}, eventv1.Result_RESULT_ACCEPTED, ""},
		"the same content anew":     {func(r *engine.KeyRecord) { r.Sequence = 16 }, eventv1.Result_RESULT_DUPLICATE, ""},
		"other content":             {func(r *engine.KeyRecord) { r.Sequence, r.Fingerprint = 16, []byte{0xab} }, eventv1.Result_RESULT_REFUSED, "key_reused"},
		"other content, same place": {func(r *engine.KeyRecord) { r.Fingerprint = []byte{0xab} }, eventv1.Result_RESULT_REFUSED, "key_reused"},
	} {
		r, v := prior, &eventv1.Verdict{}
		c.change(&r)
		(&Service{}).repeated(a, r, v)
		if v.GetResult() != c.want || v.GetFingerprint() != domain.Hex(key.Fingerprint) {
			t.Errorf("%s: %v", name, v)
		}
		switch {
		case c.code == "" && (v.GetOrderId() != "an-id" || v.GetOrderNumber() != "ORD-2026-00001" || len(v.GetFaults()) > 0):
			t.Errorf("%s does not name the order: %v", name, v)
		case c.code != "" && (v.GetAcceptedFingerprint() != "ab" || v.GetFaults()[0].GetCode() != c.code || v.GetOrderId() != ""):
			t.Errorf("%s: %v", name, v)
		}
	}
}

func TestVerdictIDsDoNotCollide(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, key := range []string{"", "a", "a.b", "a~2Eb", "a b", "ä", "a/b", "A", "."} {
		id := verdictID(&arrival{source: "erp", key: key, sequence: 1})
		if strings.Count(id, ".") != 2 || strings.ContainsAny(id, " /ä") {
			t.Errorf("%q becomes %q", key, id)
		}
		if other, dup := seen[id]; dup {
			t.Errorf("%q and %q become %q", key, other, id)
		}
		seen[id] = key
	}
}

// FuzzInboxDecode: whatever a publisher sends, decoding ends in an order that can be placed,
// or in faults with code and sentence, and the same bytes give the same answer again.
func FuzzInboxDecode(f *testing.F) {
	wire := encoded(f, goodOrder(f))
	f.Add("", wire)
	f.Add("application/json", []byte(good))
	f.Add("application/protobuf", wire[:20])
	f.Add("", []byte(`{"lines":[{"unitPrice":{"amount":"1e400"}},{}]}`))
	f.Add("", []byte(`{"unknown":1}`))
	f.Add("application/json", []byte(`{"scheduledFor":"9999-12-31T23:59:59Z"}`))
	decode := inboxDecoder(validator(f))
	f.Fuzz(func(t *testing.T, contentType string, data []byte) {
		body, refs, key := decode(message(data, "Content-Type", contentType))
		a := body.(*arrival)
		faults := a.faults
		if len(faults) == 0 {
			faults = a.asked.Refusals(noon)
		}
		for _, v := range faults {
			if v.Code == "" || v.Message == "" {
				t.Fatalf("a fault without code or sentence: %+v", v)
			}
		}
		if len(faults) > 0 {
			return
		}
		if len(refs) != 1 || key == nil {
			t.Fatalf("no faults, yet refs %v and key %v", refs, key)
		}
		o := a.asked.Place(a.door, refs[0].ID, "ORD-2026-00001")
		if err := protovalidate.Validate(o); err != nil {
			t.Fatalf("a placed order that breaks the contract: %v", err)
		}
		again, _, key2 := decode(message(data, "Content-Type", contentType))
		if again.(*arrival).asked.Fingerprint != a.asked.Fingerprint || string(key.Fingerprint) != string(key2.Fingerprint) {
			t.Fatal("the same bytes have two fingerprints")
		}
	})
}
