package partnersim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func TestAnItemIsFoundInTheCatalogueAndBought(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	for _, root := range []string{"/v1", "/v1/customers/" + seed.Contoso} {
		list := s.must(http.StatusOK, "GET", root+"/products?country=US&targetView=OnlineServices", "")
		product := ""
		for n := range list.list("items") {
			if list.text("items", n, "title") == "Power BI Pro" {
				product = list.text("items", n, "id")
			}
		}
		path := root + "/products/" + product
		if s.must(http.StatusOK, "GET", path+"?country=US", "").text("productType", "id") != "OnlineServicesNCE" {
			t.Errorf("%s is no licence", path)
		}
		skus := s.must(http.StatusOK, "GET", path+"/skus?country=US", "")
		path += "/skus/" + skus.text("items", 0, "id")
		sku := s.must(http.StatusOK, "GET", path+"?country=US", "")
		if sku.text("maximumQuantity") != "10000" || sku.text("dynamicAttributes", "isAddon") != "false" || len(sku.list("supportedBillingCycles")) != 2 {
			t.Errorf("SKU: %s", sku.raw)
		}
		offers := s.must(http.StatusOK, "GET", path+"/availabilities?country=US&targetSegment=commercial", "")
		offer := s.must(http.StatusOK, "GET", path+"/availabilities/"+offers.text("items", 0, "id")+"?country=US", "")
		if offer.text("catalogItemId") != seed.PowerBIPro || offer.text("isPurchasable") != "true" || offer.text("segment") != "commercial" ||
			offer.text("terms", 1, "duration") != "P1Y" || offer.text("terms", 1, "billingCycle") != "Monthly" ||
			offer.text("terms", 0, "cancellationPolicies", 0, "refundOptions", 1, "expiresAfter") != "P7D" {
			t.Errorf("availability: %s", offer.raw)
		}
		s.buy(seed.Contoso, line(offer.text("catalogItemId"), "1"))
	}
}

func TestTheCatalogueRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/v1/products?targetView=OnlineServices":                              {400, "3000"},
		"/v1/products?country=US&targetView=Nonsense":                         {403, "400036"},
		"/v1/products/CFQ7NOTHING0?country=US":                                {404, "400013"},
		"/v1/products/CFQ7TTC0LF8T/skus?country=US":                           {404, "400013"}, // sold in Germany only
		"/v1/products/CFQ7TTC0LFLZ/skus/0009?country=US":                      {404, "400018"},
		"/v1/products/CFQ7TTC0LFLZ/skus/0002/availabilities/OLD?country=US":   {404, "400019"},
		"/v1/products/" + seed.LegacyOffice365E1 + "?country=US":              {404, "400013"},
		"/v1/customers/" + seed.Contoso[:35] + "9/products?targetView=Azure":  {404, "60003"},
		"/v1/customers/contoso/products?targetView=Azure":                     {400, "900118"},
		"/v1/customers/" + seed.Contoso + "/products//skus":                   {404, "1000"},
		"/v1/customers/" + seed.Contoso + "/products/CFQ7TTC0LFLZ/skus/0002/": {404, "1000"},
	} {
		s.refused(want.status, want.code, "GET", path, "")
	}
	if a := s.must(http.StatusOK, "GET", "/v1/products/CFQ7TTC0LF8R/skus/0001/availabilities?country=US", ""); a.text("items", 0, "isPurchasable") != "false" {
		t.Errorf("a retired item: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "GET", "/v1/products?country=DE&targetView=OnlineServices", ""); !strings.Contains(a.raw, "CFQ7TTC0LF8T") {
		t.Errorf("German items: %s", a.raw)
	}
}

func TestEveryKindIsInItsView(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	for view, want := range map[string]string{
		"OnlineServices": seed.Microsoft365E5, "AzureReservations": seed.AzureReservation, "SoftwarePerpetual": seed.PerpetualSoftware,
		"SoftwareSubscriptions": seed.SoftwareSubscription, "MarketplaceSaaS": seed.MarketplaceSaaS, "MicrosoftAzure": seed.AzurePlan,
	} {
		a := s.must(http.StatusOK, "GET", "/v1/products?country=US&targetView="+view, "")
		product, _, _ := strings.Cut(want, ":")
		if !strings.Contains(a.raw, `"id":"`+product+`"`) {
			t.Errorf("%s lacks %s: %s", view, product, a.raw)
		}
	}
}

