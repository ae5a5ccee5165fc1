package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/seatflow/seatflow/scripts/bench/internal/load"
	"github.com/seatflow/seatflow/scripts/bench/internal/proc"
	"github.com/seatflow/seatflow/scripts/bench/internal/witness"
)

// line is one measurement as it is printed. What a measurement does not have is left out.
type line struct {
	Name   string `json:"name"`
	Config string `json:"config"`
	// Rate is at what pace orders were placed, 0 for full speed.
	Rate         float64  `json:"rate"`
	Orders       int      `json:"orders"`
	Seconds      float64  `json:"seconds"`
	OrdersPerS   float64  `json:"orders_per_s"`
	P50          *float64 `json:"p50_ms,omitempty"`
	P99          *float64 `json:"p99_ms,omitempty"`
	RowVersions  *float64 `json:"row_versions_per_order,omitempty"`
	Messages     *float64 `json:"messages_per_order,omitempty"`
	MaxRSS       float64  `json:"max_rss_mb"`
	RSS          figures  `json:"rss_mb"`
	CPU          figures  `json:"cpu_s"`
	CPUPerOrder  figures  `json:"cpu_us_per_order,omitempty"`
	IdleCPU      figures  `json:"idle_cpu_pct,omitempty"`
	RowsPerTable figures  `json:"rows,omitempty"`
	// BatchInputs and BatchMillis are the mean size of a service's batches and their mean time from load to commit.
	BatchInputs figures `json:"batch_inputs,omitempty"`
	BatchMillis figures `json:"batch_ms,omitempty"`
}

// figures are numbers by the name of a process or table.
type figures map[string]float64

func (b *bench) print(l any) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(b.out, "%s\n", text)
	return err
}

// round keeps two decimals: more is noise.
func round(f float64) float64 { return math.Round(f*100) / 100 }

func millis(d time.Duration) *float64 {
	f := round(float64(d.Microseconds()) / 1000)
	return &f
}

func megabytes(bytes int64) float64 { return round(float64(bytes) / (1 << 20)) }

// result fills in what a run has measured.
func (l *line) result(r load.Result) {
	l.Orders, l.Seconds, l.OrdersPerS = r.Orders, round(r.Seconds), round(float64(r.Orders)/r.Seconds)
	l.P50, l.P99 = millis(r.P50), millis(r.P99)
}

// spent fills in the CPU time between two readings; services are Seatflow's own processes.
func (l *line) spent(before, after map[string]proc.Usage) {
	l.CPU, l.CPUPerOrder = figures{}, figures{}
	for name, u := range after {
		cpu := (u.CPU - before[name].CPU).Seconds()
		l.CPU[name] = round(cpu)
		if l.Orders > 0 {
			l.CPUPerOrder[name] = math.Round(cpu / float64(l.Orders) * 1e6)
		}
	}
}

// memory fills in the most memory seen of each process.
func (l *line) memory(peak map[string]int64, services []string) {
	l.RSS = figures{}
	for name, bytes := range peak {
		if bytes > 0 {
			l.RSS[name] = megabytes(bytes)
		}
	}
	for _, s := range services {
		l.MaxRSS = round(l.MaxRSS + l.RSS[s])
	}
}

// rows fills in the row versions per order, by table, between two counts.
func (l *line) rows(before, after map[string]int64) {
	l.RowsPerTable = figures{}
	var sum int64
	for table := range maps.Keys(after) {
		if n := after[table] - before[table]; n > 0 {
			l.RowsPerTable[table] = round(float64(n) / float64(l.Orders))
			sum += n
		}
	}
	all := round(float64(sum) / float64(l.Orders))
	l.RowVersions = &all
}

// batches fills in the means of what the services' engines committed between two readings.
func (l *line) batches(before, after map[string]witness.Batches) {
	l.BatchInputs, l.BatchMillis = figures{}, figures{}
	for service, b := range after {
		if n := b.Count - before[service].Count; n > 0 {
			l.BatchInputs[service] = round((b.Inputs - before[service].Inputs) / n)
			l.BatchMillis[service] = round((b.Seconds - before[service].Seconds) / n * 1000)
		}
	}
}

// sentence is the line for people.
func (l *line) sentence(services []string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d orders, %.0f/s", l.Name, l.Orders, l.OrdersPerS)
	if l.P50 != nil {
		fmt.Fprintf(&out, ", p50 %.1f ms, p99 %.1f ms", *l.P50, *l.P99)
	}
	for _, s := range services {
		fmt.Fprintf(&out, ", %s %.0f MB", s, l.RSS[s])
	}
	return out.String()
}
