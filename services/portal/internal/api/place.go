package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// NewLine is one requested change. Exactly one member of Change is given.
type NewLine struct {
	Number      int32  `json:"number,omitempty" minimum:"0" maximum:"50" doc:"1, 2, 3 …; lines without one are numbered as they stand." example:"1"`
	Product     string `json:"product" minLength:"1" maxLength:"200" doc:"The product's name for people." example:"Microsoft 365 E5"`
	CatalogItem string `json:"catalog_item,omitempty" pattern:"^([A-Za-z0-9-]{1,64}(:[A-Za-z0-9-]{1,64}){0,2})?$" patternDescription:"ProductId:SkuId:AvailabilityId" doc:"ProductId:SkuId:AvailabilityId; needed for new_subscription, add_on and change_product." example:"CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS"`
	UnitPrice   *Money `json:"unit_price,omitempty" doc:"Price of one seat for the whole billing term, before tax. A line that buys without one is held for approval."`
	Change
}

// Requester is for whom the order is placed.
type Requester struct {
	Name  string `json:"name,omitempty" maxLength:"120" example:"Emily Chen"`
	Email string `json:"email,omitempty" maxLength:"254" example:"emily.chen@partner.example"`
}

// NewOrder is an order as somebody asks for it.
type NewOrder struct {
	Customer     Customer   `json:"customer"`
	Lines        []NewLine  `json:"lines" minItems:"1" maxItems:"50" nullable:"false"`
	Requester    *Requester `json:"requester,omitempty" doc:"For whom it is placed, if not for yourself. Who you are is taken from your token."`
	Note         string     `json:"note,omitempty" maxLength:"2000"`
	ScheduledFor *time.Time `json:"scheduled_for,omitempty" doc:"Submitted to the vendor not before this time; absent means at once."`
	Reference    string     `json:"reference,omitempty" maxLength:"120" doc:"Your own reference, shown and searchable." example:"PO-7781"`
}

// Checked answers a request that was only to be checked.
type Checked struct {
	Valid    bool   `json:"valid" doc:"Always true: faults are answered as a problem."`
	Sentence string `json:"sentence" example:"The order is valid. Nothing was stored."`
}

// Key is how a command is made repeatable.
type Key struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"128" pattern:"^[!-~]+$" patternDescription:"visible ASCII characters without blanks" doc:"A name for this request, unique among yours. The same request with the same key takes effect once and is answered the same." example:"b0f5c7d2-2f0a-4b6e-9d6b-1f1d2f6f1a77"`
}

type placeInput struct {
	Key
	ValidateOnly bool `query:"validate_only" doc:"Only check the order; nothing is stored."`
	Body         NewOrder
}

type placeOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the order is."`
	Position string `header:"Seatflow-Position" doc:"Give it to a read that must have seen this command's effect."`
	Body     any
}

func (s *Server) placing() {
	op := huma.Operation{
		OperationID: "place-order", Method: http.MethodPost, Path: ordersPath, DefaultStatus: http.StatusCreated,
		Summary: "Place an order", Tags: []string{"Orders"},
		Description: "Places an order for a customer. It is approved at once unless a rule asks for an admin's decision. " +
			"With validate_only=true it is only checked, which is answered 200.",
		Responses: map[string]*huma.Response{
			"201": s.answers("The order was taken.", reflect.TypeFor[Order]()),
			"200": s.answers("The order is valid; it was only checked.", reflect.TypeFor[Checked]()),
		},
	}
	register(s, op, everyone, s.place)
}

// exampleOrder is what the documents show. It works as it is where the Partner Center double runs.
var exampleOrder = NewOrder{
	Customer: Customer{TenantID: "0d5c4b3a-1f2e-4d6c-8b7a-c0a7050c0401", Name: "Contoso Corp"},
	Lines: []NewLine{{
		Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLZ:0002:CFQ7TTC0K4TS", UnitPrice: &Money{"570.00", "USD"},
		Change: Change{NewSubscription: &NewSubscription{Quantity: 25, Term: "P1Y", BillingCycle: "annual"}},
	}},
	Reference: "PO-7781",
}

