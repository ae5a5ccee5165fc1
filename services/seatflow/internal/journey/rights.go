package journey

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
)

// probe is a user's own connection that collects the broker's refusals.
type probe struct {
	user    string
	nc      *nats.Conn
	refused chan error
}

func (w *world) probe(t *testing.T, user string) *probe {
	t.Helper()
	const room = 64
	p := &probe{user: user, refused: make(chan error, room)}
	p.nc = w.connect(t, user, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.refused <- err }))
	return p
}

// mayNotPublish publishes what the user has no right to and waits for the broker's refusal.
func (p *probe) mayNotPublish(t *testing.T, subjects ...string) {
	t.Helper()
	for _, s := range subjects {
		if err := p.nc.Publish(s, []byte("x")); err != nil {
			t.Fatal(err)
		}
		p.refusal(t, "publish", s)
	}
}

// mayNotRead subscribes to what the user has no right to.
func (p *probe) mayNotRead(t *testing.T, subjects ...string) {
	t.Helper()
	for _, s := range subjects {
		if _, err := p.nc.SubscribeSync(s); err != nil {
			t.Fatal(err)
		}
		p.refusal(t, "subscribe to", s)
	}
}

// refusal waits until the broker has answered what was sent before. A refusal comes before the answer to a ping.
func (p *probe) refusal(t *testing.T, what, subject string) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errPatience)
	defer cancel()
	if err := p.nc.FlushWithContext(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.nc.LastError(); !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("%s may %s %s", p.user, what, subject)
		return
	}
	select {
	case err := <-p.refused:
		if !strings.Contains(err.Error(), subject) {
			t.Errorf("%s: %s %s was answered %v", p.user, what, subject, err)
		}
	case <-ctx.Done():
		t.Errorf("%s may %s %s", p.user, what, subject)
	}
}

// rightsOfPublishers end at their own source.
func rightsOfPublishers(t *testing.T, w *world) {
	own, other := Sources[1], Sources[0]
	p := w.probe(t, own)
	p.mayNotPublish(t,
		contract.InboxSubject(other), contract.VerdictSubject(own), contract.OrderSubmitted.Subject, contract.ApprovalGranted.Subject,
		contract.DeadSubject(contract.Intake), contract.PlaceOrder.Subject(), contract.ApproveOrder.Subject(), contract.GetOrder.Subject(),
		"$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.DELETE."+contract.EventStream.Name, "$JS.API.STREAM.PURGE."+contract.EventStream.Name,
		"$JS.API.STREAM.MSG.GET."+contract.InboxStream.Name, "$JS.API.CONSUMER.DELETE."+contract.EventStream.Name+".approval",
		"$JS.API.CONSUMER.MSG.NEXT."+contract.InboxStream.Name+".intake-inbox",
		"$JS.API.CONSUMER.CREATE."+contract.EventStream.Name+".mine."+contract.VerdictSubject(other), "$JS.API.STREAM.INFO."+contract.EventStream.Name,
		"$JS.ACK."+contract.EventStream.Name+".approval.1.1.1.1.1",
		contract.InboxPrefix(other)+".x",
	)
	p.mayNotRead(t, contract.VerdictSubject(other), "seatflow.inbox.>", ">", "seatflow.approval.v1.>", contract.InboxPrefix(other)+".>", "$JS.API.>")
	if _, err := nats.Connect(w.at.NATS, nats.Timeout(5*time.Second)); err == nil {
		t.Error("the broker lets in who has no key")
	}
}

// rightsOfServices end at their own events, endpoints and consumers; only the portal sends commands.
func rightsOfServices(t *testing.T, w *world) {
	for _, s := range append([]contract.Service{contract.Portal}, contract.EngineServices...) {
		p := w.probe(t, string(s))
		for _, e := range contract.Events {
			if e.Owner != s {
				p.mayNotPublish(t, e.Subject)
			}
		}
		for _, m := range contract.Methods {
			if s != contract.Portal {
				p.mayNotPublish(t, m.Subject())
			}
			if m.Service != s {
				p.mayNotRead(t, m.Subject())
			}
		}
		for _, c := range contract.Consumers {
			if c.Service != s {
				p.mayNotPublish(t, "$JS.API.CONSUMER.MSG.NEXT."+c.Stream+"."+c.Name, "$JS.ACK."+c.Stream+"."+c.Name+".1.1.1.1.1")
			}
			p.mayNotPublish(t, "$JS.API.CONSUMER.DELETE."+c.Stream+"."+c.Name)
		}
		for _, st := range contract.Streams {
			p.mayNotPublish(t, "$JS.API.STREAM.UPDATE."+st.Name, "$JS.API.STREAM.PURGE."+st.Name, "$JS.API.STREAM.DELETE."+st.Name)
		}
		p.mayNotPublish(t, contract.InboxSubject(Sources[0]))
		p.mayNotRead(t, ">", contract.InboxPrefix(Sources[0])+".>", "seatflow.inbox.>")
		if s == contract.Portal {
			continue
		}
		js, err := jetstream.New(p.nc)
		if err != nil {
			t.Fatal(err)
		}
		if err := bus.Check(t.Context(), js, s); err != nil { // and what they need they have
			t.Errorf("%s: %v", s, err)
		}
	}
}
