package checks

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one breach of a rule. Line is 0 when it concerns the file or folder as a whole.
type Problem struct {
	Path string
	Line int
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.Path, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s", p.Path, p.Line, p.Text)
}

// Rule is one rule of the house. Why is the reason, shown with every breach of it.
type Rule struct {
	Name  string
	Why   string
	check func(t *Tree, found *problems)
}

// Check gives the breaches of the rule, in the order of the tree.
func (r Rule) Check(t *Tree) []Problem {
	var found problems
	r.check(t, &found)
	slices.SortFunc(found.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return found.list
}

type problems struct{ list []Problem }

func (p *problems) add(path string, line int, format string, args ...any) {
	p.list = append(p.list, Problem{Path: path, Line: line, Text: fmt.Sprintf(format, args...)})
}

// Rules gives every rule of the house.
func Rules() []Rule {
	return []Rule{
		{"imports between services", "a service that knows another cannot be started, tested or replaced without it", importsBetween},
		{"imports within a service", "cmd → service → handlers → store, and all → domain: the middle is read without its edges", importsWithin},
		{"pure domain", "a rule that reads no clock and touches nothing outside is tested with values alone and gives the same answer twice", pureDomain},
		{"package comments", "a package opens with its model, its guarantees and its failures", packageComments},
		{"package names", "a package is named by what it gives; a drawer without a name fills up", packageNames},
		{"sizes", "what does not fit on a few screens is not read to its end", sizes},
		{"no sleeping", "a sleep is too long on one machine and too short on the next: wait for the signal", noSleep},
		{"no skipping", "a green run that skipped is not a green run", noSkip},
		{"contexts come from above", "work that starts its own context outlives its caller and cannot be stopped", noBackground},
		{"one version of each dependency", "services in one program must not behave differently from the same services alone", equalVersions},
		{"sibling modules", "each module also builds alone (GOWORK=off), from the folder beside it", siblings},
		{"generated code is marked", "who edits generated code loses the edit", generatedMarked},
		{"metrics names", "one prefix, base units, _total on counters, and no ids as labels: a label per order fills the memory of what watches us", metricNames},
		{"SQL in its place", "a table is understood from one package, and a schema change has one place to follow", sqlInPlace},
		{"the same tree in each service", "who knows one service knows them all", sameLayout},
		{"documents", "the first things that a newcomer opens", documents},
		{"settings are documented", "an operator finds every setting in the service's README", settingsDocumented},
		{"the tree is self-contained", "what names one machine, or the registry it happened to use, fails on the next", selfContained},
		{"nothing left for later", "a note to do something later is an issue, not a comment", nothingLeft},
	}
}
