package partnersim_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// TestAnswersHaveTheDocumentedNames compares the answers with the names of properties that the vendor prints for the same
// calls, in testdata/names.json: paths with dots, and brackets behind the name of a list. Names that were left out there
// are those that this double does not tell.
func TestAnswersHaveTheDocumentedNames(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	var documented map[string][]string
	if err := json.Unmarshal(text, &documented); err != nil {
		t.Fatal(err)
	}
	s := start(t, instant)
	answers := s.scene()
	for call, names := range documented {
		a, ok := answers[call]
		if !ok {
			t.Errorf("%s: nothing answers it", call)
			continue
		}
		found := map[string]bool{}
		collect(found, "", a.whole())
		for _, name := range names {
			if !found[name] {
				t.Errorf("%s lacks %s", call, name)
			}
		}
	}
}

// whole is the answer as it came, a bare list too.
func (a answer) whole() (v any) {
	_ = json.Unmarshal([]byte(a.raw), &v)
	return v
}

func collect(found map[string]bool, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, of := range v {
			path := strings.TrimPrefix(at+"."+name, ".")
			found[path] = true
			collect(found, path, of)
		}
	case []any:
		for _, of := range v {
			collect(found, at+"[]", of)
		}
	}
}

// scene asks everything once that the vendor prints an answer to.
func (s *sim) scene() map[string]answer {
	s.t.Helper()
	c := "/v1/customers/" + seed.Contoso
	get := func(path string) answer { return s.must(http.StatusOK, "GET", path, "") }
	all := map[string]answer{
		"customer": get(c), "direct sign": get(c + "/directSignedMicrosoftCustomerAgreementStatus"),
		"agreements": get(c + "/agreements?agreementType=MicrosoftCustomerAgreement"), "validation": get(c + "/validationStatus?type=account"),
		"product": get("/v1/products/CFQ7TTC0LH18?country=US"), "reservation product": get("/v1/products/DZH318Z0BQ4B?country=US"),
		"products": get("/v1/products?country=US&targetView=AzureReservations"), "sku": get("/v1/products/CFQ7TTC0LH18/skus/0001?country=US"),
		"reservation sku":          get("/v1/products/DZH318Z0BQ4B/skus/000Z?country=US"),
		"availability":             get("/v1/products/CFQ7TTC0LH18/skus/0001/availabilities/CFQ7TTC0K971?country=US"),
		"reservation availability": get("/v1/products/DZH318Z0BQ4B/skus/000Z/availabilities/DZH318Z0DSPL?country=US"),
	}
	s.must(http.StatusOK, "POST", "/admin/catalogue/inventory", `{"catalog_item_id":"`+seed.AzureReservation+`","sold_out":true}`)
	all["inventory"] = s.must(http.StatusOK, "POST", "/v1/extensions/product/checkinventory?country=US", `{"targetItems":[{"productId":"DZH318Z0BQ4B"}]}`)
	s.must(http.StatusOK, "POST", "/admin/catalogue/inventory", `{"catalog_item_id":"`+seed.AzureReservation+`","sold_out":false}`)
	s.purchases(all, get)
	s.subscriptionAnswers(all, get)
	const hook = "/webhooks/v1/registration"
	all["webhook"] = s.must(http.StatusOK, "POST", hook, `{"WebhookUrl":"http://127.0.0.1:1","WebhookEvents":["test-created"]}`)
	all["webhook read"] = get(hook)
	all["test event"] = s.must(http.StatusOK, "POST", hook+"/validationEvents", "")
	all["audit"] = get("/v1/auditrecords?startDate=2026-03-14")
	s.standing("contoso", `{"account":""}`)
	all["no account status"] = s.must(http.StatusNotFound, "GET", c+"/validationStatus?type=account", "")
	s.must(http.StatusOK, "PATCH", "/admin/settings", `{"rate_per_minute":1}`)
	get(basicPath)
	all["throttled"] = s.must(http.StatusTooManyRequests, "GET", basicPath, "")
	return all
}

