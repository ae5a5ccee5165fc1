package partnersim_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

const day = 24 * time.Hour

// cancelOrder takes an order back, whole or the lines given as JSON.
func (s *sim) cancelOrder(order, lines string) (method, path, body string) {
	if lines != "" {
		lines = `,"lineItems":[` + lines + `]`
	}
	return "PATCH", orders(seed.Contoso) + "/" + order, `{"id":"` + order + `","status":"cancelled"` + lines + `}`
}

// TestTakingBack is the whole matrix: kind of item, place, age, and both lanes. An empty code means that it is done, none that there is
// no subscription.
func TestTakingBack(t *testing.T) {
	t.Parallel()
	const ok, none = "", "none"
	for name, c := range map[string]struct {
		item    string
		more    string // of the line
		sandbox bool
		age     time.Duration
		order   string
		sub     string
	}{
		"licence":                        {seed.PowerBIPro, "", false, 7*day - 1, "400/800063", ok},
		"licence, late":                  {seed.PowerBIPro, "", false, 7 * day, "400/800063", "400/900117"},
		"licence in the sandbox":         {seed.PowerBIPro, "", true, day, "400/800063", ok},
		"reservation":                    {seed.AzureReservation, "", false, 0, "403/800019", none},
		"reservation in the sandbox":     {seed.AzureReservation, "", true, 60*day - time.Second, ok, none},
		"reservation, old":               {seed.AzureReservation, "", true, 60*day + 1, "400/800061", none},
		"software":                       {seed.PerpetualSoftware, "", false, 30*day - 1, ok, none},
		"software, late":                 {seed.PerpetualSoftware, "", false, 30 * day, "400/900117", none},
		"software in the sandbox":        {seed.PerpetualSoftware, "", true, 59 * day, ok, none},
		"software, old":                  {seed.PerpetualSoftware, "", true, 61 * day, "400/800061", none},
		"rented software":                {seed.SoftwareSubscription, "", false, 6 * day, ok, ok},
		"rented software, late":          {seed.SoftwareSubscription, "", false, 7 * day, "400/900117", "400/900117"},
		"rented software, sandbox":       {seed.SoftwareSubscription, "", true, 8 * day, ok, "400/900117"},
		"marketplace":                    {seed.MarketplaceSaaS, `,"termDuration":"P1M"`, false, day - 1, "403/800077", ok},
		"marketplace, a year":            {seed.MarketplaceSaaS, `,"termDuration":"P1Y"`, false, 13 * day, "403/800077", ok},
		"marketplace in the sandbox":     {seed.MarketplaceSaaS, "", true, 0, "403/800077", ok},
		"Azure plan":                     {seed.AzurePlan, "", false, 100 * day, "400/800063", ok},
		"Azure plan in the sandbox":      {seed.AzurePlan, "", true, 0, "400/800063", ok},
		"legacy":                         {seed.LegacyOffice365E1, "", false, 100 * day, "400/800063", ok},
		"software that is not yet there": {seed.PerpetualSoftware, "", false, -time.Second, "400/800061", none},
	} {
		for lane, want := range map[string]string{"order": c.order, "subscription": c.sub} {
			t.Run(name+" by "+lane, func(t *testing.T) {
				t.Parallel()
				s := start(t, func(cfg *partnersim.Config) { cfg.ListLag, cfg.Sandbox = 0, c.sandbox })
				_, bought := s.buy(seed.Contoso, line(c.item, "1", c.more))
				s.clock.pass(time.Second + c.age)
				s.signIn()
				order := s.must(http.StatusOK, "GET", orders(seed.Contoso)+"/"+bought.text("orders", 0, "id"), "")
				id := order.text("lineItems", 0, "subscriptionId")
				if (id == "") != (c.sub == none) {
					t.Errorf("subscription %q", id)
				}
				s.takeBack(lane, order.text("id"), id, want)
			})
		}
	}
}

