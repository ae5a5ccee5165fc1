package calls

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
)

// shop is a vendor that sells one product, 1 to 10 seats for a year, and knows the customer.
func shop() map[string]string {
	return map[string]string{
		"GET /v1/customers/c":  `200 {"id":"c","relationshipToPartner":"reseller","companyProfile":{"address":{"country":"US"}}}`,
		"GET validationStatus": `200 {"type":"account","status":"Allowed"}`,
		"GET agreements":       `200 {"items":[{"type":"MicrosoftCustomerAgreement","templateId":"t"}]}`,
		"GET directSignedMicrosoftCustomerAgreementStatus": `200 {"isSigned":false}`,
		"GET /v1/products/P/skus/S":                        `200 {"id":"S","productId":"P","minimumQuantity":1,"maximumQuantity":10,"supportedBillingCycles":["annual"],"dynamicAttributes":{"provisioningId":"x"}}`,
		"GET /v1/products/P/skus/S/availabilities": `200 {"items":[{"id":"N","productId":"P","skuId":"S","catalogItemId":"P:S:N","segment":"commercial","isPurchasable":true,
			"terms":[{"duration":"P1Y","billingCycle":"Annual"}]}]}`,
		"POST carts": `201 {"id":"cart-1","lineItems":[{"id":"0","orderGroup":"a"}]}`,
	}
}

// termless are the offers of a product that is sold once, for ever.
const termless = `200 {"items":[{"id":"N","catalogItemId":"P:S:N","isPurchasable":true,"terms":[{"duration":"","billingCycle":"Annual"}]}]}`

func wanted(quantity int64, term string) domain.Body {
	return domain.Body{Lines: []domain.CartLine{{Number: 4, Item: "P:S:A", Name: "E5 [SF-1]", Quantity: quantity, Term: term, Cycle: "annual"}}}
}

