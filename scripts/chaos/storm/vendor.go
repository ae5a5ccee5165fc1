package storm

import (
	"context"
	"net/http"
)

// vendor is the Partner Center double's other door.
type vendor struct{ *site }

// effect is something that happened at the vendor.
type effect struct {
	Number       uint64 `json:"number"`
	Kind         string `json:"kind"`
	Customer     string `json:"customer"`
	Cart         string `json:"cart_id"`
	Subscription string `json:"subscription_id"`
	Item         string `json:"catalog_item_id"`
	Before       int64  `json:"quantity_before"`
	After        int64  `json:"quantity_after"`
	FriendlyName string `json:"friendly_name"`
}

// prepare makes the subscriptions that orders will change, and the faults.
func (v vendor) prepare(ctx context.Context, subs []subscription, calm bool) error {
	for _, s := range subs {
		body := map[string]any{"customer": s.customer.GetTenantId(), "id": s.id, "catalog_item_id": powerBI.catalog, "quantity": s.base}
		if err := v.Ask(ctx, http.MethodPost, "/admin/subscriptions", "", body, nil); err != nil {
			return err
		}
	}
	if calm {
		return nil
	}
	for _, f := range []map[string]any{
		{"operation": "create_cart", "action": "swallow", "percent": 3},
		{"operation": "create_cart", "action": "fail", "status": 500, "percent": 3},
		{"operation": "checkout_cart", "action": "swallow", "percent": 4},
		{"operation": "checkout_cart", "action": "fail_after", "status": 504, "percent": 3},
		{"operation": "checkout_cart", "action": "drop", "percent": 2},
		// These take effect when nobody waits for them any more.
		{"operation": "checkout_cart", "action": "delay", "delay_ms": 2300, "percent": 2},
		{"operation": "update_subscription", "action": "delay", "delay_ms": 2300, "percent": 2},
		{"operation": "update_subscription", "action": "swallow", "percent": 3},
		{"operation": "update_subscription", "action": "drop", "percent": 2},
		// All others take a moment, so that a death finds calls under way.
		{"action": "delay", "delay_ms": 25, "answer_delay_ms": 50},
	} {
		if err := v.Ask(ctx, http.MethodPost, "/admin/faults", "", f, nil); err != nil {
			return err
		}
	}
	return nil
}

// calm ends the faults.
func (v vendor) calm(ctx context.Context) error {
	return v.Ask(ctx, http.MethodDelete, "/admin/faults", "", nil, nil)
}

// provisioning sets how long after the checkout an order is completed.
func (v vendor) provisioning(ctx context.Context, ms int) error {
	return v.Ask(ctx, http.MethodPatch, "/admin/settings", "", map[string]any{"provisioning_delay_ms": ms}, nil)
}

// ledger is everything that happened, oldest first, and how much of it is forgotten.
func (v vendor) ledger(ctx context.Context) ([]effect, int64, error) {
	var out struct {
		Effects   []effect `json:"effects"`
		Forgotten int64    `json:"forgotten"`
	}
	err := v.Ask(ctx, http.MethodGet, "/admin/ledger?limit=100000", "", nil, &out)
	return out.Effects, out.Forgotten, err
}

// doubles counts what was bought more than once.
func (v vendor) doubles(ctx context.Context) (names []string, carts int64, err error) {
	var twice struct {
		Doubles []struct {
			FriendlyName string `json:"friendly_name"`
		} `json:"doubles"`
	}
	if err := v.Ask(ctx, http.MethodGet, "/admin/ledger/doubles", "", nil, &twice); err != nil {
		return nil, 0, err
	}
	for _, d := range twice.Doubles {
		names = append(names, d.FriendlyName)
	}
	var sum struct {
		Carts int64 `json:"carts_bought_twice"`
	}
	err = v.Ask(ctx, http.MethodGet, "/admin/ledger/summary", "", nil, &sum)
	return names, sum.Carts, err
}
