package behaviours

import (
	"slices"
	"strings"
	"time"
)

// maxFor is longer than anything the vendor makes one wait for.
const maxFor = 366 * 24 * time.Hour

// Rule switches one behaviour on. The zero values of the first group mean any call, every time.
type Rule struct {
	ID        uint64
	Name      Name
	Operation string    // its word; empty: any at which the behaviour is asked
	Customer  *[16]byte // nil: any
	Skip      int       // fitting calls to let pass first
	Times     int       // how often it strikes; 0: until it is removed
	Percent   int       // chance of striking, 1 to 100; 0: always
	Seed      uint64    // of the chances; 0: the simulator's

	For     time.Duration // simulated
	Code    int
	Text    string
	Count   int
	Indexes []int

	Struck int // how often it has
}

func shortFor(seconds int, code ...int) func(*Rule) {
	return func(r *Rule) {
		if r.For == 0 {
			r.For = time.Duration(seconds) * time.Second
		}
		if r.Code == 0 && len(code) > 0 {
			r.Code = code[0]
		}
	}
}

func longFor(minutes int) func(*Rule) { return shortFor(minutes * 60) }

func codeOf(code int) func(*Rule) {
	return func(r *Rule) {
		if r.Code == 0 {
			r.Code = code
		}
	}
}

func textOf(text string) func(*Rule) {
	return func(r *Rule) {
		if r.Text == "" {
			r.Text = text
		}
	}
}

func countOf(count int) func(*Rule) {
	return func(r *Rule) {
		if r.Count == 0 {
			r.Count = count
		}
	}
}

// ends are the statuses in which an order may end after a wait.
var ends = map[Name][]string{
	PendingReview: {"completed", "cancelled", "error"},
	PendingPO:     {"completed", "po_review_rejected"},
}

// prepare fills in what was left open and says what is wrong, in whole sentences.
func (r *Rule) prepare() (problems []string) {
	say := func(bad bool, sentence string) {
		if bad {
			problems = append(problems, sentence)
		}
	}
	k := kind(r.Name)
	if k == nil {
		return []string{"name must be one of those that GET /admin/behaviours lists."}
	}
	for _, f := range []struct {
		field string
		given bool
	}{{"for_ms", r.For != 0}, {"code", r.Code != 0}, {"text", r.Text != ""}, {"count", r.Count != 0}, {"indexes", r.Indexes != nil}} {
		say(f.given && !slices.Contains(k.Fields, f.field), f.field+" means nothing to this behaviour.")
	}
	if r.Text == "" && ends[r.Name] != nil {
		r.Text = ends[r.Name][0]
	}
	if k.fill != nil {
		k.fill(r)
	}
	say(r.Times < 0 || r.Skip < 0, "times and skip must not be negative.")
	say(r.Percent < 0 || r.Percent > 100, "percent must be 1 to 100, or 0 for always.")
	say(r.For < 0 || r.For > maxFor, "for_ms must be 0 or more, at most a year.")
	say(r.Count < 0 || r.Count > 100, "count must be 1 to 100.")
	say(ends[r.Name] != nil && !slices.Contains(ends[r.Name], r.Text), "text must be one of "+strings.Join(ends[r.Name], ", ")+".")
	say(slices.ContainsFunc(r.Indexes, func(n int) bool { return n < 0 }), "indexes must not be negative.")
	return problems
}
