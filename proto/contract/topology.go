package contract

import "time"

// Stream is one JetStream stream, created by setup and only checked by services.
type Stream struct {
	Name     string
	Subjects []string
	// MaxAge is how long a message stays; the journals keep twice that.
	MaxAge time.Duration
	// MaxBytes refuses new messages when reached, so that nothing unread is dropped.
	MaxBytes int64
	// Dedupe is the window in which a repeated id is dropped. Nothing relies on it.
	Dedupe time.Duration
}

// The streams.
var (
	InboxStream = Stream{
		Name: "SEATFLOW_INBOX", Subjects: []string{inboxPrefix + "*"},
		MaxAge: 7 * 24 * time.Hour, MaxBytes: 16 << 30, Dedupe: 30 * time.Second,
	}
	EventStream = Stream{
		Name: "SEATFLOW", Subjects: []string{"seatflow.events.>", verdictPrefix + "*", deadPrefix + "*"},
		MaxAge: 7 * 24 * time.Hour, MaxBytes: 32 << 30, Dedupe: 30 * time.Second,
	}
	Streams = []Stream{InboxStream, EventStream}
)

// Consumer is one durable pull consumer, shared by a service's replicas.
type Consumer struct {
	Service Service
	Stream  string
	// Name is the durable's name and part of the contract: renaming it starts over.
	Name    string
	Filters []string
}

// Consumers is every durable consumer. No service consumes order.deleted: intake, which
// owns it, keeps the book itself. It is published for other systems, as verdicts are.
var Consumers = []Consumer{
	{Service: Intake, Stream: InboxStream.Name, Name: "intake-inbox", Filters: []string{inboxPrefix + "*"}},
	{Service: Intake, Stream: EventStream.Name, Name: "intake-book", Filters: []string{
		"seatflow.events.approval.*", "seatflow.events.provisioning.*", "seatflow.events.notification.*", deadPrefix + "*",
	}},
	{Service: Approval, Stream: EventStream.Name, Name: "approval", Filters: []string{OrderSubmitted.Subject}},
	{Service: Fulfillment, Stream: EventStream.Name, Name: "fulfillment", Filters: []string{ApprovalGranted.Subject}},
	{Service: Notification, Stream: EventStream.Name, Name: "notification", Filters: []string{
		ApprovalRequested.Subject, ApprovalRejected.Subject, ApprovalExpired.Subject, ApprovalWithdrawn.Subject,
		ProvisioningWaiting.Subject, ProvisioningOutcomeUnknown.Subject,
		ProvisioningFinished.Subject, ProvisioningFailed.Subject, ProvisioningCancelled.Subject,
	}},
}

// ConsumersOf returns a service's consumers.
func ConsumersOf(s Service) []Consumer {
	var out []Consumer
	for _, c := range Consumers {
		if c.Service == s {
			out = append(out, c)
		}
	}
	return out
}
