package partnersim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// behave switches a behaviour on, once.
func (s *sim) behave(name string, more ...string) {
	s.t.Helper()
	s.must(http.StatusCreated, "POST", "/admin/behaviours", `{"name":"`+name+`","times":1`+strings.Join(more, "")+`}`)
}

// advance moves the simulated time.
func (s *sim) advance(ms string) {
	s.t.Helper()
	s.must(http.StatusOK, "POST", "/admin/clock", `{"advance_ms":`+ms+`}`)
}

// orderIs expects a status of an order, and whether its first line has a subscription.
func (s *sim) orderIs(order, status string, subscribed bool) {
	s.t.Helper()
	a := s.must(http.StatusOK, "GET", orders(seed.Contoso)+"/"+order, "")
	if a.text("status") != status || (a.text("lineItems", 0, "subscriptionId") != "") != subscribed {
		s.t.Errorf("want %s, subscribed %v: %s", status, subscribed, a.raw)
	}
}

// ordered buys one line and gives the order.
func (s *sim) ordered() string {
	s.t.Helper()
	_, a := s.buy(seed.Contoso, line(seed.PowerBIPro, "2", `,"friendlyName":"T-1"`))
	return a.text("orders", 0, "id")
}

func longTokens(c *partnersim.Config) { instant(c); c.TokenLifetime = 30 * 24 * time.Hour }

func TestBehavioursOfACheckout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more      string
		status    int // of the first checkout; 0: no answer
		code      string
		purchases string // after it
	}{
		"answer_lost":     {"", 0, "", "1"},
		"gateway_timeout": {"", 504, "", "1"},
		"fails_before":    {"", 500, "800005", "0"},
		"throttled":       {`,"for_ms":57000`, 429, "", "0"},
		"token_expired":   {"", 401, "400", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, instant)
			path := s.filledCart(seed.Contoso)
			s.behave(name, `,"operation":"checkout_cart","customer":"contoso"`, c.more)
			if c.status == 0 {
				s.lost("POST", path, "")
			} else if a := s.must(c.status, "POST", path, ""); a.text("code") != c.code {
				t.Errorf("answered %s", a.raw)
			} else if c.status == 429 && (a.header.Get("Retry-After") != "57" || a.text("statusCode") != "429") {
				t.Errorf("throttled: %v %s", a.header, a.raw)
			}
			s.expectPurchases(c.purchases)
			if name == "token_expired" {
				s.refused(401, "400", "POST", path, "") // the token stays useless
				s.signIn()
			}
			s.must(http.StatusCreated, "POST", path, "")
			s.expectPurchases("1")
		})
	}
}

func TestACheckoutThatIsStillRunning(t *testing.T) {
	t.Parallel()
	s := start(t, longTokens)
	path := s.filledCart(seed.Contoso)
	s.behave("checkout_running", `,"for_ms":5000`)
	s.must(http.StatusCreated, "POST", path, "")
	s.refused(409, "800064", "POST", path, "")
	s.advance("5000")
	s.must(http.StatusCreated, "POST", path, "")
	s.expectPurchases("1")

	s.behave("order_running", `,"for_ms":5000`)
	s.must(http.StatusCreated, "POST", s.filledCart(seed.Contoso), "")
	second := s.filledCart(seed.Contoso)
	s.refused(409, "800060", "POST", second, "")
	s.must(http.StatusCreated, "POST", s.filledCart(seed.Fabrikam), "") // another customer's
	s.advance("5000")
	s.must(http.StatusCreated, "POST", second, "")
	s.expectPurchases("4")

	s.behave("recheckout_refused")
	s.refused(400, "800065", "POST", second, "")
	s.must(http.StatusCreated, "POST", second, "")
}

func TestRequestIDsReplayed(t *testing.T) {
	t.Parallel()
	s := start(t, longTokens)
	cartOf := func(id string) string {
		return s.must(http.StatusCreated, "POST", carts(seed.Contoso), cart(line(seed.PowerBIPro, "1")), "MS-RequestId", id).text("id")
	}
	if one, again := cartOf("one"), cartOf("one"); one == again {
		t.Error("ignored as usual, yet the same cart came back")
	}
	s.must(http.StatusCreated, "POST", "/admin/behaviours", `{"name":"request_id_replay","for_ms":60000}`)
	first := cartOf("two")
	if cartOf("two") != first || cartOf("three") == first {
		t.Error("the second answer is not the first, or other ids get it too")
	}
	s.must(http.StatusNoContent, "DELETE", "/admin/behaviours", "") // forgets the answers too
	s.must(http.StatusCreated, "POST", "/admin/behaviours", `{"name":"request_id_replay","for_ms":60000}`)
	if cartOf("two") == first {
		t.Error("remembered beyond its end")
	}
	s.plan(`{"action":"swallow","operation":"update_subscription","times":1}`)
	path := s.bought()
	patch := func(seats string) answer {
		return s.call("PATCH", path, `{"quantity":`+seats+`,"autoRenewEnabled":true}`, "MS-RequestId", "four")
	}
	if a := patch("12"); a.err == nil {
		t.Errorf("answered %s", a.raw)
	}
	if a := patch("14"); a.text("quantity") != "12" { // not compared: the vendor says nothing about bodies
		t.Errorf("replayed: %s", a.raw)
	}
	s.advance("60000")
	if a := patch("14"); a.text("quantity") != "14" {
		t.Errorf("forgotten by now: %s", a.raw)
	}
}

