package partnersim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func TestPurchaseFromCartToSubscription(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	made := s.must(http.StatusCreated, "POST", carts(seed.Contoso),
		`{"LineItems":[{"CatalogItemId":"`+seed.Microsoft365E5+`","Quantity":25,"FriendlyName":"ORD-1 \"a\" ü","TermDuration":"P1Y","BillingCycle":"Annual"}]}`)
	id := made.text("id")
	for path, want := range map[string]string{
		made.text("status"):                                   "Active",
		made.text("lineItems", 0, "id"):                       "0",
		made.text("lineItems", 0, "billingCycle"):             "annual",
		made.text("lineItems", 0, "pricing", "price"):         "570",
		made.text("lineItems", 0, "pricing", "extendedPrice"): "14250",
		made.text("lineItems", 0, "currencyCode"):             "USD",
		made.text("links", "self", "uri"):                     strings.TrimPrefix(carts(seed.Contoso), "/v1") + "/" + id,
		made.text("attributes", "objectType"):                 "Cart",
		made.text("expirationTimestamp"):                      "2026-03-21T09:00:00.0000000Z",
	} {
		if path != want {
			t.Errorf("cart: got %q, want %q in %s", path, want, made.raw)
		}
	}
	checkout := s.must(http.StatusCreated, "POST", carts(seed.Contoso)+"/"+id+"/checkout", `"success"`)
	if checkout.text("orders", 0, "status") != "pending" || checkout.at("orders", 0, "lineItems", 0, "subscriptionId") != nil {
		t.Errorf("an order is pending until its delay has passed, got %s", checkout.raw)
	}
	if checkout.text("orders", 0, "totalPrice") != "14250" || checkout.text("attributes", "objectType") != "CartCheckoutResult" {
		t.Errorf("checkout: %s", checkout.raw)
	}
	orderPath := orders(seed.Contoso) + "/" + checkout.text("orders", 0, "id")
	status := s.must(http.StatusOK, "GET", orderPath+"/provisioningstatus", "")
	if status.text("items", 0, "status") != "prefulfillment_pending" {
		t.Errorf("provisioning: %s", status.raw)
	}
	s.clock.pass(time.Second)
	order := s.must(http.StatusOK, "GET", orderPath, "")
	if order.text("status") != "completed" || order.text("lineItems", 0, "friendlyName") != `ORD-1 "a" ü` {
		t.Errorf("order: %s", order.raw)
	}
	status = s.must(http.StatusOK, "GET", orderPath+"/provisioningstatus", "")
	if status.text("items", 0, "status") != "fulfilled" || status.text("items", 0, "quantityProvisioningInformation", 0, "quantity") != "25" {
		t.Errorf("provisioning: %s", status.raw)
	}
	sub := s.must(http.StatusOK, "GET", subscriptions(seed.Contoso)+"/"+strings.ToUpper(order.text("lineItems", 0, "subscriptionId")), "")
	if sub.text("quantity") != "25" || sub.text("status") != "active" || sub.text("orderId") != order.text("id") ||
		sub.text("commitmentEndDateTime") != "2027-03-13T23:59:59Z" || sub.text("refundableQuantity", "totalQuantity") != "25" {
		t.Errorf("subscription: %s", sub.raw)
	}
	if s.must(http.StatusOK, "GET", carts(seed.Contoso)+"/"+id, "").text("status") != "Ordered" {
		t.Error("a checked-out cart is Ordered")
	}
}

