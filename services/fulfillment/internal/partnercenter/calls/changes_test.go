package calls

import (
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
)

const subscribed = `200 {"id":"s","quantity":10,"status":"active","autoRenewEnabled":true,"termDuration":"P1Y","billingCycle":"annual",
	"offerId":"P:S:A","refundableQuantity":{"totalQuantity":3,"details":[{"quantity":3,"allowedUntilDateTime":"2026-11-30T00:00:00Z"}]},
	"cancellationAllowedUntilDate":"2026-11-30T00:00:00Z","other":{"kept":1}}`

// A look before seats are removed learns what the product and the users need; the limits of a product are asked once.
func TestLimits(t *testing.T) {
	t.Parallel()
	v, s, spent := vendorOf(t, map[string]string{
		"GET subscriptions/s":   subscribed,
		"GET products/P/skus/S": `200 {"id":"S","productId":"P","minimumQuantity":1,"maximumQuantity":300,"dynamicAttributes":{"provisioningId":"sku-1"}}`,
		"GET subscribedskus": `200 {"items":[{"activeUnits":5,"consumedUnits":5,"productSku":{"id":"sku-0"}},
			{"activeUnits":12,"consumedUnits":9,"productSku":{"id":"SKU-1"}}]}`,
	})
	for range 2 {
		a := v.made(t, domain.SubscriptionGet, domain.Body{Subscription: "s", By: -2}).Value.(domain.Seen)
		want := domain.SubscriptionState{
			Status: "active", Quantity: 10, Renews: true, NextTerm: "P1Y annual", Refundable: 3, Limited: true, Least: 1, Most: 300,
			CancellableUntil: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Licences: 12, Assigned: 9, Counted: true,
		}
		if a.Verdict != domain.Done || a.Subscription != want {
			t.Errorf("%+v", a)
		}
	}
	if len(s.got) != 5 || *spent != 4 { // the catalogue is not paced
		t.Errorf("%v, %d permits", s.got, *spent)
	}
	ids := map[string]bool{}
	for _, id := range s.ids[:3] {
		ids[id] = true
	}
	if len(ids) != 3 {
		t.Errorf("request ids %v", s.ids)
	}
	s.got = nil
	v.made(t, domain.SubscriptionGet, domain.Body{Subscription: "s", By: -2, Base: 10, Target: 8})
	if v.made(t, domain.SubscriptionGet, domain.Body{Subscription: "s"}); len(s.got) != 2 {
		t.Errorf("looks that only look ask %v", s.got)
	}
}

// A look for an unanswered change asks the vendor's activity log only when the change does not show; that the log does not tell
// proves nothing.
func TestRecorded(t *testing.T) {
	t.Parallel()
	record := func(correlation, status string) string {
		return `200 {"totalCount":1,"items":[{"id":"r","operationType":"update_subscription","resourceType":"subscription","operationStatus":"` + status +
			`","operationDate":"2026-11-28T12:00:00Z","originalCorrelationId":"` + correlation + `"}]}`
	}
	const attempt = "0190d2c4-0000-7000-8000-0000000000aa"
	for name, c := range map[string]struct {
		log      string
		target   int64
		recorded bool
		asked    int
	}{
		"it shows":            {record(attempt, "succeeded"), 10, false, 1},
		"done, and undone":    {record("0190D2C4-0000-7000-8000-0000000000ab", "succeeded"), 25, true, 2},
		"refused":             {record(attempt, "failed"), 25, false, 2},
		"another call's":      {record("0190d2c4-0000-7000-8000-0001000000aa", "succeeded"), 25, false, 2},
		"the log is not told": {"403 {}", 25, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, s, _ := vendorOf(t, map[string]string{"GET subscriptions/s": subscribed, "GET /v1/auditrecords": c.log})
			a := v.made(t, domain.SubscriptionGet, domain.Body{
				Subscription: "s", By: 15, Base: 9, Target: c.target, Repeat: true, Attempts: []string{attempt},
			}).Value.(domain.Seen)
			if a.Verdict != domain.Done || a.Recorded != c.recorded || len(s.got) != c.asked {
				t.Errorf("%+v, asked %v", a, s.got)
			}
		})
	}
}

