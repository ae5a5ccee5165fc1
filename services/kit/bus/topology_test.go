package bus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

// deployer is the identity that makes streams, on a server of the test's own.
func deployer(t *testing.T, s *natstest.Server) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.Connect())
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// state is all that the broker knows of streams and consumers but their messages.
func state(t *testing.T, js jetstream.JetStream) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, s := range contract.Streams {
		st, err := js.Stream(t.Context(), s.Name)
		if err != nil {
			t.Fatal(err)
		}
		out[s.Name] = []any{st.CachedInfo().Created, st.CachedInfo().Config.MaxAge, len(st.CachedInfo().Config.Subjects)}
		consumers := st.ListConsumers(t.Context())
		for c := range consumers.Info() {
			out[s.Name+" "+c.Name] = []any{c.Created.UTC(), c.Config.AckWait}
		}
		if err := consumers.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func same(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		w, ok := b[k].([]any)
		if !ok {
			return false
		}
		for i, x := range v.([]any) {
			if t, isTime := x.(time.Time); isTime {
				if u, also := w[i].(time.Time); !also || !t.Equal(u) {
					return false
				}
			} else if x != w[i] {
				return false
			}
		}
	}
	return true
}

func TestCreate(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	js := deployer(t, server)
	for _, s := range contract.EngineServices {
		err := bus.Check(t.Context(), js, s)
		if err == nil || !strings.Contains(err.Error(), contract.EventStream.Name) || !strings.Contains(err.Error(), "seatflow setup") {
			t.Errorf("before setup %s hears %v", s, err)
		}
	}
	if err := bus.Create(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	made := state(t, js)
	if len(made) != len(contract.Streams)+len(contract.Consumers) {
		t.Errorf("it made %v", made)
	}
	if err := bus.Create(t.Context(), js, 1); err != nil || !same(made, state(t, js)) {
		t.Errorf("the second time: %v, %v", err, state(t, js))
	}
	server.Restart()
	js = deployer(t, server)
	if err := bus.Create(t.Context(), js, 1); err != nil || !same(made, state(t, js)) {
		t.Errorf("after a restart: %v, %v", err, state(t, js))
	}
	for _, s := range contract.EngineServices {
		if err := bus.Check(t.Context(), js, s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	// What is missing is made, and nothing else touched.
	if err := js.DeleteConsumer(t.Context(), contract.EventStream.Name, "approval"); err != nil {
		t.Fatal(err)
	}
	err := bus.Check(t.Context(), js, contract.Approval)
	if err == nil || !strings.Contains(err.Error(), "consumer approval of SEATFLOW") {
		t.Errorf("without its consumer approval hears %v", err)
	}
	if err := bus.Check(t.Context(), js, contract.Intake); err != nil {
		t.Errorf("another's missing consumer is none of intake's business: %v", err)
	}
	if err := bus.Create(t.Context(), js, 1); err != nil {
		t.Error(err)
	}
	if err := bus.Check(t.Context(), js, contract.Approval); err != nil {
		t.Error(err)
	}
}

// TestStreamDifferences: each is named, and neither Check nor Create puts it right by itself.
// TestCreateWidens: setup gives a consumer of an earlier version the filters that came since, and keeps its place.
func TestCreateWidens(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	js := deployer(t, server)
	if err := bus.Create(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	for _, c := range contract.Consumers {
		if len(c.Filters) < 2 {
			continue
		}
		for _, earlier := range [][]string{c.Filters[:1], c.Filters[1:]} {
			have, err := js.Consumer(t.Context(), c.Stream, c.Name)
			if err != nil {
				t.Fatal(err)
			}
			cfg := have.CachedInfo().Config
			cfg.FilterSubjects = earlier
			if _, err := js.UpdateConsumer(t.Context(), c.Stream, cfg); err != nil {
				t.Fatal(err)
			}
			if err := bus.Check(t.Context(), js, c.Service); err == nil {
				t.Errorf("%s: nobody sees that filters are missing", c.Name)
			}
			if err := bus.Create(t.Context(), js, 1); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			if err := bus.Check(t.Context(), js, c.Service); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			now, err := js.Consumer(t.Context(), c.Stream, c.Name)
			if err != nil || !now.CachedInfo().Created.Equal(have.CachedInfo().Created) {
				t.Errorf("%s is another consumer now, %v", c.Name, err)
			}
		}
	}
}

// TestWiderIsFine: a service of an earlier version takes a consumer that a newer one's setup has widened.
func TestWiderIsFine(t *testing.T) {
	t.Parallel()
	js := deployer(t, natstest.Start(t, natstest.Options{}))
	if err := bus.Create(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	c := contract.ConsumersOf(contract.Approval)[0]
	have, err := js.Consumer(t.Context(), c.Stream, c.Name)
	if err != nil {
		t.Fatal(err)
	}
	cfg := have.CachedInfo().Config
	cfg.FilterSubject, cfg.FilterSubjects = "", append([]string{"seatflow.events.newer.*"}, c.Filters...)
	if _, err := js.UpdateConsumer(t.Context(), c.Stream, cfg); err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func() error{
		"setup":     func() error { return bus.Create(t.Context(), js, 1) },
		"a service": func() error { return bus.Check(t.Context(), js, contract.Approval) },
	} {
		if err := do(); err != nil {
			t.Errorf("%s hears %v", what, err)
		}
	}
	now, err := js.Consumer(t.Context(), c.Stream, c.Name)
	if err != nil || len(now.CachedInfo().Config.FilterSubjects) != len(c.Filters)+1 {
		t.Errorf("it was narrowed, %v", err)
	}
}

func TestStreamDifferences(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jetstream.StreamConfig){
		"subjects":             func(c *jetstream.StreamConfig) { c.Subjects = c.Subjects[:1] },
		"max_age":              func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"max_bytes":            func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 20 },
		"duplicate_window":     func(c *jetstream.StreamConfig) { c.Duplicates = time.Minute },
		"discard":              func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"retention":            func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy },
		"storage":              func(c *jetstream.StreamConfig) { c.Storage, c.MaxBytes = jetstream.MemoryStorage, 1<<20 },
		"allow_direct":         func(c *jetstream.StreamConfig) { c.AllowDirect = false },
		"max_msgs":             func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"max_msgs_per_subject": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"max_msg_size":         func(c *jetstream.StreamConfig) { c.MaxMsgSize = 100 },
		"no_ack":               func(c *jetstream.StreamConfig) { c.NoAck = true },
		"republish": func(c *jetstream.StreamConfig) {
			c.RePublish = &jetstream.RePublish{Source: "seatflow.events.>", Destination: "copy.>"}
		},
		"subject_transform": func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: "seatflow.events.>", Destination: "seatflow.events.>"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			js := deployer(t, natstest.Start(t, natstest.Options{}))
			cfg := jetstream.StreamConfig{
				Name: contract.EventStream.Name, Subjects: contract.EventStream.Subjects, Discard: jetstream.DiscardNew, AllowDirect: true,
				MaxAge: contract.EventStream.MaxAge, MaxBytes: contract.EventStream.MaxBytes, Duplicates: contract.EventStream.Dedupe,
			}
			change(&cfg)
			if _, err := js.CreateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			for what, do := range map[string]func() error{
				"setup":     func() error { return bus.Create(t.Context(), js, 1) },
				"a service": func() error { return bus.Check(t.Context(), js, contract.Portal) },
			} {
				err := do()
				if err == nil || !strings.Contains(err.Error(), "stream "+contract.EventStream.Name+" differs: "+name+" is") {
					t.Errorf("%s hears %v", what, err)
				}
			}
			st, err := js.Stream(t.Context(), cfg.Name)
			if err != nil {
				t.Fatal(err)
			}
			have := st.CachedInfo().Config
			if have.MaxAge != cfg.MaxAge || len(have.Subjects) != len(cfg.Subjects) || have.Discard != cfg.Discard || have.AllowDirect != cfg.AllowDirect {
				t.Errorf("it was changed to %+v", have)
			}
		})
	}
}

