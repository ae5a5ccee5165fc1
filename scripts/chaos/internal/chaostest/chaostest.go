// Package chaostest gives the chaos programs' own tests the programs that they run and a folder to run them in.
//
// Failures: a program that cannot be built, or a folder that cannot be made or removed, fails the test.
package chaostest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// root is the repository's folder, from that of a test two levels below scripts/chaos's own.
const root = "../../.."

// Folder is a data folder that Postgres' own user can get into. It is kept when the test fails, for its logs.
func Folder(t *testing.T) string {
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

// Build makes the programs as make build does, and gives their folder.
func Build(t *testing.T, services ...string) string {
	t.Helper()
	bin := t.TempDir()
	for _, s := range services {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin+string(filepath.Separator), "./cmd/"+s)
		cmd.Dir = filepath.Join(root, "services", s) // so that it works without the workspace too
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", s, err, out)
		}
	}
	return bin
}
