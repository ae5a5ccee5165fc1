package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

const (
	ordersPath = "/api/licensing/orders"
	// webTimeout is how long somebody waits for an answer before asking again.
	webTimeout = 4 * time.Second
	maxAnswer  = 64 << 20
	pageSize   = 200
)

var errWebTimeout = errors.New("storm: no answer in time")

// site asks an HTTP server in JSON.
type site struct {
	base, token string
	client      *http.Client
}

func newSite(base, token string) *site {
	return &site{base: base, token: token, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// problem is an answer that is no success.
type problem struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// passing says whether asking again may help.
func (p *problem) passing() bool {
	return p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests || p.Status == http.StatusRequestTimeout
}

// ask sends a request once and decodes the answer into out. A refusal is a *problem; anything else is the connection's fault.
func (s *site) ask(ctx context.Context, method, path, key string, body, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, webTimeout, errWebTimeout)
	defer cancel()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		p := &problem{Status: res.StatusCode, Detail: string(answer)}
		_ = json.Unmarshal(answer, p) // what is no problem document is shown as it came
		return p
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

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
		if err := s.ask(ctx, http.MethodGet, ordersPath+"?"+q.Encode(), "", nil, &page); err != nil {
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
	err := s.ask(ctx, http.MethodGet, ordersPath+"/"+id+"/notifications", "", nil, &out)
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