// answers describes an answer whose type huma cannot see.
func (s *Server) answers(text string, t reflect.Type) *huma.Response {
	schema := s.huma.OpenAPI().Components.Schemas.Schema(t, true, "")
	return &huma.Response{Description: text, Content: map[string]*huma.MediaType{jsonType: {Schema: schema}}}
}

func (s *Server) place(ctx context.Context, in *placeInput) (*placeOutput, error) {
	caller := visit.From(ctx).Caller
	order, err := newOrder(&in.Body)
	if err != nil {
		return nil, err
	}
	if !maySee(caller, &orderv1.Order{Customer: order.GetCustomer()}) {
		return nil, fault.New(fault.Forbidden, "other_customer", "You may place orders for your own organization only.").At("customer.tenant_id")
	}
	req := &intakev1.PlaceOrderRequest{Order: order, ValidateOnly: in.ValidateOnly}
	var reply intakev1.PlaceOrderResponse
	if err := s.call(ctx, contract.PlaceOrder, req, &reply, in.IdempotencyKey); err != nil {
		return nil, err
	}
	if in.ValidateOnly {
		return &placeOutput{Status: http.StatusOK, Body: &Checked{true, "The order is valid. Nothing was stored."}}, nil
	}
	book := &intakev1.BookOrder{
		Order: reply.GetOrder(), View: reply.GetView(), Owner: holder(reply.GetView(), reply.GetPosition()), UpdatedAt: reply.GetOrder().GetPlacedAt(),
	}
	body := page{recentLabel, caller}.order(book)
	return &placeOutput{
		Status: http.StatusCreated, Location: body.Links.Self, Position: positionText(reply.GetPosition()), Body: &body,
	}, nil
}

// newOrder turns JSON into the contract's words and reports all lines that do not ask for exactly one change.
func newOrder(in *NewOrder) (*orderv1.NewOrder, error) {
	out := &orderv1.NewOrder{
		Customer: &orderv1.Customer{TenantId: in.Customer.TenantID, Name: in.Customer.Name},
		Lines:    make([]*orderv1.Line, len(in.Lines)), Note: in.Note, Reference: in.Reference,
	}
	if in.Requester != nil {
		out.Requester = &orderv1.Person{Name: in.Requester.Name, Email: in.Requester.Email}
	}
	if in.ScheduledFor != nil {
		out.ScheduledFor = timestamppb.New(*in.ScheduledFor)
	}
	var faults []fault.Violation
	for i := range in.Lines {
		line, ok := newLine(&in.Lines[i])
		out.Lines[i] = line
		if !ok {
			faults = append(faults, fault.Violation{
				Field: "lines[" + strconv.Itoa(i) + "]", Code: "one_change",
				Message: "A line asks for exactly one change.", Hint: "Give one of new_subscription, add_on, add_seats, remove_seats, suspend, reactivate, cancel_subscription, cancel_purchase, set_auto_renew, change_term and change_product.",
			})
		}
	}
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "invalid_order", "The order is not valid.").With(faults...)
	}
	return out, nil
}

func newLine(in *NewLine) (line *orderv1.Line, ok bool) {
	line = &orderv1.Line{Number: in.Number, Product: in.Product, CatalogItem: in.CatalogItem}
	if in.UnitPrice != nil {
		line.UnitPrice = &orderv1.Money{Amount: in.UnitPrice.Amount, Currency: in.UnitPrice.Currency}
	}
	return line, in.requested(line)
}

// holder is the service that holds an order with this view: the stage's owner, or at its end the one that spoke last.
func holder(v *orderv1.View, p *orderv1.Position) string {
	if stage := info(v.GetStatus()).stage; stage != "" {
		return stage
	}
	return p.GetOwner()
}
