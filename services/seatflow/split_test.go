package seatflow_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/seatflow/internal/journey"
)

// root is the repository's folder, from here.
const root = "../.."

// TestJourneySplit makes the same journeys on one process for each service, started by the script that does so.
func TestJourneySplit(t *testing.T) {
	t.Parallel()
	data, bin := folder(t), t.TempDir()
	build(t, bin)
	startSplit(t, bin, data)
	at, err := journey.Find(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(at.Processes) < 5 { // four services and the portal
		t.Errorf("the processes: %v", at.Processes)
	}
	journey.Run(t, at)
}

// folder is a data folder that Postgres' own user can get into.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "seatflow-journey-") //nolint:usetesting // t.TempDir lies in a folder that is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the data folder is left behind: %v", err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// build makes the programs as make build does.
func build(t *testing.T, bin string) {
	t.Helper()
	targets := []string{"build", "-o", bin + string(filepath.Separator), "./scripts/chaos/cmd/split"}
	for _, s := range []string{"intake", "approval", "fulfillment", "notification", "portal", "partnersim", "seatflow"} {
		targets = append(targets, "./services/"+s+"/cmd/"+s)
	}
	cmd := exec.CommandContext(t.Context(), "go", targets...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
}

// startSplit starts all processes and stops them after the test.
func startSplit(t *testing.T, bin, data string) {
	t.Helper()
	const free = "127.0.0.1:0"
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "split"), "--data", data, "--bin", bin, "--listen", free, "--ops", free, "--mail", free,
		"--smtp-listen", free, "--partnersim-listen", free, "--nats-listen", free, "--sources", strings.Join(journey.Sources, ","),
		"--vendor-rate-per-minute", "0", "--log-level", "warn")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Minute
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	t.Cleanup(func() {
		stop()
		for lines.Scan() { // until the script has closed its end
			t.Log(lines.Text())
		}
		if err := cmd.Wait(); err != nil && ctx.Err() == nil {
			t.Errorf("the script did not stop in order: %v", err)
		}
	})
	for lines.Scan() {
		if lines.Text() == "seatflow is ready" {
			return
		}
	}
	t.Fatal("the processes did not start")
}
