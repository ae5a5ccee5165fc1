package handlers

import (
	"cmp"
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// queryTimeout bounds one read; callers that wait less bring their own deadline.
const queryTimeout = 2 * time.Second

// usualFindings is how many findings are listed when the question names no number.
const usualFindings = 100

// Queries answers what only reads.
func Queries(q engine.Querier, a Access) []rpc.Query {
	return []rpc.Query{
		{Method: contract.ListOverdue, Handle: listOverdue(q, a.Pace)},
		{Method: contract.ListFindings, Handle: listFindings(q)},
		{Method: contract.GetVendorState, Handle: vendorState(q, a)},
	}
}

// listFindings shows the partner's staff what our records and the vendor's disagree about.
func listFindings(q engine.Querier) rpc.Handle {
	return func(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
		if !staff(m.Caller.Role) {
			return nil, fault.New(fault.Forbidden, "staff_only", "Only admins and technicians may see findings.")
		}
		r := req.(*fulfillmentv1.ListFindingsRequest)
		ctx, cancel := context.WithTimeoutCause(ctx, queryTimeout, errors.New("fulfillment: findings timeout"))
		defer cancel()
		rows, err := store.ListFindings(ctx, q, r.GetAll(), cmp.Or(int(r.GetLimit()), usualFindings))
		if err != nil {
			return nil, postgres.Wrap("fulfillment.list_findings", err)
		}
		out := &fulfillmentv1.ListFindingsResponse{Findings: make([]*fulfillmentv1.Finding, len(rows))}
		for i, row := range rows {
			out.Findings[i] = finding(row.ID, row.State)
		}
		return out, nil
	}
}

// findingRefs names the finding that a command is about.
func findingRefs(m proto.Message, _ engine.Meta) ([]engine.Ref, error) {
	id, ok := canonical(m.(*fulfillmentv1.CloseFindingRequest).GetId())
	if !ok {
		return nil, fault.New(fault.Invalid, "not_a_uuid", "The finding's id is not a UUID.").At("id")
	}
	return []engine.Ref{{Kind: store.FindingKind, ID: id}}, nil
}

func (s *Service) closeFinding(t *engine.Turn) error {
	ref, caller := t.Refs[0], t.Meta.Caller
	if caller.Role != orderv1.Role_ROLE_ADMIN {
		return fault.New(fault.Forbidden, "admins_only", "Only admins may close findings.").On("finding " + ref.ID)
	}
	f, _ := engine.Get[domain.Finding](t, ref)
	f, err := f.CloseBy(author(caller), t.Body.(*fulfillmentv1.CloseFindingRequest).GetNote(), t.Now)
	if err != nil {
		return fault.As(err).On("finding " + ref.ID)
	}
	engine.Put(t, ref, f)
	t.Reply(&fulfillmentv1.CloseFindingResponse{Finding: finding(ref.ID, f)})
	return nil
}

func finding(id string, f domain.Finding) *fulfillmentv1.Finding {
	out := &fulfillmentv1.Finding{
		Id: id, Kind: string(f.Kind), CustomerTenant: f.Customer, VendorOrderId: f.VendorOrder, VendorSubscriptionId: f.Subscription,
		OrderId: f.Order, Sentence: f.Detail, Hint: f.Hint, FoundAt: timestamppb.New(f.FoundAt), ClosedBy: person(f.ClosedBy), Note: f.Note,
	}
	if !f.ClosedAt.IsZero() {
		out.ClosedAt = timestamppb.New(f.ClosedAt)
	}
	return out
}
