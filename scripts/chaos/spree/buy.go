package spree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/web"
)

const (
	// given begins the friendly name of what is bought before the spree.
	given        = "before the spree"
	tokenTimeout = 5 * time.Second
	// requestsOfOne is how often the vendor is asked for one purchase: cart and checkout.
	requestsOfOne = 2
)

var (
	errToken = errors.New("spree: no token in time")
	errNone  = errors.New("spree: a checkout made no order")
)

// early does, by the vendor's own API and at four fifths of its rate, what lines will take back: it buys what they cancel, and
// suspends what they reactivate.
func (v vendor) early(ctx context.Context, p *planner, scale int) error {
	if len(p.bought)+len(p.halted) == 0 {
		return nil
	}
	token, err := v.signIn(ctx)
	if err != nil {
		return err
	}
	api := web.New(v.Base, token)
	pace := time.NewTicker(requestsOfOne * time.Minute / time.Duration(vendorRate*scale) * 5 / 4)
	defer pace.Stop()
	if err := purchases(ctx, api, pace.C, p.bought); err != nil {
		return fmt.Errorf("buy what is to be cancelled: %w", err)
	}
	if err := suspensions(ctx, api, pace.C, p.halted); err != nil {
		return fmt.Errorf("suspend what is to be reactivated: %w", err)
	}
	return nil
}

// suspended is the vendor's word.
const suspended = "suspended"

// suspensions suspends what lines will reactivate.
func suspensions(ctx context.Context, api *web.Site, pace <-chan time.Time, all []halted) error {
	for _, h := range all {
		if err := next(ctx, pace); err != nil {
			return err
		}
		path := "/v1/customers/" + tenant(h.customer).GetTenantId() + "/subscriptions/" + h.id
		var whole map[string]any
		if err := api.Ask(ctx, http.MethodGet, path, "", nil, &whole); err != nil {
			return err
		}
		whole["status"] = suspended
		if err := api.Ask(ctx, http.MethodPatch, path, "", whole, nil); err != nil {
			return err
		}
	}
	return nil
}

// next waits for the next turn.
func next(ctx context.Context, pace <-chan time.Time) error {
	select {
	case <-pace:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// purchases buys what lines will cancel, and tells them the orders' ids.
func purchases(ctx context.Context, api *web.Site, pace <-chan time.Time, all []purchase) error {
	for _, p := range all {
		if err := next(ctx, pace); err != nil {
			return err
		}
		carts := "/v1/customers/" + tenant(p.customer).GetTenantId() + "/carts"
		line := map[string]any{"id": 0, "catalogItemId": software.catalog, "friendlyName": given, "quantity": 1, "billingCycle": "one_time"}
		var cart struct {
			ID string `json:"id"`
		}
		if err := api.Ask(ctx, http.MethodPost, carts, "", map[string]any{"lineItems": []any{line}}, &cart); err != nil {
			return err
		}
		var done struct {
			Orders []struct {
				ID string `json:"id"`
			} `json:"orders"`
		}
		if err := api.Ask(ctx, http.MethodPost, carts+"/"+cart.ID+"/checkout", "", nil, &done); err != nil {
			return err
		}
		if len(done.Orders) != 1 {
			return errNone
		}
		p.change.VendorOrderId = done.Orders[0].ID
	}
	return nil
}

// signIn gets a token as an application does.
func (v vendor) signIn(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, tokenTimeout, errToken)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"spree"}, "client_secret": {"spree"}, "resource": {v.Base}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.Base+"/spree/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var out struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Token == "" {
		return "", fmt.Errorf("spree: sign in at the double: status %d", res.StatusCode)
	}
	return out.Token, nil
}
