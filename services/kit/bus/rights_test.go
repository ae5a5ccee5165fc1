package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

const erp, psa = "erp", "psa" // publishers

// city is a broker with every user of the contract.
type city struct {
	t      *testing.T
	server *natstest.Server
	files  map[string]string
	admin  jetstream.JetStream
}

func newCity(t *testing.T) *city {
	t.Helper()
	c := &city{t: t, files: map[string]string{}}
	users := []natstest.User{{Name: "admin"}}
	add := func(name string, p contract.Permissions) {
		u := natstest.User{Name: name, Publish: p.Publish, Subscribe: p.Subscribe}
		if p.Respond {
			u.Respond = 1
		}
		users = append(users, u)
	}
	for _, s := range append([]contract.Service{contract.Portal}, contract.EngineServices...) {
		add(string(s), contract.PermissionsOf(s))
	}
	add(erp, contract.PublisherPermissions(erp))
	add(psa, contract.PublisherPermissions(psa))
	for i := range users {
		users[i].Nkey, _, c.files[users[i].Name] = key(t)
	}
	c.server = natstest.Start(t, natstest.Options{Users: users})
	var err error
	if c.admin, err = jetstream.New(c.connect("admin").nc); err != nil {
		t.Fatal(err)
	}
	if err := bus.Create(t.Context(), c.admin, 1); err != nil {
		t.Fatal(err)
	}
	return c
}

// user is one user's connection; refused gets what the broker does not let it do.
type user struct {
	c       *city
	name    string
	nc      *nats.Conn
	js      jetstream.JetStream
	refused chan error
}

func (c *city) connect(name string) *user {
	c.t.Helper()
	u := &user{c: c, name: name, refused: make(chan error, 1000)}
	var err error
	u.nc, err = bus.Connect(c.t.Context(), bus.Config{URL: c.server.URL(), User: name, SeedFile: c.files[name]}, quiet(), func(err error) { u.refused <- err })
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(u.nc.Close)
	if u.js, err = jetstream.New(u.nc); err != nil {
		c.t.Fatal(err)
	}
	return u
}

// may publishes to subjects and reports the first refusal.
func (u *user) may(subjects ...string) {
	u.c.t.Helper()
	for _, s := range subjects {
		if err := u.nc.Publish(s, nil); err != nil {
			u.c.t.Fatal(err)
		}
	}
	if err := u.nc.FlushTimeout(10 * time.Second); err != nil {
		u.c.t.Fatal(err)
	}
	if err := u.nc.LastError(); err != nil {
		u.c.t.Errorf("%s is refused: %v", u.name, err)
	}
}

// mayNot tries each and waits for its refusal.
func (u *user) mayNot(what string, try func(subject string) error, subjects ...string) {
	u.c.t.Helper()
	for _, s := range subjects {
		if err := try(s); err != nil {
			u.c.t.Fatal(err)
		}
		if err := u.nc.FlushTimeout(10 * time.Second); err != nil { // a refusal comes before the answer to a ping
			u.c.t.Fatal(err)
		}
		err := u.nc.LastError()
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), `"`+s+`"`) {
			u.c.t.Errorf("%s may %s %s (%v)", u.name, what, s, err)
		}
	}
}

func (u *user) mayNotPublish(subjects ...string) {
	u.c.t.Helper()
	u.mayNot("publish", func(s string) error { return u.nc.Publish(s, nil) }, subjects...)
}

func (u *user) mayNotRead(subjects ...string) {
	u.c.t.Helper()
	u.mayNot("read", func(s string) error { _, err := u.nc.SubscribeSync(s); return err }, subjects...)
}

const js = "$JS.API."

// streamRequests are what only the deploy identity may ask for.
func streamRequests() []string {
	out := []string{js + "STREAM.CREATE.NEW", js + "STREAM.NAMES", js + "STREAM.LIST", "$JS.API.ACCOUNT.PURGE.$G", "$JS.API.META.LEADER.STEPDOWN"}
	for _, s := range contract.Streams {
		for _, verb := range []string{"UPDATE", "DELETE", "PURGE", "MSG.DELETE", "MSG.GET", "SNAPSHOT", "RESTORE", "LEADER.STEPDOWN"} {
			out = append(out, js+"STREAM."+verb+"."+s.Name)
		}
		out = append(out, js+"CONSUMER.CREATE."+s.Name, js+"CONSUMER.DURABLE.CREATE."+s.Name+".mine", js+"CONSUMER.LIST."+s.Name)
	}
	return out
}

