package partnersim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// bought gives the path of a fresh subscription of 10 seats.
func (s *sim) bought() string {
	s.t.Helper()
	_, checkout := s.buy(seed.Northwind, line(seed.PowerBIPro, "10"))
	return subscriptions(seed.Northwind) + "/" + checkout.text("orders", 0, "lineItems", 0, "subscriptionId")
}

func TestQuantityChanges(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.TokenLifetime = 30 * 24 * time.Hour })
	path := s.bought()
	document := s.must(http.StatusOK, "GET", path, "").raw
	with := func(quantity string) string {
		return strings.Replace(document, `"quantity":10`, `"quantity":`+quantity, 1)
	}
	expect := func(status string, quantity string) {
		t.Helper()
		if a := s.must(http.StatusOK, "GET", path, ""); a.text("quantity") != quantity || a.text("status") != status {
			t.Errorf("want %s %s, got %s", status, quantity, a.raw)
		}
	}
	a := s.must(http.StatusOK, "PATCH", path, with("15"))
	if a.text("quantity") != "15" || a.text("refundableQuantity", "totalQuantity") != "15" || a.text("autoRenewEnabled") != "true" {
		t.Errorf("increase: %s", a.raw)
	}
	s.must(http.StatusOK, "PATCH", path, with("15")) // a repeat changes nothing
	s.must(http.StatusOK, "PATCH", path, with("12"))
	s.refused(400, "2002", "PATCH", path, with("0"))
	s.refused(400, "2002", "PATCH", path, with("10001"))
	s.clock.pass(4 * 24 * time.Hour)
	s.must(http.StatusOK, "PATCH", path, with("20"))
	s.clock.pass(3 * 24 * time.Hour) // the first 12 stay for good, the last 8 may still go
	s.refused(400, "800090", "PATCH", path, with("11"))
	s.must(http.StatusOK, "PATCH", path, with("12"))
	s.refused(400, "800090", "PATCH", path, with("11"))
	s.refused(400, "800090", "PATCH", subscriptions(seed.Contoso)+"/"+seed.ContosoBusinessBasic, `{"quantity":9,"autoRenewEnabled":true}`)
	expect("active", "12")
	ledger := s.must(http.StatusOK, "GET", "/admin/ledger?kind=quantity", "")
	var seen []string
	for n := range ledger.list("effects") {
		seen = append(seen, ledger.text("effects", n, "quantity_before")+">"+ledger.text("effects", n, "quantity_after"))
	}
	if got := strings.Join(seen, " "); got != "10>15 15>12 12>20 20>12" {
		t.Errorf("ledger: %s", got)
	}
}

func TestStatusChanges(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.TokenLifetime = 30 * 24 * time.Hour })
	path := s.bought()
	s.refused(400, "900126", "PATCH", path, `{"status":"asleep"}`)
	s.refused(400, "800040", "PATCH", path, `{"status":"expired"}`)
	s.refused(400, "2001", "PATCH", path, `{"status":"suspended","quantity":11}`)
	a := s.must(http.StatusOK, "PATCH", path, `{"Status":"Suspended","Quantity":10,"AutoRenewEnabled":true}`)
	if a.text("status") != "suspended" || a.text("autoRenewEnabled") != "false" {
		t.Errorf("suspend: %s", a.raw)
	}
	if o := s.must(http.StatusOK, "GET", orders(seed.Northwind)+"/"+a.text("orderId"), ""); o.text("status") != "suspended" {
		t.Errorf("order of a suspended subscription: %s", o.raw)
	}
	s.refused(400, "800091", "PATCH", path, `{"quantity":11}`)
	if a := s.must(http.StatusOK, "PATCH", path, `{"status":"active","autoRenewEnabled":true}`); a.text("status") != "active" || a.text("autoRenewEnabled") != "true" {
		t.Errorf("reactivate: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "PATCH", path, `{"friendlyName":"Sales"}`); a.text("friendlyName") != "Sales" || a.text("autoRenewEnabled") != "false" {
		t.Errorf("a missing autoRenewEnabled is taken as false: %s", a.raw)
	}
	s.refused(400, "3000", "PATCH", path, `{"id":"`+seed.ContosoBusinessBasic+`","quantity":11}`)
	late := s.bought()
	a = s.must(http.StatusOK, "PATCH", path, `{"status":"deleted"}`)
	if o := s.must(http.StatusOK, "GET", orders(seed.Northwind)+"/"+a.text("orderId"), ""); o.text("status") != "cancelled" {
		t.Errorf("order of a cancelled subscription: %s", o.raw)
	}
	s.refused(400, "2011", "PATCH", path, `{"status":"active"}`)
	s.clock.pass(7 * 24 * time.Hour)
	s.refused(400, "900117", "PATCH", late, `{"status":"deleted"}`)
}

func TestETags(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.ETags = true })
	path := s.bought()
	etag := s.must(http.StatusOK, "GET", path, "").text("attributes", "etag")
	if etag == "" {
		t.Fatal("no etag")
	}
	changed := s.must(http.StatusOK, "PATCH", path, `{"quantity":11,"autoRenewEnabled":true}`, "If-Match", `"`+etag+`"`)
	if changed.text("attributes", "etag") == etag {
		t.Error("a change gives another etag")
	}
	s.refused(400, "2055", "PATCH", path, `{"quantity":12}`, "If-Match", `"`+etag+`"`)
	s.must(http.StatusOK, "PATCH", path, `{"quantity":12}`)
}

func TestSubscriptionsMadeByHand(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	path := subscriptions(seed.Fabrikam) + "/" + seed.FabrikamPowerBIPro
	s.refused(404, "20003", "PATCH", path, `{"quantity":30}`)
	body := `{"customer":"fabrikam","id":"` + seed.FabrikamPowerBIPro + `","catalog_item_id":"` + seed.PowerBIPro + `","quantity":20}`
	s.must(http.StatusCreated, "POST", "/admin/subscriptions", body)
	if a := s.must(http.StatusBadRequest, "POST", "/admin/subscriptions", body); a.text("error", "vendor_code") != "800002" {
		t.Errorf("an id is given out once: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "PATCH", path, `{"quantity":30,"autoRenewEnabled":true}`); a.text("quantity") != "30" {
		t.Errorf("change: %s", a.raw)
	}
	made := s.must(http.StatusCreated, "POST", "/admin/subscriptions",
		`{"customer":"`+seed.Northwind+`","catalog_item_id":"`+seed.PowerBIPro+`","quantity":2,"friendly_name":"by hand"}`)
	if a := s.must(http.StatusOK, "GET", subscriptions(seed.Northwind)+"/"+made.text("id"), ""); a.text("friendlyName") != "by hand" {
		t.Errorf("made: %s", a.raw)
	}
	ledger := s.must(http.StatusOK, "GET", "/admin/ledger?customer=fabrikam", "")
	if len(ledger.list("effects")) != 2 || ledger.text("effects", 1, "quantity_after") != "30" || ledger.text("effects", 1, "request_id") == "" {
		t.Errorf("ledger: %s", ledger.raw)
	}
	s.expectPurchases("0")
}
