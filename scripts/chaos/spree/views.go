package spree

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/bus"
)

// view is the last that fulfillment said about an order.
type view struct {
	sequence int64
	*orderv1.View
}

const provisioning = "seatflow.events.provisioning."

// views reads the last view of every order from the stream.
func (r *run) views(ctx context.Context) (map[string]view, error) {
	stream, err := r.approval.stream.Stream(ctx, contract.EventStream.Name)
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return nil, err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	found := map[string]view{}
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(m.Subject(), provisioning) {
			if err := remember(found, m); err != nil {
				return nil, err
			}
		}
		if meta.Sequence.Stream >= info.State.LastSeq {
			return found, nil
		}
	}
}

func remember(found map[string]view, m jetstream.Msg) error {
	head := bus.ParseHead(m.Headers())
	event := new(eventv1.StatusEvent)
	if err := proto.Unmarshal(m.Data(), event); err != nil {
		return fmt.Errorf("read %s: %w", head.ID, err)
	}
	if head.Sequence > found[head.Subject].sequence {
		found[head.Subject] = view{head.Sequence, event.GetView()}
	}
	return nil
}
