package calls

import (
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// A dry run asks what it may, sends nothing that has an effect, and the domain is told so: nothing is left to be taken for bought.
func TestDryRun(t *testing.T) {
	t.Parallel()
	v, s, _ := vendorWith(t, map[string]string{
		"GET subscriptions/s": `200 {"id":"s","quantity":10}`, "GET orders/o": `200 {"id":"o","lineItems":[{"lineItemNumber":0,"offerId":"P"}]}`,
	}, func(c *partnercenter.Config) { c.DryRun = true })
	for op, c := range map[domain.Operation]struct {
		body   domain.Body
		common func(any) domain.Answer
	}{
		domain.CartCreate:        {domain.Body{Lines: []domain.CartLine{{Number: 1, Item: "P"}}}, func(a any) domain.Answer { return a.(domain.CartMade).Answer }},
		domain.CartCheckout:      {domain.Body{Cart: "c"}, func(a any) domain.Answer { return a.(domain.CheckedOut).Answer }},
		domain.SubscriptionPatch: {domain.Body{Subscription: "s", Base: 10, Target: 12}, func(a any) domain.Answer { return a.(domain.Sent).Answer }},
		domain.TransitionCreate:  {domain.Body{Subscription: "s", Item: "Q"}, func(a any) domain.Answer { return a.(domain.Sent).Answer }},
		domain.PurchaseCancel:    {domain.Body{Order: "o", Rows: []int32{0}}, func(a any) domain.Answer { return a.(domain.Sent).Answer }},
		domain.AttachmentPost:    {domain.Body{Order: "o", File: &domain.File{Name: "po.pdf"}}, func(a any) domain.Answer { return a.(domain.Attached).Answer }},
	} {
		res := v.made(t, op, c.body)
		if res.NotSent || res.Unknown || res.Value == nil {
			t.Errorf("%s: %+v", op, res)
			continue
		}
		a := c.common(res.Value)
		if !a.Withheld || a.Verdict != domain.Conflict || a.Wait < time.Minute || a.Trouble.Code != partnercenter.DryRun ||
			!strings.HasPrefix(a.Trouble.Detail, "Dry run: nothing was sent") || a.Trouble.Hint == "" {
			t.Errorf("%s: %+v", op, a)
		}
	}
	for _, what := range s.got {
		if !strings.HasPrefix(what, "GET ") {
			t.Errorf("%s was sent", what)
		}
	}
}

// While the sign-in is refused, what begins something is told so; what only follows it waits in silence.
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	v, s, _ := vendorWith(t, map[string]string{"POST /refused": `401 {"error":"invalid_client"}`}, func(c *partnercenter.Config) {
		c.TokenURL = c.BaseURL + "/refused"
	})
	told := map[domain.Operation]bool{
		domain.CartCreate: true, domain.CartCheckout: true, domain.SubscriptionGet: true, domain.SubscriptionPatch: true,
		domain.TransitionCheck: true, domain.TransitionCreate: true, domain.PurchaseGet: true, domain.PurchaseCancel: true,
	}
	for _, o := range v.Operations() {
		op := domain.Operation(o.Name)
		res := v.made(t, op, domain.Body{Cart: "k", Subscription: "s", Order: "o", Rows: []int32{0}, Lines: []domain.CartLine{{Number: 1, Item: "P"}}})
		if res.NotSent == told[op] || res.Unknown || told[op] != (res.Value != nil) {
			t.Errorf("%s: %+v", op, res)
		}
		a := domain.Answer{}
		switch value := res.Value.(type) {
		case domain.CartMade:
			a = value.Answer
		case domain.CheckedOut:
			a = value.Answer
		case domain.Seen:
			a = value.Answer
		case domain.Sent:
			a = value.Answer
		}
		if told[op] && (!a.Withheld || a.Trouble.Code != partnercenter.SignInRefused || a.Trouble.Owner != domain.OwnerPartner || a.Wait < time.Minute) {
			t.Errorf("%s: %+v", op, a)
		}
	}
	for _, what := range s.got {
		if what != "POST /refused" {
			t.Errorf("%s was sent", what)
		}
	}
}
