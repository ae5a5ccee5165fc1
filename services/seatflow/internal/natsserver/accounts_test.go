package natsserver_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/seatflow/internal/keys"
	"github.com/seatflow/seatflow/services/seatflow/internal/natsserver"
	"github.com/seatflow/seatflow/services/seatflow/internal/setup"
)

const (
	erp, psa = "erp", "psa" // publishers
	patience = 20 * time.Second
)

// broker is a running server with every user of the contract.
type broker struct {
	t     *testing.T
	dir   string
	users []setup.User
	url   string
	admin jetstream.JetStream
}

// start runs a broker whose users may have been changed before.
func start(t *testing.T, change ...func([]setup.User)) *broker {
	t.Helper()
	b := &broker{t: t, dir: t.TempDir()}
	var err error
	if b.users, err = setup.Users(b.dir, []string{erp, psa}); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(b.users)
	}
	ctx, stop := context.WithCancel(context.Background())
	url, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- natsserver.Run(ctx, natsserver.Options{Listen: "127.0.0.1:0", Store: filepath.Join(b.dir, "store"), Users: b.users},
			slog.New(slog.DiscardHandler), func(u string) { url <- u })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case b.url = <-url:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	_, b.admin = b.connect(setup.Admin)
	if err := bus.Create(t.Context(), b.admin, 1); err != nil {
		t.Fatal(err)
	}
	return b
}

// connect signs a user in as a stock client does. What it is refused is its LastError.
func (b *broker) connect(user string) (*nats.Conn, jetstream.JetStream) {
	b.t.Helper()
	key, err := nats.NkeyOptionFromSeed(keys.File(b.dir, user))
	if err != nil {
		b.t.Fatal(err)
	}
	nc, err := nats.Connect(b.url, key, nats.CustomInboxPrefix(contract.InboxPrefix(user)), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.t.Fatal(err)
	}
	return nc, js
}

// state is what a stream holds now.
func (b *broker) state(name string) jetstream.StreamState {
	b.t.Helper()
	s, err := b.admin.Stream(b.t.Context(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	return s.CachedInfo().State
}

func (b *broker) next(sub *nats.Subscription) *nats.Msg {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		b.t.Fatalf("nothing at %s: %v", sub.Subject, err)
	}
	return m
}

func subscribe(t *testing.T, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		t.Fatal(err)
	}
	flush(t, nc)
	return sub
}

// flush waits until the server has read, and answered, what was sent before.
func flush(t *testing.T, nc *nats.Conn) {
	t.Helper()
	if err := nc.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
}

func TestPublisherHasItsInboxVerdictsAndEvents(t *testing.T) {
	t.Parallel()
	b := start(t)
	nc, js := b.connect(erp)
	verdicts, events := subscribe(t, nc, contract.VerdictSubject(erp)), subscribe(t, nc, "seatflow.events.>")

	m := &nats.Msg{Subject: contract.InboxSubject(erp), Header: nats.Header{"ce-id": {"4711"}, nats.MsgIdHdr: {"4711"}}, Data: []byte("order")}
	for n, again := range []bool{false, true} {
		ack, err := js.PublishMsg(t.Context(), m)
		if err != nil || ack.Stream != contract.InboxStream.Name || ack.Sequence != 1 || ack.Duplicate != again {
			t.Fatalf("publish %d: %+v, %v", n, ack, err)
		}
	}
	inbox, err := b.admin.Stream(t.Context(), contract.InboxStream.Name)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := inbox.GetMsg(t.Context(), 1)
	if err != nil || stored.Subject != m.Subject || stored.Header.Get("ce-id") != "4711" || string(stored.Data) != "order" {
		t.Errorf("stored: %+v, %v", stored, err)
	}

	_, intake := b.connect(string(contract.Intake))
	for _, subject := range []string{contract.VerdictSubject(psa), contract.VerdictSubject(erp), contract.OrderSubmitted.Subject} {
		if _, err := intake.PublishMsg(t.Context(), &nats.Msg{Subject: subject, Header: nats.Header{"ce-id": {subject}}, Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []*nats.Subscription{verdicts, events} {
		if got := b.next(sub); got.Header.Get("ce-id") != got.Subject || string(got.Data) != "x" {
			t.Errorf("%s: %+v", sub.Subject, got)
		}
	}
	if err := nc.LastError(); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func TestPublisherHasNothingElse(t *testing.T) {
	t.Parallel()
	b := start(t)
	nc, js := b.connect(erp)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := js.Publish(ctx, contract.InboxSubject(psa), []byte("x")); err == nil {
		t.Error("erp publishes as psa")
	}
	for _, subject := range []string{contract.VerdictSubject(psa), "seatflow.verdicts.*", contract.InboxSubject("*"), contract.PlaceOrder.Subject(), ">"} {
		subscribe(t, nc, subject)
		if err := nc.LastError(); !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), `"`+subject+`"`) {
			t.Errorf("erp may read %s: %v", subject, err)
		}
	}
	for _, u := range b.users {
		if a := contract.PublisherAccount(erp); (u.Account == a) != (u.Name == erp) || (u.Account == contract.Account) != (u.Imports == nil) {
			t.Errorf("%s is in %s and imports %v", u.Name, u.Account, u.Imports)
		}
	}
	for _, stream := range contract.Streams {
		if got := b.state(stream.Name); got.LastSeq != 0 {
			t.Errorf("%s got %d messages", stream.Name, got.LastSeq)
		}
	}
}

// unbound gives a publisher every right in its account: what remains is what the account holds back.
func unbound(users []setup.User) {
	for i := range users {
		if users[i].Imports != nil {
			users[i].Rights = nil
		}
	}
}

// TestRepliesLeadNowhere: whoever may make a broker answer names where to. Neither a request's answer nor a consumer's
// delivery may get from a publisher into the services' account, whatever its own rights.
func TestRepliesLeadNowhere(t *testing.T) {
	t.Parallel()
	for name, rights := range map[string]func([]setup.User){"with the contract's rights": func([]setup.User) {}, "with every right in its account": unbound} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attack(t, start(t, rights))
		})
	}
}

