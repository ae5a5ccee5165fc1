package telemetry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seatflow/seatflow/services/kit/telemetry"
)

func TestAskedWhenScraped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waiting := prometheus.NewDesc("seatflow_waiting", "Orders that wait.", []string{"status"}, nil)
		oldest := prometheus.NewDesc("seatflow_oldest_seconds", "The longest wait.", nil, nil)
		asked, failing, slow := 0, false, false
		ctx, stop := context.WithCancel(t.Context())
		c := telemetry.Asked{
			Gauges: []*prometheus.Desc{waiting, oldest}, Every: time.Second, Within: 500 * time.Millisecond,
			Ask: func(ctx context.Context) ([]prometheus.Metric, error) {
				asked++
				if slow {
					<-ctx.Done()
				}
				if failing {
					return []prometheus.Metric{telemetry.Gauge(oldest, -1)}, errors.New("no answer")
				}
				return []prometheus.Metric{telemetry.Gauge(waiting, float64(asked), "received"), telemetry.Gauge(oldest, 7)}, ctx.Err()
			},
		}.Collector(ctx)
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(c)
		scrape := func(what string, questions, metrics int) {
			t.Helper()
			if got := testutil.CollectAndCount(c); got != metrics || asked != questions {
				t.Errorf("%s: %d metrics after %d questions, want %d after %d", what, got, asked, metrics, questions)
			}
		}
		pass := func(d time.Duration) { <-time.After(d) }
		scrape("the first scrape", 1, 2)
		pass(999 * time.Millisecond)
		scrape("soon again", 1, 2)
		pass(time.Millisecond)
		scrape("a second later", 2, 2)
		if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
			t.Errorf("lint: %v, %v", problems, err)
		}
		failing = true
		pass(time.Second)
		scrape("no answer", 3, 0)
		scrape("it is not asked again at once", 3, 0)
		failing, slow = false, true
		pass(time.Second)
		start := time.Now()
		scrape("an answer that comes too late", 4, 0)
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("a scrape was held up for %v", took)
		}
		slow = false
		pass(time.Second)
		scrape("it answers again", 5, 2)
		stop()
		pass(time.Second)
		scrape("the service has ended", 6, 0)
	})
}