func TestCompletedAtOnceWithoutDelay(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	_, checkout := s.buy(seed.Northwind, line(seed.Microsoft365BusinessPremium, "3"))
	if checkout.text("orders", 0, "status") != "completed" || checkout.text("orders", 0, "lineItems", 0, "subscriptionId") == "" ||
		checkout.text("orders", 0, "totalPrice") != "660" {
		t.Errorf("checkout: %s", checkout.raw)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	stranger := "00000000-0000-4000-8000-000000000000"
	s.must(http.StatusOK, "POST", "/admin/customers", `{"id":"`+stranger[:35]+`1","name":"Left","relationship":false}`)
	good := line(seed.PowerBIPro, "1")
	bought, _ := s.buy(seed.Fabrikam, good)
	for name, c := range map[string]struct {
		status       int
		code         string
		method, path string
		body         string
	}{
		"unknown customer":      {404, "60003", "POST", carts(stranger), cart(good)},
		"no relationship":       {403, "20002", "POST", carts(stranger[:35] + "1"), cart(good)},
		"customer no GUID":      {400, "900118", "POST", carts("contoso"), cart(good)},
		"product":               {404, "400013", "POST", carts(seed.Contoso), cart(line("CFQ7NOTHING0:0001:CFQ7TTC0K4TS", "1"))},
		"sku":                   {404, "400018", "POST", carts(seed.Contoso), cart(line("CFQ7TTC0LFLZ:0009:CFQ7TTC0K4TS", "1"))},
		"availability":          {404, "400019", "POST", carts(seed.Contoso), cart(line("CFQ7TTC0LFLZ:0002:CFQ7TTC0OLD1", "1"))},
		"legacy offer":          {400, "800004", "POST", carts(seed.Contoso), cart(line("MS-AZR-0145P", "1"))},
		"other region":          {400, "800070", "POST", carts(seed.Contoso), cart(line(seed.OtherRegionOffer, "1"))},
		"retired":               {403, "2091", "POST", carts(seed.Contoso), cart(line(seed.RetiredOffer, "1"))},
		"no quantity":           {400, "900275", "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "0"))},
		"negative quantity":     {400, "900275", "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "-3"))},
		"huge quantity":         {400, "800002", "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "99999999999999999999"))},
		"billing cycle":         {400, "900126", "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1", `,"billingCycle":"weekly"`))},
		"no lines":              {400, "800002", "POST", carts(seed.Contoso), cart()},
		"no JSON":               {400, "800002", "POST", carts(seed.Contoso), `{"lineItems":[`},
		"cart no GUID":          {404, "800008", "GET", carts(seed.Contoso) + "/1", ""},
		"cart never made":       {404, "800008", "POST", carts(seed.Contoso) + "/" + stranger + "/checkout", ""},
		"another's cart":        {404, "800008", "POST", carts(seed.Contoso) + "/" + bought + "/checkout", ""},
		"order":                 {404, "20000", "GET", orders(seed.Contoso) + "/0123456789ab", ""},
		"order of odd form":     {404, "20000", "GET", orders(seed.Contoso) + "/x", ""},
		"provisioning":          {404, "20000", "GET", orders(seed.Contoso) + "/0123456789ab/provisioningstatus", ""},
		"subscription":          {404, "20003", "GET", subscriptions(seed.Contoso) + "/" + stranger, ""},
		"Fabrikam's Power BI":   {404, "20003", "GET", subscriptions(seed.Fabrikam) + "/" + seed.FabrikamPowerBIPro, ""},
		"another's":             {404, "20003", "GET", subscriptions(seed.Fabrikam) + "/" + seed.ContosoBusinessBasic, ""},
		"patch of none":         {404, "20003", "PATCH", subscriptions(seed.Contoso) + "/" + stranger, `{"quantity":2}`},
		"no such path":          {404, "1000", "GET", "/v1/customers/" + seed.Contoso + "/nothing", ""},
		"list of a stranger":    {404, "60003", "GET", orders(stranger), ""},
		"order with its cart's": {404, "20000", "GET", orders(seed.Fabrikam) + "/" + bought, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			s.refused(c.status, c.code, c.method, c.path, c.body)
		})
	}
}

func TestCartsWithLineErrorsCannotBeBought(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	for name, c := range map[string]struct{ line, code string }{
		"too many seats": {line(seed.Microsoft365BusinessBasic, "301"), "10015"},
		"term":           {line(seed.PowerBIPro, "1", `,"termDuration":"P3Y"`), "10010"},
		"billing plan":   {line(seed.PowerBIPro, "1", `,"termDuration":"P1M","billingCycle":"annual"`), "10013"},
	} {
		made := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1"), c.line))
		if made.text("lineItems", 1, "error", "errorCode") != c.code || made.at("lineItems", 0, "error") != nil {
			t.Errorf("%s: %s", name, made.raw)
		}
		s.refused(400, "800009", "POST", carts(seed.Contoso)+"/"+made.text("id")+"/checkout", "")
	}
	s.expectPurchases("0")
}

func TestCheckoutBuysOnce(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	id, first := s.buy(seed.Contoso, line(seed.PowerBIPro, "2"), line(seed.Microsoft365E5, "1", `,"termDuration":"P1M"`))
	if len(first.list("orders")) != 2 || first.text("orders", 1, "billingCycle") != "monthly" {
		t.Errorf("one order per billing cycle, got %s", first.raw)
	}
	path := carts(seed.Contoso) + "/" + id + "/checkout"
	again := s.must(http.StatusCreated, "POST", path, "")
	if again.raw != first.raw {
		t.Errorf("a repeat must answer as the first time:\n%s\n%s", first.raw, again.raw)
	}
	s.must(http.StatusOK, "PATCH", "/admin/settings", `{"recheckout":"refuse"}`)
	s.refused(400, "800065", "POST", path, "")
	s.expectPurchases("2")
	count := s.must(http.StatusOK, "GET", "/admin/ledger/carts/"+id, "")
	if count.text("purchases") != "1" {
		t.Errorf("cart count: %s", count.raw)
	}
}

func TestCartsExpire(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { c.TokenLifetime = 30 * 24 * time.Hour })
	id := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1"))).text("id")
	s.clock.pass(7 * 24 * time.Hour)
	s.must(http.StatusOK, "GET", carts(seed.Contoso)+"/"+id, "")
	s.clock.pass(time.Second)
	s.refused(404, "800008", "GET", carts(seed.Contoso)+"/"+id, "")
	s.refused(404, "800008", "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
}

func TestAvailabilityIsJudgedAgainAtCheckout(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	id := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1"))).text("id")
	s.must(http.StatusOK, "POST", "/admin/catalogue", `{"catalog_item_id":"`+seed.PowerBIPro+`","retired":true}`)
	s.refused(403, "2091", "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
	s.expectPurchases("0")
}

func TestListsLag(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, checkout := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	s.must(http.StatusOK, "GET", orders(seed.Contoso)+"/"+checkout.text("orders", 0, "id"), "")
	if l := s.must(http.StatusOK, "GET", orders(seed.Contoso), ""); l.text("totalCount") != "0" || l.list("items") == nil {
		t.Errorf("too early: %s", l.raw)
	}
	s.clock.pass(15 * time.Minute)
	l := s.must(http.StatusOK, "GET", orders(seed.Contoso), "")
	if l.text("totalCount") != "1" || l.text("items", 0, "id") != checkout.text("orders", 0, "id") {
		t.Errorf("list: %s", l.raw)
	}
	if l := s.must(http.StatusOK, "GET", orders(seed.Contoso)+"?billingType=OneTime", ""); l.text("totalCount") != "0" {
		t.Errorf("by billing type: %s", l.raw)
	}
	subs := s.must(http.StatusOK, "GET", subscriptions(seed.Contoso)+"?order_id="+checkout.text("orders", 0, "id"), "")
	if subs.text("totalCount") != "1" || subs.text("items", 0, "orderId") != checkout.text("orders", 0, "id") {
		t.Errorf("subscriptions of the order: %s", subs.raw)
	}
	if all := s.must(http.StatusOK, "GET", subscriptions(seed.Contoso), ""); all.text("totalCount") != "2" {
		t.Errorf("all subscriptions: %s", all.raw)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	a := s.must(http.StatusOK, "GET", subscriptions(seed.Contoso), "", "MS-RequestId", "r-1", "MS-CorrelationId", "c-1")
	if a.header.Get("MS-RequestId") != "r-1" || a.header.Get("MS-CorrelationId") != "c-1" {
		t.Errorf("ids must be echoed, got %v", a.header)
	}
	b := s.must(http.StatusOK, "GET", subscriptions(seed.Contoso), "")
	c := s.must(http.StatusNotFound, "GET", orders(seed.Contoso)+"/none", "")
	for _, h := range []http.Header{a.header, b.header, c.header} {
		for _, name := range []string{"MS-RequestId", "MS-CorrelationId", "MS-CV", "MS-ServerId"} {
			if h.Get(name) == "" {
				t.Errorf("no %s in %v", name, h)
			}
		}
		if !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
			t.Errorf("content type %q", h.Get("Content-Type"))
		}
	}
	if b.header.Get("MS-RequestId") == c.header.Get("MS-RequestId") {
		t.Error("a request without an id gets one of its own")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) {
		c.ClientID, c.ClientSecret, c.UserTokens = seed.ClientID, seed.ClientSecret, true
	})
	path := subscriptions(seed.Contoso)
	for _, header := range []string{"Basic abc", "Bearer abc.def.ghi", "Bearer " + s.token + "A", "Bearer "} {
		s.refused(401, "400", "GET", path, "", "Authorization", header)
	}
	missing := s.request("GET", path, "")
	missing.Header.Del("Authorization")
	if a := s.send(missing); a.status != 401 || a.text("code") != "800001" || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("without a token: %d %s", a.status, a.raw)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {seed.ClientID}, "client_secret": {seed.ClientSecret}, "refresh_token": {seed.RefreshToken}}
	for name, c := range map[string]struct {
		key, value string
		status     int
		word       string
	}{
		"secret":  {"client_secret", "wrong", 401, "invalid_client"},
		"client":  {"client_id", "", 400, "unauthorized_client"},
		"grant":   {"grant_type", "password", 400, "unsupported_grant_type"},
		"refresh": {"refresh_token", s.token, 400, "invalid_grant"},
	} {
		bad := url.Values{}
		for k := range form {
			bad.Set(k, form.Get(k))
		}
		bad.Set(c.key, c.value)
		if a := s.form("/contoso.example/oauth2/token", bad); a.status != c.status || a.text("error") != c.word {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	_, checkout := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	status := orders(seed.Contoso) + "/" + checkout.text("orders", 0, "id") + "/provisioningstatus"
	s.refused(403, "900329", "GET", status, "")
	user := s.form("/contoso.example/oauth2/token", form)
	form.Set("refresh_token", user.text("refresh_token"))
	user = s.form("/contoso.example/oauth2/token", form)
	if user.text("expires_in") != "3600" || user.text("scope") != "user_impersonation" {
		t.Errorf("token answer: %s", user.raw)
	}
	s.must(http.StatusOK, "GET", status, "", "Authorization", "Bearer "+user.text("access_token"))
	s.clock.pass(time.Hour)
	s.refused(401, "400", "GET", path, "")
	s.signIn()
	s.must(http.StatusOK, "GET", path, "")
}

func TestRequestLimit(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { c.RatePerMinute = 3 })
	path := orders(seed.Contoso)
	for range 3 {
		s.must(http.StatusOK, "GET", path, "")
		s.clock.pass(time.Second)
	}
	a := s.must(http.StatusTooManyRequests, "GET", path, "")
	if a.header.Get("Retry-After") != "58" || a.text("statusCode") != "429" ||
		a.text("message") != "Rate limit is exceeded. Try again in 58 seconds." {
		t.Errorf("throttled: %v %s", a.header, a.raw)
	}
	s.must(http.StatusOK, "GET", subscriptions(seed.Contoso), "")
	s.clock.pass(58 * time.Second)
	s.must(http.StatusOK, "GET", path, "")
	s.must(http.StatusOK, "PATCH", "/admin/settings", `{"rate_per_minute":0}`)
	for range 10 {
		s.must(http.StatusOK, "GET", path, "")
	}
	counts := s.must(http.StatusOK, "GET", "/admin/requests", "")
	if counts.text("answers", "list_orders", "429") != "1" || counts.text("busiest_60s", "subscriptions") != "1" {
		t.Errorf("counts: %s", counts.raw)
	}
}
