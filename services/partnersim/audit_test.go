package partnersim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func TestAuditRecordsTellWhatCallsDid(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	cartID := s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "2", `,"friendlyName":"SF-1"`), line(seed.Microsoft365E5, "1"))).text("id")
	bought := s.must(http.StatusCreated, "POST", carts(seed.Contoso)+"/"+cartID+"/checkout", "", "MS-CorrelationId", "trace-1")
	s.must(http.StatusOK, "PATCH", basicPath, `{"quantity":12,"autoRenewEnabled":true}`, "MS-CorrelationId", "trace-2")
	s.must(http.StatusCreated, "POST", orders(seed.Fabrikam), direct("annual", seed.PowerBIPro, "1"))
	path := "/v1/auditrecords?startDate=2026-03-14"
	all := s.must(http.StatusOK, "GET", path, "")
	if all.text("totalCount") != "3" {
		t.Fatalf("all: %s", all.raw)
	}
	filter := func(field, value, operator string) string {
		return "&filter=" + url.QueryEscape(`{"Field":"`+field+`","Value":"`+value+`","Operator":"`+operator+`"}`)
	}
	a := s.must(http.StatusOK, "GET", path+filter("CustomerId", seed.Contoso, "equals"), "")
	if a.text("totalCount") != "2" || a.text("items", 0, "operationType") != "update_subscription" || a.text("items", 0, "originalCorrelationId") != "trace-2" {
		t.Errorf("Contoso's: %s", a.raw)
	}
	order := bought.text("orders", 0, "id")
	var value struct {
		ID        string `json:"Id"`
		LineItems []struct {
			OfferID, SubscriptionID, FriendlyName string
			Quantity                              int
		}
	}
	if err := json.Unmarshal([]byte(a.text("items", 1, "resourceNewValue")), &value); err != nil || value.ID != order || len(value.LineItems) != 2 ||
		value.LineItems[0].FriendlyName != "SF-1" || value.LineItems[0].Quantity != 2 {
		t.Errorf("resource: %v %+v", err, value)
	}
	if a.text("items", 1, "originalCorrelationId") != "trace-1" || a.text("items", 1, "operationType") != "create_order" ||
		a.text("items", 1, "customizedData", 0, "key") != "OrderId" || a.text("items", 1, "customizedData", 0, "value") != order {
		t.Errorf("order: %s", a.raw)
	}
	for query, want := range map[string]string{
		filter("CompanyName", "brik", "substring"): "1", filter("ResourceType", "order", "equals"): "2", "&endDate=2026-03-14": "3",
	} {
		if a := s.must(http.StatusOK, "GET", path+query, ""); a.text("totalCount") != want {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
	if a := s.must(http.StatusOK, "GET", "/v1/auditrecords?startDate=2026-03-15", ""); a.text("totalCount") != "0" {
		t.Errorf("tomorrow: %s", a.raw)
	}
}

func TestAuditRecordsComeInPages(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	for range 5 {
		s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	}
	seen, path := map[string]bool{}, "/auditrecords?startDate=2026-03-14&size=2"
	for pages := 0; path != "" && pages < 10; pages++ {
		a := s.must(http.StatusOK, "GET", "/v1"+path, "")
		for n := range a.list("items") {
			seen[a.text("items", n, "id")] = true
		}
		path = a.text("links", "next", "uri")
	}
	if len(seen) != 5 || path != "" {
		t.Errorf("%d records, then %q", len(seen), path)
	}
}

func TestAuditQuestionsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	for _, query := range []string{
		"startDate=2025-12-01", "startDate=yesterday", "startDate=2026-03-14&size=0", "startDate=2026-03-14&filter=x",
		"startDate=2026-03-14&filter=" + url.QueryEscape(`{"Field":"CustomerId","Value":"x","Operator":"substring"}`),
	} {
		s.refused(400, "3000", "GET", "/v1/auditrecords?"+query, "")
	}
}
