package domain

import (
	"testing"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// BenchmarkNotices is who is told of a completed order, and the id of that delivery.
func BenchmarkNotices(b *testing.B) {
	o := &orderv1.Order{Requester: &orderv1.Person{Name: "Emily Chen", Email: "emily@example.com"}}
	b.ReportAllocs()
	for b.Loop() {
		notices, _ := Notices(Completion, o, nil)
		if _, ok := ID(orderID, orderID+".fulfillment.1", notices[0].To.Address, Email); !ok {
			b.Fatal("no id")
		}
	}
}
