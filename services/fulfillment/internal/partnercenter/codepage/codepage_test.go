package codepage

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	pc "github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

const file = "../../../../../docs/vendor-codes.md"

// write is what make gen says.
var write = flag.Bool("write", false, "write the page instead of comparing it")

func TestPageIsCurrent(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := Write(&page); err != nil {
		t.Fatal(err)
	}
	if *write {
		if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, page.Bytes()) {
		t.Errorf("docs/vendor-codes.md differs from the error catalogue: run make gen (%v)", err)
	}
}

// TestPageTellsEverything: every code, sentence and hint of the catalogue stands on the page.
func TestPageTellsEverything(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := Write(&page); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	for _, e := range append(pc.Catalogue(), pc.Conditions()...) {
		for _, part := range []string{e.Code, e.Message, e.Hint, "`" + e.Word + "`", string(e.Owner)} {
			if !strings.Contains(text, part) {
				t.Errorf("%d/%s: %q is not on the page", e.Status, e.Code, part)
			}
		}
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "\t") || strings.HasPrefix(line, "|") && strings.Contains(strings.Trim(line, "|\n"), "||") {
			t.Errorf("odd line %q", line)
		}
	}
}