func (s *sim) purchases(all map[string]answer, get func(string) answer) {
	s.t.Helper()
	of := func(a answer) string { return orders(seed.Contoso) + "/" + a.text("orders", 0, "id") }
	all["cart"] = s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1")))
	all["order"] = s.must(http.StatusCreated, "POST", orders(seed.Contoso), direct("annual", seed.PowerBIPro, "1",
		`,"partnerIdOnRecord":"873452","additionalPartnerIdsOnRecord":["4847383"]`))
	_, bought := s.buy(seed.Contoso, line(seed.AzureReservation, "1"))
	all["reservation order"], all["orders of a cycle"] = get(of(bought)), get(orders(seed.Contoso)+"?billingType=onetime")
	all["provisioning"] = get(of(bought) + "/provisioningstatus")
	_, bought = s.buy(seed.Contoso, line(seed.PerpetualSoftware, "1"))
	all["cancelled order"] = s.must(http.StatusOK, "PATCH", of(bought), `{"status":"cancelled"}`)
	_, bought = s.buy(seed.Contoso, line(seed.MarketplaceSaaS, "1"))
	all["activation links"] = get(of(bought) + "/lineitems/0/activationlinks")
	_, bought = s.buy(seed.Contoso, line(seed.PurchaseOrderSoftware, "1"))
	all["order waiting for a purchase order"] = get(of(bought))
}

func (s *sim) subscriptionAnswers(all map[string]answer, get func(string) answer) {
	s.t.Helper()
	bought := s.must(http.StatusCreated, "POST", orders(seed.Contoso), direct("annual", seed.Microsoft365BusinessBasic, "2"))
	all["subscription"] = get(subscriptions(seed.Contoso) + "/" + bought.text("lineItems", 0, "subscriptionId"))
	all["licences"], all["licence status"] = get("/v1/customers/"+seed.Contoso+"/subscribedskus"), get(basicPath+"/provisioningstatus")
	all["registration"] = get(basicPath + "/registrationstatus")
	all["refusal"] = s.must(http.StatusBadRequest, "PATCH", basicPath, `{"quantity":1,"autoRenewEnabled":true}`)
	_, software := s.buy(seed.Northwind, line(seed.SoftwareSubscription, "1"))
	all["software subscription"] = get(subscriptions(seed.Northwind) + "?order_id=" + software.text("orders", 0, "id"))
	base := s.must(http.StatusCreated, "POST", orders(seed.Contoso), direct("", seed.LegacyOffice365E1, "1"))
	s.must(http.StatusOK, "PATCH", "/admin/settings", `{"etags":true}`)
	added := s.must(http.StatusOK, "PATCH", orders(seed.Contoso)+"/"+base.text("id"), `{"lineItems":[{"lineItemNumber":0,"offerId":"`+
		seed.LegacyArchiving+`","parentSubscriptionId":"`+base.text("lineItems", 0, "subscriptionId")+`","quantity":1}]}`)
	all["legacy add-on"] = get(subscriptions(seed.Contoso) + "/" + added.text("lineItems", 1, "subscriptionId"))
	all["next term"] = s.must(http.StatusOK, "PATCH", basicPath, `{"autoRenewEnabled":true,"scheduledNextTermInstructions":{"quantity":3,"product":{`+
		`"productId":"CFQ7TTC0LH18","skuId":"0001","availabilityId":"CFQ7TTC0K971","billingCycle":"Monthly","termDuration":"P1Y","promotionId":"x"}}}`)
	s.buy(seed.Contoso, line(seed.Microsoft365BusinessPremium, "1", `,"termDuration":"P1M","billingCycle":"monthly"`))
	all["eligibilities"] = get(basicPath + "/transitionEligibilities?eligibilityType=immediate")
	s.must(http.StatusOK, "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "1", ""))
	all["transitions"] = get(basicPath + "/transitions")
}