// Before seats are added it is asked whether the customer may buy; before they are removed it is not.
func TestStandingBeforeSeats(t *testing.T) {
	t.Parallel()
	for by, want := range map[int64]string{15: "account_under_review", -2: ""} {
		v, s, _ := vendorOf(t, map[string]string{
			"GET subscriptions/s": subscribed, "GET products/P/skus/S": `503 `, "GET /v1/customers/c": `200 {"id":"c","relationshipToPartner":"reseller"}`,
			"GET validationStatus": `200 {"type":"account","status":"UnderReview"}`,
		})
		a := v.made(t, domain.SubscriptionGet, domain.Body{Subscription: "s", By: by}).Value.(domain.Seen)
		if a.Verdict != domain.Done || a.Against.Code != want {
			t.Errorf("by %d: %+v, asked %v", by, a, s.got)
		}
	}
}

// What cannot be learnt beside the subscription itself is left out.
func TestLimitsNotTold(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, map[string]string{"GET subscriptions/s": subscribed, "GET products/P/skus/S": `503 `})
	a := v.made(t, domain.SubscriptionGet, domain.Body{Subscription: "s", By: -2}).Value.(domain.Seen)
	if a.Verdict != domain.Done || a.Subscription.Counted || a.Subscription.Most != 0 {
		t.Errorf("%+v", a)
	}
}

