package storm

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// What is checked, in the order of the report.
const (
	checkAnswered = "every order was answered"
	checkRefused  = "what is faulty was refused, and nothing else"
	checkDecided  = "every decision was taken as given"
	checkUp       = "every process came up again"
	checkRest     = "everything came to rest"
	checkBook     = "the book has every accepted order and no other"
	checkEnds     = "every order is in its right end"
	checkBought   = "the vendor's ledger has each line bought once, and nothing else"
	checkSeats    = "every subscription has its seats"
	checkMails    = "every mail owed was sent"
	checkLetters  = "there are no dead letters"
	checkJournal  = "every journalled event is in the stream, and no other"
	checkStory    = "every order's events are without gap, and nothing was decided twice"
	checkVerdicts = "every verdict names the one order of its key"
)

var checks = []string{
	checkAnswered, checkRefused, checkDecided, checkUp, checkRest, checkBook, checkEnds, checkBought, checkSeats, checkMails, checkLetters,
	checkJournal, checkStory, checkVerdicts,
}

// shown is how many findings of one check a report shows.
const shown = 12

// notes gathers findings and counts from all sides.
type notes struct {
	mu       sync.Mutex
	findings map[string][]string
	facts    []string
	deaths   []string
	began    time.Time
}

func newNotes() *notes { return &notes{findings: map[string][]string{}, began: time.Now()} }

// find adds a finding to a check.
func (n *notes) find(check, format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.findings[check] = append(n.findings[check], fmt.Sprintf(format, args...))
}

// fact adds a line about the run.
func (n *notes) fact(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.facts = append(n.facts, fmt.Sprintf(format, args...))
}

// death notes what was done to a process.
func (n *notes) death(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.deaths = append(n.deaths, fmt.Sprintf("%6.1fs  %s", time.Since(n.began).Seconds(), fmt.Sprintf(format, args...)))
}

// report closes the notes.
func (n *notes) report(seed uint64) Report {
	n.mu.Lock()
	defer n.mu.Unlock()
	return Report{Seed: seed, Took: time.Since(n.began), Findings: n.findings, Facts: n.facts, Deaths: n.deaths}
}

// Report is what a storm found.
type Report struct {
	Seed uint64
	Took time.Duration
	// Findings are what was promised and not kept, by check; empty when all is well.
	Findings map[string][]string
	Facts    []string
	Deaths   []string
	// Data is the folder with all logs, while it is kept.
	Data string
}

// OK says that nothing was found.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// Tell prints the report for people.
func (r Report) Tell(out io.Writer) {
	fmt.Fprintf(out, "\nstorm with seed %d, %s\n", r.Seed, r.Took.Round(time.Second))
	for _, f := range r.Facts {
		fmt.Fprintf(out, "  %s\n", f)
	}
	fmt.Fprintf(out, "deaths\n  %s\nchecks\n", strings.Join(r.Deaths, "\n  "))
	for _, check := range checks {
		found := r.Findings[check]
		if len(found) == 0 {
			fmt.Fprintf(out, "  ok    %s\n", check)
			continue
		}
		slices.Sort(found)
		fmt.Fprintf(out, "  FOUND %s: %d\n", check, len(found))
		for _, f := range found[:min(len(found), shown)] {
			fmt.Fprintf(out, "        %s\n", f)
		}
	}
	if r.OK() {
		fmt.Fprintln(out, "nothing lost, nothing bought twice")
		return
	}
	fmt.Fprintf(out, "something is wrong; everything is kept in %s\n", r.Data)
}
