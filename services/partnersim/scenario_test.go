package partnersim_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/scenarios"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// scene starts a simulator that plays a shipped scenario.
func scene(t *testing.T, name string) *sim {
	t.Helper()
	return start(t, func(c *partnersim.Config) { longTokens(c); c.Scenarios = []string{name} })
}

// met counts logged requests that met something.
func (s *sim) met(what string) int {
	s.t.Helper()
	return len(s.must(http.StatusOK, "GET", "/admin/requests/log?met="+what, "").list("requests"))
}

func TestEveryShippedScenarioIsPlayed(t *testing.T) {
	t.Parallel()
	tested := "busy-hour lost-answers odd-answers partial purchase-order rate-limited review"
	if got := strings.Join(scenarios.Names(), " "); got != tested {
		t.Errorf("shipped %s, tested %s", got, tested)
	}
}

func TestScenarioLostAnswers(t *testing.T) {
	t.Parallel()
	s := scene(t, "lost-answers")
	for n := range 40 { // each until it is answered, as a careful client would
		token := "T-" + strconv.Itoa(n)
		made := answer{}
		for made.status != http.StatusCreated {
			made = s.call("POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1", `,"friendlyName":"`+token+`"`)))
		}
		for s.call("POST", carts(seed.Contoso)+"/"+made.text("id")+"/checkout", "").status != http.StatusCreated {
			continue
		}
	}
	s.expectPurchases("40")
	if s.met("answer_lost") == 0 || s.met("gateway_timeout") == 0 || s.met("fails_before") == 0 {
		t.Error("nothing went wrong")
	}
	a := s.must(http.StatusOK, "GET", "/admin/check", "")
	if a.text("ok") != "true" || a.text("purchases", "tokens") != "40" {
		t.Errorf("check: %s", a.raw)
	}
}

func TestScenarioBusyHour(t *testing.T) {
	t.Parallel()
	s := scene(t, "busy-hour")
	order := s.ordered()
	s.orderIs(order, "pending", false)
	s.advance("1800000")
	for n := 0; s.met("gateway_timeout") == 0 && n < 100; n++ {
		s.call("GET", orders(seed.Contoso)+"/"+order, "")
	}
	if s.met("gateway_timeout") == 0 {
		t.Error("no timeout after half an hour")
	}
	s.advance("1800000")
	s.orderIs(order, "completed", true)
	if on := s.must(http.StatusOK, "GET", "/admin/behaviours", ""); len(on.list("on")) != 0 {
		t.Errorf("after an hour: %s", on.raw)
	}
}

func TestScenarioReview(t *testing.T) {
	t.Parallel()
	s := scene(t, "review")
	status := func(customer, order string) string {
		return s.must(http.StatusOK, "GET", orders(customer)+"/"+order, "").text("status")
	}
	fabrikam := []string{}
	for range 3 {
		_, a := s.buy(seed.Fabrikam, line(seed.PowerBIPro, "1"))
		fabrikam = append(fabrikam, a.text("orders", 0, "id"))
	}
	contoso := s.ordered()
	s.advance("172800000")
	got := []string{status(seed.Fabrikam, fabrikam[0]), status(seed.Fabrikam, fabrikam[1]), status(seed.Fabrikam, fabrikam[2]), status(seed.Contoso, contoso)}
	if strings.Join(got, " ") != "completed completed cancelled pending_review" {
		t.Errorf("after the review: %v", got)
	}
	s.expectPurchases("2")
}

func TestScenarioRateLimited(t *testing.T) {
	t.Parallel()
	s := scene(t, "rate-limited")
	for range 4 {
		s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	}
	path := s.filledCart(seed.Contoso)
	for range 2 {
		if a := s.must(http.StatusTooManyRequests, "POST", path, ""); a.header.Get("Retry-After") != "20" {
			t.Errorf("Retry-After %s", a.header.Get("Retry-After"))
		}
	}
	s.must(http.StatusCreated, "POST", path, "")
	for range 60 - 12 {
		s.must(http.StatusOK, "GET", orders(seed.Contoso), "")
	}
	s.must(http.StatusTooManyRequests, "GET", orders(seed.Contoso), "")
	a := s.must(http.StatusOK, "GET", "/admin/check", "")
	if a.text("ok") != "false" || a.text("rate", "busiest", 0, "most") != "61" || a.text("throttled", "by_limit") != "1" || a.text("throttled", "planned") != "2" {
		t.Errorf("check: %s", a.raw)
	}
	s.advance("60000") // the limit's minute is simulated too
	s.must(http.StatusOK, "GET", orders(seed.Contoso), "")
}

