package contract

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

// allEvents is every event of every service.
const allEvents = "seatflow.events.>"

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
		p.Subscribe = append(p.Subscribe, allEvents)
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

// Account is the NATS account of the services, the portal and the deploy identity. It has
// the streams. Publishers are outside: within one account whoever may make the broker
// answer can have it publish anywhere by the reply subject it names, since NATS checks
// rights on subjects, not on replies.
const Account = "SEATFLOW"

// PublisherAccount is the NATS account that one publisher has for itself.
func PublisherAccount(source string) string { return "PUBLISHER_" + source }

// Import is what one account gets of [Account]'s subjects.
type Import struct {
	Subject string
	// Service lets the account publish there, and brings answers back through a reply
	// subject of the broker's own. Without it the account may read the subject.
	Service bool
}

// PublisherImports is all that another system has in common with Seatflow: its inbox,
// its verdicts and the events.
func PublisherImports(source string) []Import {
	return []Import{
		{Subject: InboxSubject(source), Service: true},
		{Subject: VerdictSubject(source)},
		{Subject: allEvents},
	}
}

// PublisherPermissions is what a publisher may do within its account: use its imports.
func PublisherPermissions(source string) Permissions {
	p := Permissions{Subscribe: []string{InboxPrefix(source) + ".>"}}
	for _, i := range PublisherImports(source) {
		if i.Service {
			p.Publish = append(p.Publish, i.Subject)
		} else {
			p.Subscribe = append(p.Subscribe, i.Subject)
		}
	}
	return p
}
