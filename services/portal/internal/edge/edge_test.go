package edge_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/edge"
)

// newEdge wraps a mux whose refusals are the fault's code.
func newEdge(t *testing.T, mux *http.ServeMux, limit int, reg prometheus.Registerer) *edge.Edge {
	t.Helper()
	refuse := func(w http.ResponseWriter, _ *http.Request, status int, err error) {
		f := fault.As(err)
		if status == 0 {
			status = fault.HTTPStatus(f.Kind)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, f.Code)
	}
	e, err := edge.New(mux, refuse, limit, reg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return rec
}

func TestFullIsRefused(t *testing.T) {
	t.Parallel()
	in, out := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /slow", func(http.ResponseWriter, *http.Request) { close(in); <-out })
	mux.HandleFunc("GET /fast", func(http.ResponseWriter, *http.Request) {})
	e := newEdge(t, mux, 1, prometheus.NewRegistry())
	done := make(chan struct{})
	go func() { get(t, e, "/slow"); close(done) }()
	<-in
	if rec := get(t, e, "/fast"); rec.Code != http.StatusServiceUnavailable || rec.Body.String() != "busy" {
		t.Errorf("when full: %d %s", rec.Code, rec.Body)
	}
	close(out)
	<-done
	if rec := get(t, e, "/fast"); rec.Code != http.StatusOK {
		t.Errorf("afterwards: %d", rec.Code)
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /early", func(http.ResponseWriter, *http.Request) { panic("early") })
	mux.HandleFunc("GET /late", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
		panic("late")
	})
	server := httptest.NewServer(newEdge(t, mux, 1, reg))
	defer server.Close()
	fetch := func(path string) (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			return 0, err
		}
		_, err = io.ReadAll(resp.Body)
		return resp.StatusCode, err
	}
	if code, err := fetch("/early"); code != http.StatusInternalServerError || err != nil {
		t.Errorf("before the answer: %d %v", code, err)
	}
	if _, err := fetch("/late"); err == nil {
		t.Error("in the middle of the answer: the client cannot tell")
	}
	if code, err := fetch("/early"); code != http.StatusInternalServerError || err != nil {
		t.Errorf("afterwards: %d %v", code, err)
	}
	want := `# HELP seatflow_http_requests_in_flight HTTP requests that are being answered.
# TYPE seatflow_http_requests_in_flight gauge
seatflow_http_requests_in_flight 0
# HELP seatflow_http_requests_total HTTP requests answered, by route, method and status code.
# TYPE seatflow_http_requests_total counter
seatflow_http_requests_total{code="500",method="GET",route="/early"} 2
seatflow_http_requests_total{code="500",method="GET",route="/late"} 1
`
	server.Close() // waits for the handlers
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "seatflow_http_requests_total", "seatflow_http_requests_in_flight"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("the metrics' names: %v %v", problems, err)
	}
}
