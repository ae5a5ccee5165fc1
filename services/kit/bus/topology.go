package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
)

// Consumer settings, the same for every durable.
const (
	AckWait       = 30 * time.Second
	MaxAckPending = 8192
)

func streamConfig(s contract.Stream, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: s.Name, Subjects: s.Subjects, Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage,
		Discard: jetstream.DiscardNew, MaxAge: s.MaxAge, MaxBytes: s.MaxBytes, Duplicates: s.Dedupe,
		Replicas: replicas, AllowDirect: true,
	}
}

func consumerConfig(c contract.Consumer, replicas int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: c.Name, FilterSubjects: c.Filters, AckPolicy: jetstream.AckExplicitPolicy, AckWait: AckWait,
		MaxAckPending: MaxAckPending, MaxDeliver: -1, DeliverPolicy: jetstream.DeliverAllPolicy, Replicas: replicas,
	}
}

// Create makes the streams and consumers that are missing, as the deploy identity. A
// consumer of an earlier version gets the filters that came since; whoever does not know
// their events leaves them to a replica that does. Any other difference is an error,
// never a silent change.
func Create(ctx context.Context, js jetstream.JetStream, replicas int) error {
	for _, s := range contract.Streams {
		_, err := js.Stream(ctx, s.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			_, err = js.CreateStream(ctx, streamConfig(s, replicas))
		}
		if err != nil {
			return fmt.Errorf("create stream %s: %w", s.Name, err)
		}
	}
	// A stream that differs would have other things said of its consumers.
	if err := checkAll(ctx, js, nil); err != nil {
		return err
	}
	for _, c := range contract.Consumers {
		have, err := js.Consumer(ctx, c.Stream, c.Name)
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound):
			_, err = js.CreateConsumer(ctx, c.Stream, consumerConfig(c, replicas))
		case err == nil && narrower(have.CachedInfo().Config, c):
			cfg := have.CachedInfo().Config
			cfg.FilterSubject, cfg.FilterSubjects = "", c.Filters
			_, err = js.UpdateConsumer(ctx, c.Stream, cfg)
		}
		if err != nil {
			return fmt.Errorf("create consumer %s of %s: %w", c.Name, c.Stream, err)
		}
	}
	return checkAll(ctx, js, contract.Consumers)
}

// narrower reports whether a consumer has some of the filters that it should have, and no others.
func narrower(have jetstream.ConsumerConfig, want contract.Consumer) bool {
	filters := filtersOf(have)
	for _, f := range filters {
		if !slices.Contains(want.Filters, f) {
			return false
		}
	}
	return len(filters) > 0 && len(filters) < len(want.Filters)
}

// filtersOf are a consumer's filters; one alone stands in a field of its own.
func filtersOf(c jetstream.ConsumerConfig) []string {
	if c.FilterSubject != "" {
		return []string{c.FilterSubject}
	}
	return c.FilterSubjects
}

// Check compares the streams and a service's consumers with the contract and names
// each thing that is missing or differs.
func Check(ctx context.Context, js jetstream.JetStream, s contract.Service) error {
	return checkAll(ctx, js, contract.ConsumersOf(s))
}

func checkAll(ctx context.Context, js jetstream.JetStream, consumers []contract.Consumer) error {
	var faults []error
	for _, want := range contract.Streams {
		st, err := js.Stream(ctx, want.Name)
		if err != nil {
			faults = append(faults, fmt.Errorf("stream %s: %w (run seatflow setup)", want.Name, err))
			continue
		}
		faults = append(faults, diffStream(want, st.CachedInfo().Config)...)
	}
	for _, want := range consumers {
		c, err := js.Consumer(ctx, want.Stream, want.Name)
		if err != nil {
			faults = append(faults, fmt.Errorf("consumer %s of %s: %w (run seatflow setup)", want.Name, want.Stream, err))
			continue
		}
		faults = append(faults, diffConsumer(want, c.CachedInfo().Config)...)
	}
	return errors.Join(faults...)
}

func diffStream(want contract.Stream, have jetstream.StreamConfig) []error {
	var out []error
	w := streamConfig(want, have.Replicas)
	for _, d := range []struct {
		what       string
		want, have any
	}{
		{"subjects", fmt.Sprint(sorted(w.Subjects)), fmt.Sprint(sorted(have.Subjects))},
		{"retention", w.Retention, have.Retention}, {"storage", w.Storage, have.Storage}, {"discard", w.Discard, have.Discard},
		{"max_age", w.MaxAge, have.MaxAge}, {"max_bytes", w.MaxBytes, have.MaxBytes}, {"duplicate_window", w.Duplicates, have.Duplicates},
		{"allow_direct", w.AllowDirect, have.AllowDirect},
		// What would lose or change messages unseen.
		{"max_msgs", int64(-1), have.MaxMsgs}, {"max_msgs_per_subject", int64(-1), have.MaxMsgsPerSubject},
		{"max_msg_size", int32(-1), have.MaxMsgSize}, {"no_ack", w.NoAck, have.NoAck}, {"sealed", w.Sealed, have.Sealed},
		{"mirror", false, have.Mirror != nil}, {"sources", 0, len(have.Sources)},
		{"subject_transform", false, have.SubjectTransform != nil}, {"republish", false, have.RePublish != nil},
	} {
		if d.want != d.have {
			out = append(out, fmt.Errorf("stream %s differs: %s is %v and should be %v", want.Name, d.what, d.have, d.want))
		}
	}
	return out
}

func diffConsumer(want contract.Consumer, have jetstream.ConsumerConfig) []error {
	var out []error
	w := consumerConfig(want, have.Replicas)
	// Filters beyond those known here are a newer neighbour's: the engine leaves their events to it.
	known := slices.DeleteFunc(slices.Clone(filtersOf(have)), func(f string) bool { return !slices.Contains(want.Filters, f) })
	for _, d := range []struct {
		what       string
		want, have any
	}{
		{"filters", fmt.Sprint(sorted(w.FilterSubjects)), fmt.Sprint(sorted(known))}, {"ack_policy", w.AckPolicy, have.AckPolicy},
		{"ack_wait", w.AckWait, have.AckWait}, {"max_ack_pending", w.MaxAckPending, have.MaxAckPending}, {"max_deliver", w.MaxDeliver, have.MaxDeliver},
		// What would hold messages back, strip them or let the consumer vanish.
		{"deliver_policy", w.DeliverPolicy, have.DeliverPolicy}, {"replay_policy", w.ReplayPolicy, have.ReplayPolicy},
		{"headers_only", w.HeadersOnly, have.HeadersOnly}, {"inactive_threshold", w.InactiveThreshold, have.InactiveThreshold},
		{"rate_limit_bps", w.RateLimit, have.RateLimit}, {"max_batch", w.MaxRequestBatch, have.MaxRequestBatch},
		{"max_expires", w.MaxRequestExpires, have.MaxRequestExpires}, {"max_bytes", w.MaxRequestMaxBytes, have.MaxRequestMaxBytes},
		{"backoff", len(w.BackOff), len(have.BackOff)}, {"paused", false, have.PauseUntil != nil && have.PauseUntil.After(time.Now())},
	} {
		if d.want != d.have {
			out = append(out, fmt.Errorf("consumer %s of %s differs: %s is %v and should be %v", want.Name, want.Stream, d.what, d.have, d.want))
		}
	}
	return out
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}
