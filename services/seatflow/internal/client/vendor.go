package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// askTimeout bounds one question to partnersim or the mail catcher, beside the time that the question itself may wait.
const askTimeout = 10 * time.Second

var errAsk = errors.New("client: no answer in time")

// Vendor is the admin API of the Partner Center double at a base address.
type Vendor string

// Effect is one row of the double's ledger: something that really happened there.
type Effect struct {
	Number         uint64 `json:"number"`
	Kind           string `json:"kind"`
	Customer       string `json:"customer"`
	OrderID        string `json:"order_id"`
	SubscriptionID string `json:"subscription_id"`
	CatalogItem    string `json:"catalog_item_id"`
	Before         int64  `json:"quantity_before"`
	After          int64  `json:"quantity_after"`
	FriendlyName   string `json:"friendly_name"`
}

// Ledger lists effects, oldest first, that have these values, such as "kind" and "given".
func (v Vendor) Ledger(ctx context.Context, filter map[string]string) ([]Effect, error) {
	q := url.Values{}
	for name, value := range filter {
		q.Set(name, value)
	}
	var out struct {
		Effects []Effect `json:"effects"`
	}
	err := ask(ctx, http.MethodGet, string(v)+"/admin/ledger?"+q.Encode(), nil, &out)
	return out.Effects, err
}

// Doubles is how many purchases happened more than once.
func (v Vendor) Doubles(ctx context.Context) (int, error) {
	var out struct {
		Doubles []json.RawMessage `json:"doubles"`
	}
	err := ask(ctx, http.MethodGet, string(v)+"/admin/ledger/doubles", nil, &out)
	return len(out.Doubles), err
}

// Reset makes the double as it was at its start: it forgets all that was bought.
func (v Vendor) Reset(ctx context.Context) error {
	return ask(ctx, http.MethodPost, string(v)+"/admin/reset", nil, nil)
}

// CreateSubscription makes a subscription that nobody bought.
func (v Vendor) CreateSubscription(ctx context.Context, customer, id, item string, seats int) error {
	return ask(ctx, http.MethodPost, string(v)+"/admin/subscriptions", map[string]any{
		"customer": customer, "id": id, "catalog_item_id": item, "quantity": seats,
	}, nil)
}

// AddCustomer makes a customer known to the vendor, in the US and billed in USD.
func (v Vendor) AddCustomer(ctx context.Context, tenant, name string) error {
	return ask(ctx, http.MethodPost, string(v)+"/admin/customers", map[string]any{
		"id": tenant, "name": name, "country": "US", "currency": "USD",
	}, nil)
}

// SetProvisioningDelay is how long the double takes from checkout until the order is completed.
func (v Vendor) SetProvisioningDelay(ctx context.Context, d time.Duration) error {
	return ask(ctx, http.MethodPatch, string(v)+"/admin/settings", map[string]any{"provisioning_delay_ms": d.Milliseconds()}, nil)
}

// Catcher is the mail catcher at a base address.
type Catcher string

// Mail is a mail that the catcher holds.
type Mail struct {
	Received time.Time `json:"received_at"`
	To       []string  `json:"to"`
	Subject  string    `json:"subject"`
	// Order is the number of the order it is about.
	Order string `json:"order"`
	Text  string `json:"text"`
}

// Mails lists mails whose recipient and subject hold these texts, newest first. It waits until there are atLeast, or
// wait (at most 30 s) is over.
func (c Catcher) Mails(ctx context.Context, to, subject string, atLeast int, wait time.Duration) ([]Mail, error) {
	q := url.Values{
		"to": {to}, "subject": {subject}, "limit": {"1000"}, "at_least": {strconv.Itoa(atLeast)}, "wait": {wait.String()},
	}
	var out struct {
		Messages []Mail `json:"messages"`
	}
	err := askWithin(ctx, askTimeout+wait, http.MethodGet, strings.TrimRight(string(c), "/")+"/api/messages?"+q.Encode(), nil, &out)
	return out.Messages, err
}

// ask asks one of the helpers beside the portal. in and out may be nil.
func ask(ctx context.Context, method, target string, in, out any) error {
	return askWithin(ctx, askTimeout, method, target, in, out)
}

func askWithin(ctx context.Context, within time.Duration, method, target string, in, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, errAsk)
	defer cancel()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fault.New(fault.Internal, "not_json", "The question cannot be written as JSON.").Because(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return fault.New(fault.Invalid, "bad_address", "The address "+target+" cannot be used.").Because(err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := (&http.Client{Transport: http.DefaultTransport}).Do(req)
	if err != nil {
		return fault.New(fault.Unavailable, "no_answer", req.URL.Scheme+"://"+req.URL.Host+" does not answer.").Because(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fault.New(fault.Unavailable, "answer_cut_short", "The answer of "+req.URL.Host+" broke off.").Because(err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fault.New(fault.Unavailable, "refused", method+" "+req.URL.Path+" at "+req.URL.Host+" was answered "+res.Status+".").
			Hinted(strings.TrimSpace(string(raw[:min(len(raw), 300)])))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fault.New(fault.Internal, "not_understood", "The answer of "+req.URL.Host+" is not what was expected.").Because(err)
	}
	return nil
}
