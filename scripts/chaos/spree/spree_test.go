package spree_test

import (
	"testing"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/internal/chaostest"
	"github.com/seatflow/seatflow/scripts/chaos/spree"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// TestSpree is a short spree with a seed of its own; make chaos-vendor is the long one.
func TestSpree(t *testing.T) {
	t.Parallel()
	cfg := spree.Config{
		Data: chaostest.Folder(t), Bin: chaostest.Build(t, "fulfillment", "partnersim", "seatflow"), Seed: uint64(time.Now().UnixNano()),
		Lines: 200, Replicas: 3, Faults: 20, Scale: 60, Every: 4 * time.Second, Lease: 2 * time.Second, Timeout: 2 * time.Second,
		Quiet: 4 * time.Minute, Log: telemetry.Settings{LogLevel: "error", LogFormat: "text"},
	}
	log, err := cfg.Log.Logger(t.Output())
	if err != nil {
		t.Fatal(err)
	}
	report, err := spree.Run(t.Context(), cfg, log)
	if err != nil {
		t.Fatalf("seed %d: %v", cfg.Seed, err)
	}
	if err := report.Tell(t.Output()); err != nil {
		t.Error(err)
	}
	if !report.OK() {
		t.Error("something was bought twice, lost or left undone; see the findings")
	}
}
