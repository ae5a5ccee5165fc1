package pgserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/services/kit/fault"
)

func TestBinaries(t *testing.T) {
	root := t.TempDir()
	t.Setenv("PATH", filepath.Join(root, "empty"))
	places := []string{filepath.Join(root, "pg", "*", "bin")}
	_, err := binaries(places)
	e := fault.As(err)
	if e == nil || e.Code != "no_postgres" || e.Kind != fault.Unavailable || !strings.Contains(e.Hint, "apt-get install") ||
		!strings.Contains(e.Hint, "brew install") || !strings.Contains(e.Hint, "--postgres") {
		t.Errorf("without programs: %v", err)
	}
	for _, v := range []string{"9", "15", "17"} {
		dir := filepath.Join(root, "pg", v, "bin")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"initdb", "postgres"} {
			if v == "17" && program == "postgres" {
				continue // half installed: clients only
			}
			if err := os.WriteFile(filepath.Join(dir, program), nil, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := binaries(places)
	if err != nil || got != filepath.Join(root, "pg", "15", "bin") {
		t.Errorf("chose %s, %v", got, err)
	}
}
