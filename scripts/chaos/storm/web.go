package storm

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
)

const (
	ordersPath = "/api/licensing/orders"
	pageSize   = 200
)

// site is the portal, or another door, as one person sees it.
type site struct{ *web.Site }

func newSite(base, token string) *site { return &site{web.New(base, token)} }

// entry is an order as the book shows it.
type entry struct {
	ID             string `json:"id"`
	Number         string `json:"number"`
	Status         string `json:"status"`
	Sentence       string `json:"sentence"`
	Reference      string `json:"reference"`
	Note           string `json:"note"`
	Owner          string `json:"owner"`
	NeedsAttention bool   `json:"needs_attention"`
	Customer       struct {
		TenantID string `json:"tenant_id"`
	} `json:"customer"`
	Lines []entryLine `json:"lines"`
}

type entryLine struct {
	Number               int32  `json:"number"`
	Kind                 string `json:"kind"`
	Quantity             int64  `json:"quantity"`
	CatalogItem          string `json:"catalog_item"`
	Status               string `json:"status"`
	Detail               string `json:"detail"`
	Code                 string `json:"code"`
	VendorSubscriptionID string `json:"vendor_subscription_id"`
	Requested            struct {
		AddSeats *struct {
			SubscriptionID string `json:"subscription_id"`
		} `json:"add_seats"`
	} `json:"requested"`
}

// book reads every order of the book, or those of some statuses.
func (s *site) book(ctx context.Context, statuses ...string) ([]entry, error) {
	q := url.Values{"view": {"historical"}, "limit": {strconv.Itoa(pageSize)}}
	if len(statuses) > 0 {
		q.Set("status", strings.Join(statuses, ","))
	}
	var all []entry
	for {
		var page struct {
			Orders     []entry `json:"orders"`
			NextCursor string  `json:"next_cursor"`
		}
		if err := s.Ask(ctx, http.MethodGet, ordersPath+"?"+q.Encode(), "", nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Orders...)
		if page.NextCursor == "" {
			return all, nil
		}
		q.Set("cursor", page.NextCursor)
	}
}

// delivery is one notification's fate.
type delivery struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Recipient string `json:"recipient"`
	Status    string `json:"status"`
	Error     string `json:"error"`
}

func (s *site) deliveries(ctx context.Context, id string) ([]delivery, error) {
	var out struct {
		Deliveries []delivery `json:"deliveries"`
	}
	err := s.Ask(ctx, http.MethodGet, ordersPath+"/"+id+"/notifications", "", nil, &out)
	return out.Deliveries, err
}

// asJSON is an order as the HTTP API takes it.
func asJSON(o *orderv1.NewOrder) map[string]any {
	lines := make([]map[string]any, len(o.GetLines()))
	for i, l := range o.GetLines() {
		line := map[string]any{
			"number": l.GetNumber(), "product": l.GetProduct(),
			"unit_price": map[string]any{"amount": l.GetUnitPrice().GetAmount(), "currency": l.GetUnitPrice().GetCurrency()},
		}
		if c := l.GetNewSubscription(); c != nil {
			line["catalog_item"] = l.GetCatalogItem()
			line["new_subscription"] = map[string]any{"quantity": c.GetQuantity(), "term": c.GetTerm(), "billing_cycle": "annual"}
		}
		if c := l.GetAddSeats(); c != nil {
			line["add_seats"] = map[string]any{"subscription_id": c.GetSubscriptionId(), "quantity": c.GetQuantity()}
		}
		lines[i] = line
	}
	out := map[string]any{
		"customer": map[string]any{"tenant_id": o.GetCustomer().GetTenantId(), "name": o.GetCustomer().GetName()},
		"lines":    lines, "reference": o.GetReference(),
	}
	if o.GetNote() != "" {
		out["note"] = o.GetNote()
	}
	if o.GetScheduledFor() != nil {
		out["scheduled_for"] = o.GetScheduledFor().AsTime()
	}
	return out
}
