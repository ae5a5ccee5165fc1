package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Submissions says whether anything is sent that buys or changes something at the vendor.
type Submissions struct {
	Paused bool       `json:"paused"`
	Reason string     `json:"reason,omitempty"`
	By     *Person    `json:"by,omitempty"`
	At     *time.Time `json:"at,omitempty"`
	// Waiting is how many calls wait because of it.
	Waiting int64 `json:"waiting"`
}

// VendorState is how it stands with the vendor.
type VendorState struct {
	Submissions Submissions `json:"submissions"`
	Budgets     []Budget    `json:"budgets"`
	// Breaker is closed, open or half_open.
	Breaker string `json:"breaker"`
	// DryRun says that what would buy or change something is logged instead of sent.
	DryRun bool `json:"dry_run"`
	// Reconciliations are how far our records are compared with the vendor's.
	Reconciliations []Reconciliation `json:"reconciliations"`
}

// Reconciliation is a comparison of our records with the vendor's: of one customer, or of all.
type Reconciliation struct {
	CustomerTenant string     `json:"customer_tenant,omitempty"`
	UnderWay       bool       `json:"under_way"`
	StartedAt      *time.Time `json:"started_at,omitempty"`
	EndedAt        *time.Time `json:"ended_at,omitempty"`
	DueAt          *time.Time `json:"due_at,omitempty"`
	Customers      int64      `json:"customers,omitempty"`
	Done           int64      `json:"done,omitempty"`
	// Started says that the request began it; else it was under way. It is told only to who asked for it.
	Started bool `json:"started,omitempty"`
}

// Budget is the allowance of requests for one of the vendor's resources.
type Budget struct {
	Resource     string     `json:"resource"`
	PerMinute    int32      `json:"per_minute"`
	BlockedUntil *time.Time `json:"blocked_until,omitempty"`
	Waiting      int64      `json:"waiting"`
}

// Overdue are orders that stand still, the longest first. Total counts those too that are not listed.
type Overdue struct {
	Orders []OverdueOrder `json:"orders"`
	Total  int64          `json:"total"`
}

// OverdueOrder is an order that has not moved until its deadline.
type OverdueOrder struct {
	ID       string     `json:"id"`
	Number   string     `json:"number"`
	Customer string     `json:"customer"`
	Status   string     `json:"status"`
	Since    *time.Time `json:"since,omitempty"`
	Deadline *time.Time `json:"deadline,omitempty"`
	Sentence string     `json:"sentence,omitempty"`
}

// Findings are what the comparison of our records with the vendor's has found, the newest first.
type Findings struct {
	Findings []Finding `json:"findings"`
}

// Finding is one thing about which our records and the vendor's disagree.
type Finding struct {
	ID                   string     `json:"id"`
	Kind                 string     `json:"kind"`
	CustomerTenant       string     `json:"customer_tenant,omitempty"`
	VendorOrderID        string     `json:"vendor_order_id,omitempty"`
	VendorSubscriptionID string     `json:"vendor_subscription_id,omitempty"`
	OrderID              string     `json:"order_id,omitempty"`
	Sentence             string     `json:"sentence"`
	Hint                 string     `json:"hint,omitempty"`
	FoundAt              *time.Time `json:"found_at,omitempty"`
	ClosedAt             *time.Time `json:"closed_at,omitempty"`
	ClosedBy             *Person    `json:"closed_by,omitempty"`
	Note                 string     `json:"note,omitempty"`
}

// VendorState says how it stands with the vendor. It and all below are for admins.
func (c *Client) VendorState(ctx context.Context) (VendorState, error) {
	var out VendorState
	_, err := c.do(ctx, request{method: http.MethodGet, path: "/api/ops/vendor"}, &out)
	return out, err
}

// SetSubmissions holds back everything that buys or changes something, or lets it go again.
func (c *Client) SetSubmissions(ctx context.Context, paused bool, reason string) (Submissions, error) {
	var out Submissions
	_, err := c.do(ctx, request{
		method: http.MethodPut, path: "/api/ops/submissions", key: newKey(),
		body: struct {
			Paused bool   `json:"paused"`
			Reason string `json:"reason,omitempty"`
		}{paused, reason},
	}, &out)
	return out, err
}

// Overdue lists orders that stand still; a limit of 0 leaves their number to the portal.
func (c *Client) Overdue(ctx context.Context, limit int) (Overdue, error) {
	var out Overdue
	_, err := c.do(ctx, request{method: http.MethodGet, path: "/api/ops/overdue", query: limited(limit)}, &out)
	return out, err
}

// Findings lists what the reconciliation found, closed ones too with all.
func (c *Client) Findings(ctx context.Context, all bool, limit int) (Findings, error) {
	q := limited(limit)
	if all {
		q.Set("all", "true")
	}
	var out Findings
	_, err := c.do(ctx, request{method: http.MethodGet, path: "/api/ops/findings", query: q}, &out)
	return out, err
}

// Reconcile has our records compared with the vendor's, of a customer by their tenant or of all, and does not wait for it.
func (c *Client) Reconcile(ctx context.Context, customer string) (Reconciliation, error) {
	var out Reconciliation
	_, err := c.do(ctx, request{
		method: http.MethodPost, path: "/api/ops/reconciliations", key: newKey(),
		body: struct {
			CustomerTenant string `json:"customer_tenant,omitempty"`
		}{customer},
	}, &out)
	return out, err
}

// CloseFinding says that somebody has dealt with a finding.
func (c *Client) CloseFinding(ctx context.Context, id, note string) (Finding, error) {
	var out Finding
	_, err := c.do(ctx, request{
		method: http.MethodPost, path: "/api/ops/findings/" + url.PathEscape(id) + "/close", key: newKey(),
		body: struct {
			Note string `json:"note,omitempty"`
		}{note},
	}, &out)
	return out, err
}

func limited(limit int) url.Values {
	q := url.Values{}
	if limit > 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return q
}
