package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

const (
	overduePath  = "/api/ops/overdue"
	findingsPath = "/api/ops/findings"
)

// OverdueOrder is an order that has stood still for longer than its state should last.
type OverdueOrder struct {
	ID       string     `json:"id" doc:"UUID."`
	Number   string     `json:"number" example:"ORD-2026-00148"`
	Customer string     `json:"customer" example:"Contoso Corp"`
	Status   string     `json:"status" example:"waiting_on_vendor"`
	Since    *time.Time `json:"since,omitempty" doc:"Since when it stands so, UTC."`
	Deadline *time.Time `json:"deadline,omitempty" doc:"Until when it should have moved, UTC."`
	Sentence string     `json:"sentence,omitempty" doc:"What it waits for."`
	Link     string     `json:"link" example:"/api/licensing/orders/0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10"`
}

// Overdue are the orders that stand still, the longest first.
type Overdue struct {
	Orders []OverdueOrder `json:"orders" nullable:"false"`
	Total  int64          `json:"total" doc:"All of them, also those that are not listed here."`
}

type overdueInput struct {
	Limit int32 `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Orders to list."`
}

type overdueOutput struct{ Body Overdue }

// Finding is one thing about which our records and the vendor's disagree.
type Finding struct {
	ID                   string     `json:"id" doc:"UUID."`
	Kind                 string     `json:"kind" doc:"unknown_purchase: the vendor has it, we do not. missing_purchase: we think it is done, the vendor does not have it. wrong_state: both have it, not in the same state." example:"unknown_purchase"`
	CustomerTenant       string     `json:"customer_tenant,omitempty"`
	VendorOrderID        string     `json:"vendor_order_id,omitempty"`
	VendorSubscriptionID string     `json:"vendor_subscription_id,omitempty"`
	OrderID              string     `json:"order_id,omitempty" doc:"Our order, if there is one."`
	Sentence             string     `json:"sentence" doc:"What is known."`
	Hint                 string     `json:"hint,omitempty" doc:"What to do."`
	FoundAt              *time.Time `json:"found_at,omitempty" doc:"UTC."`
	ClosedAt             *time.Time `json:"closed_at,omitempty" doc:"UTC; absent while it is open."`
	ClosedBy             *Person    `json:"closed_by,omitempty"`
	Note                 string     `json:"note,omitempty" doc:"What who closed it has to say."`
}

// Findings are what the reconciliation found, the newest first.
type Findings struct {
	Findings []Finding `json:"findings" nullable:"false"`
}

type findingsInput struct {
	All   bool  `query:"all" doc:"Closed ones too."`
	Limit int32 `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Findings to list."`
}

type findingsOutput struct{ Body Findings }

// Closing is what who closes a finding may add.
type Closing struct {
	Note string `json:"note,omitempty" maxLength:"500" example:"Bought by hand; the customer knows."`
}

type closeInput struct {
	ID string `path:"id" pattern:"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$" patternDescription:"a UUID" example:"0198f2a4-5b7c-7d3e-9a41-3f6f8f0c2d10"`
	Key
	Body *Closing
}

type findingOutput struct{ Body Finding }

func (s *Server) watching() {
	tags := []string{"Operations"}
	register(s, huma.Operation{
		OperationID: "list-overdue", Method: http.MethodGet, Path: overduePath, Tags: tags, Summary: "List orders that stand still",
		Description: "Orders that fulfillment holds and that have not moved until the deadline of their state. For admins.",
	}, admins, s.overdue)
	register(s, huma.Operation{
		OperationID: "list-findings", Method: http.MethodGet, Path: findingsPath, Tags: tags, Summary: "List what our records and the vendor's disagree about",
		Description: "For admins.",
	}, admins, s.findings)
	register(s, huma.Operation{
		OperationID: "close-finding", Method: http.MethodPost, Path: findingsPath + "/{id}/close", Tags: tags, Summary: "Close a finding",
		Description: "Somebody has dealt with it; nothing else changes by it. For admins.",
	}, admins, s.closeFinding)
}

func (s *Server) overdue(ctx context.Context, in *overdueInput) (*overdueOutput, error) {
	var reply fulfillmentv1.ListOverdueResponse
	if err := s.call(ctx, contract.ListOverdue, &fulfillmentv1.ListOverdueRequest{Limit: in.Limit}, &reply, ""); err != nil {
		return nil, err
	}
	out := Overdue{Orders: make([]OverdueOrder, len(reply.GetOrders())), Total: reply.GetTotal()}
	for i, o := range reply.GetOrders() {
		out.Orders[i] = OverdueOrder{
			ID: o.GetOrderId(), Number: o.GetNumber(), Customer: o.GetCustomer(), Status: info(o.GetStatus()).word, Since: moment(o.GetSince()),
			Deadline: moment(o.GetDeadline()), Sentence: o.GetSentence(), Link: ordersPath + "/" + o.GetOrderId(),
		}
	}
	return &overdueOutput{out}, nil
}

func (s *Server) findings(ctx context.Context, in *findingsInput) (*findingsOutput, error) {
	var reply fulfillmentv1.ListFindingsResponse
	if err := s.call(ctx, contract.ListFindings, &fulfillmentv1.ListFindingsRequest{All: in.All, Limit: in.Limit}, &reply, ""); err != nil {
		return nil, err
	}
	out := Findings{Findings: make([]Finding, len(reply.GetFindings()))}
	for i, f := range reply.GetFindings() {
		out.Findings[i] = finding(ctx, f)
	}
	return &findingsOutput{out}, nil
}

func (s *Server) closeFinding(ctx context.Context, in *closeInput) (*findingOutput, error) {
	req := &fulfillmentv1.CloseFindingRequest{Id: in.ID}
	if in.Body != nil {
		req.Note = in.Body.Note
	}
	var reply fulfillmentv1.CloseFindingResponse
	if err := s.call(ctx, contract.CloseFinding, req, &reply, in.IdempotencyKey); err != nil {
		return nil, err
	}
	return &findingOutput{finding(ctx, reply.GetFinding())}, nil
}

func finding(ctx context.Context, f *fulfillmentv1.Finding) Finding {
	out := Finding{
		ID: f.GetId(), Kind: f.GetKind(), CustomerTenant: f.GetCustomerTenant(), VendorOrderID: f.GetVendorOrderId(),
		VendorSubscriptionID: f.GetVendorSubscriptionId(), OrderID: f.GetOrderId(), Sentence: f.GetSentence(), Hint: f.GetHint(),
		FoundAt: moment(f.GetFoundAt()), ClosedAt: moment(f.GetClosedAt()), Note: f.GetNote(),
	}
	if f.GetClosedBy() != nil {
		who := page{recentLabel, visit.From(ctx).Caller}.person(f.GetClosedBy())
		out.ClosedBy = &who
	}
	return out
}
