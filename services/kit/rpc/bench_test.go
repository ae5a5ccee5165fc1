package rpc_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/seatflow/seatflow/proto/contract"
	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

// newOrder is what a usual POST becomes.
func newOrder() *orderv1.NewOrder {
	return &orderv1.NewOrder{
		Customer: &orderv1.Customer{TenantId: "2b6ef9a0-7c0d-4f0e-9d55-9b1f5a6f0c11", Name: "Contoso Corp"},
		Lines: []*orderv1.Line{{
			Number: 1, Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLZ:0002:CFQ7TTC0K5DR", UnitPrice: &orderv1.Money{Amount: "570.00", Currency: "USD"},
			Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
				Quantity: 25, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL,
			}},
		}},
		Reference: "PO-7781",
	}
}

// BenchmarkRoundTrip is one command from a client to a service that answers at once, with the broker between them, all in
// this process.
func BenchmarkRoundTrip(b *testing.B) {
	n := newOrder()
	reply := &intakev1.PlaceOrderResponse{
		Order: &orderv1.Order{
			Id: orderID, Number: "ORD-2026-00148", Customer: n.GetCustomer(), Lines: n.GetLines(), Requester: john.Person(),
			PlacedAt: timestamppb.Now(), Source: "portal", Amount: &orderv1.Money{Amount: "14250.00", Currency: "USD"},
		},
		View:     &orderv1.View{Status: orderv1.Status_STATUS_RECEIVED, Sentence: "Received; checking whether it needs approval…"},
		Position: &orderv1.Position{Owner: "intake", Sequence: 1},
	}
	all := map[string]rpc.Query{}
	for _, m := range contract.Methods {
		if m.Service == contract.Intake {
			all[m.Name] = rpc.Query{Method: m, Handle: func(context.Context, proto.Message, rpc.Meta) (proto.Message, error) { return reply, nil }}
		}
	}
	broker := natstest.Start(b, natstest.Options{})
	srv, err := rpc.Serve(context.WithoutCancel(b.Context()), broker.Connect(), contract.Intake, all, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	client := rpc.NewClient(broker.Connect())
	place := func(n *orderv1.NewOrder) error {
		return client.Call(b.Context(), contract.PlaceOrder, &intakev1.PlaceOrderRequest{Order: n}, new(intakev1.PlaceOrderResponse),
			rpc.Meta{Caller: john, Key: "b0f5c7d2-2f0a-4b6e-9d6b-1f1d2f6f1a77", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"})
	}
	for _, at := range []struct {
		name     string
		parallel int
	}{{"alone", 0}, {"many", 64}} {
		b.Run(at.name, func(b *testing.B) {
			b.ReportAllocs()
			if at.parallel == 0 {
				for b.Loop() {
					if err := place(n); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			b.SetParallelism(at.parallel)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := place(newOrder()); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
	if err := srv.Stop(); err != nil {
		b.Error(err)
	}
}
