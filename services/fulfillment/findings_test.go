package fulfillment_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// Staff see what was found; an admin closes it, once.
func TestFindingIsClosed(t *testing.T) {
	t.Parallel()
	s := play(t)
	const id = "0190d2c4-0000-8000-8000-00000000000a"
	db, err := pgx.Connect(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	if _, err := db.Exec(t.Context(), `insert into findings values ($1, 'unknown_purchase', $2, 'order-9', '', '', '', 'open',
		'Partner Center has it.', 'Look.', $3, $3, null, '', '', 1, 0)`, id, tenant, time.Now()); err != nil {
		t.Fatal(err)
	}
	list := func(all bool) []*fulfillmentv1.Finding {
		t.Helper()
		var reply fulfillmentv1.ListFindingsResponse
		if err := s.rpc.Call(t.Context(), contract.ListFindings, &fulfillmentv1.ListFindingsRequest{All: all}, &reply, s.caller(orderv1.Role_ROLE_TECHNICIAN)); err != nil {
			t.Fatal(err)
		}
		return reply.GetFindings()
	}
	if got := list(false); len(got) != 1 || got[0].GetId() != id || got[0].GetCustomerTenant() != tenant || got[0].GetSentence() != "Partner Center has it." || got[0].ClosedAt != nil {
		t.Fatalf("the list is %v", got)
	}
	err = s.rpc.Call(t.Context(), contract.ListFindings, &fulfillmentv1.ListFindingsRequest{}, &fulfillmentv1.ListFindingsResponse{}, s.caller(orderv1.Role_ROLE_CUSTOMER_ADMIN))
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a customer's list: %v", err)
	}
	req := &fulfillmentv1.CloseFindingRequest{Id: id, Note: "bought by hand"}
	if err := s.rpc.Call(t.Context(), contract.CloseFinding, req, &fulfillmentv1.CloseFindingResponse{}, s.caller(orderv1.Role_ROLE_TECHNICIAN)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("closed by a technician: %v", err)
	}
	var reply fulfillmentv1.CloseFindingResponse
	if err := s.rpc.Call(t.Context(), contract.CloseFinding, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); err != nil {
		t.Fatal(err)
	}
	if f := reply.GetFinding(); f.GetClosedBy().GetName() != "John Smith" || f.GetNote() != "bought by hand" || f.ClosedAt == nil {
		t.Errorf("closed as %v", f)
	}
	if err := s.rpc.Call(t.Context(), contract.CloseFinding, req, &reply, s.caller(orderv1.Role_ROLE_ADMIN)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("closed twice: %v", err)
	}
	if open, all := list(false), list(true); len(open) != 0 || len(all) != 1 {
		t.Errorf("%d open, %d in all", len(open), len(all))
	}
}
