// Package edge is what every HTTP request passes before and after the operations: ids, limits, headers, metrics.
//
// Model: one handler around a mux. It gives each request a visit (trace, id), refuses what exceeds the number of
// requests in flight, sets the headers that keep browsers careful, counts and times the answer by route, and turns a
// panic into a plain problem.
//
// Guarantees: no label of a metric comes from a client: routes are the mux's patterns, methods a closed set. A request
// is refused rather than queued when the portal is full, so memory stays bounded.
//
// Failures: a panic is logged with its place and answered 500 when nothing was sent yet; otherwise the connection is
// closed, so that the client sees the answer is incomplete.
package edge

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// Refuse answers an error in the API's form. A status other than 0 is taken in place of that of the error's kind.
type Refuse func(w http.ResponseWriter, r *http.Request, status int, err error)

// Edge is the outermost handler.
type Edge struct {
	mux    *http.ServeMux
	refuse Refuse
	log    *slog.Logger
	slots  chan struct{}

	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// New wraps a mux. limit is how many requests may be in flight at once. Paths that the mux does not know, and methods
// that a path does not have, are refused in the API's form.
func New(mux *http.ServeMux, refuse Refuse, limit int, reg prometheus.Registerer, log *slog.Logger) (*Edge, error) {
	e := &Edge{
		mux: mux, refuse: refuse, log: log, slots: make(chan struct{}, limit),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seatflow_http_requests_total", Help: "HTTP requests answered, by route, method and status code.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "seatflow_http_request_seconds", Help: "Time from a request's headers to the end of its answer, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "seatflow_http_requests_in_flight", Help: "HTTP requests that are being answered.",
		}),
	}
	for _, c := range []prometheus.Collector{e.requests, e.seconds, e.inFlight} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	mux.HandleFunc("/", e.unknown)
	return e, nil
}

var errFull = fault.New(fault.Unavailable, "busy", "Too many requests are being answered at the moment.").
	Hinted("Try again in a second.").After(time.Second)

// ServeHTTP implements http.Handler.
func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	v := visit.New(r.Header)
	r = r.WithContext(visit.With(r.Context(), v))
	rec := &recorder{ResponseWriter: w}
	h := w.Header()
	secure(h)
	h["X-Request-Id"] = []string{v.RequestID}
	e.inFlight.Inc()
	defer func() {
		abort := e.recovered(rec, r, recover())
		e.inFlight.Dec()
		e.count(rec, r, time.Since(start))
		if abort {
			panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing
		}
	}()
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
		e.mux.ServeHTTP(rec, r)
	default:
		e.refuse(rec, r, 0, errFull)
	}
}

// Values shared by all answers; net/http only reads them.
var (
	nosniff   = []string{"nosniff"}
	noStore   = []string{"no-store"}
	noRef     = []string{"no-referrer"}
	nothing   = []string{"default-src 'none'; frame-ancestors 'none'"}
	denyFrame = []string{"DENY"}
)

// secure sets the headers of an answer that is data and no page; a page puts its own policy in their place.
func secure(h http.Header) {
	h["X-Content-Type-Options"] = nosniff
	h["Cache-Control"] = noStore
	h["Referrer-Policy"] = noRef
	h["Content-Security-Policy"] = nothing
	h["X-Frame-Options"] = denyFrame
}

// recovered answers a panic; abort says that the connection must not be used any further.
func (e *Edge) recovered(rec *recorder, r *http.Request, p any) (abort bool) {
	if p == nil {
		return false
	}
	if err, _ := p.(error); errors.Is(err, http.ErrAbortHandler) || r.Context().Err() != nil { // the client has gone: nobody is there to be told
		rec.code = statusGone
		return true
	}
	e.log.Error("request panicked", "panic", p, "stack", string(debug.Stack()), "trace_id", visit.From(r.Context()).TraceID)
	if rec.code != 0 {
		rec.code = http.StatusInternalServerError
		return true
	}
	e.refuse(rec, r, 0, fault.New(fault.Internal, "internal", ""))
	return false
}

// statusGone is counted when a client closed the connection before the answer.
const statusGone = 499

func (e *Edge) count(rec *recorder, r *http.Request, took time.Duration) {
	route := "unknown"
	if _, path, ok := strings.Cut(r.Pattern, " "); ok {
		route = path
	}
	rec.note(http.StatusOK)
	e.requests.WithLabelValues(route, method(r.Method), strconv.Itoa(rec.code)).Inc()
	e.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// methods are those that some route has.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodPut, http.MethodOptions:
		return m
	default:
		return "other"
	}
}

// unknown answers what no route takes: 405 where another method would do, else 404.
func (e *Edge) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	probe := r.Clone(r.Context())
	for _, m := range methods {
		probe.Method = m
		if _, pattern := e.mux.Handler(probe); pattern != "/" && pattern != "" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		e.refuse(w, r, http.StatusMethodNotAllowed, errMethod)
		return
	}
	e.refuse(w, r, 0, errPath)
}

var (
	errPath   = fault.New(fault.NotFound, "no_path", "There is nothing at this address.").Hinted("The page /docs lists what there is.")
	errMethod = fault.New(fault.Invalid, "method_not_allowed", "This address does not take this method.").Hinted("The header Allow names those that it takes.")
)

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	code int
}

func (r *recorder) note(code int) {
	if r.code == 0 {
		r.code = code
	}
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(code int) {
	if code >= http.StatusOK {
		r.note(code)
	}
	r.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	r.note(http.StatusOK)
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
