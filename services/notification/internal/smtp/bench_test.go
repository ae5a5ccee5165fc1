package smtp_test

import (
	"testing"
)

// BenchmarkSend is the way of a mail over four kept connections into a sink in the same process: both ends are measured.
func BenchmarkSend(b *testing.B) {
	s := sender(b, (&server{discard: true}).start(b, ""), nil)
	ctx := b.Context()
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if r := s.Send(ctx, sample()); r.Err != nil {
				b.Error(r.Err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
