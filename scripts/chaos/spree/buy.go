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

// purchases buys what lines will cancel, by the vendor's own API and at four fifths of its rate, and tells them the orders' ids.
func (v vendor) purchases(ctx context.Context, all []purchase, scale int) error {
	if len(all) == 0 {
		return nil
	}
	token, err := v.signIn(ctx)
	if err != nil {
		return err
	}
	api := web.New(v.Base, token)
	pace := time.NewTicker(requestsOfOne * time.Minute / time.Duration(vendorRate*scale) * 5 / 4)
	defer pace.Stop()
	for _, p := range all {
		select {
		case <-pace.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		carts := "/v1/customers/" + tenant(p.customer).GetTenantId() + "/carts"
		line := map[string]any{"id": 0, "catalogItemId": software.catalog, "friendlyName": given, "quantity": 1, "billingCycle": "one_time"}
		var cart struct {
			ID string `json:"id"`
		}
		if err := api.Ask(ctx, http.MethodPost, carts, "", map[string]any{"lineItems": []any{line}}, &cart); err != nil {
			return fmt.Errorf("buy what is to be cancelled: %w", err)
		}
		var done struct {
			Orders []struct {
				ID string `json:"id"`
			} `json:"orders"`
		}
		if err := api.Ask(ctx, http.MethodPost, carts+"/"+cart.ID+"/checkout", "", nil, &done); err != nil {
			return fmt.Errorf("buy what is to be cancelled: %w", err)
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