func TestPartialCheckout(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	s.behave("partial_checkout", `,"code":800031`)
	annual, monthly := line(seed.PowerBIPro, "1"), line(seed.PowerBIPro, "2", `,"billingCycle":"monthly"`)
	id, a := s.buy(seed.Contoso, annual, monthly)
	if len(a.list("orders")) != 1 || a.text("orderErrors", 0, "code") != "800031" || a.text("orderErrors", 0, "orderGroupId") != "1" {
		t.Errorf("partial: %s", a.raw)
	}
	s.expectPurchases("1")
	if list := s.must(http.StatusOK, "GET", orders(seed.Contoso), ""); len(list.list("items")) != 1 {
		t.Errorf("listed: %s", list.raw)
	}
	again := s.must(http.StatusCreated, "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
	if len(again.list("orders")) != 2 || again.at("orderErrors") != nil || again.text("orders", 0, "id") != a.text("orders", 0, "id") {
		t.Errorf("tried again: %s", again.raw)
	}
	s.expectPurchases("2")

	s.behave("partial_checkout")
	id, a = s.buy(seed.Contoso, annual)
	if len(a.list("orders")) != 0 || len(a.list("orderErrors")) != 1 {
		t.Errorf("nothing bought: %s", a.raw)
	}
	if got := s.must(http.StatusOK, "GET", carts(seed.Contoso)+"/"+id, "").text("status"); got != "Active" {
		t.Errorf("the cart is %s", got)
	}
	s.expectPurchases("2")
	s.must(http.StatusCreated, "POST", carts(seed.Contoso)+"/"+id+"/checkout", "")
	s.expectPurchases("3")
}

func TestOrdersThatEndOtherwise(t *testing.T) {
	t.Parallel()
	s := start(t, longTokens)
	s.behave("partial_success")
	_, a := s.buy(seed.Contoso, line(seed.PowerBIPro, "1"), line(seed.Microsoft365E5, "1"))
	id := a.text("orders", 0, "id")
	s.orderIs(id, "partial_success", true)
	got := s.must(http.StatusOK, "GET", orders(seed.Contoso)+"/"+id+"/provisioningstatus", "")
	if got.text("items", 0, "status") != "fulfilled" || got.text("items", 1, "status") != "unfulfilled" {
		t.Errorf("provisioning: %s", got.raw)
	}
	s.expectPurchases("1")

	s.behave("order_error")
	s.orderIs(s.ordered(), "error", false)
	s.expectPurchases("1")

	s.behave("late_subscription_id", `,"for_ms":60000`)
	late := s.ordered()
	s.orderIs(late, "completed", false)
	s.advance("60000")
	s.orderIs(late, "completed", true)

	s.behave("unknown_status", `,"operation":"get_order","text":"beamed_up"`)
	s.orderIs(late, "beamed_up", true)
	s.orderIs(late, "completed", true)
}

func TestReviews(t *testing.T) {
	t.Parallel()
	s := start(t, longTokens)
	move := func(order, status string, want int) {
		s.t.Helper()
		s.must(want, "POST", "/admin/orders/"+order, `{"status":"`+status+`"}`)
	}
	s.behave("pending_review", `,"for_ms":172800000`)
	order := s.ordered()
	s.orderIs(order, "pending_review", false)
	move(order, "cancelled", http.StatusBadRequest) // it is decided that it will be fulfilled
	s.advance("172800000")
	s.orderIs(order, "completed", true)
	move(order, "completed", http.StatusBadRequest)
	s.expectPurchases("1")

	s.behave("pending_review", `,"for_ms":172800000`)
	sooner := s.ordered()
	move(sooner, "completed", http.StatusNoContent)
	s.orderIs(sooner, "completed", true)
	s.expectPurchases("2")

	s.behave("pending_review")
	waits := s.ordered()
	s.advance("31000000000")
	s.orderIs(waits, "pending_review", false)
	s.expectPurchases("2")
	move(waits, "dancing", http.StatusBadRequest)
	move(waits, "cancelled", http.StatusNoContent)
	s.orderIs(waits, "cancelled", false)
	s.expectPurchases("2")
	move("0123456789ab", "completed", http.StatusNotFound)
}

func TestPurchaseOrders(t *testing.T) {
	t.Parallel()
	s := start(t, longTokens)
	uploaded := func(order string) {
		s.must(http.StatusNoContent, "POST", "/admin/orders/"+order, `{"status":"po_upload_complete"}`)
	}
	s.must(http.StatusCreated, "POST", "/admin/scenarios?shipped=purchase-order", "")
	good, bad := s.ordered(), s.ordered()
	s.orderIs(good, "pending_po_upload", false)
	uploaded(good)
	uploaded(bad)
	s.orderIs(good, "po_upload_complete", false)
	s.advance("86400000")
	s.orderIs(good, "completed", true)
	s.orderIs(bad, "po_review_rejected", false)
	s.expectPurchases("1")
	s.must(http.StatusBadRequest, "POST", "/admin/orders/"+good, `{"status":"po_upload_complete"}`)
}

func TestListsLagBehind(t *testing.T) {
	t.Parallel()
	s := start(t, longTokens)
	s.behave("list_lag", `,"customer":"contoso"`)
	order := s.ordered()
	s.orderIs(order, "completed", true)
	listed := func() int { return len(s.must(http.StatusOK, "GET", orders(seed.Contoso), "").list("items")) }
	if listed() != 0 {
		t.Error("listed at once")
	}
	s.advance("900000")
	if listed() != 1 {
		t.Error("never listed")
	}
}

func TestChangesThatShowLater(t *testing.T) {
	t.Parallel()
	s := start(t, longTokens)
	path := s.bought()
	s.behave("patch_accepted", `,"for_ms":30000`)
	a := s.must(http.StatusAccepted, "PATCH", path, `{"quantity":15,"autoRenewEnabled":true}`)
	if location := a.header.Get("Location"); "/v1"+location != path || a.text("quantity") != "10" {
		t.Errorf("accepted: %q, %s", location, a.raw)
	}
	s.refused(409, "900278", "PATCH", path, `{"quantity":16,"autoRenewEnabled":true}`)
	seats := func(want string) {
		t.Helper()
		if got := s.must(http.StatusOK, "GET", path, "").text("quantity"); got != want {
			t.Errorf("%s seats, want %s", got, want)
		}
	}
	seats("10")
	s.advance("30000")
	seats("15")
	s.must(http.StatusOK, "PATCH", path, `{"quantity":16,"autoRenewEnabled":true}`)
	if got := s.summary().text("by_kind", "quantity"); got != "2" {
		t.Errorf("%s effects", got)
	}
}

func TestEtagsGrowOld(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *partnersim.Config) { instant(c); c.ETags = true })
	path := s.bought()
	etag := func() string { return s.must(http.StatusOK, "GET", path, "").text("attributes", "etag") }
	s.behave("etag_stale")
	s.refused(400, "2055", "PATCH", path, `{"quantity":15,"autoRenewEnabled":true}`, "If-Match", `"`+etag()+`"`)
	s.must(http.StatusOK, "PATCH", path, `{"quantity":15,"autoRenewEnabled":true}`, "If-Match", `"`+etag()+`"`)
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	s.behave("byte_order_mark")
	resp, err := s.client.Do(s.request("GET", orders(seed.Contoso), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	mark := []byte{0, 0, 0, 0}
	if _, err := resp.Body.Read(mark); err != nil || string(mark) != "\ufeff{" {
		t.Errorf("begins with % x (%v)", mark, err)
	}
	s.behave("code_as_text")
	if a := s.must(http.StatusNotFound, "GET", orders(seed.Contoso)+"/0123456789ab", ""); !strings.HasPrefix(a.raw, `{"code":"20000",`) {
		t.Errorf("answered %s", a.raw)
	}
}

func TestBehavioursAreListedAndRemoved(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	s.behave("code_as_text")
	s.behave("list_lag", `,"customer":"fabrikam"`)
	a := s.must(http.StatusOK, "GET", "/admin/behaviours", "")
	if a.text("on", 1, "customer") != seed.Fabrikam || a.text("on", 1, "for_ms") != "900000" || a.text("known", 0, "name") != "list_lag" {
		t.Errorf("behaviours: %s", a.raw)
	}
	s.must(http.StatusNoContent, "DELETE", "/admin/behaviours/1", "")
	s.must(http.StatusNotFound, "DELETE", "/admin/behaviours/1", "")
	s.must(http.StatusNoContent, "DELETE", "/admin/behaviours", "")
	for _, wrong := range []string{`{}`, `{"name":"dance"}`, `{"name":"list_lag","operation":"dance"}`, `{"name":"list_lag","customer":"acme"}`, `{"name":"list_lag","text":"x"}`} {
		if a := s.must(http.StatusBadRequest, "POST", "/admin/behaviours", wrong); a.text("error", "message") == "" {
			t.Errorf("%s: %s", wrong, a.raw)
		}
	}
}