// Each property is changed in the whole resource, which goes back as it came but for that.
func TestProperties(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body domain.Body
		sent []string
	}{
		"suspend": {domain.Body{Property: domain.PropertyStatus, From: "active", To: "suspended"}, []string{`"status":"suspended"`, `"quantity":10`}},
		"renewal": {domain.Body{Property: domain.PropertyRenewal, From: "on", To: "off"}, []string{`"autoRenewEnabled":false`}},
		"term": {domain.Body{Property: domain.PropertyTerm, From: "P1Y annual", To: "P3Y annual"},
			[]string{`"availabilityId":"A3","billingCycle":"annual","termDuration":"P3Y"},"quantity":10}`}},
		"cycle": {domain.Body{Property: domain.PropertyTerm, From: "P1Y annual", To: "P1Y monthly"},
			[]string{`"availabilityId":"A","billingCycle":"monthly","termDuration":"P1Y"},"quantity":10}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, s, _ := vendorOf(t, map[string]string{
				"GET subscriptions/s": subscribed, "PATCH subscriptions/s": subscribed,
				"GET products/P/skus/S/availabilities": `200 {"items":[{"id":"A1","terms":[{"duration":"P1Y","billingCycle":"Annual"}]},
					{"id":"A3","terms":[{"duration":"P3Y","billingCycle":"Annual"}]}]}`,
			})
			c.body.Subscription = "s"
			a := v.made(t, domain.SubscriptionPatch, c.body).Value.(domain.Sent)
			got := s.bodies[len(s.bodies)-1]
			for _, part := range append(c.sent, `"other":{"kept":1}`) {
				if !strings.Contains(got, part) {
					t.Errorf("%s is missing in %s", part, got)
				}
			}
			if a.Verdict != domain.Done || a.Moved || a.Subscription.Quantity != 10 {
				t.Errorf("%+v", a)
			}
		})
	}
}

// A state that somebody else has brought about is as good as our own; any other is not what the change builds on.
func TestStateIsThere(t *testing.T) {
	t.Parallel()
	v, s, _ := vendorOf(t, map[string]string{"GET subscriptions/s": subscribed})
	body := domain.Body{Subscription: "s", Property: domain.PropertyStatus, From: "suspended", To: "active"}
	if a := v.made(t, domain.SubscriptionPatch, body).Value.(domain.Sent); a.Verdict != domain.Done || a.Moved || a.Subscription.Status != "active" {
		t.Errorf("%+v", a)
	}
	body.To = "deleted"
	if a := v.made(t, domain.SubscriptionPatch, body).Value.(domain.Sent); !a.Moved || len(s.got) != 2 {
		t.Errorf("%+v after %v", a, s.got)
	}
}

// A change of product is checked with its history, and made once for each time that it is asked for.
func TestTransition(t *testing.T) {
	t.Parallel()
	v, s, spent := vendorOf(t, map[string]string{
		"GET subscriptions/s": subscribed,
		"GET subscriptions/s/transitions": `200 {"transition":[{"operationId":"1","toCatalogItemId":"q:s:old","events":[{"name":"Conversion","status":"Completed"}]},
			{"operationId":"2","toCatalogItemId":"R:S:A","events":[]}]}`,
		"GET subscriptions/s/transitionEligibilities": `200 {"items":[{"catalogItemId":"Q:S:B","eligibilities":[{"isEligible":true,"transitionType":"transition_only"},
			{"isEligible":true,"transitionType":"transition_with_license_transfer"}]}]}`,
		"POST subscriptions/s/transitions": `200 {"operationId":"3","toCatalogItemId":"Q:S:B","events":[{"name":"Conversion","status":"Started"}]}`,
	})
	a := v.made(t, domain.TransitionCheck, domain.Body{Subscription: "s", Item: "Q:S"}).Value.(domain.Seen)
	if a.Verdict != domain.Done || a.Offer.Item != "Q:S:B" || a.Offer.Way != "transition_with_license_transfer" || len(a.Moves) != 1 ||
		a.Moves[0] != (domain.Move{ID: "1", State: domain.MoveCompleted}) || a.Subscription.Quantity != 10 || *spent != 3 {
		t.Errorf("%+v, %d permits", a, *spent)
	}
	res := v.made(t, domain.TransitionCreate, domain.Body{Subscription: "s", Item: "Q:S:B", Target: 4, To: "transition_only", Term: "P1Y"})
	if b := res.Value.(domain.Sent); b.Verdict != domain.Done || !b.Later || b.Moves[0].ID != "3" {
		t.Errorf("%+v", b)
	}
	if got := s.bodies[3]; !strings.Contains(got, `"quantity":4`) || !strings.Contains(got, `"toCatalogItemId":"Q:S:B"`) || s.ids[3] != callID {
		t.Errorf("sent %s as %s", got, s.ids[3])
	}
	s.answers["POST subscriptions/s/transitions"] = `500 `
	if res := v.made(t, domain.TransitionCreate, domain.Body{Subscription: "s"}); !res.Unknown {
		t.Errorf("%+v", res)
	}
	s.answers["GET subscriptions/s/transitions"] = `503 `
	if a := v.made(t, domain.TransitionGet, domain.Body{Subscription: "s"}).Value.(domain.Seen); a.Verdict == domain.Done {
		t.Errorf("half a history: %+v", a)
	}
}

// A way that is not open says why, and so does a change that fails or does half of what it should.
func TestTransitionTroubles(t *testing.T) {
	t.Parallel()
	v, s, _ := vendorOf(t, map[string]string{
		"GET subscriptions/s": subscribed, "GET subscriptions/s/transitions": `404 `,
		"GET subscriptions/s/transitionEligibilities": `200 {"items":[{"catalogItemId":"Q:S:B","eligibilities":[{"isEligible":false,
			"transitionType":"transition_only","errors":[{"code":3,"description":"services in conflict"}]}]}]}`,
	})
	a := v.made(t, domain.TransitionCheck, domain.Body{Subscription: "s", Item: "Q:S:B"}).Value.(domain.Seen)
	if a.Verdict != domain.Done || a.Offer.Item == "" || a.Offer.Way != "" || !strings.Contains(a.Offer.Trouble.Detail, "services in conflict") {
		t.Errorf("%+v", a)
	}
	for events, want := range map[string]domain.MoveState{
		`{"name":"Conversion","status":"Failed","errors":[{"code":4,"description":"busy"}]}`:                                                     domain.MoveFailed,
		`{"name":"Conversion","status":"Completed"},{"name":"LicenseReassignment","status":"Failed","errors":[{"code":4,"description":"busy"}]}`: domain.MoveCompleted,
		`{"name":"LicenseReassignment","status":"Failed","errors":[{"code":4,"description":"busy"}]}`:                                            domain.MoveCompleted,
		`{"name":"Conversion","status":"Started"},{"name":"Conversion","status":"Failed","errors":[{"code":4,"description":"busy"}]}`:            domain.MoveFailed,
	} {
		s.answers["GET subscriptions/s/transitions"] = `200 {"items":[{"operationId":"1","toCatalogItemId":"Q:S:B","events":[` + events + `]}]}`
		a := v.made(t, domain.TransitionGet, domain.Body{Subscription: "s", Item: "Q:S:B"}).Value.(domain.Seen)
		if len(a.Moves) != 1 || a.Moves[0].State != want || !strings.Contains(a.Moves[0].Trouble.Detail, "busy") {
			t.Errorf("%s: %+v", events, a.Moves)
		}
	}
	s.answers["GET subscriptions/s/transitions"] = `200 {"items":[{"operationId":"1","toCatalogItemId":"Q:S:B","events":[
		{"name":"Conversion","status":"Completed"},{"name":"LicenseReassignment","status":"Started"}]}]}`
	if a := v.made(t, domain.TransitionGet, domain.Body{Subscription: "s", Item: "Q:S:B"}).Value.(domain.Seen); a.Moves[0] != (domain.Move{ID: "1"}) {
		t.Errorf("licences on their way: %+v", a.Moves)
	}
}

// Lines of a purchase are named with what they have bought; each lane that is the wrong one says which is right.
func TestCancelPurchase(t *testing.T) {
	t.Parallel()
	order := `200 {"id":"o","status":"completed","lineItems":[{"lineItemNumber":0,"offerId":"P:1:A","quantity":2},{"lineItemNumber":1,"offerId":"P:2:A","quantity":1}]}`
	v, s, spent := vendorOf(t, map[string]string{"GET orders/o": order, "PATCH orders/o": order})
	a := v.made(t, domain.PurchaseCancel, domain.Body{Order: "o", Rows: []int32{1}}).Value.(domain.Sent)
	if a.Verdict != domain.Done || len(a.Order.Lines) != 2 || a.Order.Lines[1].Number != 1 || *spent != 2 ||
		!strings.Contains(s.bodies[1], `"lineItems":[{"lineItemNumber":1,"offerId":"P:2:A"}]`) {
		t.Errorf("%+v, sent %v, %d permits", a, s.bodies, *spent)
	}
	for answer, hint := range map[string]string{
		`400 {"code":800063}`: "Order cancel_subscription", `403 {"code":800077}`: "Order cancel_subscription",
		`403 {"code":800019}`: "reservations are given back", `400 {"code":900117}`: "renewal off",
	} {
		s.answers["PATCH orders/o"] = answer
		a := v.made(t, domain.PurchaseCancel, domain.Body{Order: "o"}).Value.(domain.Sent)
		if a.Verdict != domain.Refused || !strings.Contains(a.Trouble.Hint, hint) {
			t.Errorf("%s: %+v", answer, a.Trouble)
		}
	}
	s.answers["PATCH orders/o"] = `504 `
	if res := v.made(t, domain.PurchaseCancel, domain.Body{Order: "o"}); !res.Unknown {
		t.Errorf("%+v", res)
	}
	if a := v.made(t, domain.PurchaseGet, domain.Body{Order: "o"}).Value.(domain.Seen); a.Verdict != domain.Done || a.Order.Status != "completed" {
		t.Errorf("%+v", a)
	}
}

// An order's line whose quantity cannot be read does not look as if it were cancelled.
func TestLineWithoutQuantity(t *testing.T) {
	t.Parallel()
	v, _, _ := vendorOf(t, map[string]string{"GET orders/o": `200 {"id":"o","lineItems":[{"lineItemNumber":0},{"lineItemNumber":1,"quantity":null},{"lineItemNumber":2,"quantity":0}]}`})
	lines := v.made(t, domain.PurchaseGet, domain.Body{Order: "o"}).Value.(domain.Seen).Order.Lines
	for i, want := range []int64{domain.QuantityNotTold, domain.QuantityNotTold, 0} {
		if lines[i].Quantity != want {
			t.Errorf("line %d has the quantity %d", i, lines[i].Quantity)
		}
	}
}
