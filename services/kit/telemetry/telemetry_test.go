package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLogger(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log, err := telemetry.NewLogger(&buf, "warn", "")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("not seen")
	log.Warn("order failed", slog.String("order_id", "7"))
	var line map[string]any
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil || line["msg"] != "order failed" || line["order_id"] != "7" {
		t.Errorf("line %v, err %v, of %s", line, err, buf.String())
	}
	buf.Reset()
	log, err = telemetry.Settings{LogLevel: "debug", LogFormat: "text"}.Logger(&buf)
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("hello")
	if got := buf.String(); !strings.HasPrefix(got, "time=") || strings.Contains(got, time.Now().Format("2006")+"-") ||
		!strings.Contains(got, "msg=hello") {
		t.Errorf("text line %q", got)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	for _, w := range []io.Writer{null, &buf} {
		if _, err := telemetry.NewLogger(w, "", "auto"); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range [][2]string{{"loud", "json"}, {"info", "xml"}} {
		if _, err := telemetry.NewLogger(&buf, bad[0], bad[1]); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for _, accept := range header {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var health telemetry.Health
	h := telemetry.Handler(prometheus.NewRegistry(), &health)
	if w := get(t, h, "/readyz"); w.Code != 200 {
		t.Errorf("nothing reported: %d", w.Code)
	}
	health.Set("postgres", errors.New("no\nconnection"))
	health.Set("bus", errors.New("stream differs"))
	w := get(t, h, "/readyz")
	want := "The service is not ready.\nbus: stream differs\npostgres: no connection\n"
	if w.Code != 503 || w.Body.String() != want {
		t.Errorf("got %d %q", w.Code, w.Body.String())
	}
	if w := get(t, h, "/healthz"); w.Code != 200 {
		t.Errorf("alive but %d", w.Code)
	}
	health.Set("postgres", nil)
	health.Set("bus", nil)
	if err := health.Ready(); err != nil {
		t.Error(err)
	}
}

func TestMetricsOfServicesInOneProcess(t *testing.T) {
	t.Parallel()
	registry, intake := telemetry.NewRegistry("intake")
	approval := telemetry.ForService(registry, "approval")
	for _, r := range []prometheus.Registerer{intake, approval} {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "seatflow_orders_total", Help: "Orders seen."})
		r.MustRegister(c)
		c.Inc()
	}
	h := telemetry.Handler(registry, &telemetry.Health{})
	body := get(t, h, "/metrics").Body.String()
	for _, want := range []string{
		`seatflow_orders_total{service="intake"} 1`, `seatflow_orders_total{service="approval"} 1`, "go_goroutines ",
		"process_start_time_seconds ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	open := get(t, h, "/metrics", "application/openmetrics-text")
	if !strings.Contains(open.Header().Get("Content-Type"), "openmetrics") || !strings.HasSuffix(open.Body.String(), "# EOF\n") {
		t.Errorf("no OpenMetrics: %s", open.Header().Get("Content-Type"))
	}
	if w := get(t, h, "/debug/pprof/goroutine?debug=1"); w.Code != 200 {
		t.Errorf("pprof: %d", w.Code)
	}
}

func TestServeFinishesRequests(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	inside, release := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(inside)
		<-release
		if r.Context().Err() != nil {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	addr, served := make(chan net.Addr, 1), make(chan error, 1)
	go func() { served <- telemetry.Serve(ctx, "127.0.0.1:0", handler, func(a net.Addr) { addr <- a }) }()
	url := "http://" + (<-addr).String()
	status := make(chan int, 1)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			status <- -1
			return
		}
		response, err := client.Do(request)
		if err != nil {
			status <- -2
			return
		}
		_ = response.Body.Close()
		status <- response.StatusCode
	}()
	<-inside
	stop()
	select {
	case err := <-served:
		t.Fatalf("ended before its request: %v", err)
	default:
	}
	close(release)
	if got := <-status; got != 200 {
		t.Errorf("the running request got %d", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestServeOnTakenAddress(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	err = telemetry.Serve(t.Context(), taken.Addr().String(), http.NotFoundHandler(), nil)
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(fault.As(err).Message, taken.Addr().String()) {
		t.Errorf("got %v", err)
	}
}
