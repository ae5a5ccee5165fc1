package journey

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// wanted are metrics that dashboards read from the first day, in whatever process they are.
var wanted = []string{
	"seatflow_orders", "seatflow_order_stage_seconds", "seatflow_intake_verdicts_total", "seatflow_approval_pending",
	"seatflow_approval_oldest_pending_seconds", "seatflow_approval_decisions_total", "seatflow_vendor_calls_total",
	"seatflow_fulfillment_unknown_outcomes", "seatflow_notifications_total", "seatflow_engine_unpublished_rows",
	"seatflow_engine_unpublished_age_seconds", "seatflow_engine_dead_letters_total", "seatflow_http_requests_total", "go_goroutines",
}

// metrics reads the operators' pages of every process.
func metrics(t *testing.T, w *world) {
	at := w.at.Processes
	if len(at) == 0 {
		at = map[string]string{"all in one": w.at.Ops}
	}
	var all bytes.Buffer
	for name, base := range at {
		text := read(t, base+"/metrics")
		problems, err := promlint.New(bytes.NewReader(text)).Lint()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s: %s", name, p.Metric, p.Text)
		}
		all.Write(text)
		read(t, base+"/readyz")
		read(t, base+"/healthz")
	}
	for _, name := range wanted {
		if !strings.Contains(all.String(), "\n# TYPE "+name+" ") {
			t.Errorf("no metric %s", name)
		}
	}
	if strings.Contains(all.String(), "ORD-") || strings.Contains(all.String(), "@msp.example") {
		t.Error("a metric carries an order's number or a person's address")
	}
	if page := read(t, w.at.Portal+"/docs"); !bytes.Contains(page, []byte("/api/licensing/orders")) {
		t.Error("the docs page does not show the API")
	}
	if page := read(t, w.at.Portal+"/openapi.json"); !bytes.Contains(page, []byte(`"3.1`)) {
		t.Error("the OpenAPI document is not 3.1")
	}
}

// read gets a page that must be there.
func read(t *testing.T, url string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%s: %s, %v\n%s", url, res.Status, err, body[:min(len(body), 500)])
	}
	return body
}
