package handlers

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/testkit"
)

// doubt is an order of which nobody knows whether its first line was bought. request differs from look to look.
func doubt(o *orderv1.Order, code, request string) *eventv1.ProvisioningOutcomeUnknown {
	return &eventv1.ProvisioningOutcomeUnknown{Order: o, View: &orderv1.View{
		Status: orderv1.Status_STATUS_OUTCOME_UNKNOWN, Sentence: "It cannot be told. " + request, Hint: "Look there.", Lines: []*orderv1.LineView{
			{Number: 1, Status: orderv1.LineStatus_LINE_STATUS_UNKNOWN, Code: code, Detail: "It cannot be told. " + request, Hint: "Look there."},
			{Number: 2, Status: orderv1.LineStatus_LINE_STATUS_FULFILLED, VendorSubscriptionId: "s-2"},
		}}}
}

// held is an order of which a line waits at the vendor.
func held(o *orderv1.Order, code string) *eventv1.ProvisioningWaiting {
	return &eventv1.ProvisioningWaiting{Order: o, View: &orderv1.View{Status: orderv1.Status_STATUS_WAITING_ON_VENDOR, Lines: []*orderv1.LineView{
		{Number: 1, Status: orderv1.LineStatus_LINE_STATUS_PROVISIONING, Code: code, Detail: "It waits.", Hint: "Upload it.", VendorOrderId: "Xq1v"},
		{Number: 2, Status: orderv1.LineStatus_LINE_STATUS_FULFILLED},
	}}}
}

// TestNobodyIsToldWhileSeatflowOrTheVendorActs: what can settle itself is nobody's business, and the mail comes once it cannot.
func TestNobodyIsToldWhileSeatflowOrTheVendorActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins[:1])
	o := order()
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 1, doubt(o, "vendor_timeout", ""), 0)
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 2, doubt(o, "", ""), 0)
	w.publish(contract.ProvisioningWaiting, o.GetId(), 3, held(o, "vendor_review"), 0)
	w.publish(contract.ProvisioningWaiting, o.GetId(), 4, held(o, "subscription_busy"), 0)
	w.publish(contract.ProvisioningWaiting, o.GetId(), 5, held(o, "purchase_order_needed"), 0) // it stands behind the others
	d := testkit.Wait(t, "the mail", w.fates)
	if d.GetKind() != "action_needed" || d.GetCause() != o.GetId()+".fulfillment.5" || d.GetRecipient() != admins[0] {
		t.Errorf("told %v", d)
	}
	if n := one[int](w, `select count(*) from deliveries`); n != 1 {
		t.Errorf("%d deliveries", n)
	}
	w.counted("action_needed", "sent", 1)
}

// TestOneNeedIsToldOnce: events that ask for the same tell nobody again, whatever else they say; another need is told.
func TestOneNeedIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins)
	o := order()
	told := func(cause string) {
		t.Helper()
		got := []string{}
		for range admins {
			d := testkit.Wait(t, "the mail", w.fates)
			if d.GetKind() != "action_needed" || d.GetCause() != o.GetId()+".fulfillment."+cause {
				t.Errorf("told %v", d)
			}
			got = append(got, d.GetRecipient())
		}
		if slices.Sort(got); !slices.Equal(got, admins) {
			t.Errorf("told %v", got)
		}
	}
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 1, doubt(o, "purchase_unclear", "request 1"), 0)
	told("1")
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 1, doubt(o, "purchase_unclear", "request 1"), 1)
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 2, doubt(o, "purchase_unclear", "request 2"), 0)
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 3, doubt(o, "vendor_timeout", ""), 0)
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 4, doubt(o, "purchase_untold", ""), 0)
	told("4")
	// Who says since when a line needs somebody may ask again, and under any code.
	since := doubt(o, "vendor_access_denied", "")
	since.View.Lines[0].NeedsPersonSince = timestamppb.New(placed)
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 5, since, 0)
	told("5")
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 6, since, 0)
	since.View.Lines[0].NeedsPersonSince = timestamppb.New(placed.Add(time.Hour))
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 7, since, 0)
	told("7")
	another := order()
	w.publish(contract.ProvisioningOutcomeUnknown, another.GetId(), 1, doubt(another, "purchase_untold", ""), 0)
	o = another
	told("1")
	if n := one[int](w, `select count(*) from deliveries`); n != 5*len(admins) {
		t.Errorf("%d deliveries", n)
	}
}

// TestFactsOfAMailThatAsks: each sentence once, whatever the number of lines, and where to look.
func TestFactsOfAMailThatAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, admins[:1])
	o := order()
	ev := doubt(o, "purchase_untold", "Cart 7.")
	o.Lines = append(o.Lines, &orderv1.Line{Number: 3, Product: "Visio"}, &orderv1.Line{Number: 4, Product: "Project"})
	first := ev.View.Lines[0]
	ev.View.Lines = append(ev.View.Lines,
		&orderv1.LineView{Number: 3, Status: first.GetStatus(), Code: first.GetCode(), Detail: first.GetDetail(), Hint: "Look there, too."},
		&orderv1.LineView{Number: 4, Status: orderv1.LineStatus_LINE_STATUS_PROVISIONING, Code: "vendor_slow", Detail: "It is slow.", Hint: "Look there.",
			VendorOrderId: "Xq1v", VendorSubscriptionId: "s-4"})
	w.publish(contract.ProvisioningOutcomeUnknown, o.GetId(), 1, ev, 0)
	testkit.Wait(t, "the mail", w.fates)
	got := w.sent()[0]
	got.At = time.Time{}
	known := "It cannot be told. Cart 7."
	const note = ` --note "<who says so, and from what>"`
	settling := []string{
		"settle --line 1 --bought <Partner Center's order>" + note, "settle --line 1 --not-bought" + note,
		"settle --line 3 --changed" + note, "settle --line 3 --not-changed" + note,
	}
	want := domain.Mail{
		Kind: domain.ActionNeeded, To: "ann@example.com", OrderID: o.GetId(), Number: "ORD-2026-00148", Customer: "Contoso Corp",
		Requester: "Emily Chen (emily@example.com)", Amount: "14250.00", Currency: "USD", Sentence: known, Hint: "Look there.",
		Reasons: []string{known, "It is slow."}, Todo: []string{"Look there.", "Look there, too."}, Commands: settling,
		Lines: []domain.Line{
			{Product: "Microsoft 365 E5", Change: "new_subscription", Quantity: 25, Status: "unknown", Detail: known},
			{Product: "Power BI Pro", Change: "remove_seats", Quantity: 3, Status: "fulfilled"},
			{Product: "Visio", Status: "unknown", Detail: known},
			{Product: "Project", Status: "provisioning", Detail: "It is slow.", VendorOrder: "Xq1v", Subscription: "s-4"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the mail's facts:\n%s", diff)
	}
}
