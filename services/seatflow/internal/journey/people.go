package journey

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/issuer"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// strangers have no token, or one that nobody issued.
func strangers(t *testing.T, w *world) {
	claims := issuer.Claims{Name: "John Smith", Email: "john.smith@msp.example", Role: "admin"}
	theirs, err := issuer.New(filepath.Join(t.TempDir(), "issuer"))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := theirs.Mint(claims, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := issuer.New(w.at.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	genuine, err := ours.Mint(claims, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(genuine, ".")
	other, err := ours.Mint(issuer.Claims{Email: "emily.chen@msp.example", Role: "technician"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"missing":                     "",
		"no token at all":             "admin",
		"of another issuer's key":     forged,
		"with another one's payload":  parts[0] + "." + strings.Split(other, ".")[1] + "." + parts[2],
		"without its signature":       parts[0] + "." + parts[1] + ".",
		"that says it needs no proof": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".",
	} {
		who := w.bearer(t, token)
		_, err := who.List(t.Context(), client.Selection{})
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("a token %s: %v", name, err)
		}
		_, err = who.Place(t.Context(), client.NewOrder{Customer: client.Customer{TenantID: uuid.NewString(), Name: "x"}, Lines: []client.NewLine{basic(1)}}, "")
		wantFault(t, err, fault.Unauthenticated, "")
	}
	if _, err := w.bearer(t, genuine).List(t.Context(), client.Selection{}); err != nil {
		t.Errorf("the genuine token: %s", client.Explain(err))
	}
}

// customersSeeTheirOwn orders and no others; for them, others' do not exist.
func customersSeeTheirOwn(t *testing.T, w *world) {
	mine, yours := w.regular(t), w.stranger(t)
	me := w.person(t, "Mia Own", "mia@mine.example", "customer_admin", mine.TenantID)
	you := w.person(t, "Yan Other", "yan@yours.example", "customer", yours.TenantID)

	o, err := me.Place(t.Context(), client.NewOrder{Customer: mine, Lines: []client.NewLine{basic(1)}}, "")
	if err != nil {
		t.Fatal(client.Explain(err))
	}
	w.until(t, o.ID, "awaiting_approval") // nobody buys at a price of their own making
	if _, err := w.dana.Approve(t.Context(), o.ID, ""); err != nil {
		t.Fatal(client.Explain(err))
	}
	w.completed(t, o.ID)
	if seen, err := me.Get(t.Context(), o.ID, ""); err != nil || seen.ID != o.ID {
		t.Errorf("my own order: %v", err)
	}
	for _, id := range []string{o.ID, o.Number} {
		_, err = you.Get(t.Context(), id, "")
		wantFault(t, err, fault.NotFound, "")
		_, err = you.Timeline(t.Context(), id)
		wantFault(t, err, fault.NotFound, "")
		_, err = you.Cancel(t.Context(), id, "")
		wantFault(t, err, fault.NotFound, "")
	}
	list, err := you.List(t.Context(), client.Selection{View: "historical", Customer: mine.TenantID})
	if err != nil || len(list.Orders) != 0 {
		t.Errorf("your list of my orders: %d, %v", len(list.Orders), err)
	}
	list, err = me.List(t.Context(), client.Selection{View: "historical"})
	if err != nil || len(list.Orders) != 2 { // the one that made the customer a regular, and this one
		t.Errorf("my list: %d, %v", len(list.Orders), err)
	}
	for _, o := range list.Orders {
		if o.Customer.TenantID != mine.TenantID {
			t.Errorf("my list shows an order of %s", o.Customer.Name)
		}
		if o.CreatedBy.Role == "admin" && o.CreatedBy.Email != "" {
			t.Errorf("a customer reads the address of the partner's staff: %s", o.CreatedBy.Email)
		}
	}
	_, err = you.Place(t.Context(), client.NewOrder{Customer: mine, Lines: []client.NewLine{basic(1)}}, "")
	wantFault(t, err, fault.Forbidden, "")
}

// roles bound what people may do.
func roles(t *testing.T, w *world) {
	c := w.stranger(t)
	o := w.place(t, w.john, c, basic(1))
	w.until(t, o.ID, "awaiting_approval")
	theirs := w.person(t, "Cus Tomer", "cus@tomer.example", "customer_admin", c.TenantID)
	for _, who := range []*client.Client{w.emily, theirs} {
		_, err := who.Approve(t.Context(), o.ID, "")
		wantFault(t, err, fault.Forbidden, "")
		_, err = who.Reject(t.Context(), o.ID, "no")
		wantFault(t, err, fault.Forbidden, "")
	}
	_, err := theirs.Retry(t.Context(), o.ID)
	wantFault(t, err, fault.Forbidden, "")
	_, err = theirs.Notifications(t.Context(), o.ID)
	wantFault(t, err, fault.Forbidden, "")
	if _, err := w.dana.Reject(t.Context(), o.ID, "only a test"); err != nil {
		t.Error(client.Explain(err))
	}
}
