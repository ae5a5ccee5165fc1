package partnersim_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func TestLedgerTellsWhoBoughtWhat(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	id := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.Microsoft365E5, "25", `,"friendlyName":"token-1"`))).text("id")
	checkout := s.must(http.StatusCreated, "POST", carts(seed.Contoso)+"/"+id+"/checkout", "", "MS-RequestId", "request-1")
	for _, query := range []string{
		"cart_id=" + id, "order_id=" + checkout.text("orders", 0, "id"), "friendly_name=token-1", "request_id=request-1",
		"kind=purchase", "customer=contoso&kind=purchase", "subscription_id=" + checkout.text("orders", 0, "lineItems", 0, "subscriptionId"),
	} {
		a := s.must(http.StatusOK, "GET", "/admin/ledger?"+query, "")
		if len(a.list("effects")) != 1 || a.text("effects", 0, "quantity_after") != "25" ||
			a.text("effects", 0, "quantity_before") != "0" || a.text("effects", 0, "catalog_item_id") != seed.Microsoft365E5 {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
	s.must(http.StatusBadRequest, "GET", "/admin/ledger?cart_id=x", "")
	s.must(http.StatusBadRequest, "GET", "/admin/ledger?after=x", "")
	s.must(http.StatusNotFound, "GET", "/admin/ledger/carts/"+seed.Contoso, "")
	s.must(http.StatusNotFound, "GET", "/admin/nothing", "")
}

func TestDoublesAreFoundByFriendlyName(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	once := line(seed.PowerBIPro, "1", `,"friendlyName":"once"`)
	twice := line(seed.PowerBIPro, "1", `,"friendlyName":"twice"`)
	s.buy(seed.Contoso, once, twice)
	s.buy(seed.Northwind, once)
	s.buy(seed.Contoso, twice)
	a := s.must(http.StatusOK, "GET", "/admin/ledger/doubles", "")
	if len(a.list("doubles")) != 1 || a.text("doubles", 0, "friendly_name") != "twice" || len(a.list("doubles", 0, "effects")) != 2 {
		t.Errorf("doubles: %s", a.raw)
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.KeepOrders, c.KeepEffects = 3, 2 })
	first, checkout := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	for range 3 {
		s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	}
	s.refused(404, "800008", "POST", carts(seed.Contoso)+"/"+first+"/checkout", "")
	s.refused(404, "20000", "GET", orders(seed.Contoso)+"/"+checkout.text("orders", 0, "id"), "")
	a := s.must(http.StatusOK, "GET", "/admin/ledger", "")
	if len(a.list("effects")) != 2 || a.text("forgotten") != "3" || a.text("effects", 1, "number") != "5" {
		t.Errorf("ledger: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "GET", "/admin/ledger/carts/"+first, ""); a.text("purchases") != "1" {
		t.Errorf("the count of a forgotten cart stays: %s", a.raw)
	}
	if l := s.must(http.StatusOK, "GET", orders(seed.Contoso), ""); l.text("totalCount") != "3" {
		t.Errorf("list: %s", l.raw)
	}
	s.expectPurchases("4")
}

func TestSettingsAndReset(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.must(http.StatusOK, "PATCH", "/admin/settings", `{"provisioning_delay_ms":0,"list_lag_ms":0,"rate_per_minute":7,"etags":true,"user_tokens":true,"recheckout":"refuse"}`)
	for _, wrong := range []string{`{"provisioning_delay_ms":-1}`, `{"recheckout":"maybe"}`, `{"rate_per_minute":-1}`, `{"speed":1}`} {
		s.must(http.StatusBadRequest, "PATCH", "/admin/settings", wrong)
	}
	id, checkout := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	if checkout.text("orders", 0, "status") != "completed" {
		t.Errorf("settings hold at once: %s", checkout.raw)
	}
	s.plan(`{"action":"drop","operation":"list_orders"}`)
	s.must(http.StatusNoContent, "POST", "/admin/reset", "")
	a := s.must(http.StatusOK, "GET", "/admin/settings", "")
	if a.text("provisioning_delay_ms") != "1000" || a.text("list_lag_ms") != "900000" || a.text("rate_per_minute") != "500" ||
		a.text("etags") != "false" || a.text("recheckout") != "replay" {
		t.Errorf("settings after a reset: %s", a.raw)
	}
	s.expectPurchases("0")
	s.refused(404, "800008", "GET", carts(seed.Contoso)+"/"+id, "")
	s.must(http.StatusOK, "GET", orders(seed.Contoso), "")
	s.must(http.StatusOK, "GET", subscriptions(seed.Contoso)+"/"+seed.ContosoBusinessBasic, "")
}

func TestSceneIsShown(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	customers := s.must(http.StatusOK, "GET", "/admin/customers", "")
	if customers.text("customers", 0, "name") != seed.ContosoName || len(customers.list("customers")) != 3 {
		t.Errorf("customers: %s", customers.raw)
	}
	s.must(http.StatusOK, "POST", "/admin/customers", `{"id":"contoso","relationship":false}`)
	s.refused(403, "20002", "GET", orders(seed.Contoso), "")
	catalogue := s.must(http.StatusOK, "GET", "/admin/catalogue", "")
	if catalogue.text("items", 0, "catalog_item_id") != seed.Microsoft365E5 || catalogue.text("items", 0, "terms", 1, "price") != "47.5" {
		t.Errorf("catalogue: %s", catalogue.raw)
	}
	s.must(http.StatusNotFound, "POST", "/admin/catalogue", `{"catalog_item_id":"x"}`)
	for _, path := range []string{"/healthz", "/readyz"} {
		s.must(http.StatusOK, "GET", path, "")
	}
	metrics := s.must(http.StatusOK, "GET", "/metrics", "")
	for _, want := range []string{
		`seatflow_partnersim_requests_total{operation="list_orders",service="partnersim",status="403"} 1`,
		`seatflow_partnersim_carts_bought_twice_total{service="partnersim"} 0`,
	} {
		if !strings.Contains(metrics.raw, want) {
			t.Errorf("no line %s", want)
		}
	}
}

func TestDefaultsAreThoseOfTheFlags(t *testing.T) {
	t.Parallel()
	var parsed partnersim.Config
	if _, err := config.Load("partnersim", &parsed, nil, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	want := partnersim.Defaults()
	parsed.Now, want.Now = nil, nil
	if got, want := describe(parsed), describe(want); got != want {
		t.Errorf("flags give\n%s\nDefaults gives\n%s", got, want)
	}
}

func TestUnusableSettingsAreTold(t *testing.T) {
	t.Parallel()
	cfg := partnersim.Defaults()
	cfg.RatePerMinute, cfg.ListLag, cfg.Recheckout = -1, -1, "maybe"
	err := partnersim.Run(t.Context(), cfg, nil, nil)
	if fault.KindOf(err) != fault.Invalid || len(fault.As(err).Violations) != 3 {
		t.Errorf("got %v", err)
	}
}

func describe(c partnersim.Config) string {
	return fmt.Sprintf("%+v", c)
}
