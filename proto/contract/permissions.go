package contract

import "slices"

// Permissions are the subjects one NATS user may publish to and subscribe to.
// Everything else is denied.
type Permissions struct {
	Publish   []string
	Subscribe []string
	// Respond lets the user answer a request at its reply subject, once. Only services with
	// endpoints may: every event that a publisher reads carries its sender's inbox as reply
	// subject, and an answer there would pass for the broker's acknowledgement.
	Respond bool
}

// InboxPrefix is a user's own reply inbox, which nobody else may read.
// Publishers are told apart by their source.
func InboxPrefix(user string) string { return "_INBOX_" + user }

// jsAPI is the root of JetStream's request subjects.
const jsAPI = "$JS.API."

// ackSubjects are where the messages of one consumer are acknowledged. The second form
// names domain and account too and has 11 tokens or more. It must not match the first
// one's 9: "$JS.ACK.<stream>.<other consumer>.<stream>.<own consumer>.3.4.5" would be an
// acknowledgement to the other consumer, and "+NXT" sent there pulls its messages.
func ackSubjects(stream, consumer string) []string {
	name := stream + "." + consumer
	return []string{"$JS.ACK." + name + ".>", "$JS.ACK.*.*." + name + ".*.*.*.*.>"}
}

// PermissionsOf is what a service needs, and no more: its own events, its own
// consumers, its own endpoints. Streams and consumers are made by setup alone.
func PermissionsOf(s Service) Permissions {
	p := Permissions{Subscribe: []string{InboxPrefix(string(s)) + ".>"}}
	if s == Portal {
		for _, m := range Methods {
			p.Publish = append(p.Publish, m.Subject())
		}
		p.Publish = append(p.Publish, "$SRV.>")
		p.Subscribe = append(p.Subscribe, "seatflow.events.>")
		return p
	}
	p.Publish = append(p.Publish, Subjects(s)...)
	for _, st := range Streams {
		p.Publish = append(p.Publish, jsAPI+"STREAM.INFO."+st.Name)
	}
	// Healing looks at the stream's tail and reads the service's own events back.
	heal := HealConsumer(s)
	p.Publish = append(p.Publish,
		jsAPI+"DIRECT.GET."+EventStream.Name,
		jsAPI+"CONSUMER.CREATE."+EventStream.Name+"."+heal,
		jsAPI+"CONSUMER.CREATE."+EventStream.Name+"."+heal+".>",
		jsAPI+"CONSUMER.INFO."+EventStream.Name+"."+heal,
		jsAPI+"CONSUMER.MSG.NEXT."+EventStream.Name+"."+heal,
		jsAPI+"CONSUMER.DELETE."+EventStream.Name+"."+heal,
	)
	for _, c := range ConsumersOf(s) {
		p.Publish = append(p.Publish,
			jsAPI+"CONSUMER.INFO."+c.Stream+"."+c.Name,
			jsAPI+"CONSUMER.MSG.NEXT."+c.Stream+"."+c.Name,
			jsAPI+"CONSUMER.RESET."+c.Stream+"."+c.Name,
		)
		p.Publish = append(p.Publish, ackSubjects(c.Stream, c.Name)...)
	}
	for _, m := range Methods {
		if m.Service == s {
			p.Subscribe, p.Respond = append(p.Subscribe, m.Subject()), true
		}
	}
	p.Subscribe = append(p.Subscribe,
		"$SRV.*", "$SRV.*."+string(s), "$SRV.*."+string(s)+".>")
	return p
}

// HealConsumer is the short-lived consumer with which a service reads its own events back.
func HealConsumer(s Service) string { return "heal-" + string(s) }

// Subjects are where a service publishes in the event stream.
func Subjects(s Service) []string {
	var out []string
	for _, e := range Events {
		if e.Owner == s {
			out = append(out, e.Subject)
		}
	}
	if s == Intake {
		out = append(out, verdictPrefix+"*")
	}
	return append(out, DeadSubject(s))
}

// PublisherEvents and PublisherVerdicts are the only consumers another system may make,
// so that no publisher can read from, or acknowledge for, a service.
func PublisherEvents(source string) string { return "publisher-" + source + "-events" }

// PublisherVerdicts is the consumer of a publisher's own verdicts.
func PublisherVerdicts(source string) string { return "publisher-" + source + "-verdicts" }

// PublisherPermissions is what another system gets: its own inbox subject, its own
// verdicts, and the events, live or replayed through one of its two consumers.
func PublisherPermissions(source string) Permissions {
	p := Permissions{
		Publish: []string{InboxSubject(source), jsAPI + "STREAM.INFO." + EventStream.Name},
		Subscribe: []string{
			InboxPrefix(source) + ".>",
			VerdictSubject(source),
			"seatflow.events.>",
		},
	}
	for name, filter := range map[string]string{
		PublisherEvents(source):   "seatflow.events.>",
		PublisherVerdicts(source): VerdictSubject(source),
	} {
		p.Publish = append(p.Publish,
			jsAPI+"CONSUMER.CREATE."+EventStream.Name+"."+name+"."+filter,
			jsAPI+"CONSUMER.MSG.NEXT."+EventStream.Name+"."+name,
			jsAPI+"CONSUMER.INFO."+EventStream.Name+"."+name,
			jsAPI+"CONSUMER.DELETE."+EventStream.Name+"."+name,
		)
		p.Publish = append(p.Publish, ackSubjects(EventStream.Name, name)...)
	}
	slices.Sort(p.Publish)
	return p
}
