package world

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

// TestWhateverBefallsAnOrder checks that, with any mix of fates, moves and repeats, a line is bought at most once, and has a
// subscription exactly when it was bought, its order has ended, and its time has come.
func TestWhateverBefallsAnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		set, now := behaviours.New(1), began
		contoso, _ := ParseID(seed.Contoso)
		for _, name := range []behaviours.Name{
			behaviours.PartialCheckout, behaviours.PartialSuccess, behaviours.OrderError, behaviours.PendingReview,
			behaviours.PendingPO, behaviours.LateSubscription, behaviours.ListLag, behaviours.RecheckoutRefused, behaviours.CheckoutRunning,
		} {
			if percent := rapid.SampledFrom([]int{0, 30, 100}).Draw(rt, string(name)); percent > 0 {
				_, problems := set.Add(behaviours.Rule{Name: name, Percent: percent, Times: rapid.IntRange(0, 2).Draw(rt, "times")})
				if len(problems) > 0 {
					rt.Fatal(problems)
				}
			}
		}
		w := New(now, 1, true, Limits{}, Settings{ProvisioningDelay: time.Minute})
		cart, refusal := w.CreateCart(now, contoso, []LineRequest{
			{ItemID: seed.PowerBIPro, Quantity: 1}, {ItemID: seed.PowerBIPro, Quantity: 2, BillingCycle: "monthly"},
			{ItemID: seed.Microsoft365E5, Quantity: 3},
		})
		if refusal != nil {
			rt.Fatal(refusal)
		}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			call := set.Call("checkout_cart", contoso)
			out, _ := w.Checkout(now, contoso, cart.ID, Request{ID: "r", Behave: &call})
			if len(out.Orders) > 0 && rapid.Bool().Draw(rt, "move") {
				id := rapid.SampledFrom(out.Orders).Draw(rt, "order").ID
				w.Move(now, id, rapid.SampledFrom([]string{OrderPOUploaded, OrderCompleted, OrderCancelled, OrderPORejected}).Draw(rt, "to"))
			}
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Minute, 72 * time.Hour}).Draw(rt, "pass"))
			checkFates(rt, w, now, contoso)
		}
	})
}

func checkFates(rt *rapid.T, w *World, now time.Time, customer ID) {
	bought := map[ID]bool{}
	for _, e := range w.Effects(0, 0, func(e *Effect) bool { return e.Kind == EffectPurchase }) {
		if bought[e.Subscription] {
			rt.Fatalf("bought twice: %+v", e)
		}
		bought[e.Subscription] = true
	}
	orders, _ := w.Orders(now.Add(time.Hour), customer, "")
	for _, listed := range orders {
		o, refusal := w.Order(now, customer, listed.ID)
		if refusal != nil {
			rt.Fatal(refusal)
		}
		subs, _ := w.Subscriptions(now, customer, o.ID)
		shown := 0
		for _, l := range o.Lines {
			if l.Subscription == (ID{}) {
				continue
			}
			shown++
			if !bought[l.Subscription] || l.Unfulfilled {
				rt.Fatalf("line %+v has what nobody bought", l)
			}
			if o.Status != OrderCompleted && o.Status != OrderPartialSuccess {
				rt.Fatalf("a subscription in %s", o.Status)
			}
		}
		if shown != len(subs) {
			rt.Fatalf("%d lines with a subscription, %d subscriptions", shown, len(subs))
		}
	}
}
