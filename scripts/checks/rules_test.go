package checks_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seatflow/seatflow/scripts/checks"
)

// fixture is a small tree and what a rule says about it: nothing when want is empty.
type fixture struct {
	name string
	tree map[string]string
	want []string // the problems, each up to its colon-separated place, then a part of its text: "a.go:3: part"
}

// fixtures gives, for each rule by name, trees that break it and at least one that does not.
func fixtures() map[string][]fixture {
	all := make(map[string][]fixture)
	for _, part := range []map[string][]fixture{importFixtures(), packageFixtures(), callFixtures(), moduleFixtures(), documentFixtures()} {
		for rule, list := range part {
			all[rule] = append(all[rule], list...)
		}
	}
	return all
}

func TestRulesCatch(t *testing.T) {
	t.Parallel()
	known := fixtures()
	for _, rule := range checks.Rules() {
		clean, broken := 0, 0
		for _, f := range known[rule.Name] {
			if len(f.want) == 0 {
				clean++
			} else {
				broken++
			}
			t.Run(rule.Name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				compare(t, rule.Check(load(t, f.tree)), f.want)
			})
		}
		if clean == 0 || broken == 0 {
			t.Errorf("rule %q has %d trees that keep it and %d that break it; it needs both", rule.Name, clean, broken)
		}
		delete(known, rule.Name)
	}
	for name := range known {
		t.Errorf("fixtures for %q, which is no rule", name)
	}
}

func load(t *testing.T, files map[string]string) *checks.Tree {
	t.Helper()
	mapped := make(fstest.MapFS, len(files))
	for name, content := range files {
		mapped[name] = &fstest.MapFile{Data: []byte(content)}
	}
	tree, err := checks.Load(mapped)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// compare matches problems to wants one to one and in order; a want names the place in full and a part of the text.
func compare(t *testing.T, problems []checks.Problem, want []string) {
	t.Helper()
	got := make([]string, len(problems))
	for i, problem := range problems {
		got[i] = problem.String()
		if i >= len(want) {
			continue
		}
		place, part, _ := strings.Cut(want[i], ": ")
		if strings.HasPrefix(got[i], place+": ") && strings.Contains(got[i], part) {
			got[i] = want[i]
		}
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestLoadRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"a/a.go":   "package",
		"a/go.mod": "modul a",
		"go.work":  "go no",
	} {
		if _, err := checks.Load(fstest.MapFS{name: {Data: []byte(content)}}); err == nil {
			t.Errorf("%s with %q was read", name, content)
		}
	}
}

func TestLoadLeavesOutWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	tree := load(t, map[string]string{
		"proto/third_party/x.go": "not Go",
		"bin/x.go":               "not Go",
		"picture.png":            "\x89PNG\x00",
		"a/a.go":                 "package a\n",
	})
	if len(tree.Files) != 1 || len(tree.Texts) != 1 {
		t.Errorf("read %d Go files and %d texts; want one of each", len(tree.Files), len(tree.Texts))
	}
}
