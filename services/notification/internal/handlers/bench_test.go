package handlers

import (
	"testing"

	eventv1 "github.com/seatflow/seatflow/proto/gen/seatflow/event/v1"
	"github.com/seatflow/seatflow/services/kit/engine"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// BenchmarkFacts is what a mail's facts cost: taken from the event, stored with the call, read for sending.
func BenchmarkFacts(b *testing.B) {
	o := order()
	turn := &engine.Turn{Now: placed, Input: &engine.Input{
		Meta: engine.Meta{ID: o.GetId() + ".fulfillment.1", Order: o.GetId()},
		Body: &eventv1.ProvisioningFinished{View: view(10, "Done."), Order: o},
	}}
	notice := domain.Notice{Kind: domain.OrderCompleted, To: domain.Requester(o)}
	body, err := encodeMail(mailOf(turn, notice))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := encodeMail(mailOf(turn, notice)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(body)), "bytes")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decodeMail(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
