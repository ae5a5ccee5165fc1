package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	notificationv1 "github.com/seatflow/seatflow/proto/gen/seatflow/notification/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// OrderID names one order.
type OrderID struct {
	ID string `path:"id" minLength:"1" maxLength:"64" pattern:"^[0-9A-Za-z-]+$" patternDescription:"an order's id or number" doc:"The order's UUID or its number." example:"ORD-2026-00148"`
}

// OneOrder names an order, and the least that a read of it must have seen.
type OneOrder struct {
	OrderID
	At
}

type orderOutput struct {
	Position string `header:"Seatflow-Position" doc:"How far the order had come, by its owner's events."`
	Body     Order
}

// TimelineEntry is one thing that happened to an order.
type TimelineEntry struct {
	At       *time.Time `json:"at" doc:"UTC."`
	Type     string     `json:"type" doc:"The event." example:"seatflow.approval.granted.v1"`
	Owner    string     `json:"owner" doc:"The service that said so." example:"approval"`
	Sequence int64      `json:"sequence,omitempty" doc:"Its number among that service's events of this order; absent where these have none, as of notifications." example:"2"`
	Status   string     `json:"status,omitempty" example:"processing"`
	Label    string     `json:"label,omitempty" example:"Provisioning started"`
	Sentence string     `json:"sentence,omitempty"`
	By       *Person    `json:"by,omitempty" doc:"Who caused it, if a person did."`
	Lines    []LineNews `json:"lines,omitempty" doc:"The lines as they stood then."`
}

// LineNews is how a line stood at one time.
type LineNews struct {
	Number               int32  `json:"number"`
	Status               string `json:"status"`
	Detail               string `json:"detail,omitempty"`
	Hint                 string `json:"hint,omitempty"`
	Code                 string `json:"code,omitempty"`
	VendorOrderID        string `json:"vendor_order_id,omitempty"`
	VendorSubscriptionID string `json:"vendor_subscription_id,omitempty"`
}

// Timeline is everything that happened to one order, oldest first.
type Timeline struct {
	ID      string          `json:"id"`
	Number  string          `json:"number"`
	Entries []TimelineEntry `json:"entries" nullable:"false"`
}

type timelineOutput struct{ Body Timeline }

// Delivery is one notification to one recipient over one channel.
type Delivery struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" example:"approval_needed"`
	Channel   string     `json:"channel" example:"email"`
	Recipient string     `json:"recipient" example:"john.smith@partner.example"`
	Status    string     `json:"status" doc:"queued, sent or failed." example:"sent"`
	Attempts  int32      `json:"attempts"`
	Error     string     `json:"error,omitempty"`
	UpdatedAt *time.Time `json:"updated_at,omitempty" doc:"UTC."`
}

// Deliveries is the fate of every notification about one order.
type Deliveries struct {
	ID         string     `json:"id"`
	Number     string     `json:"number"`
	Deliveries []Delivery `json:"deliveries" nullable:"false"`
}

type deliveriesOutput struct{ Body Deliveries }

func (s *Server) reading() {
	s.listing()
	register(s, huma.Operation{
		OperationID: "get-order", Method: http.MethodGet, Path: ordersPath + "/{id}", Tags: []string{"Orders"},
		Summary: "Everything about one order",
	}, everyone, s.get)
	register(s, huma.Operation{
		OperationID: "get-timeline", Method: http.MethodGet, Path: ordersPath + "/{id}/timeline", Tags: []string{"Orders"},
		Summary: "What happened to an order: who, what, when",
	}, everyone, s.timeline)
	register(s, huma.Operation{
		OperationID: "list-notifications", Method: http.MethodGet, Path: ordersPath + "/{id}/notifications", Tags: []string{"Orders"},
		Summary: "The fate of every notification about an order", Description: "For admins and technicians.",
	}, staff, s.notifications)
}

// look reads an order of the book that exists for the caller.
func (s *Server) look(ctx context.Context, id string, at At) (*intakev1.BookOrder, error) {
	least, err := at.least()
	if err != nil {
		return nil, err
	}
	var reply intakev1.GetOrderResponse
	if err := s.call(ctx, contract.GetOrder, &intakev1.GetOrderRequest{Id: id, AtLeast: least}, &reply, ""); err != nil {
		return nil, err
	}
	if b := reply.GetOrder(); b != nil && maySee(visit.From(ctx).Caller, b.GetOrder()) {
		return b, nil
	}
	return nil, fault.New(fault.NotFound, "no_order", "There is no such order.").At("id").On("order " + id)
}

func (s *Server) get(ctx context.Context, in *OneOrder) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	out := &orderOutput{Body: page{pendingLabel, visit.From(ctx).Caller}.order(b)}
	for _, p := range b.GetHeard() {
		if p.GetOwner() == b.GetOwner() {
			out.Position = positionText(p)
		}
	}
	return out, nil
}

func (s *Server) timeline(ctx context.Context, in *OneOrder) (*timelineOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	var reply intakev1.GetTimelineResponse
	if err := s.call(ctx, contract.GetTimeline, &intakev1.GetTimelineRequest{Id: b.GetOrder().GetId()}, &reply, ""); err != nil {
		return nil, err
	}
	p := page{recentLabel, visit.From(ctx).Caller}
	out := Timeline{ID: b.GetOrder().GetId(), Number: b.GetOrder().GetNumber(), Entries: make([]TimelineEntry, len(reply.GetEntries()))}
	for i, e := range reply.GetEntries() {
		out.Entries[i] = p.entry(e)
	}
	return &timelineOutput{out}, nil
}

func (p page) entry(e *intakev1.TimelineEntry) TimelineEntry {
	out := TimelineEntry{
		At: moment(e.GetAt()), Type: e.GetType(), Owner: e.GetOwner(), Sequence: e.GetSequence(), Sentence: e.GetSentence(),
	}
	if e.GetStatus() != orderv1.Status_STATUS_UNSPECIFIED {
		st := info(e.GetStatus())
		out.Status, out.Label = st.word, p.label(st.labels)
	}
	if e.GetBy() != nil {
		who := p.person(e.GetBy())
		out.By = &who
	}
	for _, l := range e.GetLines() {
		out.Lines = append(out.Lines, LineNews{
			Number: l.GetNumber(), Status: lineStatusWord(l.GetStatus()), Detail: l.GetDetail(), Hint: l.GetHint(), Code: l.GetCode(),
			VendorOrderID: l.GetVendorOrderId(), VendorSubscriptionID: l.GetVendorSubscriptionId(),
		})
	}
	return out
}

func (s *Server) notifications(ctx context.Context, in *OneOrder) (*deliveriesOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	var reply notificationv1.ListDeliveriesResponse
	if err := s.call(ctx, contract.ListDeliveries, &notificationv1.ListDeliveriesRequest{OrderId: b.GetOrder().GetId()}, &reply, ""); err != nil {
		return nil, err
	}
	out := Deliveries{ID: b.GetOrder().GetId(), Number: b.GetOrder().GetNumber(), Deliveries: make([]Delivery, len(reply.GetDeliveries()))}
	for i, d := range reply.GetDeliveries() {
		out.Deliveries[i] = Delivery{
			ID: d.GetId(), Kind: d.GetKind(), Channel: d.GetChannel(), Recipient: d.GetRecipient(), Status: d.GetStatus(),
			Attempts: d.GetAttempts(), Error: d.GetError(), UpdatedAt: moment(d.GetUpdatedAt()),
		}
	}
	return &deliveriesOutput{out}, nil
}
