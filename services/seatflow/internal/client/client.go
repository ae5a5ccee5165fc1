// Package client speaks the portal's HTTP API, as any other program would: the command line, the demo and the journey
// test stand on it.
//
// Model: one value per person, since a token says who asks. The types are the API's JSON and nothing of the services'
// own; unknown fields of a newer portal are ignored.
//
// Guarantees: a command carries one Idempotency-Key through all tries of one call, so that it takes effect once. Every
// error is a fault: problem details come back with their kind, code, sentence, hint and fields, and [Explain] puts them
// in plain words.
//
// Failures: a portal that cannot be reached, or does not answer in time, is Unavailable and named by its address.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/seatflow/seatflow/services/kit/fault"
)

const (
	// callTimeout bounds one request; the portal itself gives up sooner.
	callTimeout = 15 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 16 << 20

	ordersPath     = "/api/licensing/orders"
	positionHeader = "Seatflow-Position"
)

var errTimeout = errors.New("portal: request timeout")

// Client asks one portal in one person's name.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New makes a client of the portal at base, an http or https URL. token is a bearer token; without one every answer is
// Unauthenticated.
func New(base, token string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.New(fault.Invalid, "bad_portal_url", "The portal's address must be a URL such as http://127.0.0.1:8080.").Because(err)
	}
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{Transport: http.DefaultTransport}}, nil
}

// request is one call of the API.
type request struct {
	method, path string
	query        url.Values
	body         any
	// contentType is the body's; empty for JSON.
	contentType string
	// key makes a command repeatable; empty for reads.
	key string
}

// newKey names one command.
func newKey() string { return uuid.NewString() }

// do sends a request and decodes the answer into out. It returns the position that the answer names.
func (c *Client) do(ctx context.Context, r request, out any) (position string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errTimeout)
	defer cancel()
	req, err := c.build(ctx, r)
	if err != nil {
		return "", err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return "", fault.New(fault.Unavailable, "no_portal", "The portal at "+c.base+" does not answer.").
			Hinted("Is Seatflow running? Start it with seatflow up, or name another portal with --url.").In(r.method + " " + r.path).Because(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return "", fault.New(fault.Unavailable, "answer_cut_short", "The portal's answer broke off.").In(r.method + " " + r.path).Because(err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return "", refusal(res, raw)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return "", fault.New(fault.Internal, "not_the_portal", "What answers at "+c.base+" is not Seatflow's portal.").
			In(r.method + " " + r.path).Because(err)
	}
	return res.Header.Get(positionHeader), nil
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		raw, ok := r.body.([]byte)
		if !ok {
			var err error
			if raw, err = json.Marshal(r.body); err != nil {
				return nil, fault.New(fault.Internal, "not_json", "The request cannot be written as JSON.").Because(err)
			}
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad_request", "The request cannot be made.").Because(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", cmp.Or(r.contentType, "application/json"))
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	return req, nil
}

// Place places an order. With a key a repeat of the same order is answered as the first was; an empty key is made up.
func (c *Client) Place(ctx context.Context, o NewOrder, key string) (Order, error) {
	return c.order(ctx, request{method: http.MethodPost, path: ordersPath, body: o, key: cmp.Or(key, newKey())})
}

// PlaceRaw places what raw says, well formed or not, under a key as Place does.
func (c *Client) PlaceRaw(ctx context.Context, raw []byte, key string) (Order, error) {
	return c.order(ctx, request{method: http.MethodPost, path: ordersPath, body: raw, key: cmp.Or(key, newKey())})
}

// Get reads an order by its id or number. With a position it waits up to a second for the book to have got there.
func (c *Client) Get(ctx context.Context, id, atLeast string) (Order, error) {
	q := url.Values{}
	if atLeast != "" {
		q.Set("at_least", atLeast)
	}
	return c.order(ctx, request{method: http.MethodGet, path: pathOf(id), query: q})
}

// Approve approves an order; note may be empty.
func (c *Client) Approve(ctx context.Context, id, note string) (Order, error) {
	return c.order(ctx, request{
		method: http.MethodPost, path: pathOf(id) + "/approve", key: newKey(),
		body: struct {
			Note string `json:"note,omitempty"`
		}{note},
	})
}

// Reject rejects an order.
func (c *Client) Reject(ctx context.Context, id, reason string) (Order, error) {
	return c.order(ctx, request{
		method: http.MethodPost, path: pathOf(id) + "/reject", key: newKey(),
		body: struct {
			Reason string `json:"reason"`
		}{reason},
	})
}

// Retry tries the failed lines of an order again.
func (c *Client) Retry(ctx context.Context, id string) (Order, error) {
	return c.order(ctx, request{method: http.MethodPost, path: pathOf(id) + "/retry", key: newKey()})
}

// Cancel stops what has not been sent to the vendor; reason may be empty.
func (c *Client) Cancel(ctx context.Context, id, reason string) (Order, error) {
	q := url.Values{}
	if reason != "" {
		q.Set("reason", reason)
	}
	return c.order(ctx, request{method: http.MethodDelete, path: pathOf(id), query: q, key: newKey()})
}

// Timeline is what happened to an order, oldest first.
func (c *Client) Timeline(ctx context.Context, id string) ([]Entry, error) {
	var out struct {
		Entries []Entry `json:"entries"`
	}
	_, err := c.do(ctx, request{method: http.MethodGet, path: pathOf(id) + "/timeline"}, &out)
	return out.Entries, err
}

// Notifications is the fate of every notification about an order; for admins and technicians.
func (c *Client) Notifications(ctx context.Context, id string) ([]Delivery, error) {
	var out struct {
		Deliveries []Delivery `json:"deliveries"`
	}
	_, err := c.do(ctx, request{method: http.MethodGet, path: pathOf(id) + "/notifications"}, &out)
	return out.Deliveries, err
}

// Selection says which orders to list. Zero values do not narrow it.
type Selection struct {
	// View is pending, recent or historical; empty means recent.
	View             string
	Statuses         []string
	Customer, Search string
	// Limit is at most 200; 0 leaves it to the portal.
	Limit  int
	Cursor string
}

// List reads a page of orders, the newest first.
func (c *Client) List(ctx context.Context, s Selection) (Page, error) {
	path, q := ordersPath, url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if s.View == "pending" {
		path += "/pending"
	} else {
		set("view", s.View)
	}
	set("status", strings.Join(s.Statuses, ","))
	set("customer", s.Customer)
	set("q", s.Search)
	set("cursor", s.Cursor)
	if s.Limit > 0 {
		set("limit", strconv.Itoa(s.Limit))
	}
	var out Page
	_, err := c.do(ctx, request{method: http.MethodGet, path: path, query: q}, &out)
	return out, err
}

func (c *Client) order(ctx context.Context, r request) (Order, error) {
	var out Order
	position, err := c.do(ctx, r, &out)
	if err != nil {
		return Order{}, err
	}
	if out.ID == "" {
		return Order{}, fault.New(fault.Internal, "not_the_portal", "What answers at "+c.base+" is not Seatflow's portal.").In(r.method + " " + r.path)
	}
	out.Position = position
	return out, nil
}

// pathOf names an order. What a person typed may hold a blank around it, and number or letters in lower case.
func pathOf(id string) string { return ordersPath + "/" + url.PathEscape(strings.TrimSpace(id)) }
