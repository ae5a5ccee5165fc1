package partnersim_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func (s *sim) standing(customer, body string) {
	s.t.Helper()
	s.must(http.StatusOK, "PATCH", "/admin/customers/"+customer, body)
}

func TestWhoMayBuyNothing(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	id := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.Microsoft365BusinessBasic, "1"))).text("id")
	basic := subscriptions(seed.Contoso) + "/" + seed.ContosoBusinessBasic
	for body, code := range map[string]string{
		`{"agreement":false}`: "13605", `{"account":"UnderReview"}`: "800073", `{"account":"Unknown"}`: "800074",
		`{"account":"NotAllowed"}`: "800075", `{"no_credit":true}`: "800023",
	} {
		s.standing("contoso", body)
		s.refused(403, code, "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
		s.refused(403, code, "POST", orders(seed.Contoso), direct("annual", seed.PowerBIPro, "1"))
		s.refused(403, code, "PATCH", basic, `{"quantity":11,"autoRenewEnabled":true}`)
		s.refused(403, code, "POST", basic+"/transitions", `{"toCatalogItemId":"`+seed.Microsoft365E5+`","quantity":1,"transitionType":"transition_only"}`)
		s.must(http.StatusOK, "PATCH", basic, `{"quantity":10,"autoRenewEnabled":true}`)
		s.standing("contoso", `{"agreement":true,"account":"Allowed","no_credit":false}`)
	}
	s.standing("contoso", `{"relationship":false}`)
	s.refused(403, "20002", "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
	if a := s.must(http.StatusOK, "GET", "/v1/customers/"+seed.Contoso, ""); a.text("relationshipToPartner") != "none" {
		t.Errorf("customer: %s", a.raw)
	}
	s.standing("contoso", `{"relationship":true,"agreement":false,"direct_signed":true,"account":"Not Ready"}`)
	s.must(http.StatusCreated, "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
	s.expectPurchases("1")
}

func TestStandingIsShown(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	c := "/v1/customers/" + seed.Fabrikam
	get := func(path string) answer { return s.must(http.StatusOK, "GET", c+path, "") }
	if a := get(""); a.text("relationshipToPartner") != "reseller" || a.text("companyProfile", "companyName") != seed.FabrikamName {
		t.Errorf("customer: %s", a.raw)
	}
	if a := get("/agreements?agreementType=MicrosoftCustomerAgreement"); a.text("items", 0, "dateAgreed") != "2026-02-12T09:00:00" {
		t.Errorf("agreements: %s", a.raw)
	}
	if a := get("/agreements"); a.text("totalCount") != "0" {
		t.Errorf("without a type the old agreement is meant: %s", a.raw)
	}
	if a := get("/qualifications"); a.text("items", 0, "qualification") != "None" {
		t.Errorf("qualifications: %s", a.raw)
	}
	s.standing("fabrikam", `{"agreement":false,"direct_signed":true,"account":"UnderReview","qualifications":[{"qualification":"Education","vetting_status":"InReview"},{"qualification":"StateOwnedEntity"}]}`)
	if a := get("/agreements?agreementType=MicrosoftCustomerAgreement"); a.text("totalCount") != "0" {
		t.Errorf("agreements: %s", a.raw)
	}
	if a := get("/directSignedMicrosoftCustomerAgreementStatus"); a.text("isSigned") != "true" {
		t.Errorf("signed: %s", a.raw)
	}
	if a := get("/validationStatus?type=account"); a.text("status") != "UnderReview" || a.text("lastUpdateDateTime") != "2026-03-14T09:00:00" {
		t.Errorf("validation: %s", a.raw)
	}
	if a := get("/qualifications"); a.text("items", 0, "vettingStatus") != "InReview" || a.at("items", 1, "vettingStatus") != nil {
		t.Errorf("qualifications: %s", a.raw)
	}
	s.standing("fabrikam", `{"account":""}`)
	a := s.must(http.StatusNotFound, "GET", c+"/validationStatus?type=account", "")
	if a.text("code") != "600074" || a.text("errorName") == "" || a.text("isRetryable") != "false" {
		t.Errorf("the other shape of errors: %s", a.raw)
	}
	s.refused(400, "3000", "GET", c+"/validationStatus", "")
	s.refused(404, "60003", "GET", "/v1/customers/"+seed.Contoso[:35]+"9", "")
	s.must(http.StatusBadRequest, "PATCH", "/admin/customers/fabrikam", `{"account":"Odd"}`)
	s.must(http.StatusBadRequest, "PATCH", "/admin/customers/fabrikam", `{"qualifications":[{"qualification":"Odd"}]}`)
	s.must(http.StatusNotFound, "GET", "/admin/customers/"+seed.Contoso[:35]+"9", "")
}

func TestOffersForTheQualified(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	s.refused(400, "800086", "POST", carts(seed.Contoso), cart(line(seed.EducationOffer, "1")))
	s.standing("contoso", `{"qualifications":[{"qualification":"Education","vetting_status":"Approved"}]}`)
	s.buy(seed.Contoso, line(seed.EducationOffer, "1"))
}

func TestLicencesInUse(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	s.buy(seed.Contoso, line(seed.Microsoft365BusinessBasic, "5"), line(seed.AzurePlan, "1"))
	s.must(http.StatusOK, "POST", "/admin/customers/contoso/seats", `{"catalog_item_id":"CFQ7TTC0LH18:0001","assigned":12}`)
	a := s.must(http.StatusOK, "GET", "/v1/customers/"+seed.Contoso+"/subscribedskus", "")
	if a.text("totalCount") != "1" || a.text("items", 0, "activeUnits") != "15" || a.text("items", 0, "consumedUnits") != "12" ||
		a.text("items", 0, "availableUnits") != "3" {
		t.Errorf("licences: %s", a.raw)
	}
	basic := subscriptions(seed.Contoso) + "/" + seed.ContosoBusinessBasic
	status := s.must(http.StatusOK, "GET", basic+"/provisioningstatus", "")
	if status.text("skuId") != a.text("items", 0, "productSku", "id") || status.text("status") != "success" || status.text("quantity") != "10" {
		t.Errorf("provisioning: %s", status.raw)
	}
	s.must(http.StatusOK, "PATCH", basic, `{"status":"suspended"}`)
	if a := s.must(http.StatusOK, "GET", "/v1/customers/"+seed.Contoso+"/subscribedskus", ""); a.text("items", 0, "suspendedUnits") != "10" {
		t.Errorf("suspended: %s", a.raw)
	}
	s.must(http.StatusNotFound, "POST", "/admin/customers/contoso/seats", `{"catalog_item_id":"`+seed.AzurePlan+`","assigned":1}`)
	s.must(http.StatusBadRequest, "POST", "/admin/customers/contoso/seats", `{"catalog_item_id":"`+seed.PowerBIPro+`","assigned":-1}`)
}

func TestWhatTakesUsersOnly(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.UserTokens = true })
	c := "/v1/customers/" + seed.Contoso
	only := map[string]string{
		c + "/agreements": "900329", c + "/directSignedMicrosoftCustomerAgreementStatus": "900329", c + "/validationStatus?type=account": "900329",
		c + "/subscriptions/" + seed.ContosoBusinessBasic + "/provisioningstatus": "900329", c + "/subscribedskus": "900316",
	}
	for path, code := range only {
		if status := map[string]int{"900329": 403, "900316": 400}[code]; status > 0 {
			s.refused(status, code, "GET", path, "")
		}
	}
	s.must(http.StatusOK, "GET", c, "")
	s.token = s.form("/"+seed.PartnerTenant+"/oauth2/token", url.Values{
		"grant_type": {"refresh_token"}, "client_id": {"me"}, "client_secret": {"x"}, "refresh_token": {seed.RefreshToken},
	}).text("access_token")
	for path := range only {
		s.must(http.StatusOK, "GET", path, "")
	}
}

func TestTheLimitsOfASandbox(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.SandboxLimits = true })
	big := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "26")))
	if big.text("lineItems", 0, "error", "errorCode") != "10009" {
		t.Errorf("26 licences: %s", big.raw)
	}
	s.refused(400, "800018", "POST", orders(seed.Contoso), direct("annual", seed.PowerBIPro, "26"))
	s.refused(400, "800018", "PATCH", basicPath, `{"quantity":26,"autoRenewEnabled":true}`)
	s.buy(seed.Contoso, line(seed.AzureReservation, "1"), line(seed.AzureReservation, "1"))
	s.refused(400, "800018", "POST", orders(seed.Contoso), direct("one_time", seed.AzureReservation, "1"))
	for range 4 { // one is there from the start
		s.buy(seed.Contoso, line(seed.PowerBIPro, "25"))
	}
	s.refused(400, "800018", "POST", orders(seed.Contoso), direct("annual", seed.PowerBIPro, "1"))
	s.must(http.StatusOK, "PATCH", "/admin/settings", `{"sandbox_limits":false}`)
	s.must(http.StatusCreated, "POST", orders(seed.Contoso), direct("annual", seed.PowerBIPro, "26"))
}
