package handlers

import (
	"cmp"
	"context"
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// fewOrders is how many orders are listed when nobody says.
const fewOrders = 100

// listOverdue shows the orders that stand still to the partner's staff.
func listOverdue(q engine.Querier, pace domain.Pace) rpc.Handle {
	return func(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
		if !staff(m.Caller.Role) {
			return nil, fault.New(fault.Forbidden, "staff_only", "Only the partner's staff may see which orders stand still.")
		}
		ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("fulfillment: overdue timeout"))
		defer cancel()
		limit := cmp.Or(int(req.(*fulfillmentv1.ListOverdueRequest).GetLimit()), fewOrders)
		found, total, err := store.ListOverdue(ctx, q, pace, limit)
		if err != nil {
			return nil, postgres.Wrap("fulfillment.list_overdue", err)
		}
		out := &fulfillmentv1.ListOverdueResponse{Total: total}
		for _, late := range found {
			o := late.Order
			sentence, _ := o.Sentence()
			out.Orders = append(out.Orders, &fulfillmentv1.OverdueOrder{
				OrderId: o.ID, Number: o.Approved.GetNumber(), Customer: o.Approved.GetCustomer().GetName(), Status: statuses[o.Status],
				Since: timestamppb.New(late.Since), Deadline: timestamppb.New(late.Deadline), Sentence: sentence,
			})
		}
		return out, nil
	}
}
