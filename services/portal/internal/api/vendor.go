package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

const (
	submissionsPath = "/api/ops/submissions"
	vendorPath      = "/api/ops/vendor"
)

// Submissions says whether anything is sent that buys or changes something at the vendor.
type Submissions struct {
	Paused  bool       `json:"paused" doc:"Whether everything that buys or changes something is held back. Nothing is lost, and what only looks goes on."`
	Reason  string     `json:"reason,omitempty" example:"Microsoft announced maintenance."`
	By      *Person    `json:"by,omitempty" doc:"Who switched it last."`
	At      *time.Time `json:"at,omitempty" doc:"When, UTC."`
	Waiting int64      `json:"waiting" doc:"Calls that wait because of it." example:"12"`
}

// SubmissionsChange holds submissions back or lets them go.
type SubmissionsChange struct {
	Paused bool   `json:"paused" doc:"true holds everything back that buys or changes something, false lets it go again." example:"true"`
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why; needed to hold back." example:"Microsoft announced maintenance."`
}

// VendorState is what is known of Partner Center as a place to send requests to.
type VendorState struct {
	Submissions Submissions `json:"submissions"`
	Budgets     []Budget    `json:"budgets" nullable:"false" doc:"How much of each of the vendor's resources may be asked."`
	Breaker     string      `json:"breaker" doc:"closed: requests go out. open: the vendor fails, so only probes do. half_open: a few try whether it works again." example:"closed"`
	DryRun      bool        `json:"dry_run" doc:"Whether what would buy or change something is logged instead of sent, by the setting of the replica that answers."`

	Reconciliations []Reconciliation `json:"reconciliations" nullable:"false" doc:"How far our records are compared with the vendor's: of all customers, and of single ones while that is under way."`
}

// Budget is the allowance of requests for one of the vendor's resources, shared by all replicas.
type Budget struct {
	Resource     string     `json:"resource" example:"orders"`
	PerMinute    int32      `json:"per_minute" doc:"Requests that the vendor allows." example:"500"`
	BlockedUntil *time.Time `json:"blocked_until,omitempty" doc:"The vendor has asked for silence until then, UTC."`
	Waiting      int64      `json:"waiting" doc:"Calls that are due and wait for the allowance."`
}

type submissionsOutput struct{ Body Submissions }

type setSubmissionsInput struct {
	Key
	Body SubmissionsChange
}

type vendorOutput struct{ Body VendorState }

func (s *Server) vending() {
	tags := []string{"Operations"}
	register(s, huma.Operation{
		OperationID: "get-submissions", Method: http.MethodGet, Path: submissionsPath, Tags: tags, Summary: "Whether submissions are held back",
		Description: "For admins.",
	}, admins, s.submissions)
	register(s, huma.Operation{
		OperationID: "set-submissions", Method: http.MethodPut, Path: submissionsPath, Tags: tags, Summary: "Hold submissions back, or let them go",
		Description: "Holds back everything that buys or changes something at the vendor, in all replicas, and loses nothing. For admins.",
	}, admins, s.setSubmissions)
	register(s, huma.Operation{
		OperationID: "get-vendor-state", Method: http.MethodGet, Path: vendorPath, Tags: tags, Summary: "How it stands with the vendor",
		Description: "Whether submissions are held back, the allowances of requests, the circuit breaker and the dry run of the replica that answers, and how far our records are compared with the vendor's. " +
			"What each of the vendor's codes means, and what to do, stands in docs/vendor-codes.md. For admins.",
	}, admins, s.vendor)
}

func (s *Server) state(ctx context.Context) (*fulfillmentv1.GetVendorStateResponse, error) {
	var reply fulfillmentv1.GetVendorStateResponse
	if err := s.call(ctx, contract.GetVendorState, &fulfillmentv1.GetVendorStateRequest{}, &reply, ""); err != nil {
		return nil, err
	}
	return &reply, nil
}

func (s *Server) submissions(ctx context.Context, _ *struct{}) (*submissionsOutput, error) {
	reply, err := s.state(ctx)
	if err != nil {
		return nil, err
	}
	return &submissionsOutput{submissions(ctx, reply.GetSubmissions())}, nil
}

func (s *Server) setSubmissions(ctx context.Context, in *setSubmissionsInput) (*submissionsOutput, error) {
	if in.Body.Paused && in.Body.Reason == "" {
		return nil, fault.New(fault.Invalid, "required", "Say why submissions are held back.").At("reason").
			Hinted("Others read it while they wait.")
	}
	req := &fulfillmentv1.SetSubmissionsRequest{Paused: in.Body.Paused, Reason: in.Body.Reason}
	var reply fulfillmentv1.SetSubmissionsResponse
	if err := s.call(ctx, contract.SetSubmissions, req, &reply, in.IdempotencyKey); err != nil {
		return nil, err
	}
	return &submissionsOutput{submissions(ctx, reply.GetSubmissions())}, nil
}

func (s *Server) vendor(ctx context.Context, _ *struct{}) (*vendorOutput, error) {
	reply, err := s.state(ctx)
	if err != nil {
		return nil, err
	}
	out := VendorState{
		Submissions: submissions(ctx, reply.GetSubmissions()), Breaker: reply.GetBreaker(), DryRun: reply.GetDryRun(), Budgets: make([]Budget, len(reply.GetBudgets())),
	}
	for i, b := range reply.GetBudgets() {
		out.Budgets[i] = Budget{Resource: b.GetResource(), PerMinute: b.GetPerMinute(), BlockedUntil: moment(b.GetBlockedUntil()), Waiting: b.GetWaiting()}
	}
	out.Reconciliations = make([]Reconciliation, len(reply.GetReconciliations()))
	for i, r := range reply.GetReconciliations() {
		out.Reconciliations[i] = reconciliation(r)
	}
	return &vendorOutput{out}, nil
}

func submissions(ctx context.Context, s *fulfillmentv1.Submissions) Submissions {
	out := Submissions{Paused: s.GetPaused(), Reason: s.GetReason(), At: moment(s.GetAt()), Waiting: s.GetWaiting()}
	if s.GetBy() != nil {
		who := page{recentLabel, visit.From(ctx).Caller}.person(s.GetBy())
		out.By = &who
	}
	return out
}
