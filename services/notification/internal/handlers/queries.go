package handlers

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	notificationv1 "github.com/seatflow/seatflow/proto/gen/seatflow/notification/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/notification/internal/store"
)

// queryTimeout bounds one read; callers that wait less bring their own deadline.
const queryTimeout = 2 * time.Second

// Queries answers what only reads.
func Queries(q engine.Querier) []rpc.Query {
	return []rpc.Query{{Method: contract.ListDeliveries, Handle: listDeliveries(q)}}
}

// listDeliveries shows the partner's staff who was told of an order. Anybody else sees none: the addresses are the staff's.
func listDeliveries(q engine.Querier) rpc.Handle {
	return func(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
		out := &notificationv1.ListDeliveriesResponse{}
		if r := m.Caller.Role; r != orderv1.Role_ROLE_ADMIN && r != orderv1.Role_ROLE_TECHNICIAN {
			return out, nil
		}
		ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("notification: deliveries timeout"))
		defer cancel()
		rows, err := store.ListDeliveries(ctx, q, req.(*notificationv1.ListDeliveriesRequest).GetOrderId())
		if err != nil {
			return nil, postgres.Wrap("notification.list_deliveries", err)
		}
		for _, r := range rows {
			d := r.State
			out.Deliveries = append(out.Deliveries, &notificationv1.DeliveryRecord{
				Id: r.ID, Kind: string(d.Kind), Channel: d.Channel, Recipient: d.Recipient, Status: d.State.String(),
				Attempts: int32(d.Attempts), Error: d.Error, UpdatedAt: timestamppb.New(d.UpdatedAt),
			})
		}
		return out, nil
	}
}
