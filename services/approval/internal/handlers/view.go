package handlers

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

// zero clears a timer.
var zero time.Time

// statuses are the product's words for approval's states. Granted has two.
var statuses = map[domain.State]orderv1.Status{
	domain.Awaiting:  orderv1.Status_STATUS_AWAITING_APPROVAL,
	domain.Granted:   orderv1.Status_STATUS_PROCESSING,
	domain.Rejected:  orderv1.Status_STATUS_REJECTED,
	domain.Expired:   orderv1.Status_STATUS_EXPIRED,
	domain.Withdrawn: orderv1.Status_STATUS_CANCELLED,
}

// view is approval's whole view of the order and its lines.
func view(r domain.Request, now time.Time) *orderv1.View {
	v := &orderv1.View{Status: statuses[r.State], Sentence: r.Sentence(now), Hint: r.Hint()}
	if r.Scheduled(now) {
		v.Status = orderv1.Status_STATUS_SCHEDULED
	}
	line := orderv1.LineStatus_LINE_STATUS_PENDING
	if r.State != domain.Awaiting && r.State != domain.Granted {
		line = orderv1.LineStatus_LINE_STATUS_CANCELLED
	}
	lines := r.Order.GetLines()
	v.Lines = make([]*orderv1.LineView, len(lines))
	for i, l := range lines {
		v.Lines[i] = &orderv1.LineView{Number: l.GetNumber(), Status: line}
	}
	return v
}

// position is where the order's row of approval's events stands.
func position(t *engine.Turn, ref engine.Ref) *orderv1.Position {
	return &orderv1.Position{Owner: string(contract.Approval), Sequence: t.Sequence(ref)}
}

func reasons(rs []domain.Reason) []*eventv1.Reason {
	out := make([]*eventv1.Reason, len(rs))
	for i, r := range rs {
		out[i] = &eventv1.Reason{Rule: r.Rule, Sentence: r.Sentence}
	}
	return out
}

func decision(d domain.Decision) *eventv1.Decision {
	return &eventv1.Decision{By: d.By, At: timestamppb.New(d.At), Note: d.Note, Automatic: d.Automatic}
}

func rule(r domain.Rule) *approvalv1.Rule {
	return &approvalv1.Rule{Name: r.Name, Active: r.Active, Threshold: r.Amount(), Sentence: r.Sentence(), Version: r.Version()}
}
