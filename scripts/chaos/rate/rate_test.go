package rate_test

import (
	"testing"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/chaostest"
	"github.com/seatflow/seatflow/scripts/chaos/rate"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// TestRate is a short measurement at another rate; make rate is the long one. How much of the rate is used is for that to say:
// a machine that is busy with other tests may not come near it.
func TestRate(t *testing.T) {
	t.Parallel()
	cfg := rate.Config{
		Data: chaostest.Folder(t), Bin: chaostest.Build(t, "fulfillment", "partnersim", "seatflow"),
		Rate: 3000, Replicas: 3, For: 24 * time.Second, Window: 10 * time.Second, Backlog: 2000, Every: 3 * time.Second, Share: 50,
		Log: telemetry.Settings{LogLevel: "error", LogFormat: "text"},
	}
	log, err := cfg.Log.Logger(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	report, err := rate.Run(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Tell(t.Output()); err != nil {
		t.Error(err)
	}
	if !report.OK() {
		t.Error("the figures are not as promised; see the findings")
	}
}
