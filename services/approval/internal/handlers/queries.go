package handlers

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// queryTimeout bounds one read; callers that wait less bring their own deadline.
const queryTimeout = 2 * time.Second

// Queries answers what only reads.
func Queries(q engine.Querier) []rpc.Query {
	return []rpc.Query{{Method: contract.ListRules, Handle: listRules(q)}}
}

// listRules shows the rules to the partner's staff.
func listRules(q engine.Querier) rpc.Handle {
	return func(ctx context.Context, _ proto.Message, m rpc.Meta) (proto.Message, error) {
		if r := m.Caller.Role; r != orderv1.Role_ROLE_ADMIN && r != orderv1.Role_ROLE_TECHNICIAN {
			return nil, fault.New(fault.Forbidden, "staff_only", "Only the partner's staff may see the approval rules.")
		}
		ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("approval: rules timeout"))
		defer cancel()
		stored, err := store.ListRules(ctx, q)
		if err != nil {
			return nil, postgres.Wrap("approval.list_rules", err)
		}
		out := &approvalv1.ListRulesResponse{}
		for _, r := range stored {
			out.Rules = append(out.Rules, rule(r))
		}
		return out, nil
	}
}
