package partnersim_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

func (s *sim) plan(rule string) {
	s.t.Helper()
	s.must(http.StatusCreated, "POST", "/admin/faults", rule)
}

// filledCart makes a cart and gives the path of its checkout.
func (s *sim) filledCart(customer string) string {
	s.t.Helper()
	id := s.must(http.StatusCreated, "POST", carts(customer), cart(line(seed.PowerBIPro, "1"))).text("id")
	return carts(customer) + "/" + id + "/checkout"
}

func TestFaultsOfACheckout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule      string
		status    int    // of the first checkout; 0: no answer
		code      string // in its body; empty: not the vendor's body
		purchases string // after it
	}{
		"refused":               {`{"action":"fail","times":1}`, 500, "800005", "0"},
		"refused in words":      {`{"action":"fail","status":409,"code":800060,"times":1}`, 409, "800060", "0"},
		"gateway before":        {`{"action":"fail","status":503,"times":1}`, 503, "", "0"},
		"throttled":             {`{"action":"fail","status":429,"retry_after_ms":2000,"times":1}`, 429, "", "0"},
		"gateway after":         {`{"action":"fail_after","times":1}`, 504, "", "1"},
		"vendor error after":    {`{"action":"fail_after","status":500,"code":800005,"times":1}`, 500, "800005", "1"},
		"answer swallowed":      {`{"action":"swallow","times":1}`, 0, "", "1"},
		"connection dropped":    {`{"action":"drop","times":1}`, 0, "", "0"},
		"one customer":          {`{"action":"swallow","operation":"checkout_cart","customer":"contoso","times":1}`, 0, "", "1"},
		"delayed":               {`{"action":"delay","delay_ms":1,"answer_delay_ms":1,"times":1}`, 201, "", "1"},
		"another operation":     {`{"action":"fail","operation":"get_order"}`, 201, "", "1"},
		"another customer":      {`{"action":"fail","customer":"northwind"}`, 201, "", "1"},
		"later":                 {`{"action":"fail","skip":1,"times":1,"operation":"get_order"}`, 201, "", "1"},
		"always, but by chance": {`{"action":"swallow","percent":100,"times":1}`, 0, "", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, instant)
			path := s.filledCart(seed.Contoso)
			s.plan(c.rule)
			if c.status == 0 {
				s.lost("POST", path, "")
			} else if a := s.must(c.status, "POST", path, ""); a.text("code") != c.code {
				t.Errorf("answered %s", a.raw)
			}
			s.expectPurchases(c.purchases)
			s.must(http.StatusCreated, "POST", path, "") // used up, or not for this call
			s.expectPurchases("1")
		})
	}
}

func TestACallTakesEffectThoughItsClientHasGone(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	path := s.filledCart(seed.Contoso)
	s.plan(`{"action":"delay","delay_ms":60,"operation":"checkout_cart","times":1}`)
	ctx, cancel := context.WithCancel(t.Context())
	req := s.request("POST", path, "{}").WithContext(ctx)
	gone := make(chan answer, 1)
	go func() { gone <- s.send(req) }()
	for s.must(http.StatusOK, "GET", "/admin/faults", "").text("faults", 0, "struck") != "1" {
		continue // until the call has arrived
	}
	cancel()
	if a := <-gone; a.err == nil {
		t.Errorf("the client gave up, yet got %d", a.status)
	}
	for s.summary().text("carts_bought") != "1" {
		continue // until the delay has passed
	}
	s.expectPurchases("1")
}

func TestManyAtOnceBuyOnce(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.RatePerMinute = 0 })
	path := s.filledCart(seed.Contoso)
	s.plan(`{"action":"swallow","percent":30}`)
	s.plan(`{"action":"fail_after","percent":30}`)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { s.call("POST", path, "") })
	}
	all.Wait()
	s.expectPurchases("1")
}

func TestFaultsAreListedAndCleared(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.plan(`{"action":"fail"}`)
	s.plan(`{"action":"swallow","operation":"update_subscription"}`)
	s.refused(500, "800005", "GET", orders(seed.Contoso), "")
	list := s.must(http.StatusOK, "GET", "/admin/faults", "")
	if list.text("faults", 0, "struck") != "1" || list.text("faults", 1, "operation") != "update_subscription" {
		t.Errorf("faults: %s", list.raw)
	}
	s.must(http.StatusNoContent, "DELETE", "/admin/faults/"+list.text("faults", 0, "id"), "")
	s.must(http.StatusNotFound, "DELETE", "/admin/faults/"+list.text("faults", 0, "id"), "")
	s.must(http.StatusOK, "GET", orders(seed.Contoso), "")
	s.must(http.StatusNoContent, "DELETE", "/admin/faults", "")
	for name, rule := range map[string]string{
		"no action": `{}`, "unknown action": `{"action":"explode"}`, "status": `{"action":"fail","status":200}`,
		"operation": `{"action":"drop","operation":"dance"}`, "customer": `{"action":"drop","customer":"acme"}`,
		"misspelt": `{"action":"drop","time":1}`, "percent": `{"action":"drop","percent":101}`, "no delay": `{"action":"delay"}`,
		"no JSON": `drop`, "two": `{"action":"drop"}{}`,
	} {
		if a := s.must(http.StatusBadRequest, "POST", "/admin/faults", rule); a.text("error", "message") == "" {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
}

func TestSignInFaults(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.plan(`{"action":"fail","operation":"token","status":503,"times":1}`)
	s.must(http.StatusServiceUnavailable, "POST", "/x/oauth2/token", "", "Authorization", "", "Content-Type", "application/x-www-form-urlencoded")
	s.signIn()
}
