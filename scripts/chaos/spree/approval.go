package spree

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	fulfillmentv1 "github.com/seatflow/seatflow/proto/gen/seatflow/fulfillment/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

const (
	publishTimeout = 5 * time.Second
	publishTries   = 20
	commandTimeout = 3 * time.Second
)

var errPublish = errors.New("spree: the broker does not acknowledge")

// approval grants orders as that service does, and gives commands as the portal does.
type approval struct {
	own, portal, admin *nats.Conn
	js, stream         jetstream.JetStream
	client             *rpc.Client
}

func newApproval(ctx context.Context, url, keys string, log *slog.Logger) (*approval, error) {
	a := new(approval)
	var err error
	connect := func(user string) (nc *nats.Conn) {
		if err == nil {
			nc, err = bus.Connect(ctx, bus.Config{URL: url, User: user, SeedFile: filepath.Join(keys, user+".nk")}, log, nil)
		}
		return nc
	}
	a.own, a.portal, a.admin = connect("approval"), connect("portal"), connect("admin")
	if err != nil {
		return nil, err
	}
	a.client = rpc.NewClient(a.portal)
	if a.js, err = jetstream.New(a.own); err != nil {
		return nil, err
	}
	a.stream, err = jetstream.New(a.admin)
	return a, err
}

func (a *approval) close() {
	for _, nc := range []*nats.Conn{a.own, a.portal, a.admin} {
		nc.Close()
	}
}

// grant publishes one granted order until the broker has it. Its id is the same each time.
func (a *approval) grant(ctx context.Context, o *orderv1.Order) error {
	now := time.Now()
	body, err := proto.Marshal(&eventv1.ApprovalGranted{
		View:  &orderv1.View{Status: orderv1.Status_STATUS_PROCESSING},
		Order: o, Fingerprint: "spree", Decision: &eventv1.Decision{Automatic: true, At: timestamppb.New(now)},
	})
	if err != nil {
		return err
	}
	head := bus.Head{
		ID: o.GetId() + ".approval.1", Source: string(contract.Approval), Type: contract.ApprovalGranted.Type,
		Subject: o.GetId(), Sequence: 1, Time: now,
	}
	for range publishTries {
		err = a.publish(ctx, &nats.Msg{Subject: contract.ApprovalGranted.Subject, Header: head.Header(), Data: body})
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("grant %s: %w", o.GetNumber(), err)
	}
	return nil
}

func (a *approval) publish(ctx context.Context, m *nats.Msg) error {
	ctx, cancel := context.WithTimeoutCause(ctx, publishTimeout, errPublish)
	defer cancel()
	_, err := a.js.PublishMsg(ctx, m)
	return err
}

// staff is who gives commands.
var staff = rpc.Caller{Issuer: "spree", Subject: "dana", Name: "Dana Reyes", Email: "dana.reyes@msp.example", Role: orderv1.Role_ROLE_ADMIN}

// command gives a command once. Whether the order allowed it, or anybody answered, is for its last view to say.
func (a *approval) command(ctx context.Context, m contract.Method, id, key string) {
	ctx, cancel := context.WithTimeoutCause(ctx, commandTimeout, errPublish)
	defer cancel()
	meta := rpc.Meta{Caller: staff, Key: key}
	if m.Name == contract.RetryOrder.Name {
		// A conflict, or nobody there: both are part of the play.
		_ = a.client.Call(ctx, m, &fulfillmentv1.RetryRequest{OrderId: id}, new(fulfillmentv1.RetryResponse), meta)
		return
	}
	_ = a.client.Call(ctx, m, &fulfillmentv1.CancelRequest{OrderId: id, Reason: "spree"}, new(fulfillmentv1.CancelResponse), meta)
}