func TestConsumerDifferences(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	changes := map[string]func(*jetstream.ConsumerConfig){
		"filters": func(c *jetstream.ConsumerConfig) {
			c.FilterSubjects = append(c.FilterSubjects[:2:2], "seatflow.events.order.*")
		},
		"ack_policy": func(c *jetstream.ConsumerConfig) {
			c.AckPolicy = jetstream.AckNonePolicy
			c.MaxAckPending = 0
			c.MaxDeliver = -1
		},
		"ack_wait":           func(c *jetstream.ConsumerConfig) { c.AckWait = time.Second },
		"max_ack_pending":    func(c *jetstream.ConsumerConfig) { c.MaxAckPending = 1 },
		"max_deliver":        func(c *jetstream.ConsumerConfig) { c.MaxDeliver = 5 },
		"deliver_policy":     func(c *jetstream.ConsumerConfig) { c.DeliverPolicy = jetstream.DeliverNewPolicy },
		"replay_policy":      func(c *jetstream.ConsumerConfig) { c.ReplayPolicy = jetstream.ReplayOriginalPolicy },
		"headers_only":       func(c *jetstream.ConsumerConfig) { c.HeadersOnly = true },
		"inactive_threshold": func(c *jetstream.ConsumerConfig) { c.InactiveThreshold = time.Hour },
		"max_batch":          func(c *jetstream.ConsumerConfig) { c.MaxRequestBatch = 1 },
		"max_expires":        func(c *jetstream.ConsumerConfig) { c.MaxRequestExpires = time.Second },
		"max_bytes":          func(c *jetstream.ConsumerConfig) { c.MaxRequestMaxBytes = 1 << 10 },
		"paused":             func(c *jetstream.ConsumerConfig) { c.PauseUntil = &later },
	}
	js := deployer(t, natstest.Start(t, natstest.Options{}))
	if err := bus.Create(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	want := contract.ConsumersOf(contract.Notification)[0]
	for name, change := range changes { // one server, one after the other
		if err := js.DeleteConsumer(t.Context(), want.Stream, want.Name); err != nil {
			t.Fatal(err)
		}
		cfg := jetstream.ConsumerConfig{
			Durable: want.Name, FilterSubjects: want.Filters, AckPolicy: jetstream.AckExplicitPolicy, AckWait: bus.AckWait,
			MaxAckPending: bus.MaxAckPending, MaxDeliver: -1,
		}
		change(&cfg)
		cons, err := js.CreateConsumer(t.Context(), want.Stream, cfg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for what, do := range map[string]func() error{
			"setup":     func() error { return bus.Create(t.Context(), js, 1) },
			"a service": func() error { return bus.Check(t.Context(), js, contract.Notification) },
		} {
			if err := do(); err == nil || !strings.Contains(err.Error(), "consumer notification of SEATFLOW differs: "+name+" is") {
				t.Errorf("%s: %s hears %v", name, what, err)
			}
		}
		if info, err := cons.Info(t.Context()); err != nil || !info.Created.Equal(cons.CachedInfo().Created) {
			t.Errorf("%s: it was made anew: %v", name, err)
		}
	}
}

// TestCheckAtOnce: a broker that does not answer is an error within the caller's patience.
func TestCheckAtOnce(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	js := deployer(t, server)
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := bus.Check(ctx, js, contract.Intake); err == nil {
		t.Error("all is well without a broker")
	}
}
