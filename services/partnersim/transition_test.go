package partnersim_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func move(item, quantity, more string) string {
	return `{"toCatalogItemId":"` + item + `","quantity":` + quantity + `,"transitionType":"transition_only"` + more + `}`
}

const basicPath = "/v1/customers/" + seed.Contoso + "/subscriptions/" + seed.ContosoBusinessBasic

func TestSeatsMoveToAnotherProduct(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.TransitionDelay = time.Minute })
	may := s.must(http.StatusOK, "GET", basicPath+"/transitionEligibilities?eligibilityType=immediate", "")
	if may.text("totalCount") != "2" || may.text("items", 0, "catalogItemId") != seed.Microsoft365BusinessPremium ||
		may.text("items", 0, "eligibilities", 1, "isEligible") != "true" || may.text("items", 0, "quantity") != "10" {
		t.Errorf("eligibilities: %s", may.raw)
	}
	made := s.must(http.StatusOK, "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "4", ""))
	target := subscriptions(seed.Contoso) + "/" + made.text("ToSubscriptionId")
	if made.text("Events", 0, "status") != "Started" || len(made.list("Events")) != 1 || made.text("operationId") == "" {
		t.Errorf("made: %s", made.raw)
	}
	if a := s.must(http.StatusOK, "GET", basicPath, ""); a.text("quantity") != "10" {
		t.Errorf("not yet: %s", a.raw)
	}
	s.refused(404, "20003", "GET", target, "")
	s.refused(409, "900278", "PATCH", basicPath, `{"quantity":11,"autoRenewEnabled":true}`)
	s.refused(409, "900278", "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "4", ""))
	s.clock.pass(time.Minute)
	list := s.must(http.StatusOK, "GET", basicPath+"/transitions?operationId="+made.text("operationId"), "")
	if list.text("transition", 0, "Events", 1, "status") != "Completed" || list.text("transition", 0, "quantity") != "4" {
		t.Errorf("list: %s", list.raw)
	}
	if a := s.must(http.StatusOK, "GET", basicPath, ""); a.text("quantity") != "6" {
		t.Errorf("source: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "GET", target, ""); a.text("quantity") != "4" || a.text("offerId") != seed.Microsoft365BusinessPremium {
		t.Errorf("target: %s", a.raw)
	}
	s.must(http.StatusOK, "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "4", "")) // a repeat moves as many again
	s.clock.pass(time.Minute)
	s.refused(400, "2002", "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "4", ""))
	s.must(http.StatusOK, "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "2", `,"toSubscriptionId":"`+made.text("ToSubscriptionId")+`"`))
	s.clock.pass(time.Minute)
	if a := s.must(http.StatusOK, "GET", target, ""); a.text("quantity") != "6" {
		t.Errorf("joined: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "GET", basicPath, ""); a.text("status") != "deleted" {
		t.Errorf("nothing left: %s", a.raw)
	}
	s.refused(400, "900236", "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "2", ""))
	if a := s.must(http.StatusOK, "GET", basicPath+"/transitions", ""); len(a.list("transition")) != 3 {
		t.Errorf("all: %s", a.raw)
	}
	s.expectEffects("transition", "3")
	s.expectPurchases("0")
	ledger := s.must(http.StatusOK, "GET", "/admin/ledger?kind=transition", "")
	if ledger.text("effects", 0, "quantity_before") != "10" || ledger.text("effects", 0, "quantity_after") != "6" ||
		ledger.text("effects", 0, "to_subscription_id") != made.text("ToSubscriptionId") {
		t.Errorf("ledger: %s", ledger.raw)
	}
}

func TestTransitionsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	_, other := s.buy(seed.Contoso, line(seed.Microsoft365BusinessPremium, "1", `,"termDuration":"P1M","billingCycle":"monthly"`))
	short := other.text("orders", 0, "lineItems", 0, "subscriptionId")
	for name, c := range map[string]struct{ code, body string }{
		"target":   {"900258", move(seed.PowerBIPro, "1", "")},
		"term":     {"900259", move(seed.Microsoft365BusinessPremium, "1", `,"termDuration":"P1M","billingCycle":"monthly"`)},
		"no seats": {"2002", move(seed.Microsoft365BusinessPremium, "0", "")},
		"seats":    {"2002", move(seed.Microsoft365BusinessPremium, "11", "")},
		"way":      {"900126", `{"toCatalogItemId":"` + seed.Microsoft365E5 + `","quantity":1,"transitionType":"odd"}`},
		"source":   {"3000", move(seed.Microsoft365E5, "1", `,"fromCatalogItemId":"`+seed.PowerBIPro+`"`)},
		"join":     {"900260", move(seed.Microsoft365BusinessPremium, "1", `,"toSubscriptionId":"`+short+`"`)},
		"same":     {"900259", move(seed.Microsoft365BusinessBasic, "10", "")},
	} {
		if a := s.call("POST", basicPath+"/transitions", c.body); a.status != http.StatusBadRequest || a.text("code") != c.code {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	s.refused(404, "400019", "POST", basicPath+"/transitions", move("CFQ7TTC0LCHC:0002:CFQ7TTC0OLD1", "1", ""))
	may := s.must(http.StatusOK, "GET", basicPath+"/transitionEligibilities", "")
	if may.text("items", 0, "subscriptionEligibilities", 0, "errors", 0, "code") != "3" {
		t.Errorf("a shorter term: %s", may.raw)
	}
	s.must(http.StatusOK, "PATCH", basicPath, `{"status":"suspended"}`)
	s.refused(400, "900236", "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessPremium, "1", ""))
	may = s.must(http.StatusOK, "GET", basicPath+"/transitionEligibilities", "")
	if may.text("items", 0, "eligibilities", 0, "isEligible") != "false" || may.text("items", 0, "eligibilities", 0, "errors", 0, "code") != "2" {
		t.Errorf("suspended: %s", may.raw)
	}
	s.refused(400, "900126", "GET", basicPath+"/transitionEligibilities?eligibilityType=odd", "")
	s.refused(400, "3000", "GET", basicPath+"/transitions?operationId=odd", "")
	s.expectEffects("transition", "0")
}

func TestTheTermChangesInPlace(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	a := s.must(http.StatusOK, "POST", basicPath+"/transitions", move(seed.Microsoft365BusinessBasic, "10", `,"billingCycle":"Monthly"`))
	if a.text("ToSubscriptionId") != seed.ContosoBusinessBasic {
		t.Errorf("made: %s", a.raw)
	}
	s.clock.pass(2 * time.Second)
	if a := s.must(http.StatusOK, "GET", basicPath, ""); a.text("billingCycle") != "monthly" || a.text("quantity") != "10" {
		t.Errorf("subscription: %s", a.raw)
	}
	s.expectEffects("term", "1")
}

func TestTheNextTerm(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	next := func(sku, cycle, more string) string {
		return `{"scheduledNextTermInstructions":{"product":{"productId":"CFQ7TTC0LH18","skuId":"` + sku + `","availabilityId":"CFQ7TTC0K971","billingCycle":"` +
			cycle + `","termDuration":"P1Y"},"quantity":8}` + more + `}`
	}
	on := `,"autoRenewEnabled":true`
	for range 2 {
		a := s.must(http.StatusOK, "PATCH", basicPath, next("0001", "Monthly", on))
		if a.text("scheduledNextTermInstructions", "product", "billingCycle") != "monthly" || a.text("scheduledNextTermInstructions", "quantity") != "8" {
			t.Errorf("scheduled: %s", a.raw)
		}
	}
	s.expectEffects("term", "1")
	s.refused(400, "3000", "PATCH", basicPath, next("0001", "Annual", ""))
	s.refused(400, "900258", "PATCH", basicPath, next("0009", "Annual", on))
	s.refused(400, "900259", "PATCH", basicPath, next("0001", "Triennial", on))
	s.refused(400, "800097", "PATCH", basicPath, `{"billingCycle":"monthly","autoRenewEnabled":true}`)
	if a := s.must(http.StatusOK, "PATCH", basicPath, `{"quantity":10`+on+`}`); a.at("scheduledNextTermInstructions") != nil {
		t.Errorf("what an update leaves out is dropped: %s", a.raw)
	}
	s.must(http.StatusOK, "PATCH", basicPath, next("0001", "Monthly", on))
	if a := s.must(http.StatusOK, "PATCH", basicPath, next("0001", "Monthly", on+`,"status":"suspended"`)); a.at("scheduledNextTermInstructions") != nil || a.text("autoRenewEnabled") != "false" {
		t.Errorf("suspended: %s", a.raw)
	}
	_, bought := s.buy(seed.Contoso, line(seed.AzurePlan, "1"))
	plan := subscriptions(seed.Contoso) + "/" + bought.text("orders", 0, "lineItems", 0, "subscriptionId")
	s.refused(400, "800093", "PATCH", plan, `{"autoRenewEnabled":true}`)
	_, bought = s.buy(seed.Contoso, line(seed.SoftwareSubscription, "5"))
	rented := subscriptions(seed.Contoso) + "/" + bought.text("orders", 0, "lineItems", 0, "subscriptionId")
	s.refused(400, "800090", "PATCH", rented, `{"quantity":4}`)
	s.must(http.StatusOK, "PATCH", rented, `{"quantity":6}`)
}