// What is known before keeps a line out of the cart, in plain words; what cannot be learnt does not.
func TestChecks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked, answer string // one answer that differs
		body          domain.Body
		code, detail  string // none: it is put into the cart
		waits         bool
	}{
		"fine":                {body: wanted(3, "P1Y")},
		"too many":            {body: wanted(11, "P1Y"), code: "quantity_out_of_range", detail: "1 to 10"},
		"another term":        {body: wanted(3, "P3Y"), code: "term_not_offered", detail: "P1Y annual"},
		"no term":             {body: wanted(3, ""), code: "term_not_offered", detail: "without a term"},
		"no term, not told":   {asked: "GET /v1/products/P/skus/S/availabilities", answer: `500 `, body: wanted(3, ""), code: "catalogue_unread", waits: true},
		"no such product":     {asked: "GET /v1/products/P/skus/S", answer: `403 {"code":400030}`, body: wanted(3, ""), code: "catalogue_unread", waits: true},
		"sold without a term": {asked: "GET /v1/products/P/skus/S/availabilities", answer: termless, body: wanted(3, "")},
		"terms not told":      {asked: "GET /v1/products/P/skus/S/availabilities", answer: `200 {"items":[{"id":"N","catalogItemId":"P:S:N","isPurchasable":true}]}`, body: wanted(3, "")},
		"retired":             {asked: "GET /v1/products/P/skus/S", answer: `404 {"code":400018}`, body: wanted(3, "P1Y"), code: "product_not_available", detail: "retired"},
		"not purchasable":     {asked: "GET /v1/products/P/skus/S/availabilities", answer: `200 {"items":[{"id":"N","catalogItemId":"P:S:N"}]}`, body: wanted(3, "P1Y"), code: "product_not_available", detail: "region"},
		"no relationship":     {asked: "GET /v1/customers/c", answer: `200 {"id":"c","relationshipToPartner":"none"}`, body: wanted(3, "P1Y"), code: "relationship_missing", detail: "relationship"},
		"unknown tenant":      {asked: "GET /v1/customers/c", answer: `404 {"code":60003}`, body: wanted(3, "P1Y"), code: "customer_not_found", detail: "Customer not found"},
		"no agreement":        {asked: "GET agreements", answer: `200 {"items":[]}`, body: wanted(3, "P1Y"), code: "agreement_missing", detail: "Agreement"},
		"not allowed":         {asked: "GET validationStatus", answer: `200 {"status":"NotAllowed"}`, body: wanted(3, "P1Y"), code: "account_not_approved", detail: "approved"},
		"under review":        {asked: "GET validationStatus", answer: `200 {"status":"UnderReview"}`, body: wanted(3, "P1Y"), code: "account_under_review", waits: true},
		"customer not told":   {asked: "GET /v1/customers/c", answer: `503 `, body: wanted(3, "P1Y")},
		"agreement not told":  {asked: "GET agreements", answer: `403 {"code":900329}`, body: wanted(3, "P1Y")},
		"catalogue not told":  {asked: "GET /v1/products/P/skus/S/availabilities", answer: `500 `, body: wanted(3, "P1Y")},
		"a refused question":  {asked: "GET /v1/products/P/skus/S", answer: `403 {"code":400030}`, body: wanted(3, "P1Y")},
		"an old kind of item": {body: domain.Body{Lines: []domain.CartLine{{Number: 4, Item: "MS-AZR-0145P", Quantity: 1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := shop()
			if c.asked != "" {
				answers[c.asked] = c.answer
			}
			v, s, _ := vendorOf(t, answers)
			a := v.made(t, domain.CartCreate, c.body).Value.(domain.CartMade)
			posted := slices.Contains(s.got, "POST carts")
			switch {
			case c.waits:
				if a.Verdict != domain.Conflict || a.Trouble.Code != c.code || posted || (a.Wait < time.Hour) != (c.code == "catalogue_unread") {
					t.Errorf("%+v", a)
				}
			case c.code == "":
				if a.Cart != "cart-1" || len(a.Refused) != 0 || !posted {
					t.Errorf("%+v after %v", a, s.got)
				}
			default:
				if why := a.Refused[4]; a.Verdict != domain.Done || posted || why.Code != c.code || !strings.Contains(why.Detail, c.detail) ||
					why.Hint == "" || !strings.HasPrefix(why.Detail, "Partner Center: ") {
					t.Errorf("%+v after %v", a, s.got)
				}
			}
		})
	}
}

// The catalogue item is today's; the questions are asked once for many carts, and again after a refusal.
func TestChecksAreKept(t *testing.T) {
	t.Parallel()
	v, s, _ := vendorOf(t, shop())
	v.made(t, domain.CartCreate, wanted(3, "P1Y"))
	if at := len(s.got) - 1; !strings.Contains(s.bodies[at], `"catalogItemId":"P:S:N"`) {
		t.Errorf("bought %s", s.bodies[at])
	}
	first := len(s.got)
	v.made(t, domain.CartCreate, wanted(3, "P1Y"))
	if len(s.got) != first+1 {
		t.Errorf("asked again: %v", s.got[first:])
	}
	s.mu.Lock()
	s.answers["POST carts"] = `404 {"code":400019}`
	s.mu.Unlock()
	before := len(s.got)
	if a := v.made(t, domain.CartCreate, wanted(3, "P1Y")).Value.(domain.CartMade); a.Verdict != domain.Refused {
		t.Errorf("%+v", a)
	}
	if asked := s.got[before:]; len(asked) < 5 || asked[0] != "POST carts" || asked[len(asked)-1] != "POST carts" {
		t.Errorf("asked %v", asked)
	}
}

// An add-on of the old kind names what it is for; one of new commerce is a line like any other.
func TestAddOnLine(t *testing.T) {
	t.Parallel()
	v, s, _ := vendorOf(t, shop())
	v.made(t, domain.CartCreate, domain.Body{Lines: []domain.CartLine{
		{Number: 1, Item: "P:S:A", Quantity: 1, Term: "P1Y", Cycle: "annual", Parent: "sub-1"}, {Number: 2, Item: "195416c1-3447-423a-b37b-ee59a99a19c4", Parent: "sub-2"},
	}})
	if body := s.bodies[len(s.bodies)-1]; strings.Contains(body, "sub-1") || !strings.Contains(body, `"ParentSubscriptionId":"sub-2"`) {
		t.Error(body)
	}
}

// The lists are one look: what may be the lines', and subscriptions whose order does not show yet.
func TestListPurchases(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, map[string]string{
		"GET orders": `200 {"items":[
			{"id":"old","creationDate":"2026-01-01T00:00:00Z","lineItems":[{"lineItemNumber":0,"offerId":"P:S:A","quantity":3}]},
			{"id":"o","status":"completed","billingCycle":"annual","creationDate":"2026-11-28T12:00:00Z","lineItems":[{"lineItemNumber":0,"offerId":"P:S:A","quantity":3,
				"friendlyName":"E5 [SF-1]","termDuration":"P1Y"}]}]}`,
		"GET subscriptions": `200 {"items":[{"id":"s","quantity":3,"orderId":"O","friendlyName":"E5 [SF-1]","creationDate":"2026-11-28T12:00:00Z"},
			{"id":"s2","quantity":4,"orderId":"o2","friendlyName":"E5 [SF-2]","creationDate":"2026-11-28T12:00:00Z"}]}`,
	})
	body := domain.Body{Since: time.Date(2026, 11, 28, 11, 55, 0, 0, time.UTC), Lines: []domain.CartLine{{Name: "E5 [SF-1]"}}}
	a := v.made(t, domain.PurchasesList, body).Value.(domain.Found)
	if a.Verdict != domain.Done || len(a.Orders) != 2 || a.Orders[0].ID != "o" || a.Orders[0].Lines[0].Term != "P1Y" || a.Orders[1].ID != "o2" ||
		a.Orders[1].Lines[0].Subscription != "s2" {
		t.Errorf("%+v", a)
	}
}

// Who asks at the same time waits for one answer; a bad one is not kept.
func TestMemo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m memo[int]
		var asked atomic.Int32
		ask := func() (int, time.Duration) { <-time.After(time.Second); return int(asked.Add(1)), time.Minute }
		results := make(chan int, 3)
		for range 3 {
			go func() { results <- m.get(t.Context(), "k", ask) }()
		}
		for range 3 {
			if got := <-results; got != 1 {
				t.Errorf("got %d", got)
			}
		}
		hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		go m.get(t.Context(), "slow", ask)
		synctest.Wait()
		if got := m.get(hasty, "slow", ask); got != 0 {
			t.Errorf("the hasty one got %d", got)
		}
		<-time.After(2 * time.Minute)
		if got := m.get(t.Context(), "k", func() (int, time.Duration) { return 7, 0 }); got != 7 {
			t.Errorf("an old answer: %d", got)
		}
		if got := m.get(t.Context(), "k", func() (int, time.Duration) { return 8, time.Minute }); got != 8 {
			t.Errorf("a bad answer was kept: %d", got)
		}
		m.forget("k")
		if got := m.get(t.Context(), "k", func() (int, time.Duration) { return 9, time.Minute }); got != 9 {
			t.Errorf("not forgotten: %d", got)
		}
	})
}
