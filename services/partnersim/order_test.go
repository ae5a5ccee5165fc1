package partnersim_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/partnersim"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// direct is an order of one line without a cart.
func direct(cycle, item, quantity string, more ...string) string {
	return `{"billingCycle":"` + cycle + `","lineItems":[{"lineItemNumber":0,"offerId":"` + item + `","quantity":` + quantity + strings.Join(more, "") + `}]}`
}

func TestDirectOrders(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	body := direct("Annual", seed.PowerBIPro, "4", `,"friendlyName":"SF-1","termDuration":"P1Y","partnerIdOnRecord":"873452"`)
	made := s.must(http.StatusCreated, "POST", orders(seed.Fabrikam), body, "MS-RequestId", "one")
	if made.text("status") != "pending" || made.text("billingCycle") != "annual" || made.text("lineItems", 0, "friendlyName") != "SF-1" ||
		made.text("lineItems", 0, "partnerIdOnRecord") != "873452" || made.at("lineItems", 0, "subscriptionId") != nil {
		t.Errorf("order: %s", made.raw)
	}
	s.clock.pass(time.Second)
	if a := s.must(http.StatusOK, "GET", orders(seed.Fabrikam)+"/"+made.text("id"), ""); a.text("status") != "completed" || a.text("lineItems", 0, "subscriptionId") == "" {
		t.Errorf("later: %s", a.raw)
	}
	s.must(http.StatusCreated, "POST", orders(seed.Fabrikam), body, "MS-RequestId", "one") // a repeat buys again
	s.expectPurchases("2")
	if a := s.must(http.StatusOK, "GET", "/admin/ledger/doubles", ""); len(a.list("doubles")) != 1 {
		t.Errorf("doubles: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "GET", "/admin/ledger?kind=purchase", ""); a.at("effects", 0, "cart_id") != nil || a.text("effects", 0, "order_id") != made.text("id") {
		t.Errorf("ledger: %s", a.raw)
	}
	s.clock.pass(15 * time.Minute)
	if a := s.must(http.StatusOK, "GET", orders(seed.Fabrikam)+"?billingType=annual", ""); a.text("totalCount") != "2" {
		t.Errorf("list: %s", a.raw)
	}
	if a := s.must(http.StatusOK, "GET", orders(seed.Fabrikam)+"?billingType=onetime", ""); a.text("totalCount") != "0" {
		t.Errorf("list: %s", a.raw)
	}
}

func TestDirectOrdersAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	for name, c := range map[string]struct {
		status     int
		code, body string
	}{
		"numbers":      {400, "800071", `{"lineItems":[{"lineItemNumber":1,"offerId":"` + seed.PowerBIPro + `","quantity":1}]}`},
		"no lines":     {400, "800002", `{"lineItems":[]}`},
		"no JSON":      {400, "800002", `{`},
		"by cart only": {400, "800042", direct("monthly", seed.MarketplaceSaaS, "1")},
		"term":         {400, "800002", direct("annual", seed.PowerBIPro, "1", `,"termDuration":"P3Y"`)},
		"cycle":        {400, "900126", direct("weekly", seed.PowerBIPro, "1")},
		"too many":     {400, "900275", direct("annual", seed.Microsoft365BusinessBasic, "301")},
		"none":         {400, "900275", direct("annual", seed.PowerBIPro, "0")},
		"retired":      {403, "2091", direct("annual", seed.RetiredOffer, "1")},
		"region":       {400, "800070", direct("annual", seed.OtherRegionOffer, "1")},
		"two kinds": {400, "800002", `{"lineItems":[{"offerId":"` + seed.PowerBIPro + `","quantity":1},{"offerId":"` +
			seed.LegacyOffice365E1 + `","quantity":1}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := *s
			s.t = t
			s.refused(c.status, c.code, "POST", orders(seed.Contoso), c.body)
		})
	}
}

func TestLegacyAddOns(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	made := s.must(http.StatusCreated, "POST", orders(seed.Contoso), direct("", strings.ToLower(seed.LegacyOffice365E1), "10"))
	order, base := made.text("id"), made.text("lineItems", 0, "subscriptionId")
	add := func(item, parent string) string {
		return `{"Id":null,"LineItems":[{"LineItemNumber":0,"OfferId":"` + item + `","ParentSubscriptionId":"` + parent +
			`","FriendlyName":"SF-2","Quantity":2,"SubscriptionId":null}],"CreationDate":null}`
	}
	a := s.must(http.StatusOK, "PATCH", orders(seed.Contoso)+"/"+order, add(seed.LegacyArchiving, base))
	if len(a.list("lineItems")) != 2 || a.text("lineItems", 1, "offerId") != seed.LegacyArchiving || a.text("lineItems", 1, "lineItemNumber") != "1" {
		t.Errorf("order: %s", a.raw)
	}
	sub := s.must(http.StatusOK, "GET", subscriptions(seed.Contoso)+"/"+a.text("lineItems", 1, "subscriptionId"), "")
	if sub.text("parentSubscriptionId") != base || sub.text("quantity") != "2" || sub.at("productType") != nil || sub.text("links", "offer", "uri") == "" {
		t.Errorf("add-on: %s", sub.raw)
	}
	if l := s.must(http.StatusOK, "GET", subscriptions(seed.Contoso)+"/"+base+"/addons", ""); l.text("totalCount") != "1" || l.text("items", 0, "id") != sub.text("id") {
		t.Errorf("add-ons: %s", l.raw)
	}
	s.refused(400, "800029", "PATCH", orders(seed.Contoso)+"/"+order, add(seed.LegacyOffice365E1, base))
	s.refused(400, "800029", "PATCH", orders(seed.Contoso)+"/"+order, add(seed.LegacyArchiving, seed.ContosoBusinessBasic))
	s.refused(404, "20003", "PATCH", orders(seed.Contoso)+"/"+order, add(seed.LegacyArchiving, seed.FabrikamPowerBIPro))
	s.must(http.StatusOK, "PATCH", orders(seed.Contoso)+"/"+order, add(seed.LegacyArchiving, base)) // a repeat buys again
	s.expectPurchases("3")
}

func TestActivationLinks(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, bought := s.buy(seed.Contoso, line(seed.MarketplaceSaaS, "1"))
	path := orders(seed.Contoso) + "/" + bought.text("orders", 0, "id") + "/lineitems/"
	if a := s.must(http.StatusOK, "GET", path+"0/activationlinks", ""); a.text("totalCount") != "0" {
		t.Errorf("before it is there: %s", a.raw)
	}
	s.clock.pass(time.Second)
	if a := s.must(http.StatusOK, "GET", path+"0/activationlinks", ""); a.text("items", 0, "lineItemNumber") != "0" || a.text("items", 0, "link", "uri") == "" {
		t.Errorf("links: %s", a.raw)
	}
	s.refused(404, "1000", "GET", path+"1/activationlinks", "")
	s.refused(404, "20000", "GET", orders(seed.Contoso)+"/0123456789ab/lineitems/0/activationlinks", "")
}

// upload sends a purchase order: parts are name=content, files those with a file name.
func (s *sim) upload(order string, parts ...[3]string) answer {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		create := func() (io.Writer, error) { return form.CreateFormField(p[0]) }
		if p[1] != "" {
			create = func() (io.Writer, error) { return form.CreateFormFile(p[0], p[1]) }
		}
		w, err := create()
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = w.Write([]byte(p[2]))
	}
	if err := form.Close(); err != nil {
		s.t.Fatal(err)
	}
	return s.call("POST", orders(seed.Contoso)+"/"+order+"/attachment", body.String(), "Content-Type", form.FormDataContentType())
}

func TestOrdersThatWantAPurchaseOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		item    string
		rejects bool
		end     string
	}{
		"subscription": {seed.PurchaseOrderSubscription, false, "completed"},
		"software":     {seed.PurchaseOrderSoftware, false, "completed"},
		"rejected":     {seed.PurchaseOrderSoftware, true, "po_review_rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, func(cfg *partnersim.Config) { instant(cfg); cfg.ReviewDelay = time.Hour; cfg.TokenLifetime = day })
			if c.rejects {
				s.must(http.StatusOK, "PATCH", "/admin/settings", `{"review_rejects":true}`)
			}
			_, bought := s.buy(seed.Contoso, line(c.item, "2"), line(seed.PowerBIPro, "1"))
			order := bought.text("orders", 0, "id")
			status := func() string {
				return s.must(http.StatusOK, "GET", orders(seed.Contoso)+"/"+order, "").text("status")
			}
			if bought.text("orders", 0, "status") != "pending_po_upload" || bought.text("orders", 1, "status") != "completed" {
				t.Fatalf("checkout: %s", bought.raw)
			}
			s.clock.pass(time.Hour)
			if status() != "pending_po_upload" {
				t.Error("nothing came, yet it went on")
			}
			s.expectPurchases("1")
			metadata := [3]string{"metadata", "", `{"isPartofTender":false,"customerPrice":100,"currency":"USD"}`}
			a := s.upload(order, metadata, [3]string{"pofiles", "po.pdf", strings.Repeat("x", 1500)})
			if a.status != http.StatusCreated || a.text("items", 0, "fileName") != "po.pdf" || a.text("items", 0, "sizeInKB") != "2" ||
				a.text("items", 0, "attachmentType") != "POAttachment" {
				t.Errorf("upload: %d %s", a.status, a.raw)
			}
			if status() != "po_upload_complete" {
				t.Errorf("after the upload: %s", status())
			}
			if a := s.upload(order, metadata, [3]string{"pofiles", "again.pdf", "x"}); a.status != http.StatusCreated {
				t.Errorf("a repeat attaches twice: %s", a.raw)
			}
			s.expectAttached(orders(seed.Contoso)+"/"+order, "x")
			s.clock.pass(time.Hour)
			if status() != c.end {
				t.Errorf("in the end: %s", status())
			}
			s.expectEffects("attachment", "2")
			if a := s.upload(order, metadata, [3]string{"pofiles", "late.pdf", "x"}); a.text("code") != "800002" {
				t.Errorf("too late: %s", a.raw)
			}
		})
	}
}

