package journey

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/partnersim/seed"
	"github.com/seatflow/seatflow/services/portal/issuer"
	"github.com/seatflow/seatflow/services/seatflow/internal/cli"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// person is a client of the portal in somebody's name.
func (w *world) person(t *testing.T, name, email, role, tenant string) *client.Client {
	t.Helper()
	token, err := cli.Mint(w.at.Issuer, issuer.Claims{Name: name, Email: email, Role: role, Tenant: tenant}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return w.bearer(t, token)
}

func (w *world) bearer(t *testing.T, token string) *client.Client {
	t.Helper()
	c, err := client.New(w.at.Portal, token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// basic is a line that buys seats of a cheap product for a year.
func basic(seats int32) client.NewLine {
	return buy("Microsoft 365 Business Basic", seed.Microsoft365BusinessBasic, "72.00", seats)
}

func buy(product, item, price string, seats int32) client.NewLine {
	return client.NewLine{
		Product: product, CatalogItem: item, UnitPrice: &client.Money{Amount: price, Currency: "USD"},
		NewSubscription: &client.NewSubscription{Quantity: seats, Term: "P1Y", BillingCycle: "annual"},
	}
}

// wantFault checks an error's kind, and its code if one is given, and that it says something.
func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	f := fault.As(err)
	if f == nil {
		t.Fatalf("no error; want %s %s", kind, code)
	}
	if f.Kind != kind || code != "" && f.Code != code || f.Message == "" {
		t.Errorf("got %s %s (%s), want %s %s", f.Kind, f.Code, client.Explain(err), kind, code)
	}
}

// placedByHTTP follows one order from a person's request to the vendor and to the mail about it.
func placedByHTTP(t *testing.T, w *world) {
	c := w.regular(t)
	email := "journey-" + uuid.NewString()[:8] + "@msp.example"
	who := w.person(t, "Jo Urney", email, "technician", "")
	placed, err := who.Place(t.Context(), client.NewOrder{Customer: c, Lines: []client.NewLine{basic(3)}, Reference: "PO-77", Note: "two\nlines"}, "")
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	if placed.Status != "received" || placed.Amount == nil || placed.Amount.Amount != "216.00" || placed.CreatedBy.Email != email {
		t.Errorf("placed: %+v", placed)
	}
	done := w.completed(t, placed.ID)
	line := done.Lines[0]
	if line.Status != "fulfilled" || line.VendorOrderID == "" || line.VendorSubscriptionID == "" {
		t.Errorf("the line: %+v", line)
	}
	bought, err := w.vendor.Ledger(t.Context(), map[string]string{"order_id": line.VendorOrderID})
	if err != nil || len(bought) != 1 || bought[0].Kind != "purchase" || bought[0].After != 3 || bought[0].SubscriptionID != line.VendorSubscriptionID {
		t.Errorf("the vendor's ledger: %+v, %v", bought, err)
	}
	w.told(t, placed, "order_completed", email)
	w.tells(t, done, "order.submitted", "approval.granted", "provisioning.finished", "notification.sent")
	byNumber, err := who.Get(t.Context(), strings.ToLower(done.Number), "")
	if err != nil || byNumber.ID != done.ID {
		t.Errorf("read by number: %v, %v", byNumber.ID, err)
	}
}

// told waits for the mail about an order to one address.
func (w *world) told(t *testing.T, o client.Order, kind, email string) {
	t.Helper()
	w.tape.await(t, kind+" of "+o.Number+" sent to "+email, func(h heard) bool {
		d := h.delivery()
		return h.order == o.ID && d.GetKind() == kind && d.GetRecipient() == email
	})
	if w.at.Mail == "" {
		return
	}
	mails, err := client.Catcher(w.at.Mail).Mails(t.Context(), email, o.Number, 1, patience/2)
	if err != nil || len(mails) == 0 {
		t.Fatalf("no mail to %s about %s: %v", email, o.Number, err)
	}
	if !strings.Contains(mails[0].Text, o.Customer.Name) {
		t.Errorf("the mail does not name the customer:\n%s", mails[0].Text)
	}
}

// tells checks that an order's timeline has these events, the first of each owner in this order.
func (w *world) tells(t *testing.T, o client.Order, events ...string) {
	t.Helper()
	for i := len(events) - 1; i >= 0; i-- { // the book has heard of what the tape has heard of, soon
		h := w.tape.await(t, events[i]+" of "+o.Number, func(h heard) bool {
			return h.order == o.ID && h.head.Type == "seatflow."+events[i]+".v1"
		})
		if h.head.Sequence > 0 {
			if _, err := w.john.Get(t.Context(), o.ID, h.position()); err != nil {
				t.Fatal(client.Explain(err))
			}
		}
	}
	entries, err := w.john.Timeline(t.Context(), o.ID)
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	var types []string
	for _, e := range entries {
		types = append(types, strings.TrimSuffix(strings.TrimPrefix(e.Type, "seatflow."), ".v1"))
	}
	at := 0
	for _, e := range events {
		if strings.HasPrefix(e, "notification.") { // deliveries carry no position to wait for
			continue
		}
		for at < len(types) && types[at] != e {
			at++
		}
		if at == len(types) {
			t.Fatalf("the timeline %v lacks %s, or has it too early", types, e)
		}
	}
}

// placedOnce sends the same request again and again.
func placedOnce(t *testing.T, w *world) {
	c := w.regular(t)
	key := uuid.NewString()
	order := client.NewOrder{Customer: c, Lines: []client.NewLine{basic(2)}}
	first, err := w.emily.Place(t.Context(), order, key)
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	for range 3 {
		again, err := w.emily.Place(t.Context(), order, key)
		if err != nil || again.ID != first.ID || again.Number != first.Number {
			t.Fatalf("the repeat: %s %v, first %s", again.Number, err, first.Number)
		}
	}
	other := order
	other.Lines = []client.NewLine{basic(3)}
	_, err = w.emily.Place(t.Context(), other, key)
	wantFault(t, err, fault.Conflict, "")
	theirs, err := w.john.Place(t.Context(), order, key) // keys are each caller's own
	if err != nil || theirs.ID == first.ID {
		t.Errorf("another person's order under the same key: %s, %v", theirs.Number, err)
	}
	w.completed(t, first.ID)
	w.completed(t, theirs.ID)
}

// severalLines buys two products with one order.
func severalLines(t *testing.T, w *world) {
	c := w.regular(t)
	o := w.place(t, w.emily, c, basic(2), buy("Power BI Pro", seed.PowerBIPro, "100.00", 4))
	done := w.completed(t, o.ID)
	if done.Licences != 6 || done.Amount.Amount != "544.00" || done.Lines[0].Status != "fulfilled" || done.Lines[1].Status != "fulfilled" {
		t.Errorf("done: %d seats, %v, %+v", done.Licences, done.Amount, done.Lines)
	}
	// Then more seats of what was bought, and fewer again.
	more := w.place(t, w.emily, c, client.NewLine{
		Product: "Power BI Pro", UnitPrice: &client.Money{Amount: "100.00", Currency: "USD"},
		AddSeats: &client.SeatChange{SubscriptionID: done.Lines[1].VendorSubscriptionID, Quantity: 3},
	})
	w.completed(t, more.ID)
	fewer := w.place(t, w.emily, c, client.NewLine{
		Product: "Power BI Pro", RemoveSeats: &client.SeatChange{SubscriptionID: done.Lines[1].VendorSubscriptionID, Quantity: 2},
	})
	w.completed(t, fewer.ID)
	changes, err := w.vendor.Ledger(t.Context(), map[string]string{"subscription_id": done.Lines[1].VendorSubscriptionID, "kind": "quantity"})
	if err != nil || len(changes) != 2 || changes[0].After != 7 || changes[1].After != 5 {
		t.Errorf("the vendor's ledger: %+v, %v", changes, err)
	}
}

// unknownToVendor fails at the vendor with its plain sentence, and can be retried once the vendor knows the customer.
func unknownToVendor(t *testing.T, w *world) {
	c := client.Customer{TenantID: uuid.NewString(), Name: "Nobody's Tenant"}
	o := w.place(t, w.john, c, basic(1))
	w.until(t, o.ID, "awaiting_approval")
	if _, err := w.dana.Approve(t.Context(), o.ID, ""); err != nil {
		t.Fatal(client.Explain(err))
	}
	now := w.until(t, o.ID, "failed")
	if now.Status != "failed" || !strings.Contains(now.Sentence, "Partner Center: ") || now.Hint == "" {
		t.Errorf("%s: %q, hint %q", now.Status, now.Sentence, now.Hint)
	}
	w.told(t, o, "order_failed", "dana.reyes@msp.example")
	if err := w.vendor.AddCustomer(t.Context(), c.TenantID, c.Name); err != nil {
		t.Fatal(client.Explain(err))
	}
	if _, err := w.emily.Retry(t.Context(), o.ID); err != nil {
		t.Fatal(client.Explain(err))
	}
	w.completed(t, o.ID)
	_, err := w.emily.Retry(t.Context(), o.ID)
	wantFault(t, err, fault.Conflict, "")
}
