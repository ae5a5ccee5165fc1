package notification

import (
	"testing"

	"github.com/seatflow/seatflow/services/notification/internal/domain"
	"github.com/seatflow/seatflow/services/notification/internal/letter"
)

// BenchmarkWords is a mail's way from its facts to its text.
func BenchmarkWords(b *testing.B) {
	m, what := &mailer{portal: "https://seatflow.example.com", command: "seatflow"}, fabrikam(domain.OrderCompleted)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := letter.Render(kinds[what.Kind], m.facts(what)); err != nil {
			b.Fatal(err)
		}
	}
}