func TestAvailabilitiesMove(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	id := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1"))).text("id")
	moved := s.must(http.StatusOK, "POST", "/admin/catalogue/availability", `{"catalog_item_id":"`+seed.PowerBIPro+`"}`).text("catalog_item_id")
	s.refused(404, "400019", "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1")))
	s.refused(404, "400019", "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
	s.refused(404, "400019", "POST", orders(seed.Contoso), direct("annual", seed.PowerBIPro, "1"))
	s.expectPurchases("0")
	offers := s.must(http.StatusOK, "GET", "/v1/products/CFQ7TTC0HL8W/skus/0001/availabilities?country=US", "")
	if offers.text("items", 0, "catalogItemId") != moved || moved == seed.PowerBIPro {
		t.Errorf("moved to %s: %s", moved, offers.raw)
	}
	s.buy(seed.Contoso, line(moved, "1"))
	s.must(http.StatusOK, "POST", "/admin/catalogue/availability", `{"catalog_item_id":"`+moved+`","availability":"CFQ7TTC0PBI1"}`)
	s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	s.must(http.StatusNotFound, "POST", "/admin/catalogue/availability", `{"catalog_item_id":"`+moved+`"}`)
}

func TestInventory(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	ask := func() answer {
		return s.must(http.StatusOK, "POST", "/v1/extensions/product/checkinventory?country=US",
			`{"targetItems":[{"productId":"DZH318Z0BQ4B","skuId":"000Z"},{"productId":"CFQ7TTC0LFLZ"},{"productId":"none"}],"inventoryContext":{"customerId":"`+seed.Contoso+`"}}`)
	}
	if a := ask(); len(a.list("items")) != 1 || a.text("items", 0, "isRestricted") != "false" {
		t.Errorf("in stock: %s", a.raw)
	}
	id := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.AzureReservation, "1"))).text("id")
	s.must(http.StatusOK, "POST", "/admin/catalogue/inventory", `{"catalog_item_id":"`+seed.AzureReservation+`","sold_out":true}`)
	if a := ask(); a.text("items", 0, "isRestricted") != "true" || a.text("items", 0, "restrictions", 0, "reasonCode") == "" {
		t.Errorf("sold out: %s", a.raw)
	}
	s.refused(400, "800010", "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
	s.refused(400, "800010", "POST", orders(seed.Contoso), direct("one_time", seed.AzureReservation, "1"))
	if a := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.AzureReservation, "1"))); a.text("lineItems", 0, "error", "errorCode") != "10003" {
		t.Errorf("cart: %s", a.raw)
	}
}

func TestAddOnsNeedABase(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	alone := s.must(http.StatusCreated, "POST", carts(seed.Northwind), cart(line(seed.AIBuilderAddOn, "1")))
	if alone.text("lineItems", 0, "error", "errorCode") != "400041" {
		t.Errorf("alone: %s", alone.raw)
	}
	s.refused(400, "800009", "POST", carts(seed.Northwind)+"/"+alone.text("id")+"/checkout", "")
	s.refused(400, "400041", "POST", orders(seed.Northwind), direct("annual", seed.AIBuilderAddOn, "1"))
	s.buy(seed.Northwind, line(seed.AIBuilderAddOn, "1"), line(seed.Microsoft365E5, "1"))
	s.buy(seed.Northwind, line(seed.AIBuilderAddOn, "1"))
	s.expectPurchases("3")
}

func TestReservationsNeedARegisteredSubscription(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	reserve := func(subscription string) string {
		a := s.must(http.StatusCreated, "POST", carts(seed.Contoso),
			cart(line(seed.AzureReservation, "1", `,"provisioningContext":{"subscriptionId":"`+subscription+`","scope":"single"}`)))
		return a.text("lineItems", 0, "error", "errorCode")
	}
	_, bought := s.buy(seed.Contoso, line(seed.AzurePlan, "1"))
	plan := bought.text("orders", 0, "lineItems", 0, "subscriptionId")
	path := subscriptions(seed.Contoso) + "/" + plan
	if code := reserve(seed.ContosoBusinessBasic); code != "10007" {
		t.Errorf("for a licence: %s", code)
	}
	if code := reserve(plan); code != "10011" {
		t.Errorf("before registration: %s", code)
	}
	if a := s.must(http.StatusOK, "GET", path+"/registrationstatus", ""); a.text("status") != "NotRegistered" {
		t.Errorf("before: %s", a.raw)
	}
	for range 2 { // a repeat is harmless
		a := s.must(http.StatusAccepted, "POST", path+"/registrations", "")
		if !strings.HasSuffix(a.header.Get("Location"), plan+"/registrationstatus") {
			t.Errorf("location %q", a.header.Get("Location"))
		}
	}
	if a := s.must(http.StatusOK, "GET", path+"/registrationstatus", ""); a.text("status") != "registered" {
		t.Errorf("after: %s", a.raw)
	}
	if code := reserve(plan); code != "" {
		t.Errorf("after registration: %s", code)
	}
	s.refused(400, "800011", "POST", subscriptions(seed.Contoso)+"/"+seed.ContosoBusinessBasic+"/registrations", "")
	if a := s.summary(); a.text("by_kind", "registration") != "1" {
		t.Errorf("ledger: %s", a.raw)
	}
}
