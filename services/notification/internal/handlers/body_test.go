package handlers

import (
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// facts is a mail with something in every field.
func facts() domain.Mail {
	return domain.Mail{
		Kind: domain.OrderFailed, To: "ann@example.com", ToName: "Ann Lee", At: time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.FixedZone("", 2*60*60)),
		OrderID: "0190a6b2-9c1e-7c55-8b7a-1f1e1d1c1b1a", Number: "ORD-2026-00148", Customer: "Bäckerei Grün", Requester: "Emily Chen",
		Amount: "14250.00", Currency: "USD", Sentence: "Broken.", Hint: "Mend it.", Reasons: []string{"One.", "Two."}, DecidedBy: "Bob",
		Lines: []domain.Line{{Product: "Visio", Change: "add_seats", Quantity: 25, Status: "failed", Detail: "No."}, {Product: "Project"}},
	}
}

// asking is facts with all that came later: a mail that asks somebody to act.
func asking() domain.Mail {
	m := facts()
	m.Todo, m.Commands = []string{"Look.", "Upload it."}, []string{"retry"}
	m.Lines[0].VendorOrder, m.Lines[0].Subscription = "Xq1v", "c0a8"
	return m
}

// TestStoredFactsStayReadable reads what versions have stored. Another form of storing brings another line here.
func TestStoredFactsStayReadable(t *testing.T) {
	t.Parallel()
	for form, body := range map[string]string{
		"JSON": `{"kind":"order_failed","to":"ann@example.com","to_name":"Ann Lee","at":"2026-03-01T09:00:00.123456+02:00",` +
			`"order_id":"0190a6b2-9c1e-7c55-8b7a-1f1e1d1c1b1a","number":"ORD-2026-00148","customer":"Bäckerei Grün","requester":"Emily Chen",` +
			`"amount":"14250.00","currency":"USD","lines":[{"product":"Visio","change":"add_seats","quantity":25,"status":"failed","detail":"No."},` +
			`{"product":"Project"}],"sentence":"Broken.","hint":"Mend it.","reasons":["One.","Two."],"decided_by":"Bob","of_a_later_version":1}`,
		"fields": unhex(t, "220f010000000ee135daf0075bca0000780a0c6f726465725f6661696c6564120f616e6e406578616d706c652e636f6d1a07416e6e204c65652a2430313930613662322d396331652d376335352d386237612d316631653164316331623161320e4f52442d323032362d30303134383a0f42c3a4636b65726569204772c3bc6e420a456d696c79204368656e4a0831343235302e30305203555344620742726f6b656e2e6a084d656e642069742e7a03426f625a210a05566973696f12096164645f736561747322066661696c65642a034e6f2e18195a090a0750726f6a65637472044f6e652e720454776f2e"),
	} {
		got, err := decodeMail([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", form, err)
		}
		if diff := cmp.Diff(facts(), got); diff != "" {
			t.Errorf("%s:\n%s", form, diff)
		}
		if _, offset := got.At.Zone(); offset != 2*60*60 {
			t.Errorf("%s: decided at %v", form, got.At)
		}
	}
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAskingStaysReadable is the same for what mails tell since they ask somebody to act.
func TestAskingStaysReadable(t *testing.T) {
	t.Parallel()
	got, err := decodeMail([]byte(unhex(t, "220f010000000ee135daf0075bca0000780a0c6f726465725f6661696c6564120f616e6e406578616d706c652e636f6d1a07416e6e204c65652a2430313930613662322d396331652d376335352d386237612d316631653164316331623161320e4f52442d323032362d30303134383a0f42c3a4636b65726569204772c3bc6e420a456d696c79204368656e4a0831343235302e30305203555344620742726f6b656e2e6a084d656e642069742e7a03426f625a2d0a05566973696f12096164645f736561747322066661696c65642a034e6f2e3204587131763a046330613818195a090a0750726f6a65637472044f6e652e720454776f2e8201054c6f6f6b2e82010a55706c6f61642069742e8a01057265747279")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asking(), got); diff != "" {
		t.Error(diff)
	}
}

// changing is facts with lines of every kind of change that came later.
func changing() domain.Mail {
	m := facts()
	m.Lines = []domain.Line{
		{Product: "E5", Change: "change_product", Quantity: 10, Term: "P3Y", BillingCycle: "annual"},
		{Product: "Visio", Change: "set_auto_renew", Renewal: "off"},
		{Product: "SQL Server", Change: "cancel_purchase", Purchase: "Xq1v", PurchaseLines: "0, 2"},
	}
	return m
}

// TestChangesStayReadable is the same for what mails tell since there are more kinds of changes.
func TestChangesStayReadable(t *testing.T) {
	t.Parallel()
	got, err := decodeMail([]byte(unhex(t, "220f010000000ee135daf0075bca0000780a0c6f726465725f6661696c6564120f616e6e406578616d706c652e636f6d1a07416e6e204c65652a2430313930613662322d396331652d376335352d386237612d316631653164316331623161320e4f52442d323032362d30303134383a0f42c3a4636b65726569204772c3bc6e420a456d696c79204368656e4a0831343235302e30305203555344620742726f6b656e2e6a084d656e642069742e7a03426f625a230a024535120e6368616e67655f70726f6475637442035033594a06616e6e75616c180a5a1c0a05566973696f120e7365745f6175746f5f72656e657752036f66665a290a0a53514c20536572766572120f63616e63656c5f70757263686173655a04587131766204302c203272044f6e652e720454776f2e")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(changing(), got); diff != "" {
		t.Error(diff)
	}
}

// TestRequests: each kind of change is told with all that it asks for.
func TestRequests(t *testing.T) {
	t.Parallel()
	const cycle = orderv1.BillingCycle_BILLING_CYCLE_ONE_TIME
	for _, c := range []struct {
		line *orderv1.Line
		want domain.Line
	}{
		{&orderv1.Line{Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 3}}}, domain.Line{Change: "new_subscription", Quantity: 3}},
		{&orderv1.Line{Change: &orderv1.Line_AddOn{AddOn: &orderv1.AddOn{Quantity: 3}}}, domain.Line{Change: "add_on", Quantity: 3}},
		{&orderv1.Line{Change: &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{Quantity: 3}}}, domain.Line{Change: "add_seats", Quantity: 3}},
		{&orderv1.Line{Change: &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{Quantity: 3}}}, domain.Line{Change: "remove_seats", Quantity: 3}},
		{&orderv1.Line{Change: &orderv1.Line_Suspend{}}, domain.Line{Change: "suspend"}},
		{&orderv1.Line{Change: &orderv1.Line_Reactivate{}}, domain.Line{Change: "reactivate"}},
		{&orderv1.Line{Change: &orderv1.Line_CancelSubscription{}}, domain.Line{Change: "cancel_subscription"}},
		{&orderv1.Line{Change: &orderv1.Line_CancelPurchase{CancelPurchase: &orderv1.CancelPurchase{VendorOrderId: "x", VendorLines: []int32{0, 2}}}},
			domain.Line{Change: "cancel_purchase", Purchase: "x", PurchaseLines: "0, 2"}},
		{&orderv1.Line{Change: &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{Enabled: true}}}, domain.Line{Change: "set_auto_renew", Renewal: "on"}},
		{&orderv1.Line{Change: &orderv1.Line_SetAutoRenew{}}, domain.Line{Change: "set_auto_renew", Renewal: "off"}},
		{&orderv1.Line{Change: &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{Term: "P1M", BillingCycle: cycle}}},
			domain.Line{Change: "change_term", Term: "P1M", BillingCycle: "one_time"}},
		{&orderv1.Line{Change: &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{Quantity: 3, Term: "P1M"}}},
			domain.Line{Change: "change_product", Quantity: 3, Term: "P1M"}},
		{&orderv1.Line{}, domain.Line{}},
	} {
		var got domain.Line
		request(&got, c.line)
		if got != c.want {
			t.Errorf("%v is told as %+v, want %+v", c.line, got, c.want)
		}
	}
}

