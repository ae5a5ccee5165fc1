package rpc

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// DefaultTimeout bounds a call whose context has no deadline.
const DefaultTimeout = 10 * time.Second

// Client calls endpoints.
type Client struct {
	nc     *nats.Conn
	encode encoder
}

// NewClient returns a client over a connection that may send commands: the portal's.
func NewClient(nc *nats.Conn) *Client { return &Client{nc: nc} }

var errTimeout = errors.New("rpc: call timeout")

// Call sends a request and decodes the reply. Every error is a *fault.Error: what
// the service answered, or "unavailable" when nobody did. An unavailable command
// may have taken effect; the same key makes its repetition safe.
func (c *Client) Call(ctx context.Context, m contract.Method, req, reply proto.Message, meta Meta) error {
	until, ok := ctx.Deadline()
	if limit := time.Now().Add(DefaultTimeout); !ok || until.After(limit) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, limit, errTimeout)
		defer cancel()
		until = limit
	}
	if meta.Deadline.IsZero() {
		meta.Deadline = until
	}
	head, err := c.encode.meta(meta)
	if err != nil {
		return fault.As(err)
	}
	body, err := proto.Marshal(req)
	if err != nil {
		return fault.As(err).In(m.Subject())
	}
	msg, err := c.nc.RequestMsgWithContext(ctx, &nats.Msg{Subject: m.Subject(), Header: head, Data: body})
	if errors.Is(err, nats.ErrMaxPayload) {
		return fault.New(fault.Invalid, "request_too_large", "The request is too large.").
			Hinted("Split it into smaller ones.").In(m.Subject()).Because(err)
	}
	if err != nil {
		return unreachable(m, err)
	}
	if f := one(msg.Header, hdrFault); f != "" {
		return fault.Unmarshal([]byte(f)).In(m.Subject())
	}
	if err := proto.Unmarshal(msg.Data, reply); err != nil {
		return fault.As(err).In(m.Subject())
	}
	return nil
}

func unreachable(m contract.Method, err error) error {
	f := fault.New(fault.Unavailable, "service_unreachable", "The "+string(m.Service)+" service does not answer.").
		Hinted("Try again in a few seconds.").In(m.Subject()).Because(err)
	f.RetryAfter = 2 * time.Second
	return f
}
