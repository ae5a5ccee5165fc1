package storm_test

import (
	"testing"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/chaostest"
	"github.com/seatflow/seatflow/scripts/chaos/storm"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// TestStorm is one short storm with a seed of its own; make chaos makes longer ones.
func TestStorm(t *testing.T) {
	t.Parallel()
	bin := chaostest.Build(t, "intake", "approval", "fulfillment", "notification", "portal", "partnersim", "seatflow")
	cfg := storm.Config{
		Data: chaostest.Folder(t), Bin: bin, Seed: uint64(time.Now().UnixNano()), Rate: 12, Rounds: 1, Replicas: 1, Subscriptions: 12,
		Lease: 2 * time.Second, Timeout: 2 * time.Second, Quiet: 3 * time.Minute, Log: telemetry.Settings{LogLevel: "warn", LogFormat: "text"},
	}
	log, err := cfg.Log.Logger(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	report, err := storm.Run(t.Context(), cfg, log)
	if err != nil {
		t.Fatalf("seed %d: %v", cfg.Seed, err)
	}
	report.Tell(t.Output())
	if !report.OK() {
		t.Error("something was lost, bought twice or left undone; see the report")
	}
}
