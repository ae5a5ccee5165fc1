package domain

import (
	"strings"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

func suspending() *orderv1.Line {
	return line(1, &orderv1.Line{Change: &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: "s1"}}})
}

func reactivating() *orderv1.Line {
	return line(1, &orderv1.Line{Change: &orderv1.Line_Reactivate{Reactivate: &orderv1.Reactivate{SubscriptionId: "s1"}}})
}

func ending() *orderv1.Line {
	return line(1, &orderv1.Line{Change: &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: "s1"}}})
}

func renewing(on bool) *orderv1.Line {
	return line(1, &orderv1.Line{Change: &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{SubscriptionId: "s1", Enabled: on}}})
}

func lengthening() *orderv1.Line {
	return line(1, &orderv1.Line{Change: &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{SubscriptionId: "s1", Term: "P3Y"}}})
}

func moving(n int32) *orderv1.Line {
	return line(1, &orderv1.Line{Change: &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{SubscriptionId: "s1", Quantity: n}}})
}

func revoking(rows ...int32) *orderv1.Line {
	return line(1, &orderv1.Line{Change: &orderv1.Line_CancelPurchase{CancelPurchase: &orderv1.CancelPurchase{VendorOrderId: "o1", VendorLines: rows}}})
}

func removing(n int32) *orderv1.Line { return line(1, &orderv1.Line{Change: remove("s1", n)}) }

// subscribed is a look at an active subscription of 10 seats, but for what is changed.
func subscribed(but func(s *SubscriptionState)) Seen {
	a := seen(10)
	but(&a.Subscription)
	return a
}

// What stands against a change ends it before anything is sent, in words that say what to do.
func TestAgainst(t *testing.T) {
	t.Parallel()
	in := func(status string) Seen { return subscribed(func(s *SubscriptionState) { s.Status = status }) }
	for name, c := range map[string]struct {
		line         *orderv1.Line
		read         Seen
		detail, hint string
	}{
		"seats of a suspended one": {adding(1), in("suspended"), "Partner Center: The subscription is suspended, so no seats can be added.", "Order its reactivation first"},
		"seats of a deleted one":   {removing(1), in("deleted"), "is deleted, so no seats can be removed", "new subscription"},
		"renewal of an expired":    {renewing(true), in("expired"), "is expired, so its renewal cannot be switched", "new subscription"},
		"suspending a disabled":    {suspending(), in("disabled"), "is disabled, so it cannot be suspended", "new subscription"},
		"reactivating an expired":  {reactivating(), in("expired"), "is expired, so it cannot be reactivated", "new subscription"},
		"ending an expired":        {ending(), in("expired"), "is expired, so it cannot be cancelled", "Nothing is left"},
		"changing a pending":       {lengthening(), in("pending"), "is pending, so its term cannot be changed", "Retry the order when"},
		"assigned seats": {removing(5), subscribed(func(s *SubscriptionState) { s.Counted, s.Licences, s.Assigned = true, 10, 8 }),
			"Insufficient seats. Of the customer's 10 licences 8 are assigned to users, so 5 cannot be removed; 2 can.", "Remove license assignments from users"},
		"seats past their days": {removing(5), subscribed(func(s *SubscriptionState) { s.Limited, s.Refundable = true, 3 }),
			"Insufficient seats. Microsoft takes back only 3 of the 10 seats now, so 5 cannot be removed.", "within 7 days"},
		"below the product's least": {removing(8), subscribed(func(s *SubscriptionState) { s.Least = 5 }), "needs at least 5, so 8 of 10", "fewer seats"},
		"above its most":            {adding(1), subscribed(func(s *SubscriptionState) { s.Most = 20 }), "has 10 seats and may have 20, so 15 cannot be added", "at most 10"},
		"after its days": {ending(), subscribed(func(s *SubscriptionState) { s.CancellableUntil = start.Add(-time.Hour) }),
			"could be cancelled until 21 November 2026, 11:00 UTC; now it runs to the end", "order set_auto_renew with enabled false"},
		"no renewal": {lengthening(), subscribed(func(s *SubscriptionState) { s.Renews = false }), "does not renew", "Order set_auto_renew with enabled true first"},
		"a product that is not offered": {moving(0), subscribed(func(*SubscriptionState) {}),
			"cannot be changed to Microsoft 365 E5; Microsoft does not offer that", "Order a new subscription"},
		"a product that is refused": {moving(4), Seen{Answer: done, Subscription: seen(10).Subscription,
			Offer: Offer{Item: "P:S:B", Trouble: Trouble{Code: "x", Detail: "Not while it is in its first month."}}}, "first month", ""},
		"more than there are": {moving(11), seen(10), "has 10, so 11 cannot move", "Move fewer"},
		"a line that is not there": {revoking(3), Seen{Answer: done, Order: VendorOrder{ID: "o1", Status: "completed", Lines: []VendorLine{{Quantity: 1}}}},
			"Order o1 has no line 3", "from 0"},
		"ended too late, says the vendor": {ending(), Seen{Answer: refused("900117")}, "900117", "order set_auto_renew with enabled false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, c.line)
			s.answer(s.d.Calls[0].Operation, c.read).want(Failed, EventFailed)
			if why := s.line().Trouble; !strings.Contains(why.Detail, c.detail) || !strings.Contains(why.Hint, c.hint) || why.Code == "" {
				t.Errorf("%+v", why)
			}
		})
	}
}

