package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"buf.build/go/protovalidate"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// concurrency is how many requests of one endpoint run at once.
const concurrency = 1024

// flushTimeout bounds the round trips that start and end the endpoints.
const flushTimeout = 5 * time.Second

// headerRoom is what NATS' own words about a reply take of the payload limit.
const headerRoom = 256

// Server answers a service's endpoints as a NATS micro service, so that discovery
// with $SRV works. Replicas share the requests.
type Server struct {
	nc       *nats.Conn
	svc      micro.Service
	running  sync.WaitGroup
	log      *slog.Logger
	decode   decoder
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// Serve starts the endpoints. Requests in ctx are cancelled with it; Stop ends the service.
func Serve(ctx context.Context, nc *nats.Conn, s contract.Service, handlers map[string]Query, log *slog.Logger, reg prometheus.Registerer) (*Server, error) {
	f := promauto.With(reg)
	srv := &Server{
		nc: nc, log: log,
		requests: f.NewCounterVec(prometheus.CounterOpts{Name: "seatflow_rpc_requests_total", Help: "Requests answered, by method and result."},
			[]string{"method", "result"}),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{Name: "seatflow_rpc_request_seconds", Help: "Time to answer a request, by method.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15)}, []string{"method"}),
	}
	svc, err := micro.AddService(nc, micro.Config{Name: string(s), Version: "1.0.0", Description: "Seatflow " + string(s)})
	if err != nil {
		return nil, fmt.Errorf("rpc: start %s: %w", s, err)
	}
	srv.svc = svc
	for _, m := range contract.Methods {
		if m.Service != s {
			continue
		}
		h, ok := handlers[m.Name]
		if !ok {
			return nil, errors.Join(fmt.Errorf("rpc: %s has no handler", m.Subject()), svc.Stop())
		}
		slots := make(chan struct{}, concurrency)
		err := svc.AddEndpoint(m.Name, micro.HandlerFunc(func(r micro.Request) { srv.accept(ctx, h, slots, r) }), micro.WithEndpointSubject(m.Subject()))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("rpc: endpoint %s: %w", m.Subject(), err), svc.Stop())
		}
	}
	// Only when the broker knows them all is it true that requests find a responder.
	if err := flush(ctx, nc); err != nil {
		return nil, errors.Join(fmt.Errorf("rpc: start %s: %w", s, err), svc.Stop())
	}
	return srv, nil
}

func flush(ctx context.Context, nc *nats.Conn) error {
	ctx, cancel := context.WithTimeoutCause(ctx, flushTimeout, errors.New("rpc: flush timeout"))
	defer cancel()
	return nc.FlushWithContext(ctx)
}

// Stop takes no more requests and waits for those that came before, also when they
// had not been looked at yet.
func (s *Server) Stop() error {
	err := s.svc.Stop()
	s.drain()
	s.running.Wait()
	return err
}

// drain waits until all that the broker sent to the endpoints has been accepted. The
// library's own drain tells nobody when it is done.
func (s *Server) drain() {
	if err := s.nc.FlushTimeout(flushTimeout); err != nil {
		return // no connection: nothing more comes
	}
	done := make(chan struct{})
	if err := s.nc.Barrier(func() { close(done) }); err != nil {
		return
	}
	timer := time.NewTimer(flushTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C: // another reader of the connection is held up
	}
}

// accept hands the request to a goroutine of its own, if there is room.
func (s *Server) accept(ctx context.Context, h Query, slots chan struct{}, r micro.Request) {
	select {
	case slots <- struct{}{}:
	default:
		s.respond(h, r, nil, fault.New(fault.TooMany, "busy", "The service has more requests than it can take right now.").Hinted("Try again in a second.").After(time.Second))
		return
	}
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		defer func() { <-slots }()
		start := time.Now()
		reply, err := s.handle(ctx, h, r)
		s.seconds.WithLabelValues(h.Method.Name).Observe(time.Since(start).Seconds())
		s.respond(h, r, reply, err)
	}()
}

var errDeadline = errors.New("rpc: the caller's deadline")

func (s *Server) handle(ctx context.Context, h Query, r micro.Request) (reply proto.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a handler panicked", "method", h.Method.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "internal", "Something went wrong on our side.")
		}
	}()
	meta, err := s.decode.meta(nats.Header(r.Headers()))
	if err != nil {
		return nil, err
	}
	deadline := meta.Deadline
	if limit := time.Now().Add(DefaultTimeout); deadline.IsZero() || deadline.After(limit) {
		deadline = limit
	}
	ctx, cancel := context.WithDeadlineCause(ctx, deadline, errDeadline)
	defer cancel()
	req := h.Method.Request()
	if err := proto.Unmarshal(r.Data(), req); err != nil {
		return nil, fault.New(fault.Invalid, "malformed_request", "The request cannot be decoded.").Because(err)
	}
	if err := protovalidate.Validate(req); err != nil {
		return nil, Violations(err)
	}
	reply, err = h.Handle(ctx, req, meta)
	if err != nil && ctx.Err() != nil {
		if f := new(fault.Error); !errors.As(err, &f) {
			err = fault.New(fault.Unavailable, "deadline_passed", "The answer took too long.").Because(err)
		}
	}
	return reply, err
}

func (s *Server) respond(h Query, r micro.Request, reply proto.Message, err error) {
	result := "ok"
	var sent error
	if err == nil {
		var body []byte
		if body, err = proto.Marshal(reply); err == nil && int64(len(body)) > s.nc.MaxPayload()-headerRoom {
			err = fault.New(fault.Invalid, "answer_too_large", "The answer is too large to be sent.").Hinted("Ask for less at once.")
		}
		if err == nil {
			sent = r.Respond(body)
		}
	}
	if err != nil {
		f := fault.As(err)
		result = f.Kind.String()
		if f.Kind == fault.Internal {
			s.log.Error("a request failed", "method", h.Method.Name, "error", err)
		}
		sent = r.Error(strconv.Itoa(fault.HTTPStatus(f.Kind)), headline(f), nil,
			micro.WithHeaders(micro.Headers{hdrFault: {encodeFault(f)}}))
	}
	s.requests.WithLabelValues(h.Method.Name, result).Inc()
	if sent != nil {
		s.log.Debug("an answer could not be sent", "method", h.Method.Name, "error", sent)
	}
}

// headline is the fault's sentence for NATS' own tools, which need one.
func headline(f *fault.Error) string {
	const most = 1000
	s := cmp.Or(f.Message, f.Code, f.Kind.String())
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// Violations tells every broken rule of the schema, with its field.
func Violations(err error) *fault.Error {
	f := fault.New(fault.Invalid, "invalid_request", "The request breaks the contract.").Because(err)
	var v *protovalidate.ValidationError
	if !errors.As(err, &v) {
		return f
	}
	for _, x := range v.Violations {
		f.Violations = append(f.Violations, fault.Violation{
			Field: protovalidate.FieldPathString(x.Proto.GetField()), Code: x.Proto.GetRuleId(), Message: x.Proto.GetMessage(),
		})
	}
	if len(f.Violations) > 0 {
		f.Field, f.Message = f.Violations[0].Field, "The request breaks the contract: "+f.Violations[0].Field+" "+f.Violations[0].Message+"."
	}
	return f
}
