package handlers

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// statuses are the product's words for fulfillment's.
var statuses = map[domain.Status]orderv1.Status{
	domain.Scheduled:           orderv1.Status_STATUS_SCHEDULED,
	domain.Processing:          orderv1.Status_STATUS_PROCESSING,
	domain.WaitingOnVendor:     orderv1.Status_STATUS_WAITING_ON_VENDOR,
	domain.OutcomeUnknown:      orderv1.Status_STATUS_OUTCOME_UNKNOWN,
	domain.Failed:              orderv1.Status_STATUS_FAILED,
	domain.CompletedWithErrors: orderv1.Status_STATUS_COMPLETED_WITH_ERRORS,
	domain.Completed:           orderv1.Status_STATUS_COMPLETED,
	domain.Cancelled:           orderv1.Status_STATUS_CANCELLED,
}

var lineStatuses = map[domain.LineStatus]orderv1.LineStatus{
	domain.LinePending:      orderv1.LineStatus_LINE_STATUS_PENDING,
	domain.LineHeld:         orderv1.LineStatus_LINE_STATUS_HELD,
	domain.LineInFlight:     orderv1.LineStatus_LINE_STATUS_IN_FLIGHT,
	domain.LineUnknown:      orderv1.LineStatus_LINE_STATUS_UNKNOWN,
	domain.LineProvisioning: orderv1.LineStatus_LINE_STATUS_PROVISIONING,
	domain.LineFulfilled:    orderv1.LineStatus_LINE_STATUS_FULFILLED,
	domain.LineUnfulfilled:  orderv1.LineStatus_LINE_STATUS_UNFULFILLED,
	domain.LineFailed:       orderv1.LineStatus_LINE_STATUS_FAILED,
	domain.LineCancelled:    orderv1.LineStatus_LINE_STATUS_CANCELLED,
}

var owners = map[domain.Owner]orderv1.Owner{
	domain.OwnerVendor: orderv1.Owner_OWNER_VENDOR, domain.OwnerPartner: orderv1.Owner_OWNER_PARTNER, domain.OwnerCustomer: orderv1.Owner_OWNER_CUSTOMER,
}

// view is fulfillment's whole view of the order and its lines.
func view(o *domain.Order) *orderv1.View {
	v := &orderv1.View{Status: statuses[o.Status], Lines: make([]*orderv1.LineView, len(o.Lines))}
	v.Sentence, v.Hint = o.Sentence()
	for i := range o.Lines {
		l := &o.Lines[i]
		v.Lines[i] = &orderv1.LineView{
			Number: l.Number, Status: lineStatuses[l.Status],
			Detail: l.Trouble.Detail, Hint: l.Trouble.Hint, Code: l.Trouble.Code,
			VendorOrderId: l.VendorOrder, VendorSubscriptionId: l.Subscription,
		}
		v.Lines[i].SeatsFulfilled, v.Lines[i].SeatsOrdered = o.Seats(l)
		v.Lines[i].ActivationLinks, v.Lines[i].WaitsFor = l.Links, owners[l.WaitsFor()]
		if at := o.NextLook(l); !at.IsZero() {
			v.Lines[i].NextLookAt = timestamppb.New(at)
		}
		if !l.AskedSince.IsZero() {
			v.Lines[i].NeedsPersonSince = timestamppb.New(l.AskedSince)
		}
	}
	return v
}

// position is where the order's row of fulfillment's events stands.
func position(t *engine.Turn, ref engine.Ref) *orderv1.Position {
	return &orderv1.Position{Owner: string(contract.Fulfillment), Sequence: t.Sequence(ref)}
}

// told is the event that says what has been decided.
func told(d domain.Decision) (contract.Event, proto.Message) {
	v, o, by := view(d.Order), d.Order.Approved, person(d.By)
	switch d.Event {
	case domain.EventScheduled:
		return contract.ProvisioningScheduled, &eventv1.ProvisioningScheduled{View: v, Order: o, By: by}
	case domain.EventStarted:
		return contract.ProvisioningStarted, &eventv1.ProvisioningStarted{View: v, Order: o, By: by}
	case domain.EventWaiting:
		return contract.ProvisioningWaiting, &eventv1.ProvisioningWaiting{View: v, Order: o, By: by}
	case domain.EventOutcomeUnknown:
		return contract.ProvisioningOutcomeUnknown, &eventv1.ProvisioningOutcomeUnknown{View: v, Order: o, By: by}
	case domain.EventFinished:
		return contract.ProvisioningFinished, &eventv1.ProvisioningFinished{View: v, Order: o, By: by}
	case domain.EventFailed:
		return contract.ProvisioningFailed, &eventv1.ProvisioningFailed{View: v, Order: o, By: by}
	case domain.EventCancelled:
		return contract.ProvisioningCancelled, &eventv1.ProvisioningCancelled{View: v, Order: o, By: by}
	default:
		return contract.ProvisioningLineSettled, &eventv1.ProvisioningLineSettled{View: v, Order: o, By: by}
	}
}

// author is the sender of a command, as the domain keeps them.
func author(c rpc.Caller) domain.Person {
	return domain.Person{
		Issuer: c.Issuer, Subject: c.Subject, Name: c.Name, Email: c.Email, Role: int32(c.Role), Tenant: c.Tenant,
	}
}

// person is the contract's word for somebody; nil for nobody.
func person(p domain.Person) *orderv1.Person {
	if p == (domain.Person{}) {
		return nil
	}
	return &orderv1.Person{
		Issuer: p.Issuer, Subject: p.Subject, Name: p.Name, Email: p.Email, Role: orderv1.Role(p.Role), Tenant: p.Tenant,
	}
}
