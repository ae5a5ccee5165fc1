package contract

import (
	"google.golang.org/protobuf/proto"

	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	notificationv1 "github.com/seatflow/seatflow/proto/gen/seatflow/notification/v1"
	opsv1 "github.com/seatflow/seatflow/proto/gen/seatflow/ops/v1"
)

// Method is one NATS micro endpoint: a command (it changes something) or a query.
type Method struct {
	Service Service
	Name    string
	Command bool
	// Request and Reply return empty messages.
	Request func() proto.Message
	Reply   func() proto.Message
}

// Subject is where the method listens: "seatflow.intake.v1.PlaceOrder".
func (m Method) Subject() string { return "seatflow." + string(m.Service) + ".v1." + m.Name }

func method(s Service, name string, command bool, req, rep func() proto.Message) Method {
	return Method{Service: s, Name: name, Command: command, Request: req, Reply: rep}
}

// The methods, one variable each.
var (
	PlaceOrder = method(Intake, "PlaceOrder", true,
		func() proto.Message { return new(intakev1.PlaceOrderRequest) }, func() proto.Message { return new(intakev1.PlaceOrderResponse) })
	GetOrder = method(Intake, "GetOrder", false,
		func() proto.Message { return new(intakev1.GetOrderRequest) }, func() proto.Message { return new(intakev1.GetOrderResponse) })
	ListOrders = method(Intake, "ListOrders", false,
		func() proto.Message { return new(intakev1.ListOrdersRequest) }, func() proto.Message { return new(intakev1.ListOrdersResponse) })
	GetTimeline = method(Intake, "GetTimeline", false,
		func() proto.Message { return new(intakev1.GetTimelineRequest) }, func() proto.Message { return new(intakev1.GetTimelineResponse) })

	ApproveOrder = method(Approval, "Approve", true,
		func() proto.Message { return new(approvalv1.ApproveRequest) }, func() proto.Message { return new(approvalv1.ApproveResponse) })
	RejectOrder = method(Approval, "Reject", true,
		func() proto.Message { return new(approvalv1.RejectRequest) }, func() proto.Message { return new(approvalv1.RejectResponse) })
	WithdrawOrder = method(Approval, "Cancel", true,
		func() proto.Message { return new(approvalv1.CancelRequest) }, func() proto.Message { return new(approvalv1.CancelResponse) })
	ListRules = method(Approval, "ListRules", false,
		func() proto.Message { return new(approvalv1.ListRulesRequest) }, func() proto.Message { return new(approvalv1.ListRulesResponse) })
	SetRule = method(Approval, "SetRule", true,
		func() proto.Message { return new(approvalv1.SetRuleRequest) }, func() proto.Message { return new(approvalv1.SetRuleResponse) })

	RetryOrder = method(Fulfillment, "Retry", true,
		func() proto.Message { return new(fulfillmentv1.RetryRequest) }, func() proto.Message { return new(fulfillmentv1.RetryResponse) })
	CancelOrder = method(Fulfillment, "Cancel", true,
		func() proto.Message { return new(fulfillmentv1.CancelRequest) }, func() proto.Message { return new(fulfillmentv1.CancelResponse) })
	NudgeOrder = method(Fulfillment, "Nudge", true,
		func() proto.Message { return new(fulfillmentv1.NudgeRequest) }, func() proto.Message { return new(fulfillmentv1.NudgeResponse) })
	AttachPurchaseOrder = method(Fulfillment, "AttachPurchaseOrder", true,
		func() proto.Message { return new(fulfillmentv1.AttachPurchaseOrderRequest) }, func() proto.Message { return new(fulfillmentv1.AttachPurchaseOrderResponse) })
	SettleOutcome = method(Fulfillment, "SettleOutcome", true,
		func() proto.Message { return new(fulfillmentv1.SettleOutcomeRequest) }, func() proto.Message { return new(fulfillmentv1.SettleOutcomeResponse) })
	ListOverdue = method(Fulfillment, "ListOverdue", false,
		func() proto.Message { return new(fulfillmentv1.ListOverdueRequest) }, func() proto.Message { return new(fulfillmentv1.ListOverdueResponse) })
	SetSubmissions = method(Fulfillment, "SetSubmissions", true,
		func() proto.Message { return new(fulfillmentv1.SetSubmissionsRequest) }, func() proto.Message { return new(fulfillmentv1.SetSubmissionsResponse) })
	GetVendorState = method(Fulfillment, "GetVendorState", false,
		func() proto.Message { return new(fulfillmentv1.GetVendorStateRequest) }, func() proto.Message { return new(fulfillmentv1.GetVendorStateResponse) })
	ListFindings = method(Fulfillment, "ListFindings", false,
		func() proto.Message { return new(fulfillmentv1.ListFindingsRequest) }, func() proto.Message { return new(fulfillmentv1.ListFindingsResponse) })
	CloseFinding = method(Fulfillment, "CloseFinding", true,
		func() proto.Message { return new(fulfillmentv1.CloseFindingRequest) }, func() proto.Message { return new(fulfillmentv1.CloseFindingResponse) })
	Reconcile = method(Fulfillment, "Reconcile", true,
		func() proto.Message { return new(fulfillmentv1.ReconcileRequest) }, func() proto.Message { return new(fulfillmentv1.ReconcileResponse) })

	ListDeliveries = method(Notification, "ListDeliveries", false,
		func() proto.Message { return new(notificationv1.ListDeliveriesRequest) }, func() proto.Message { return new(notificationv1.ListDeliveriesResponse) })
)

// ListDeadLetters lists what a service has put aside. It, ReplayDeadLetter and DiscardDeadLetter exist in every service that has an engine.
func ListDeadLetters(s Service) Method {
	return method(s, "ListDeadLetters", false,
		func() proto.Message { return new(opsv1.ListDeadLettersRequest) }, func() proto.Message { return new(opsv1.ListDeadLettersResponse) })
}

// ReplayDeadLetter feeds a letter to its service again.
func ReplayDeadLetter(s Service) Method {
	return method(s, "ReplayDeadLetter", true,
		func() proto.Message { return new(opsv1.ReplayDeadLetterRequest) }, func() proto.Message { return new(opsv1.ReplayDeadLetterResponse) })
}

// DiscardDeadLetter closes a letter.
func DiscardDeadLetter(s Service) Method {
	return method(s, "DiscardDeadLetter", true,
		func() proto.Message { return new(opsv1.DiscardDeadLetterRequest) }, func() proto.Message { return new(opsv1.DiscardDeadLetterResponse) })
}

// EngineServices are the services with state of their own.
var EngineServices = []Service{Intake, Approval, Fulfillment, Notification}

// Methods is every endpoint.
var Methods = func() []Method {
	ms := []Method{
		PlaceOrder, GetOrder, ListOrders, GetTimeline,
		ApproveOrder, RejectOrder, WithdrawOrder, ListRules, SetRule,
		RetryOrder, CancelOrder, NudgeOrder, AttachPurchaseOrder, SettleOutcome, ListOverdue, SetSubmissions, GetVendorState, ListFindings, CloseFinding, Reconcile,
		ListDeliveries,
	}
	for _, s := range EngineServices {
		ms = append(ms, ListDeadLetters(s), ReplayDeadLetter(s), DiscardDeadLetter(s))
	}
	return ms
}()
