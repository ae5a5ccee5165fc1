package handlers

import (
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/kit/engine"
)

func bo() *orderv1.NewOrder {
	return &orderv1.NewOrder{Customer: &orderv1.Customer{TenantId: "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001", Name: "Contoso Corp"}, Reference: "PO-1",
		Lines: []*orderv1.Line{{Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLZ:0002:CFQ7TTC0XYZ1", UnitPrice: &orderv1.Money{Amount: "570.00", Currency: "USD"}, Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 3, Term: "P1Y", BillingCycle: 2}}}}}
}

func BenchmarkDecode(b *testing.B) {
	v, _ := NewValidator()
	d := inboxDecoder(v)
	data, _ := proto.Marshal(bo())
	m := engine.Message{Subject: "seatflow.inbox.erp", Header: map[string][]string{"ce-id": {"x1"}, "Content-Type": {"application/protobuf"}}, Data: data}
	b.ReportAllocs()
	for b.Loop() {
		d(m)
	}
}
func BenchmarkUnmarshal(b *testing.B) {
	data, _ := proto.Marshal(bo())
	b.ReportAllocs()
	for b.Loop() {
		decodeOrder("application/protobuf", data)
	}
}
func BenchmarkValidate(b *testing.B) {
	v, _ := NewValidator()
	o := bo()
	b.ReportAllocs()
	for b.Loop() {
		schemaFaults(v, o)
	}
}
func BenchmarkCheck(b *testing.B) {
	o := bo()
	b.ReportAllocs()
	for b.Loop() {
		domain.Check(o, nil)
	}
}
func BenchmarkUUID(b *testing.B) {
	for b.Loop() {
		uuid.NewV7()
	}
}
func granted() []byte {
	a := domain.Check(bo(), nil)
	o := a.Place(domain.Door{Requester: &orderv1.Person{Issuer: "nats", Subject: "erp", Name: "erp", Role: 5}, Source: "erp"}, "0190d2c4-0000-7000-8000-000000000001", "ORD-2026-00001", timestamppb.Now().AsTime())
	bk := domain.Open(o, timestamppb.Now().AsTime())
	data, _ := proto.Marshal(&eventv1.ApprovalGranted{View: bk.View, Order: o, Fingerprint: domain.Hex(a.Fingerprint[:]), Decision: &eventv1.Decision{At: timestamppb.Now(), Automatic: true}})
	return data
}
func BenchmarkEventGranted(b *testing.B) {
	data := granted()
	b.ReportAllocs()
	for b.Loop() {
		proto.Unmarshal(data, new(eventv1.ApprovalGranted))
	}
}
func BenchmarkEventSlim(b *testing.B) {
	data := granted()
	b.ReportAllocs()
	for b.Loop() {
		proto.Unmarshal(data, new(eventv1.ProvisioningLineSettled))
	}
}
func BenchmarkEventValidate(b *testing.B) {
	data := granted()
	m := new(eventv1.ApprovalGranted)
	proto.Unmarshal(data, m)
	b.ReportAllocs()
	for b.Loop() {
		if err := protovalidate.Validate(m); err != nil {
			b.Fatal(err)
		}
	}
}
func BenchmarkEventDiscard(b *testing.B) {
	data := granted()
	b.ReportAllocs()
	for b.Loop() {
		proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, new(orderv1.View))
	}
}
