package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// OrderList is a page of orders, newest first.
type OrderList struct {
	Orders     []Order `json:"orders" nullable:"false"`
	NextCursor string  `json:"next_cursor,omitempty" doc:"Give it as cursor to get the next page; absent on the last."`
}

// Filter is what every list can be narrowed by.
type Filter struct {
	Status   []string `query:"status" maxItems:"14" enum:"draft,received,awaiting_approval,scheduled,processing,waiting_on_vendor,outcome_unknown,failed,completed_with_errors,completed,rejected,expired,cancelled,deleted" doc:"Only these statuses, parted by commas."`
	Customer string   `query:"customer" maxLength:"64" pattern:"^[0-9A-Fa-f-]+$" patternDescription:"a tenant id" doc:"One customer's orders: its tenant id."`
	Search   string   `query:"q" maxLength:"120" doc:"The number, your reference or the customer's name begins with this."`
	Limit    int32    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Orders on a page."`
	Cursor   string   `query:"cursor" maxLength:"200" doc:"The next_cursor of the page before."`
}

type listInput struct {
	Filter
	View  string `query:"view" enum:"recent,historical" default:"recent" doc:"recent: not at its end, or for less than a day. historical: all."`
	State string `query:"state" enum:"active,draft,all" default:"all" doc:"active: neither a draft nor at its end."`
}

type listOutput struct{ Body OrderList }

type pendingInput struct {
	Filter
	Format string `query:"format" enum:"json,csv" default:"json" doc:"csv exports all pending orders as a table."`
}

type pendingOutput struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	Disposition string `header:"Content-Disposition" hidden:"true"`
	NextCursor  string `header:"Seatflow-Next-Cursor" doc:"CSV only: there are more orders than one export holds; give it as cursor for the rest."`
	Body        any
}

func (s *Server) listing() {
	register(s, huma.Operation{
		OperationID: "list-orders", Method: http.MethodGet, Path: ordersPath, Tags: []string{"Orders"},
		Summary: "List orders", Description: "The page Orders: recent or historical, the newest first.",
	}, everyone, s.list)
	both := s.answers("The orders that need something or wait for something.", reflect.TypeFor[OrderList]())
	both.Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	register(s, huma.Operation{
		OperationID: "list-pending-orders", Method: http.MethodGet, Path: ordersPath + "/pending", Tags: []string{"Orders"},
		Summary:     "List pending orders",
		Description: "The page Pending Orders: awaiting approval, processing, failed and scheduled orders. With format=csv they are exported as a table.",
		Responses:   map[string]*huma.Response{"200": both},
	}, everyone, s.pending)
}

// request asks for a page as the caller may see it. none says that nothing can match.
func (f Filter) request(ctx context.Context, scope intakev1.Scope) (req *intakev1.ListOrdersRequest, none bool) {
	req = &intakev1.ListOrdersRequest{Scope: scope, TenantId: f.Customer, Search: f.Search, Limit: f.Limit, Cursor: f.Cursor}
	for _, word := range f.Status {
		req.Statuses = append(req.Statuses, statusOf(word))
	}
	if tenant, restricted := tenantOf(visit.From(ctx).Caller); restricted {
		none = f.Customer != "" && !strings.EqualFold(f.Customer, tenant)
		req.TenantId = tenant
	}
	return req, none
}

// fetch reads a page; what the caller may not see is left out, whatever the service said.
func (s *Server) fetch(ctx context.Context, req *intakev1.ListOrdersRequest, p page) (OrderList, error) {
	var reply intakev1.ListOrdersResponse
	if err := s.call(ctx, contract.ListOrders, req, &reply, ""); err != nil {
		return OrderList{}, err
	}
	out := OrderList{Orders: make([]Order, 0, len(reply.GetOrders())), NextCursor: reply.GetNextCursor()}
	for _, b := range reply.GetOrders() {
		if maySee(p.viewer, b.GetOrder()) {
			out.Orders = append(out.Orders, p.order(b))
		}
	}
	return out, nil
}

func (s *Server) list(ctx context.Context, in *listInput) (*listOutput, error) {
	p := page{recentLabel, visit.From(ctx).Caller}
	scope := intakev1.Scope_SCOPE_RECENT
	if in.View == "historical" {
		p.label, scope = historicalLabel, intakev1.Scope_SCOPE_HISTORICAL
	}
	req, none := in.request(ctx, scope)
	switch in.State {
	case "active":
		req.ActiveOnly = true
	case "draft":
		none = none || len(in.Status) > 0 && !contains(req.Statuses, orderv1.Status_STATUS_DRAFT)
		req.Statuses = []orderv1.Status{orderv1.Status_STATUS_DRAFT}
	}
	if none {
		return &listOutput{OrderList{Orders: []Order{}}}, nil
	}
	orders, err := s.fetch(ctx, req, p)
	if err != nil {
		return nil, err
	}
	return &listOutput{orders}, nil
}

func contains(all []orderv1.Status, one orderv1.Status) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func (s *Server) pending(ctx context.Context, in *pendingInput) (*pendingOutput, error) {
	p := page{pendingLabel, visit.From(ctx).Caller}
	req, none := in.request(ctx, intakev1.Scope_SCOPE_PENDING)
	if in.Format == "csv" {
		return s.export(ctx, req, none, p)
	}
	if none {
		return &pendingOutput{Body: &OrderList{Orders: []Order{}}}, nil
	}
	orders, err := s.fetch(ctx, req, p)
	if err != nil {
		return nil, err
	}
	return &pendingOutput{Body: &orders}, nil
}
