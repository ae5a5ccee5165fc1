package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/scripts/bench/internal/load"
	"github.com/seatflow/seatflow/scripts/bench/internal/stack"
	"github.com/seatflow/seatflow/scripts/bench/internal/store"
	"github.com/seatflow/seatflow/services/kit/bus"
)

const (
	callTimeout = 30 * time.Second
	// warmUp is how long both doors are loaded before anything is measured: pools open, plans are cached, heaps grow.
	warmUp = 2 * time.Second
)

var errCallTimeout = errors.New("bench: call timeout")

// bench is what the measurements share.
type bench struct {
	options
	stack *stack.Stack
	out   io.Writer
	say   func(format string, v ...any)

	offers    load.Offers
	ear       *load.Ear
	admin     *nats.Conn
	js        jetstream.JetStream
	databases store.Databases
	person    string // token of somebody who places orders
	runs      int
	placed    int64              // orders since the start, all measurements together
	measured  map[string]float64 // orders/s by measurement
}

// rules are all that could hold an order.
var rules = []string{"amount_over", "first_order", "requester_not_admin"}

// prepare starts Seatflow, switches its rules off and warms it up.
func (b *bench) prepare(ctx context.Context) (err error) {
	b.measured = map[string]float64{}
	b.say("starting the all-in-one")
	if err := b.stack.StartAllInOne(ctx); err != nil {
		return err
	}
	if b.offers.Customers, b.offers.Items, err = b.stack.Witness().Offers(ctx); err != nil {
		return err
	}
	if b.databases, err = b.stack.Databases(); err != nil {
		return err
	}
	if b.person, err = b.stack.Token(ctx, "technician", "Emily Chen", "emily.chen@msp.example"); err != nil {
		return err
	}
	if err := b.switchOff(ctx); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler) // what goes wrong fails a run
	if b.ear, err = load.Listen(ctx, b.stack.NATS(), stack.Source, b.stack.Key(stack.Source), b.offers, log); err != nil {
		return err
	}
	if b.admin, err = bus.Connect(ctx, bus.Config{URL: b.stack.NATS(), User: "admin", SeedFile: b.stack.Key("admin")}, log, nil); err != nil {
		return errors.Join(err, b.closed())
	}
	if b.js, err = jetstream.New(b.admin); err != nil {
		return errors.Join(err, b.closed())
	}
	if err := b.warm(ctx); err != nil {
		return errors.Join(err, b.closed())
	}
	return nil
}

// close lets go of NATS; the stack is stopped by who started it.
func (b *bench) close() {
	if b.ear != nil {
		b.ear.Close()
	}
	if b.admin != nil {
		b.admin.Close()
	}
}

func (b *bench) closed() error {
	b.close()
	return nil
}

// switchOff switches every rule off, as an admin does it.
func (b *bench) switchOff(ctx context.Context) error {
	token, err := b.stack.Token(ctx, "admin", "John Smith", "john.smith@msp.example")
	if err != nil {
		return err
	}
	for _, rule := range rules {
		url := b.stack.Portal() + "/api/licensing/approval-rules/" + rule
		if _, err := call(ctx, http.MethodPatch, url, token, []byte(`{"active":false}`)); err != nil {
			return fmt.Errorf("switch the rule %s off: %w", rule, err)
		}
	}
	return nil
}

// warm loads both doors for a moment.
func (b *bench) warm(ctx context.Context) error {
	b.say("warming up")
	for _, door := range []string{inbox, httpDoor} {
		if _, err := b.carry(ctx, full(door, warmUp)); err != nil {
			return fmt.Errorf("warming up: %w", err)
		}
	}
	if err := b.verify(ctx); err != nil || !b.wants(inbox, httpDoor) || b.shape() != allInOne {
		return err
	}
	return pause(ctx, store.Settle) // so that no row of the warming up is counted later
}

// messages is how many messages the streams have taken so far.
func (b *bench) messages(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errCallTimeout)
	defer cancel()
	var sum uint64
	for _, s := range contract.Streams {
		stream, err := b.js.Stream(ctx, s.Name)
		if err != nil {
			return 0, fmt.Errorf("the stream %s: %w", s.Name, err)
		}
		sum += stream.CachedInfo().State.LastSeq
	}
	return int64(sum), nil
}

// nextTag names a run: its keys must be new for as long as the databases live.
func (b *bench) nextTag() string {
	b.runs++
	return "bench-" + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(b.runs) + "-"
}

var client = &http.Client{}

// call makes one ordinary HTTP request and gives the body of a good answer.
func call(ctx context.Context, method, url, token string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout+profileTime, errCallTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	return text, err
}
