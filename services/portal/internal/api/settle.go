package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Settlement is what somebody says became of lines whose outcome Seatflow could not find out.
type Settlement struct {
	Lines                []int32 `json:"lines" minItems:"1" maxItems:"100" uniqueItems:"true" nullable:"false" doc:"The numbers of the lines that it is about." example:"[1]"`
	Outcome              string  `json:"outcome" enum:"done,not_done" doc:"done: it was bought, or what the lines ask for was changed. not_done: it was not, and nothing is on its way." example:"done"`
	VendorOrderID        string  `json:"vendor_order_id,omitempty" maxLength:"100" doc:"What Partner Center calls the order that the lines became; needed where something was bought." example:"Xq1vWvKtJ2xS"`
	VendorSubscriptionID string  `json:"vendor_subscription_id,omitempty" maxLength:"100" doc:"What Partner Center calls the subscription that a single line became, if known."`
	Note                 string  `json:"note" minLength:"1" maxLength:"500" pattern:"\\S" patternDescription:"a note in words" doc:"Who says so, and from what." example:"Anna saw it in Partner Center, invoice G004711."`
}

type settleInput struct {
	OneOrder
	Key
	Body Settlement
}

func (s *Server) settling() {
	register(s, huma.Operation{
		OperationID: "settle-order", Method: http.MethodPost, Path: ordersPath + "/{id}/settle", Tags: []string{"Decisions"},
		Summary: "Say what became of lines that were handed to a person",
		Description: "For lines whose outcome is unknown and cannot be found out: their needs_person_since says so. It is looked into once before it counts: " +
			"the vendor's order must fit the line and be no other line's; what was not bought must not be in the vendor's lists, and then fails, " +
			"so that a retry buys it anew. Who says otherwise later is told who said what before. For admins.",
	}, admins, s.settle)
}

func (s *Server) settle(ctx context.Context, in *settleInput) (*orderOutput, error) {
	b, err := s.look(ctx, in.ID, in.At)
	if err != nil {
		return nil, err
	}
	req := &fulfillmentv1.SettleOutcomeRequest{
		OrderId: b.GetOrder().GetId(), Lines: in.Body.Lines, Outcome: outcomes[in.Body.Outcome],
		VendorOrderId: in.Body.VendorOrderID, VendorSubscriptionId: in.Body.VendorSubscriptionID, Note: in.Body.Note,
	}
	return s.run(ctx, b, command{first: contract.Fulfillment, notYet: notSent, at: only(contract.Fulfillment, func() question {
		return question{contract.SettleOutcome, req, new(fulfillmentv1.SettleOutcomeResponse)}
	})}, in.IdempotencyKey)
}

var outcomes = map[string]fulfillmentv1.Outcome{
	"done": fulfillmentv1.Outcome_OUTCOME_DONE, "not_done": fulfillmentv1.Outcome_OUTCOME_NOT_DONE,
}

// wantsSettling says that a person has to find out what became of the line.
func wantsSettling(l *orderv1.LineView) bool {
	return l.GetStatus() == orderv1.LineStatus_LINE_STATUS_UNKNOWN && l.GetNeedsPersonSince() != nil
}