func attack(t *testing.T, b *broker) {
	t.Helper()
	approval, approvalJS := b.connect(string(contract.Approval))
	if _, err := approvalJS.Publish(t.Context(), contract.ApprovalGranted.Subject, []byte("x")); err != nil {
		t.Fatal(err)
	}
	inbox := subscribe(t, approval, contract.InboxPrefix(string(contract.Approval))+".>")
	want := b.state(contract.EventStream.Name)

	nc, js := b.connect(erp)
	targets := []string{contract.ApprovalGranted.Subject, contract.InboxSubject(psa), contract.PlaceOrder.Subject(), contract.InboxPrefix(string(contract.Approval)) + ".x"}
	for _, s := range contract.Streams {
		targets = append(targets, "$JS.API.STREAM.PURGE."+s.Name, "$JS.API.STREAM.DELETE."+s.Name)
	}
	asked := 0
	for _, target := range targets {
		for _, c := range contract.Consumers {
			ask(t, nc, "$JS.API.CONSUMER.MSG.NEXT."+c.Stream+"."+c.Name, target, `{"batch":10,"no_wait":true}`)
		}
		ask(t, nc, "$JS.API.CONSUMER.CREATE."+contract.EventStream.Name, "", `{"stream_name":"SEATFLOW","config":{"deliver_subject":"`+target+`","ack_policy":"none"}}`)
		ask(t, nc, "$JS.API.DIRECT.GET."+contract.EventStream.Name, target, `{"seq":1}`)
		ask(t, nc, contract.InboxSubject(erp), target, "order") // the acknowledgement
		asked++
		m := nats.NewMsg(contract.InboxSubject(erp)) // the broker's trace of a message
		m.Header.Set("Nats-Trace-Dest", target)
		if err := nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	// The broker takes an inbox's messages in turn: when it has this one, it has seen all before.
	if _, err := js.Publish(t.Context(), contract.InboxSubject(erp), []byte("last")); err != nil {
		t.Fatal(err)
	}

	got := b.state(contract.EventStream.Name)
	if got.LastSeq != want.LastSeq || got.Msgs != want.Msgs || got.Consumers != want.Consumers {
		t.Errorf("the events: %+v, want %+v", got, want)
	}
	if got := b.state(contract.InboxStream.Name); got.FirstSeq != 1 || got.Msgs < uint64(asked) || got.NumSubjects != 1 {
		t.Errorf("the inbox, asked %d times: %+v", asked, got)
	}
	flush(t, approval)
	if n, _, err := inbox.Pending(); err != nil || n != 0 {
		t.Errorf("approval got %d forged answers, %v", n, err)
	}
}

func ask(t *testing.T, nc *nats.Conn, subject, reply, body string) {
	t.Helper()
	if err := nc.PublishMsg(&nats.Msg{Subject: subject, Reply: reply, Data: []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

// TestServicesHaveWhatTheyNeed in the account they share.
func TestServicesHaveWhatTheyNeed(t *testing.T) {
	t.Parallel()
	b := start(t)
	for _, s := range contract.EngineServices {
		_, js := b.connect(string(s))
		if err := bus.Check(t.Context(), js, s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestFileSuitsGivenServers: what setup writes is a configuration that nats-server reads, whatever sources are called.
func TestFileSuitsGivenServers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, sources := range [][]string{nil, {erp}, {"ERP", "erp", "2-x", "true"}} {
		users, err := setup.Users(filepath.Join(dir, "keys"), sources)
		if err != nil {
			t.Fatal(err)
		}
		list, main := filepath.Join(dir, "nats-users.conf"), filepath.Join(dir, "nats.conf")
		if err := errors.Join(
			os.WriteFile(list, []byte(setup.ServerConfig(users)), 0o600),
			os.WriteFile(main, []byte("jetstream { store_dir: \""+dir+"/store\" }\ninclude \"nats-users.conf\"\n"), 0o600),
		); err != nil {
			t.Fatal(err)
		}
		o, err := server.ProcessConfigFile(main)
		if err != nil {
			t.Fatalf("%v: %v", sources, err)
		}
		if len(o.Nkeys) != len(users) || len(o.Accounts) != len(sources)+1 {
			t.Errorf("%v: %d users and %d accounts", sources, len(o.Nkeys), len(o.Accounts))
		}
	}
}
