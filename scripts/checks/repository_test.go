package checks_test

import (
	"os"
	"testing"

	"github.com/seatflow/seatflow/scripts/checks"
)

// TestRepository holds the repository to its rules.
func TestRepository(t *testing.T) {
	t.Parallel()
	tree, err := checks.Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range checks.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			problems := rule.Check(tree)
			for _, problem := range problems {
				t.Error(problem)
			}
			if len(problems) > 0 {
				t.Logf("why: %s", rule.Why)
			}
		})
	}
}
