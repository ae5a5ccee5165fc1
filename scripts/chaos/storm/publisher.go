package storm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
)

const (
	// source is the publisher's name.
	source = "erp"
	// verdictPatience is how long a publisher waits for a verdict before it sends the order again. It is far below the 30 s
	// of the contract, so that many orders come twice.
	verdictPatience = 3 * time.Second
	publishTimeout  = 3 * time.Second
)

var errPublishTimeout = errors.New("storm: the broker does not acknowledge")

// publisher puts orders into the inbox and hears the verdicts.
type publisher struct {
	nc *nats.Conn
	js jetstream.JetStream

	mu      sync.Mutex
	waiting map[string]chan *eventv1.Verdict
}

func newPublisher(ctx context.Context, url, keys string, log *slog.Logger) (*publisher, error) {
	nc, err := bus.Connect(ctx, bus.Config{URL: url, User: source, SeedFile: filepath.Join(keys, source+".nk")}, log, nil)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	p := &publisher{nc: nc, js: js, waiting: map[string]chan *eventv1.Verdict{}}
	_, err = nc.Subscribe(contract.VerdictSubject(source), p.heard)
	return p, err
}

func (p *publisher) close() { p.nc.Close() }

func (p *publisher) heard(m *nats.Msg) {
	v := new(eventv1.Verdict)
	if err := proto.Unmarshal(m.Data, v); err != nil {
		return // the check of the stream finds it
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.waiting[v.GetKey()]; c != nil {
		select {
		case c <- v:
		default: // its first verdict has not been fetched yet
		}
	}
}

// place sends an order until a verdict comes. It returns the verdict and how often the order was sent.
func (p *publisher) place(ctx context.Context, w *wish) (v *eventv1.Verdict, sent int, err error) {
	c := make(chan *eventv1.Verdict, 1)
	p.mu.Lock()
	p.waiting[w.key] = c
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, w.key)
	}()
	for {
		sent++
		_ = p.send(ctx, w) // whether it arrived is for the verdict to say
		timer := time.NewTimer(verdictPatience)
		select {
		case v := <-c:
			timer.Stop()
			return v, sent, nil
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, sent, fmt.Errorf("no verdict on %s, sent %d times: %w", w.key, sent, context.Cause(ctx))
		}
	}
}

func (p *publisher) send(ctx context.Context, w *wish) error {
	m := &nats.Msg{Subject: contract.InboxSubject(source), Header: nats.Header{"ce-id": {w.key}}}
	var err error
	if w.json {
		m.Header.Set("Content-Type", "application/json")
		m.Data, err = protojson.Marshal(w.order)
	} else {
		m.Header.Set("Content-Type", bus.ContentTypeProtobuf)
		m.Data, err = proto.Marshal(w.order)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, publishTimeout, errPublishTimeout)
	defer cancel()
	_, err = p.js.PublishMsg(ctx, m)
	return err
}