// theirs are requests about a consumer that belongs to somebody else.
func theirs(c contract.Consumer) []string {
	name := c.Stream + "." + c.Name
	return []string{
		js + "CONSUMER.MSG.NEXT." + name, js + "CONSUMER.RESET." + name, js + "CONSUMER.INFO." + name,
		"$JS.ACK." + name + ".1.1.1.1.1", "$JS.ACK.hub.hash." + name + ".1.1.1.1.1",
	}
}

func TestServicesMayNot(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	for _, s := range append([]contract.Service{contract.Portal}, contract.EngineServices...) {
		u := c.connect(string(s))
		for _, e := range contract.Events {
			if e.Owner != s {
				u.mayNotPublish(e.Subject)
			}
		}
		for _, o := range contract.EngineServices {
			if o != s {
				u.mayNotPublish(contract.DeadSubject(o), js+"CONSUMER.CREATE."+contract.EventStream.Name+"."+contract.HealConsumer(o))
				u.mayNotRead(contract.InboxPrefix(string(o)) + ".>")
			}
		}
		for _, m := range contract.Methods {
			if s != contract.Portal {
				u.mayNotPublish(m.Subject())
			}
			if m.Service != s {
				u.mayNotRead(m.Subject())
			}
		}
		for _, d := range contract.Consumers {
			if d.Service != s {
				u.mayNotPublish(theirs(d)...)
				for _, own := range contract.ConsumersOf(s) {
					// An acknowledgement to another's consumer that looks like one of its own, with domain and account.
					u.mayNotPublish("$JS.ACK." + d.Stream + "." + d.Name + "." + own.Stream + "." + own.Name + ".3.4.5")
				}
			}
			u.mayNotPublish(js+"CONSUMER.DELETE."+d.Stream+"."+d.Name, js+"CONSUMER.CREATE."+d.Stream+"."+d.Name, js+"CONSUMER.PAUSE."+d.Stream+"."+d.Name)
		}
		if s != contract.Intake {
			u.mayNotPublish(contract.VerdictSubject(erp))
		}
		u.mayNotPublish(streamRequests()...)
		u.mayNotPublish(contract.InboxSubject(erp), contract.InboxPrefix(erp)+".x", contract.InboxPrefix("admin")+".x")
		u.mayNotRead(">", contract.InboxSubject("*"), contract.VerdictSubject("*"), "$JS.>", contract.InboxPrefix("admin")+".>")
	}
}

func TestPublishersMayNot(t *testing.T) {
	t.Parallel()
	u := newCity(t).connect(erp)
	for _, e := range contract.Events {
		u.mayNotPublish(e.Subject)
	}
	for _, m := range contract.Methods {
		u.mayNotPublish(m.Subject())
		u.mayNotRead(m.Subject())
	}
	for _, d := range contract.Consumers {
		u.mayNotPublish(theirs(d)...)
		u.mayNotPublish(js+"CONSUMER.DELETE."+d.Stream+"."+d.Name, js+"CONSUMER.CREATE."+d.Stream+"."+d.Name)
	}
	u.mayNotPublish(streamRequests()...)
	u.mayNotPublish(contract.InboxSubject(psa), contract.VerdictSubject(erp), contract.DeadSubject(contract.Intake), "$SRV.PING",
		js+"CONSUMER.CREATE."+contract.EventStream.Name+".mine.seatflow.events.>",
		js+"CONSUMER.CREATE."+contract.InboxStream.Name+".mine.seatflow.inbox.>",
		js+"STREAM.INFO."+contract.EventStream.Name, js+"STREAM.INFO."+contract.InboxStream.Name, js+"INFO",
		js+"DIRECT.GET."+contract.EventStream.Name, js+"DIRECT.GET."+contract.InboxStream.Name)
	u.mayNotRead(contract.VerdictSubject(psa), contract.VerdictSubject("*"), "seatflow.dead.*", contract.InboxSubject(erp), ">", "seatflow.>",
		contract.InboxPrefix(psa)+".>", contract.InboxPrefix("intake")+".>")
}

// TestNobodyForgesAcknowledgements: events come with their sender's reply subject, to which only the broker answers.
func TestNobodyForgesAcknowledgements(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	approval := c.connect("approval")
	for _, name := range []string{erp, "portal"} {
		u := c.connect(name)
		sub, err := u.nc.SubscribeSync("seatflow.events.>")
		if err != nil {
			t.Fatal(err)
		}
		u.may()
		if _, err := approval.js.Publish(t.Context(), contract.ApprovalGranted.Subject, nil); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		m, err := sub.NextMsgWithContext(ctx)
		cancel()
		if err != nil || m.Reply == "" {
			t.Fatalf("%s reads %+v, %v", name, m, err)
		}
		u.mayNotPublish(m.Reply)
	}
}
