// Package contract is the one list of everything that crosses a service's border:
// events, verdicts, commands, streams and consumers. Subjects, stream topology,
// consumers and NATS permissions all come from here; nobody types a subject by hand.
//
// The list never shrinks: what has been published once is kept readable for ever.
package contract

import (
	"strings"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
)

// Service names one of the parts that speak over NATS.
type Service string

// The services. Portal owns no state; Publisher stands for every other system.
const (
	Intake       Service = "intake"
	Approval     Service = "approval"
	Fulfillment  Service = "fulfillment"
	Notification Service = "notification"
	Portal       Service = "portal"
	Publisher    Service = "publisher"
)

// Event is one type of message in the SEATFLOW stream.
type Event struct {
	// Type is the CloudEvents type: "seatflow.order.submitted.v1".
	Type string
	// Subject is where it is published.
	Subject string
	// Owner alone may publish it.
	Owner Service
	// New returns an empty message of its payload.
	New func() proto.Message
}

func event(owner Service, entity, name string, fresh func() proto.Message) Event {
	return Event{
		Type:    "seatflow." + entity + "." + name + ".v1",
		Subject: "seatflow.events." + entity + "." + name,
		Owner:   owner,
		New:     fresh,
	}
}

// The events, one variable each, so that a typo does not compile.
var (
	OrderSubmitted = event(Intake, "order", "submitted", func() proto.Message { return new(eventv1.OrderSubmitted) })
	OrderDeleted   = event(Intake, "order", "deleted", func() proto.Message { return new(eventv1.OrderDeleted) })

	ApprovalRequested = event(Approval, "approval", "requested", func() proto.Message { return new(eventv1.ApprovalRequested) })
	ApprovalGranted   = event(Approval, "approval", "granted", func() proto.Message { return new(eventv1.ApprovalGranted) })
	ApprovalRejected  = event(Approval, "approval", "rejected", func() proto.Message { return new(eventv1.ApprovalRejected) })
	ApprovalExpired   = event(Approval, "approval", "expired", func() proto.Message { return new(eventv1.ApprovalExpired) })
	ApprovalWithdrawn = event(Approval, "approval", "withdrawn", func() proto.Message { return new(eventv1.ApprovalWithdrawn) })

	ProvisioningScheduled      = event(Fulfillment, "provisioning", "scheduled", func() proto.Message { return new(eventv1.ProvisioningScheduled) })
	ProvisioningStarted        = event(Fulfillment, "provisioning", "started", func() proto.Message { return new(eventv1.ProvisioningStarted) })
	ProvisioningLineSettled    = event(Fulfillment, "provisioning", "line_settled", func() proto.Message { return new(eventv1.ProvisioningLineSettled) })
	ProvisioningWaiting        = event(Fulfillment, "provisioning", "waiting", func() proto.Message { return new(eventv1.ProvisioningWaiting) })
	ProvisioningOutcomeUnknown = event(Fulfillment, "provisioning", "outcome_unknown", func() proto.Message { return new(eventv1.ProvisioningOutcomeUnknown) })
	ProvisioningFinished       = event(Fulfillment, "provisioning", "finished", func() proto.Message { return new(eventv1.ProvisioningFinished) })
	ProvisioningFailed         = event(Fulfillment, "provisioning", "failed", func() proto.Message { return new(eventv1.ProvisioningFailed) })
	ProvisioningCancelled      = event(Fulfillment, "provisioning", "cancelled", func() proto.Message { return new(eventv1.ProvisioningCancelled) })

	NotificationSent   = event(Notification, "notification", "sent", func() proto.Message { return new(eventv1.NotificationSent) })
	NotificationFailed = event(Notification, "notification", "failed", func() proto.Message { return new(eventv1.NotificationFailed) })
)

// Events is every event, in the order of an order's life.
var Events = []Event{
	OrderSubmitted, OrderDeleted,
	ApprovalRequested, ApprovalGranted, ApprovalRejected, ApprovalExpired, ApprovalWithdrawn,
	ProvisioningScheduled, ProvisioningStarted, ProvisioningLineSettled, ProvisioningWaiting,
	ProvisioningOutcomeUnknown, ProvisioningFinished, ProvisioningFailed, ProvisioningCancelled,
	NotificationSent, NotificationFailed,
}

// DeadLetterNotice is the notice of an input put aside; each service has its own subject for it.
func DeadLetterNotice(s Service) Event {
	return Event{
		Type: DeadLetterType, Subject: DeadSubject(s), Owner: s,
		New: func() proto.Message { return new(eventv1.DeadLetter) },
	}
}

var bySubject = func() map[string]Event {
	m := make(map[string]Event, len(Events))
	for _, e := range Events {
		m[e.Subject] = e
	}
	for _, s := range EngineServices {
		m[DeadSubject(s)] = DeadLetterNotice(s)
	}
	return m
}()

// EventAt returns the event, or the notice of a dead letter, published at a subject.
func EventAt(subject string) (Event, bool) {
	e, ok := bySubject[subject]
	return e, ok
}

// VerdictType is the CloudEvents type of a verdict on an inbox order.
const VerdictType = "seatflow.order.verdict.v1"

// DeadLetterType is the CloudEvents type of a dead letter's notice.
const DeadLetterType = "seatflow.dead.letter.v1"

const (
	inboxPrefix   = "seatflow.inbox."
	verdictPrefix = "seatflow.verdicts."
	deadPrefix    = "seatflow.dead."
)

// InboxSubject is where a publisher puts its orders.
func InboxSubject(source string) string { return inboxPrefix + source }

// VerdictSubject is where a publisher reads what became of them.
func VerdictSubject(source string) string { return verdictPrefix + source }

// DeadSubject is where a service tells of an input it put aside.
func DeadSubject(s Service) string { return deadPrefix + string(s) }

// InboxSource returns the publisher's name in an inbox subject; ok is false for any other subject.
func InboxSource(subject string) (source string, ok bool) {
	source, ok = strings.CutPrefix(subject, inboxPrefix)
	return source, ok && source != "" && !strings.ContainsAny(source, ".*> ")
}
