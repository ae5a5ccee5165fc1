package handlers

import (
	"testing"

	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// usualOrder is what most orders are: one line, numbered.
func usualOrder(b *testing.B) *orderv1.NewOrder {
	b.Helper()
	n := goodOrder(b)
	n.Lines = n.Lines[:1]
	n.Lines[0].Number = 1
	return n
}

// BenchmarkInboxDecode is what intake does with an inbox order before it is decided.
func BenchmarkInboxDecode(b *testing.B) {
	decode := inboxDecoder(validator(b))
	m := message(encoded(b, usualOrder(b)), "Content-Type", "application/protobuf")
	b.ReportAllocs()
	for b.Loop() {
		decode(m)
	}
}

// BenchmarkPlaceOrder is what intake does with a command to place an order, but for the engine's part.
func BenchmarkPlaceOrder(b *testing.B) {
	s := &Service{Validator: validator(b)}
	req := &intakev1.PlaceOrderRequest{Order: usualOrder(b)}
	req.Order.Requester = nil
	meta := engine.Meta{Key: "b0f5c7d2-2f0a-4b6e-9d6b-1f1d2f6f1a77", Caller: rpc.Caller{
		Issuer: "https://login.partner.example", Subject: "john", Name: "John Smith", Email: "john@partner.example", Role: orderv1.Role_ROLE_ADMIN,
	}}
	b.ReportAllocs()
	for b.Loop() {
		refs, err := placeOrderRefs(req, meta)
		if err != nil {
			b.Fatal(err)
		}
		placeOrderCanonical(req)
		asked, door := s.asked(req, meta.Caller)
		if faults := asked.Refusals(noon); len(faults) > 0 {
			b.Fatal(faults)
		}
		domain.Open(asked.Place(door, refs[0].ID, domain.Number(2026, 148)), noon)
	}
}