// takeBack expects the answer of one lane, status/code or empty for done, twice if it is done.
func (s *sim) takeBack(lane, order, subscription, want string) {
	s.t.Helper()
	method, path, body := s.cancelOrder(order, "")
	if lane == "subscription" {
		path, body = subscriptions(seed.Contoso)+"/"+subscription, `{"status":"deleted"}`
	}
	status, code, refused := strings.Cut(want, "/")
	switch {
	case want == "none":
	case refused:
		n, _ := strconv.Atoi(status)
		s.refused(n, code, method, path, body)
		s.expectEffects("cancel", "0")
		s.expectEffects("status", "0")
	default:
		s.must(http.StatusOK, method, path, body)
		if a := s.must(http.StatusOK, "GET", orders(seed.Contoso)+"/"+order, ""); a.text("status") != "cancelled" {
			s.t.Errorf("order: %s", a.raw)
		}
		if lane == "order" { // a repeat changes nothing
			s.must(http.StatusOK, method, path, body)
			s.expectEffects("cancel", "1")
		} else {
			s.refused(400, "2011", method, path, body)
			s.expectEffects("status", "1")
		}
	}
}

// expectEffects checks how many rows of a kind the ledger has.
func (s *sim) expectEffects(kind, want string) {
	s.t.Helper()
	got := s.summary().text("by_kind", kind)
	if got == "" {
		got = "0"
	}
	if got != want {
		s.t.Errorf("%s rows of the ledger, want %s of kind %s", got, want, kind)
	}
}

func TestSingleLinesAreTakenBack(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	_, bought := s.buy(seed.Contoso, line(seed.PerpetualSoftware, "3"), line(seed.PerpetualSoftware, "4"))
	order := bought.text("orders", 0, "id")
	first, second := `{"lineItemNumber":0,"offerId":"`+seed.PerpetualSoftware+`"}`, `{"lineItemNumber":1}`
	cancel := func(lines string) answer {
		method, path, body := s.cancelOrder(order, lines)
		return s.must(http.StatusOK, method, path, body)
	}
	for range 2 {
		if a := cancel(second); a.text("status") != "completed" || a.text("lineItems", 0, "quantity") != "3" || a.text("lineItems", 1, "quantity") != "0" {
			t.Errorf("one of two: %s", a.raw)
		}
	}
	a := s.must(http.StatusOK, "GET", orders(seed.Contoso)+"/"+order+"/provisioningstatus", "")
	if a.text("items", 0, "status") != "fulfilled" || a.text("items", 1, "status") != "unfulfilled" {
		t.Errorf("provisioning: %s", a.raw)
	}
	for lines, code := range map[string]string{`{"lineItemNumber":2}`: "3000", `{"lineItemNumber":0,"offerId":"x"}`: "3000", `{"offerId":"x"}`: "3000"} {
		method, path, body := s.cancelOrder(order, lines)
		s.refused(400, code, method, path, body)
	}
	if a := cancel(first + "," + second); a.text("status") != "cancelled" {
		t.Errorf("both: %s", a.raw)
	}
	s.expectEffects("cancel", "2")
	ledger := s.must(http.StatusOK, "GET", "/admin/ledger?kind=cancel", "")
	if ledger.text("effects", 0, "quantity_before") != "4" || ledger.text("effects", 0, "quantity_after") != "0" || ledger.text("effects", 0, "order_id") != order {
		t.Errorf("ledger: %s", ledger.raw)
	}
	method, path, _ := s.cancelOrder(order, "")
	s.refused(400, "3000", method, path, `{"id":"another","status":"cancelled"}`)
	s.refused(400, "800002", method, path, `{}`)
	s.refused(400, "800080", method, path, `{"billingCycle":"annual"}`)
	s.refused(404, "20000", method, orders(seed.Contoso)+"/0123456789ab", `{"status":"cancelled"}`)
}

func TestLateMarketplaceCancellationsOnlyStopTheRenewal(t *testing.T) {
	t.Parallel()
	s := start(t, func(cfg *partnersim.Config) { instant(cfg); cfg.TokenLifetime = 100 * day })
	_, bought := s.buy(seed.Contoso, line(seed.MarketplaceSaaS, "1"))
	path := subscriptions(seed.Contoso) + "/" + bought.text("orders", 0, "lineItems", 0, "subscriptionId")
	s.clock.pass(day)
	a := s.must(http.StatusOK, "PATCH", path, `{"status":"deleted","autoRenewEnabled":true}`)
	if a.text("status") != "active" || a.text("autoRenewEnabled") != "false" {
		t.Errorf("late: %s", a.raw)
	}
	s.expectEffects("auto_renew", "1")
}
