package natstest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) {
	testkit.MainNoLeaks(m)
}

func stream(t *testing.T, nc *nats.Conn, name string) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{name + ".>"}})
	if err != nil {
		t.Fatal(err)
	}
	return js, s
}

func publish(t *testing.T, js jetstream.JetStream, subject string, n int) {
	t.Helper()
	for range n {
		m := nats.NewMsg(subject)
		m.Header.Set("ce-id", "x")
		m.Data = []byte("body")
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

func lastSequence(t *testing.T, s jetstream.Stream) uint64 {
	t.Helper()
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.State.LastSeq
}

func TestRestartKillAndCut(t *testing.T) {
	t.Parallel()
	for name, process := range map[string]bool{"embedded": false, "process": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := natstest.Start(t, natstest.Options{Process: process})
			url := srv.URL()
			back := make(chan struct{}, 10)
			nc := srv.Connect(nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond),
				nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))
			js, s := stream(t, nc, "ORDERS")
			publish(t, js, "ORDERS.a", 10)

			srv.Restart()
			testkit.Wait(t, "the client to reconnect", back)
			if got := lastSequence(t, s); got != 10 || srv.URL() != url {
				t.Errorf("after a restart: sequence %d, %s, was %s", got, srv.URL(), url)
			}
			if process {
				publish(t, js, "ORDERS.a", 1)
				srv.Kill()
				srv.Restart()
				testkit.Wait(t, "the client to reconnect", back)
				if got := lastSequence(t, s); got != 11 {
					t.Errorf("after a kill: sequence %d", got)
				}
			}
			before := lastSequence(t, s)
			srv.Stop()
			srv.CutTail("ORDERS", 3)
			srv.Restart()
			testkit.Wait(t, "the client to reconnect", back)
			if got := lastSequence(t, s); got != before-3 {
				t.Errorf("after cutting 3 of %d: sequence %d", before, got)
			}
			publish(t, js, "ORDERS.a", 1)
			if got := lastSequence(t, s); got != before-2 {
				t.Errorf("the stream does not go on where it was cut: sequence %d", got)
			}
		})
	}
}

func TestUsersAndRights(t *testing.T) {
	t.Parallel()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	srv := natstest.Start(t, natstest.Options{Users: []natstest.User{
		{Name: "intake", Nkey: public, Publish: []string{"mine.>"}, Subscribe: []string{"_INBOX.>"}},
	}})
	if nc, err := nats.Connect(srv.URL()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a stranger got in: %v, %v", nc, err)
	}
	denied := make(chan error, 10)
	nc := srv.Connect(nats.Nkey(public, pair.Sign), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	if err := errors.Join(nc.Publish("mine.x", nil), nc.Publish("theirs.x", nil)); err != nil {
		t.Fatal(err)
	}
	if err := testkit.Wait(t, "the refusal", denied); !strings.Contains(err.Error(), "theirs.x") {
		t.Errorf("refused: %v", err)
	}
	if _, err := nc.SubscribeSync("theirs.>"); err != nil {
		t.Fatal(err)
	}
	if err := testkit.Wait(t, "the refusal", denied); !strings.Contains(err.Error(), "theirs.>") {
		t.Errorf("refused: %v", err)
	}
}

func TestSharedURL(t *testing.T) {
	t.Parallel()
	one, two := natstest.URL(t), natstest.URL(t)
	if one != two {
		t.Errorf("two servers: %s, %s", one, two)
	}
	nc, err := nats.Connect(one)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	_, s := stream(t, nc, "SHARED")
	if got := lastSequence(t, s); got != 0 {
		t.Errorf("sequence %d", got)
	}
}
