package checks_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/seatflow/seatflow/scripts/checks"
)

var (
	metricName = regexp.MustCompile(`\bseatflow_[a-z0-9_]+\b`)
	// histogramPart is what the client library adds to a histogram's name.
	histogramPart = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// TestDeployedMetricsExist: a dashboard that asks for a metric that nobody has shows an empty panel, and an empty panel
// looks like good news.
func TestDeployedMetricsExist(t *testing.T) {
	t.Parallel()
	tree, err := checks.Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	for _, file := range tree.Written() {
		if strings.HasPrefix(file.Path, "services/") && !file.Test {
			program.Write(tree.Texts[file.Path])
		}
	}
	code, asked := program.String(), 0
	for name, text := range tree.Texts {
		if !strings.HasPrefix(name, "deploy/") {
			continue
		}
		for _, metric := range metricName.FindAllString(string(text), -1) {
			asked++
			if !strings.Contains(code, `"`+metric+`"`) && !strings.Contains(code, `"`+histogramPart.ReplaceAllString(metric, "")+`"`) {
				t.Errorf("%s names the metric %s, which no program has", name, metric)
			}
		}
	}
	if asked == 0 {
		t.Error("deploy/ names no metric at all")
	}
}
