package spree

import (
	"context"
	"math"
	"net/http"
	"strconv"

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
	FriendlyName string `json:"friendly_name"`
}

// prepare makes customers and subscriptions, and the faults.
func (v vendor) prepare(ctx context.Context, p *planner, cfg Config) error {
	for i := range tenants {
		c := tenant(i)
		if err := v.post(ctx, "/admin/customers", map[string]any{"id": c.GetTenantId(), "name": c.GetName()}); err != nil {
			return err
		}
	}
	for _, subs := range [][]subscription{p.seats, p.own} {
		for _, s := range subs {
			body := map[string]any{"customer": tenant(s.customer).GetTenantId(), "id": s.id, "catalog_item_id": powerBI.catalog, "quantity": s.base}
			if err := v.post(ctx, "/admin/subscriptions", body); err != nil {
				return err
			}
		}
	}
	for _, f := range faults(cfg) {
		if err := v.post(ctx, "/admin/faults", f); err != nil {
			return err
		}
	}
	return nil
}

func (v vendor) post(ctx context.Context, path string, body map[string]any) error {
	return v.Ask(ctx, http.MethodPost, path, "", body, nil)
}

// fault is one way in which requests go wrong, with its share of all faults in parts of the sum.
type fault struct {
	share int
	body  map[string]any
}

// wrongs are the faults that strike by chance, whatever the request is.
func wrongs(cfg Config) []fault {
	late := 2 * cfg.Timeout.Milliseconds()
	return []fault{
		{18, map[string]any{"action": "swallow"}},
		{14, map[string]any{"action": "drop"}},
		{14, map[string]any{"action": "fail_after", "status": 504}},
		{14, map[string]any{"action": "fail", "status": 500, "code": 800005}},
		{8, map[string]any{"action": "fail", "status": 503}},
		{8, map[string]any{"action": "fail", "status": 429, "retry_after_ms": 1000}},
		// These take effect when nobody waits for them any more.
		{12, map[string]any{"action": "delay", "delay_ms": late}},
		{12, map[string]any{"action": "delay", "answer_delay_ms": late}},
	}
}

const percent = 100

// faults are the vendor's for this spree: shares of the requests that nothing struck yet.
func faults(cfg Config) []map[string]any {
	var sum int
	for _, f := range wrongs(cfg) {
		sum += f.share
	}
	left := float64(percent)
	var all []map[string]any
	for _, f := range wrongs(cfg) {
		wanted := float64(cfg.Faults) * float64(f.share) / float64(sum)
		if wanted <= 0 {
			continue
		}
		// The double asks one fault after the other, each about what the ones before have let pass.
		f.body["percent"] = max(1, int(math.Round(wanted/left*percent)))
		left -= wanted
		all = append(all, f.body)
	}
	return append(all, map[string]any{"action": "delay", "delay_ms": 5, "answer_delay_ms": 10})
}

// calm ends the faults.
func (v vendor) calm(ctx context.Context) error {
	return v.Ask(ctx, http.MethodDelete, "/admin/faults", "", nil, nil)
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
