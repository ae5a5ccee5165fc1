package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
)

const reconciliationsPath = "/api/ops/reconciliations"

// Reconciliation is a comparison of our records with the vendor's.
type Reconciliation struct {
	CustomerTenant string     `json:"customer_tenant,omitempty" doc:"Absent: all customers."`
	UnderWay       bool       `json:"under_way"`
	StartedAt      *time.Time `json:"started_at,omitempty" doc:"When the one under way began, or the last one, UTC."`
	EndedAt        *time.Time `json:"ended_at,omitempty" doc:"When the last one ended, UTC."`
	DueAt          *time.Time `json:"due_at,omitempty" doc:"When the next look is due, or the next comparison begins, UTC."`
	Customers      int64      `json:"customers,omitempty" doc:"Of all customers, while it is under way: how many there are."`
	Done           int64      `json:"done,omitempty" doc:"How many of them are done."`
}

// ReconciliationBegun is one that was asked for.
type ReconciliationBegun struct {
	Reconciliation
	Started bool `json:"started" doc:"Whether this request began it; else it was under way."`
}

// ReconciliationAsk says whose records are to be compared.
type ReconciliationAsk struct {
	CustomerTenant string `json:"customer_tenant,omitempty" format:"uuid" doc:"The customer's tenant; absent: all customers, one after the other."`
}

type reconcileInput struct {
	Key
	Body *ReconciliationAsk
}

type reconcileOutput struct{ Body ReconciliationBegun }

func (s *Server) reconciling() {
	register(s, huma.Operation{
		OperationID: "reconcile", Method: http.MethodPost, Path: reconciliationsPath, Tags: []string{"Operations"},
		DefaultStatus: http.StatusAccepted, Summary: "Compare our records with the vendor's now",
		Description: "Begins it and does not wait; get-vendor-state tells how far it is, list-findings what it found. " +
			"While it is under way no other begins. It buys and changes nothing. For admins.",
	}, admins, s.reconcile)
}

func (s *Server) reconcile(ctx context.Context, in *reconcileInput) (*reconcileOutput, error) {
	req := new(fulfillmentv1.ReconcileRequest)
	if in.Body != nil {
		req.CustomerTenant = in.Body.CustomerTenant
	}
	var reply fulfillmentv1.ReconcileResponse
	if err := s.call(ctx, contract.Reconcile, req, &reply, in.IdempotencyKey); err != nil {
		return nil, err
	}
	return &reconcileOutput{ReconciliationBegun{reconciliation(reply.GetReconciliation()), reply.GetStarted()}}, nil
}

func reconciliation(r *fulfillmentv1.Reconciliation) Reconciliation {
	return Reconciliation{
		CustomerTenant: r.GetCustomerTenant(), UnderWay: r.GetUnderWay(), StartedAt: moment(r.GetStartedAt()), EndedAt: moment(r.GetEndedAt()),
		DueAt: moment(r.GetDueAt()), Customers: r.GetCustomers(), Done: r.GetDone(),
	}
}