func TestScenarioOddAnswers(t *testing.T) {
	t.Parallel()
	s := scene(t, "odd-answers")
	_, a := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"))
	for range 4 {
		s.call("GET", orders(seed.Contoso)+"/"+a.text("orders", 0, "id"), "")
	}
	for _, what := range []string{"byte_order_mark", "unknown_status", "token_expired", "code_as_text"} {
		if s.met(what) == 0 {
			t.Errorf("never %s", what)
		}
	}
}

func TestScenarioPartial(t *testing.T) {
	t.Parallel()
	s := scene(t, "partial")
	annual, monthly := line(seed.PowerBIPro, "1"), line(seed.PowerBIPro, "2", `,"billingCycle":"monthly"`)
	_, contoso := s.buy(seed.Contoso, annual, monthly)
	_, fabrikam := s.buy(seed.Fabrikam, annual, annual)
	_, northwind := s.buy(seed.Northwind, annual)
	if len(contoso.list("orderErrors")) != 1 || fabrikam.text("orders", 0, "status") != "partial_success" || northwind.text("orders", 0, "status") != "error" {
		t.Errorf("%s\n%s\n%s", contoso.raw, fabrikam.raw, northwind.raw)
	}
	s.expectPurchases("2")
}

func TestScenariosFromFilesAndByHand(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mine.json")
	text := `{"name":"mine","steps":[
		{"customer":{"id":"1d5c4b3a-1f2e-4d6c-8b7a-c0a7050c0409","name":"Acme"}},
		{"subscription":{"customer":"contoso","catalog_item_id":"` + seed.PowerBIPro + `","quantity":4}},
		{"when":{"operation":"create_cart","count":2},"item":{"catalog_item_id":"` + seed.PowerBIPro + `","retired":true}},
		{"when":{"operation":"create_cart","count":3},"subscription":{"customer":"contoso","catalog_item_id":"x","quantity":4}}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *partnersim.Config) { c.Scenarios = []string{file} })
	play := func() {
		t.Helper()
		s.must(http.StatusOK, "GET", orders("1d5c4b3a-1f2e-4d6c-8b7a-c0a7050c0409"), "")
		s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1")))
		s.refused(403, "2091", "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1")))
		s.refused(403, "2091", "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1")))
		a := s.must(http.StatusOK, "GET", "/admin/scenarios", "")
		if a.text("loaded", 0, "steps", 2, "state") != "done" || a.text("loaded", 0, "steps", 3, "state") != "failed" || a.text("loaded", 0, "steps", 3, "wrong") == "" {
			t.Errorf("steps: %s", a.raw)
		}
	}
	play()
	s.must(http.StatusNoContent, "POST", "/admin/reset", "") // plays it again
	play()
	for _, wrong := range []string{
		`x`, `{"steps":[{"dance":1}]}`, `{"steps":[{"behaviour":{"name":"dance"}}]}`, `{"steps":[{"fault":{"action":"dance"}}]}`,
		`{"steps":[{"after_ms":1,"when":{"operation":"get_order"}}]}`, `{"steps":[{"when":{"operation":"dance"}}]}`,
		`{"steps":[{"settings":{"rate_per_minute":-1}}]}`, `{"steps":[{"clear":["all"]}]}`,
	} {
		s.must(http.StatusBadRequest, "POST", "/admin/scenarios", wrong)
	}
	s.must(http.StatusNotFound, "POST", "/admin/scenarios?shipped=dance", "")
	s.must(http.StatusNoContent, "DELETE", "/admin/scenarios", "")
	cfg := partnersim.Defaults()
	cfg.Scenarios, cfg.Listen = []string{"no-such-file", "review"}, "8090"
	f := fault.As(partnersim.Run(t.Context(), cfg, nil, nil))
	if f == nil || f.Kind != fault.Invalid || len(f.Violations) != 2 || !strings.Contains(f.Violations[0].Message, "no-such-file is neither a file nor shipped") {
		t.Errorf("an unknown scenario: %+v", f)
	}
}

func TestTimeRunsAtItsScaleAndIsMoved(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { c.TimeScale, c.ProvisioningDelay, c.RatePerMinute = 60, time.Hour, 2 })
	order := s.ordered()
	limited := s.must(http.StatusTooManyRequests, "GET", orders(seed.Contoso)+"/"+order, "")
	if limited.header.Get("Retry-After") != "1" {
		t.Errorf("a simulated minute is a second: %s", limited.header.Get("Retry-After"))
	}
	s.clock.pass(time.Second) // of the machine
	s.orderIs(order, "pending", false)
	s.must(http.StatusOK, "PATCH", "/admin/settings", `{"time_scale":3600,"rate_per_minute":0}`)
	s.clock.pass(time.Second)
	s.orderIs(order, "completed", true)
	before := s.must(http.StatusOK, "GET", "/admin/clock", "")
	after := s.must(http.StatusOK, "POST", "/admin/clock", `{"advance_ms":3600000}`)
	if before.text("now") != "2026-03-14T10:01:00Z" || after.text("now") != "2026-03-14T11:01:00Z" || after.text("time_scale") != "3600" {
		t.Errorf("%s%s", before.raw, after.raw)
	}
	s.must(http.StatusBadRequest, "POST", "/admin/clock", `{"advance_ms":-1}`)
	s.must(http.StatusBadRequest, "PATCH", "/admin/settings", `{"time_scale":0}`)
	s.must(http.StatusNoContent, "POST", "/admin/reset", "")
	if got := s.must(http.StatusOK, "GET", "/admin/clock", ""); got.text("time_scale") != "60" || got.text("now") != got.text("machine") {
		t.Errorf("after a reset: %s", got.raw)
	}
}

func TestTheRequestLog(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.KeepRequests = 5 })
	id, _ := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"), line(seed.Microsoft365E5, "1"))
	s.plan(`{"action":"fail","status":500,"code":800005,"times":1}`)
	s.must(http.StatusInternalServerError, "POST", carts(seed.Contoso)+"/"+id+"/checkout", "", "MS-RequestId", "R", "MS-CorrelationId", "C")
	log := s.must(http.StatusOK, "GET", "/admin/requests/log?operation=checkout_cart&customer=contoso", "")
	first, second := log.at("requests", 0).(map[string]any), log.at("requests", 1).(map[string]any)
	if log.text("requests", 0, "first_effect") != "2" || log.text("requests", 0, "last_effect") != "3" || first["target"] != id || first["met"] != nil {
		t.Errorf("first: %v", first)
	}
	if second["request_id"] != "R" || second["correlation_id"] != "C" || log.text("requests", 1, "status") != "500" ||
		log.text("requests", 1, "code") != "800005" || second["met"] != "fault:fail" || second["first_effect"] != nil {
		t.Errorf("second: %v", second)
	}
	for query, want := range map[string]int{"effects=true": 1, "status=500": 1, "resource=orders": 3, "request_id=r": 1, "target=" + id: 2, "after=2&limit=1": 1} {
		if a := s.must(http.StatusOK, "GET", "/admin/requests/log?"+query, ""); len(a.list("requests")) != want {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
	for range 5 {
		s.must(http.StatusOK, "GET", orders(seed.Contoso), "")
	}
	if a := s.must(http.StatusOK, "GET", "/admin/requests/log", ""); a.text("forgotten") != "4" || len(a.list("requests")) != 5 {
		t.Errorf("kept: %s", a.raw)
	}
	s.must(http.StatusBadRequest, "GET", "/admin/requests/log?limit=0", "")
}

func TestChecksFindDoubles(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	s.ordered()
	s.buy(seed.Contoso, line(seed.PowerBIPro, "1"), line(seed.PowerBIPro, "1")) // unnamed ones are not judged
	if a := s.must(http.StatusOK, "GET", "/admin/check", ""); a.text("ok") != "true" || a.text("purchases", "without_token") != "2" {
		t.Errorf("nothing twice: %s", a.raw)
	}
	s.ordered() // the same friendly name
	a := s.must(http.StatusOK, "GET", "/admin/check", "")
	if a.text("ok") != "false" || a.text("purchases", "doubles", 0, "token") != "T-1" || len(a.list("because")) != 1 {
		t.Errorf("doubles: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "GET", "/admin/check?token=SF-%5Cd%2B", ""); a.text("ok") != "true" || a.text("purchases", "tokens") != "0" {
		t.Errorf("by pattern: %s", a.raw)
	}
	s.must(http.StatusBadRequest, "GET", "/admin/check?token=%5B", "")
	path := s.bought()
	for _, seats := range []string{"12", "13", "12"} {
		s.must(http.StatusOK, "PATCH", path, `{"quantity":`+seats+`,"autoRenewEnabled":true}`, "MS-RequestId", "same")
	}
	a = s.must(http.StatusOK, "GET", "/admin/check", "")
	if len(a.list("changes", "done_twice", 0, "requests")) != 3 || a.text("changes", "repeated_targets", 0, "target") != "quantity 12" {
		t.Errorf("changes: %s", a.raw)
	}
}
