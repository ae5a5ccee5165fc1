package witness

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strconv"
)

// Batches is what a service's engine has committed so far.
type Batches struct {
	Count   float64
	Inputs  float64
	Seconds float64 // from load to commit, all batches together
}

// sampleLine is a sample of the engine's two histograms in the text format of metrics.
var sampleLine = regexp.MustCompile(`^seatflow_engine_batch_(inputs|seconds)_(sum|count)\{[^}]*service="([a-z]+)"[^}]*\} ([0-9.eE+-]+)`)

// Engine reads the services' batches from an operators' address.
func Engine(ctx context.Context, ops string) (map[string]Batches, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, ops+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return parseEngine(answer.Body)
}

func parseEngine(text io.Reader) (map[string]Batches, error) {
	out := map[string]Batches{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		m := sampleLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		value, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			return nil, err
		}
		b := out[m[3]]
		switch m[1] + m[2] {
		case "inputssum":
			b.Inputs = value
		case "inputscount":
			b.Count = value
		case "secondssum":
			b.Seconds += value // of each step
		}
		out[m[3]] = b
	}
	return out, lines.Err()
}
