package spree

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
)

// vendor is the Partner Center double's other door.
type vendor struct{ *web.Site }

func newVendor(base string) vendor { return vendor{web.New(base, "")} }

// effect is something that happened at the vendor.
type effect struct {
	Number       uint64 `json:"number"`
	Kind         string `json:"kind"`
	Customer     string `json:"customer"`
	Cart         string `json:"cart_id"`
	Order        string `json:"order_id"`
	Subscription string `json:"subscription_id"`
	Item         string `json:"catalog_item_id"`
	Before       int64  `json:"quantity_before"`
	After        int64  `json:"quantity_after"`
	Status       string `json:"status"`
	FriendlyName string `json:"friendly_name"`
}

// prepare makes customers and subscriptions, and has the vendor misbehave from then on.
func (v vendor) prepare(ctx context.Context, p *planner, cfg Config) error {
	for i := range tenants {
		c := tenant(i)
		if err := v.post(ctx, "/admin/customers", map[string]any{"id": c.GetTenantId(), "name": c.GetName()}); err != nil {
			return err
		}
	}
	for _, subs := range [][]subscription{p.seats, p.own, p.bases} {
		for _, s := range subs {
			body := map[string]any{"customer": tenant(s.customer).GetTenantId(), "id": s.id, "catalog_item_id": s.item.catalog, "quantity": s.base}
			if err := v.post(ctx, "/admin/subscriptions", body); err != nil {
				return err
			}
		}
	}
	if err := v.early(ctx, p, cfg.Scale); err != nil {
		return err
	}
	return v.upset(ctx, cfg)
}

func (v vendor) post(ctx context.Context, path string, body map[string]any) error {
	return v.Ask(ctx, http.MethodPost, path, "", body, nil)
}

// strike makes requests go wrong by chance. Every share is of the requests that the behaviour is asked at.
type strike struct {
	percent int
	body    map[string]any
}

// wrongs are the behaviours of a vendor at which faults of a hundred requests go wrong: the first group adds up to that share,
// the second is what purchases and changes meet besides.
func wrongs(faults int) []strike {
	if faults == 0 {
		return nil
	}
	share := func(of int) int { return max(1, faults*of/percent) }
	return []strike{
		{share(20), map[string]any{"name": "answer_lost"}},
		{share(15), map[string]any{"name": "gateway_timeout"}},
		{share(20), map[string]any{"name": "fails_before"}},
		{share(10), map[string]any{"name": "throttled"}},
		{share(5), map[string]any{"name": "byte_order_mark"}},
		{share(5), map[string]any{"name": "code_as_text"}},

		{share(50), map[string]any{"name": "recheckout_refused"}},
		{share(10), map[string]any{"name": "checkout_running"}},
		{share(5), map[string]any{"name": "order_running"}},
		{share(15), map[string]any{"name": "partial_checkout"}},
		{share(5), map[string]any{"name": "partial_success"}},
		{share(5), map[string]any{"name": "order_error"}},
		{share(10), map[string]any{"name": "pending_review", "for_ms": (5 * time.Minute).Milliseconds()}},
		{share(30), map[string]any{"name": "late_subscription_id"}},
		{share(30), map[string]any{"name": "patch_accepted", "code": 800082}},
		{share(15), map[string]any{"name": "etag_stale"}},
		{share(15), map[string]any{"name": "unknown_status"}},
	}
}

const percent = 100

// upset has the vendor misbehave: at once, and always with its list lag.
func (v vendor) upset(ctx context.Context, cfg Config) error {
	all := append(wrongs(cfg.Faults), strike{0, map[string]any{"name": "list_lag"}})
	for _, s := range all {
		s.body["percent"], s.body["seed"] = s.percent, cfg.Seed
		if err := v.post(ctx, "/admin/behaviours", s.body); err != nil {
			return err
		}
	}
	late := 2 * cfg.Timeout.Milliseconds()
	for _, f := range []map[string]any{
		// These take effect when nobody waits for them any more.
		{"action": "delay", "delay_ms": late, "percent": max(1, cfg.Faults*12/percent)},
		{"action": "delay", "answer_delay_ms": late, "percent": max(1, cfg.Faults*13/percent)},
		// All others take a moment, so that a death finds calls under way.
		{"action": "delay", "delay_ms": 5, "answer_delay_ms": 10},
	} {
		if err := v.post(ctx, "/admin/faults", f); err != nil {
			return err
		}
	}
	return nil
}

// calm has the vendor behave.
func (v vendor) calm(ctx context.Context) error {
	err := v.Ask(ctx, http.MethodDelete, "/admin/faults", "", nil, nil)
	return errors.Join(err, v.Ask(ctx, http.MethodDelete, "/admin/behaviours", "", nil, nil))
}

// ledger is everything that happened, oldest first, and how much of it is forgotten.
func (v vendor) ledger(ctx context.Context) (all []effect, forgotten int64, err error) {
	for after := uint64(0); ; {
		var page struct {
			Effects   []effect `json:"effects"`
			Forgotten int64    `json:"forgotten"`
		}
		if err := v.Ask(ctx, http.MethodGet, "/admin/ledger?limit=10000&after="+strconv.FormatUint(after, 10), "", nil, &page); err != nil {
			return nil, 0, err
		}
		if len(page.Effects) == 0 {
			return all, page.Forgotten, nil
		}
		all = append(all, page.Effects...)
		after = page.Effects[len(page.Effects)-1].Number
	}
}

// requests counts what the vendor was asked.
func (v vendor) requests(ctx context.Context) (n int64, err error) {
	var out struct {
		Answers map[string]map[string]int64 `json:"answers"`
	}
	if err := v.Ask(ctx, http.MethodGet, "/admin/requests", "", nil, &out); err != nil {
		return 0, err
	}
	for _, byStatus := range out.Answers {
		for _, count := range byStatus {
			n += count
		}
	}
	return n, nil
}
