package stored_test

import (
	"testing"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
)

// BenchmarkOrder is the state of a usual order while its cart is being checked out.
func BenchmarkOrder(b *testing.B) {
	o := &domain.Order{
		Lines: []domain.Line{{Number: 1, Status: domain.LineInFlight, Attempt: 1, Token: "SF-T5E4Y48N"}},
		Cart: domain.Cart{
			ID:    "5d1c1d3e-0b5e-4a2f-9a2e-0a9b6f4b1c11",
			Track: domain.Track{Step: domain.StepCheckout, Call: "0190d2c4-0000-7000-81f3-fdba8c01bb03", Tries: 1},
		},
		Calls: 2,
	}
	form := stored.Order(o)
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			form = stored.Order(o)
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := stored.ReadOrder(form, new(domain.Order)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