// TestFactsReadAsStored: whatever the facts are, they read as they were, and as JSON would have kept them.
func TestFactsReadAsStored(t *testing.T) {
	t.Parallel()
	line := rapid.Custom(func(t *rapid.T) domain.Line {
		text := rapid.String()
		return domain.Line{
			Product: text.Draw(t, "product"), Change: text.Draw(t, "change"), Quantity: rapid.Int32().Draw(t, "quantity"),
			Status: text.Draw(t, "status"), Detail: text.Draw(t, "detail"),
			VendorOrder: text.Draw(t, "vendor order"), Subscription: text.Draw(t, "subscription"),
			Term: text.Draw(t, "term"), BillingCycle: text.Draw(t, "cycle"), Renewal: text.Draw(t, "renewal"),
			Purchase: text.Draw(t, "purchase"), PurchaseLines: text.Draw(t, "purchase lines"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		m := facts()
		for n, text := range texts(&m) {
			if text != nil {
				*text = rapid.String().Draw(rt, string(rune('a'+n)))
			}
		}
		m.At = time.Unix(rapid.Int64Range(0, 1<<33).Draw(rt, "second"), rapid.Int64Range(0, 999_999_999).Draw(rt, "nano")).
			In(time.FixedZone("", 15*60*rapid.IntRange(-12*4, 14*4).Draw(rt, "zone")))
		some := rapid.SliceOf(rapid.String())
		m.Lines, m.Reasons = rapid.SliceOf(line).Draw(rt, "lines"), some.Draw(rt, "reasons")
		m.Todo, m.Commands = some.Draw(rt, "todo"), some.Draw(rt, "commands")
		body, err := encodeMail(m)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := decodeMail(body)
		if err != nil {
			rt.Fatal(err)
		}
		old, err := json.Marshal(m)
		if err != nil {
			rt.Fatal(err)
		}
		asJSON, err := decodeMail(old)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(m, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatal(diff)
		}
		if diff := cmp.Diff(asJSON, got); diff != "" || asJSON.At.Format(time.RFC1123Z) != got.At.Format(time.RFC1123Z) {
			rt.Fatalf("JSON would have kept %v\n%s", asJSON.At, diff)
		}
	})
}

func TestFactsOfALaterVersion(t *testing.T) {
	t.Parallel()
	body, err := encodeMail(asking())
	if err != nil {
		t.Fatal(err)
	}
	for n := range protowire.Number(4) {
		body = protowire.AppendString(protowire.AppendTag(body, 18+n, protowire.BytesType), "new")
		body = protowire.AppendVarint(protowire.AppendTag(body, 1000+n, protowire.VarintType), 7)
		body = protowire.AppendFixed64(protowire.AppendTag(body, 2000+n, protowire.Fixed64Type), 7)
	}
	got, err := decodeMail(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asking(), got); diff != "" {
		t.Error(diff)
	}
}

// TestCutOffFacts: a body that lost its end is an error or lacks facts, but gives none that was not stored.
func TestCutOffFacts(t *testing.T) {
	t.Parallel()
	whole, err := encodeMail(asking())
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for n := range whole {
		m, err := decodeMail(whole[:n])
		if err != nil {
			failed++
			continue
		}
		stored := facts()
		want := texts(&stored)
		for i, text := range texts(&m) {
			if text != nil && *text != "" && *text != *want[i] {
				t.Errorf("cut at %d: %q, want %q", n, *text, *want[i])
			}
		}
	}
	if failed < len(whole)/2 {
		t.Errorf("%d of %d cuts were noticed", failed, len(whole))
	}
}