// expectAttached checks that an order has two files, and what the second says.
func (s *sim) expectAttached(order, second string) {
	s.t.Helper()
	list := s.must(http.StatusOK, "GET", order+"/attachments", "")
	if list.text("totalCount") != "2" {
		s.t.Errorf("attachments: %s", list.raw)
	}
	if a := s.must(http.StatusOK, "GET", order+"/attachment/"+list.text("items", 1, "attachmentId"), ""); a.raw != second {
		s.t.Errorf("download: %q", a.raw)
	}
	s.refused(404, "1000", "GET", order+"/attachment/"+seed.Contoso, "")
}

func TestPurchaseOrdersThatAreNone(t *testing.T) {
	t.Parallel()
	s := start(t, instant)
	_, bought := s.buy(seed.Contoso, line(seed.PurchaseOrderSoftware, "2"))
	order := bought.text("orders", 0, "id")
	file := [3]string{"pofiles", "po.pdf", "x"}
	tender := [3]string{"metadata", "", `{"isPartofTender":true}`}
	for code, a := range map[string]answer{
		"900254": s.upload(order, file),
		"900252": s.upload(order, [3]string{"metadata", "", `{}`}),
		"900253": s.upload(order, tender, file),
		"20000":  s.upload("0123456789ab", [3]string{"metadata", "", `{}`}, file),
	} {
		if a.text("code") != code {
			t.Errorf("want %s: %s", code, a.raw)
		}
	}
	s.refused(400, "900254", "POST", orders(seed.Contoso)+"/"+order+"/attachment", `{}`)
	if a := s.upload(order, tender, file, [3]string{"tenderfiles", "tender.pdf", "x"}); a.text("items", 1, "attachmentType") != "TenderAttachment" {
		t.Errorf("tender: %s", a.raw)
	}
}
