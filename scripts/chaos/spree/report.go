package spree

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// shown is how many findings a report shows.
const shown = 40

// notes gathers findings and blows from all sides.
type notes struct {
	mu       sync.Mutex
	findings []string
	blows    map[string]int
	began    time.Time
}

func newNotes() *notes { return &notes{blows: map[string]int{}, began: time.Now()} }

func (n *notes) find(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.findings = append(n.findings, fmt.Sprintf(format, args...))
}

func (n *notes) blow(kind string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.blows[kind]++
}

// Report is what a spree found: one JSON line.
type Report struct {
	Name    string  `json:"name"`
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"`
	Orders  int     `json:"orders"`
	Lines   int     `json:"lines"`
	// Kinds are the lines by requested change, Ends the lines by status, Statuses the orders by status.
	Kinds    map[string]int `json:"lines_by_change"`
	Ends     map[string]int `json:"lines_by_end"`
	Statuses map[string]int `json:"orders_by_status"`
	// Effects are what the vendor's ledger has, Requests what it was asked.
	Effects  int            `json:"effects"`
	Requests int64          `json:"requests"`
	Blows    map[string]int `json:"blows"`
	Retried  int            `json:"retried"`
	// Twice are effects beyond the one that a line may have, Lost fulfilled lines without their effect.
	Twice int `json:"effects_twice"`
	Lost  int `json:"effects_missing"`
	// Findings are what was promised and not kept.
	Findings []string `json:"findings"`
	// Data is the folder with all logs, while it is kept.
	Data string `json:"data,omitempty"`
}

// OK says that nothing was found.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Tell prints the report as one line of JSON, with the first of its findings.
func (r *Report) Tell(out io.Writer) error {
	short := *r
	slices.Sort(short.Findings)
	if len(short.Findings) > shown {
		short.Findings = append(slices.Clone(short.Findings[:shown]), fmt.Sprintf("… and %d more", len(r.Findings)-shown))
	}
	if short.Findings == nil {
		short.Findings = []string{}
	}
	if r.OK() {
		short.Data = ""
	}
	return json.NewEncoder(out).Encode(short)
}
