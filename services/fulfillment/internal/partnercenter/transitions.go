package partnercenter

import (
	"context"
	"net/url"
	"time"
)

// When a transition is to take effect.
const (
	TransitionImmediate = "immediate"
	TransitionScheduled = "scheduled"
)

// The ways of a transition.
const (
	TransitionOnly         = "transition_only"
	TransitionWithLicences = "transition_with_license_transfer" // users keep their licences
)

// Eligibility is a target that a subscription can, or cannot, be moved to.
type Eligibility struct {
	OperationID   string
	CatalogItemID string
	Title         string
	Description   string
	Quantity      int64
	Ways          []EligibleWay
	Subscriptions []EligibleSubscription // existing ones of the target that the seats could join
}

// EligibleWay is one way of moving, and why it cannot be gone.
type EligibleWay struct {
	Type     string // TransitionOnly, TransitionWithLicences
	Eligible bool
	Errors   []CodedError // see DescribeTransition
}

// EligibleSubscription is a subscription that the seats could join, or why they cannot.
type EligibleSubscription struct {
	ID, FriendlyName, TermDuration, BillingCycle string
	Eligible                                     bool
	Errors                                       []CodedError // see DescribeTransitionTarget
}

// CodedError is an error inside an answer.
type CodedError struct {
	Code        string
	Description string // the vendor's words
}

// NewTransition moves seats of a subscription to another product.
type NewTransition struct {
	FromCatalogItemID  string `json:"fromCatalogItemId,omitempty"`
	FromSubscriptionID string `json:"fromSubscriptionId,omitempty"`
	ToCatalogItemID    string `json:"toCatalogItemId"`
	ToSubscriptionID   string `json:"toSubscriptionId,omitempty"` // an existing one to join
	Quantity           int64  `json:"quantity"`
	TermDuration       string `json:"termDuration,omitempty"`
	BillingCycle       string `json:"billingCycle,omitempty"`
	Type               string `json:"transitionType"` // TransitionOnly, TransitionWithLicences
	PromotionID        string `json:"promotionId,omitempty"`
}

// Transition is a move of seats as the vendor has it.
type Transition struct {
	OperationID        string
	FromCatalogItemID  string
	FromSubscriptionID string
	ToCatalogItemID    string
	ToSubscriptionID   string
	Quantity           int64
	TermDuration       string
	BillingCycle       string
	Type               string
	Events             []TransitionEvent
}

// The names and statuses of a transition's events.
const (
	EventConversion          = "conversion"
	EventLicenseReassignment = "license_reassignment"

	EventStarted   = "started"
	EventCompleted = "completed"
	EventFailed    = "failed"
)

// TransitionEvent is a step of a transition.
type TransitionEvent struct {
	Name   string // EventConversion …
	Status string // EventStarted …
	At     time.Time
	Errors []CodedError // see DescribeTransition
}

// ListEligibilities reads what a subscription can be moved to. when is TransitionImmediate or TransitionScheduled.
func (c *Client) ListEligibilities(ctx context.Context, ex Exchange, customer, subscription, when string) ([]Eligibility, Answer, error) {
	q := collected(url.Values{"eligibilityType": {when}}, "customers", customer, "subscriptions", subscription, "transitionEligibilities")
	q.op = opListTransitionEligibilities
	return listed[Eligibility](ctx, c, ex, q)
}

// CreateTransition moves seats. It may not be repeated blindly: after Unknown, ListTransitions and the target subscription
// tell. Its steps follow; ListTransitions shows them.
func (c *Client) CreateTransition(ctx context.Context, ex Exchange, customer, subscription string, t NewTransition) (Transition, Answer, error) {
	var out Transition
	path := []string{"customers", customer, "subscriptions", subscription, "transitions"}
	answer, err := c.call(ctx, ex, request{op: opCreateTransition, path: path, send: t}, &out)
	return out, answer, err
}

// ListTransitions reads the transitions of a subscription, or the one with an operation id.
func (c *Client) ListTransitions(ctx context.Context, ex Exchange, customer, subscription, operationID string) ([]Transition, Answer, error) {
	q := request{op: opListTransitions, path: []string{"customers", customer, "subscriptions", subscription, "transitions"}}
	if operationID != "" {
		q.query = url.Values{"operationId": {operationID}}.Encode()
	}
	return listed[Transition](ctx, c, ex, q)
}

func (e *Eligibility) complete() bool { return e.CatalogItemID != "" }

func (e *Eligibility) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "operationid":
			e.OperationID = r.text()
		case "catalogitemid":
			e.CatalogItemID = r.text()
		case "title":
			e.Title = r.text()
		case "description":
			e.Description = r.text()
		case "quantity":
			e.Quantity = r.integer()
		case "eligibilities":
			for range r.array {
				e.Ways = append(e.Ways, readWay(r))
			}
		case "subscriptioneligibilities":
			for range r.array {
				e.Subscriptions = append(e.Subscriptions, readEligibleSubscription(r))
			}
		}
	}
}

func readWay(r *reader) (w EligibleWay) {
	for name := range r.object {
		switch string(name) {
		case "transitiontype":
			w.Type = r.enum()
		case "iseligible":
			w.Eligible = r.flag()
		case "errors":
			w.Errors = readErrors(r)
		}
	}
	return w
}

func readEligibleSubscription(r *reader) (s EligibleSubscription) {
	for name := range r.object {
		switch string(name) {
		case "subscriptionid":
			s.ID = r.text()
		case "subscriptionfriendlyname":
			s.FriendlyName = r.text()
		case "subscriptiontermduration":
			s.TermDuration = r.text()
		case "subscriptionbillingcycle":
			s.BillingCycle = r.enum()
		case "iseligible":
			s.Eligible = r.flag()
		case "errors":
			s.Errors = readErrors(r)
		}
	}
	return s
}

func readErrors(r *reader) (all []CodedError) {
	for range r.array {
		var e CodedError
		for name := range r.object {
			switch string(name) {
			case "code":
				e.Code = r.text()
			case "description":
				e.Description = r.text()
			}
		}
		all = append(all, e)
	}
	return all
}

// complete wants anything that only a transition has: what the vendor answers to a new one is hardly documented.
func (t *Transition) complete() bool {
	return t.OperationID != "" || t.ToCatalogItemID != "" || len(t.Events) > 0
}

func (t *Transition) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "operationid":
			t.OperationID = r.text()
		case "fromcatalogitemid":
			t.FromCatalogItemID = r.text()
		case "fromsubscriptionid":
			t.FromSubscriptionID = r.text()
		case "tocatalogitemid":
			t.ToCatalogItemID = r.text()
		case "tosubscriptionid":
			t.ToSubscriptionID = r.text()
		case "quantity":
			t.Quantity = r.integer()
		case "termduration":
			t.TermDuration = r.text()
		case "billingcycle":
			t.BillingCycle = r.enum()
		case "transitiontype":
			t.Type = r.enum()
		case "events":
			for range r.array {
				t.Events = append(t.Events, readEvent(r))
			}
		}
	}
}

func readEvent(r *reader) (e TransitionEvent) {
	for name := range r.object {
		switch string(name) {
		case "name":
			e.Name = r.enum()
		case "status":
			e.Status = r.enum()
		case "timestamp":
			e.At = r.moment()
		case "errors":
			e.Errors = readErrors(r)
		}
	}
	return e
}
