package storm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/seatflow/seatflow/scripts/chaos/storm"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

// root is the repository's folder, from here.
const root = "../../.."

// TestStorm is one short storm with a seed of its own; make chaos makes longer ones.
func TestStorm(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	build(t, bin)
	cfg := storm.Config{
		Data: folder(t), Bin: bin, Seed: uint64(time.Now().UnixNano()), Rate: 12, Rounds: 1, Replicas: 1, Subscriptions: 12,
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

// folder is a data folder that Postgres' own user can get into. It is kept when the test fails, for its logs.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "seatflow-chaos-") //nolint:usetesting // t.TempDir lies in a folder that is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("everything is kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the data folder is left behind: %v", err)
		}
	})
	return dir
}

// build makes the programs as make build does.
func build(t *testing.T, bin string) {
	t.Helper()
	for _, s := range []string{"intake", "approval", "fulfillment", "notification", "portal", "partnersim", "seatflow"} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin+string(filepath.Separator), "./cmd/"+s)
		cmd.Dir = filepath.Join(root, "services", s) // so that it works without the workspace too
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", s, err, out)
		}
	}
}