// What is not known stands against nothing: the vendor judges.
func TestNotKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line *orderv1.Line
		read Seen
	}{
		"a new status":    {adding(1), subscribed(func(s *SubscriptionState) { s.Status = "dormant" })},
		"no assignments":  {removing(9), subscribed(func(*SubscriptionState) {})},
		"enough are free": {removing(2), subscribed(func(s *SubscriptionState) { s.Counted, s.Licences, s.Assigned = true, 10, 8 })},
		"no window":       {ending(), subscribed(func(*SubscriptionState) {})},
		"ending what is suspended": {ending(), subscribed(func(s *SubscriptionState) {
			s.Status, s.CancellableUntil = "suspended", start.Add(time.Hour)
		})},
	} {
		s := tell(t, c.line).answer(SubscriptionGet, c.read)
		if len(s.d.Calls) != 1 || s.d.Calls[0].Operation != SubscriptionPatch {
			t.Errorf("%s: %+v", name, s.line())
		}
	}
}

// A state that is there already needs no call, and says so; a difference is never there already.
func TestAlreadySo(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		line *orderv1.Line
		read Seen
	}{
		"The subscription was suspended already":          {suspending(), subscribed(func(s *SubscriptionState) { s.Status = "suspended" })},
		"The subscription was active already":             {reactivating(), seen(10)},
		"The subscription was cancelled already":          {ending(), subscribed(func(s *SubscriptionState) { s.Status = "deleted" })},
		"The subscription's renewal was off already":      {renewing(false), subscribed(func(s *SubscriptionState) { s.Renews = false })},
		"The subscription's renewal was on already":       {renewing(true), seen(10)},
		"The subscription renews with that term already":  {lengthening(), subscribed(func(s *SubscriptionState) { s.NextTerm = "P3Y annual" })},
		"The purchase was cancelled already; nothing had": {revoking(), Seen{Answer: done, Order: VendorOrder{ID: "o1", Status: "cancelled"}}},
	} {
		s := tell(t, c.line)
		s.answer(s.d.Calls[0].Operation, c.read).want(Completed, EventFinished)
		if got, _ := s.d.Order.Sentence(); !strings.HasPrefix(got, want) {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// Each change says what is to become of what it has read.
func TestPrepared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line *orderv1.Line
		read Seen
		want Body
	}{
		"suspend":    {suspending(), seen(10), Body{Property: PropertyStatus, From: "active", To: "suspended"}},
		"reactivate": {reactivating(), subscribed(func(s *SubscriptionState) { s.Status = "suspended" }), Body{Property: PropertyStatus, From: "suspended", To: "active"}},
		"end":        {ending(), seen(10), Body{Property: PropertyStatus, From: "active", To: "deleted"}},
		"renew":      {renewing(false), seen(10), Body{Property: PropertyRenewal, From: "on", To: "off"}},
		"lengthen":   {lengthening(), seen(10), Body{Property: PropertyTerm, From: "P1Y annual", To: "P3Y annual"}},
		"remove":     {removing(4), seen(10), Body{Base: 10, Target: 6, By: -4}},
	} {
		s := tell(t, c.line).answer(SubscriptionGet, c.read)
		got := s.call(SubscriptionPatch).Body
		if got.Subscription != "s1" || got.Property != c.want.Property || got.From != c.want.From || got.To != c.want.To ||
			got.Base != c.want.Base || got.Target != c.want.Target || got.By != c.want.By {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A change that brings no seats is not told as if it did.
func TestChangedSentence(t *testing.T) {
	t.Parallel()
	after := subscribed(func(s *SubscriptionState) { s.Status = "suspended" })
	s := tell(t, suspending()).answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, Sent{Seen: after}).want(Completed, EventFinished)
	if got, _ := s.d.Order.Sentence(); got != "Changed at Partner Center." {
		t.Error(got)
	}
	s = tell(t, adding(1)).answer(SubscriptionGet, seen(10)).answer(SubscriptionPatch, sent(25))
	if got, _ := s.d.Order.Sentence(); got != "Provisioned by Partner Center." {
		t.Error(got)
	}
}

// Whoever cancels too late is told what to order instead, whatever the change.
func TestTooLate(t *testing.T) {
	t.Parallel()
	for _, l := range []*orderv1.Line{
		buying(1), adding(1), removing(1), suspending(), reactivating(), ending(), revoking(), renewing(true), lengthening(), moving(1),
	} {
		o := &Order{Status: Processing, Approved: &orderv1.Order{Lines: []*orderv1.Line{l}}, Lines: []Line{{Number: 1, Status: LineUnknown}}}
		_, err := Cancel(o, Person{}, "", nobody, start)
		if f := fault.As(err); f == nil || f.Kind != fault.Conflict || f.Hint == "" {
			t.Errorf("%s: %v", ChangeOf(l), err)
		}
	}
}
