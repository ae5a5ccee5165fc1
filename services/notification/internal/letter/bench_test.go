package letter_test

import (
	"testing"

	"github.com/seatflow/seatflow/services/notification/internal/letter"
)

func BenchmarkRender(b *testing.B) {
	for _, kind := range []letter.Kind{letter.Completed, letter.ApprovalNeeded} {
		facts := examples()[kind]
		b.Run(kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := letter.Render(kind, facts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
