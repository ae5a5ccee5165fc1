package witness

import (
	"maps"
	"strings"
	"testing"
)

func TestParseEngine(t *testing.T) {
	t.Parallel()
	got, err := parseEngine(strings.NewReader(`# TYPE seatflow_engine_batch_inputs histogram
seatflow_engine_batch_inputs_bucket{service="intake",le="1"} 7
seatflow_engine_batch_inputs_sum{service="intake"} 300
seatflow_engine_batch_inputs_count{service="intake"} 10
seatflow_engine_batch_seconds_sum{service="intake",step="load"} 2.5e-01
seatflow_engine_batch_seconds_count{service="intake",step="load"} 10
seatflow_engine_batch_seconds_sum{service="intake",step="commit"} 0.5
seatflow_engine_batch_inputs_sum{service="approval"} 4
seatflow_engine_inputs_total{service="approval"} 99
`))
	want := map[string]Batches{"intake": {Count: 10, Inputs: 300, Seconds: 0.75}, "approval": {Inputs: 4}}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}
