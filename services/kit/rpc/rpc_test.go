package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

const orderID = "019307c2-5a10-7c3e-9d8a-3b1f0c2d4e5f"

var john = rpc.Caller{Issuer: "https://login.partner.example", Subject: "john", Name: "John Smith", Email: "john@partner.example", Role: orderv1.Role_ROLE_ADMIN}

// office is approval's endpoints on a broker of their own. Approve is answered by the test, all others with nothing.
type office struct {
	t      *testing.T
	broker *natstest.Server
	nc     *nats.Conn // the service's
	srv    *rpc.Server
	client *rpc.Client
	log    *safeBuffer
	reg    *prometheus.Registry
}

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func handlers(approve rpc.Handle) map[string]rpc.Query {
	out := map[string]rpc.Query{}
	for _, m := range contract.Methods {
		if m.Service == contract.Approval {
			out[m.Name] = rpc.Query{Method: m, Handle: func(context.Context, proto.Message, rpc.Meta) (proto.Message, error) { return m.Reply(), nil }}
		}
	}
	out[contract.ApproveOrder.Name] = rpc.Query{Method: contract.ApproveOrder, Handle: approve}
	return out
}

func open(t *testing.T, o natstest.Options, approve rpc.Handle) *office {
	t.Helper()
	broker := natstest.Start(t, o)
	f := &office{
		t: t, broker: broker, nc: broker.Connect(), client: rpc.NewClient(broker.Connect()), log: &safeBuffer{}, reg: prometheus.NewRegistry(),
	}
	var err error
	f.srv, err = rpc.Serve(context.WithoutCancel(t.Context()), f.nc, contract.Approval, handlers(approve), slog.New(slog.NewTextHandler(f.log, nil)), f.reg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.srv.Stop(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// approve asks as John, with a deadline that a sound test never meets.
func (f *office) approve(note string) (*approvalv1.ApproveResponse, *fault.Error) {
	ctx, cancel := context.WithTimeout(f.t.Context(), 30*time.Second)
	defer cancel()
	reply := new(approvalv1.ApproveResponse)
	err := f.client.Call(ctx, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: orderID, Note: note}, reply, rpc.Meta{Caller: john})
	return reply, fault.As(err)
}

func TestReply(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	want := rpc.Meta{Caller: john, Key: "k 1", Traceparent: parent, Deadline: time.Now().Add(5 * time.Second)}
	near := func(at time.Time) bool { return at.Sub(want.Deadline).Abs() < 2*time.Second } // what is left travels, not the moment
	got := make(chan rpc.Meta, 1)
	f := open(t, natstest.Options{}, func(ctx context.Context, req proto.Message, m rpc.Meta) (proto.Message, error) {
		got <- m
		if until, ok := ctx.Deadline(); !ok || !near(until) {
			t.Errorf("the handler has until %v", until)
		}
		note := req.(*approvalv1.ApproveRequest).GetNote()
		return &approvalv1.ApproveResponse{View: &orderv1.View{Sentence: note}, Position: &orderv1.Position{Owner: "approval", Sequence: 2}}, nil
	})
	reply := new(approvalv1.ApproveResponse)
	err := f.client.Call(t.Context(), contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: orderID, Note: "Größe"}, reply, want)
	if err != nil || reply.GetView().GetSentence() != "Größe" || reply.GetPosition().GetSequence() != 2 {
		t.Errorf("%v, %v", reply, err)
	}
	m := <-got
	if !near(m.Deadline) {
		t.Errorf("the deadline arrives as %v", m.Deadline)
	}
	m.Deadline = want.Deadline
	if m != want {
		t.Errorf("sent %+v, got %+v", want, m)
	}
}

// TestFaults: every kind comes back as it was, without what is for the log only.
func TestFaults(t *testing.T) {
	t.Parallel()
	secret := errors.New("password=hunter2")
	faults := map[string]*fault.Error{
		"internal":        fault.New(fault.Internal, "internal", "Something went wrong on our side."),
		"invalid":         fault.New(fault.Invalid, "reason_required", "Say why.").At("reason").Hinted("Write a sentence.").With(fault.Violation{Field: "reason", Code: "required", Message: "It is empty.", Hint: "Fill it."}, fault.Violation{Field: "x"}),
		"unauthenticated": fault.New(fault.Unauthenticated, "who", "Who are you?"),
		"forbidden":       fault.New(fault.Forbidden, "requester_decides", "Nobody decides their own order."),
		"not_found":       fault.New(fault.NotFound, "no_such_order", "There is no such order."),
		"conflict":        fault.New(fault.Conflict, "decided", "John Smith – „nein“ – rejected it."),
		"moved_on":        fault.New(fault.MovedOn, "moved_on", "It has moved on.").Owned("fulfillment"),
		"too_many":        fault.New(fault.TooMany, "busy", "Busy.").After(1500 * time.Millisecond),
		"unavailable":     fault.New(fault.Unavailable, "not_yet", "Not yet.").After(time.Second),
		"two lines":       fault.New(fault.Invalid, "bad", "One.\r\nSeatflow-Fault: {\"kind\":\"conflict\"}\r\nTwo."),
		"no message":      fault.New(fault.Conflict, "", ""),
	}
	f := open(t, natstest.Options{}, func(_ context.Context, req proto.Message, _ rpc.Meta) (proto.Message, error) {
		want := faults[req.(*approvalv1.ApproveRequest).GetNote()]
		return nil, want.In("approval.approve").On("order 1").Because(secret)
	})
	for name, want := range faults {
		_, got := f.approve(name)
		if got == nil || got.Kind != want.Kind || got.Code != want.Code || got.Message != want.Message || got.Field != want.Field || got.Hint != want.Hint ||
			got.Owner != want.Owner || got.RetryAfter != want.RetryAfter || len(got.Violations) != len(want.Violations) {
			t.Errorf("%s: got %+v", name, got)
			continue
		}
		for i := range got.Violations {
			if got.Violations[i] != want.Violations[i] {
				t.Errorf("%s: %+v", name, got.Violations[i])
			}
		}
		if got.Err != nil || got.Subject != "" {
			t.Errorf("%s tells %v of %q", name, got.Err, got.Subject)
		}
	}
}

func TestForeignErrorsAndPanics(t *testing.T) {
	t.Parallel()
	f := open(t, natstest.Options{}, func(_ context.Context, req proto.Message, _ rpc.Meta) (proto.Message, error) {
		if req.(*approvalv1.ApproveRequest).GetNote() == "panic" {
			panic("password=hunter2")
		}
		return nil, errors.New("password=hunter2")
	})
	for _, how := range []string{"panic", "error"} {
		_, got := f.approve(how)
		if got == nil || got.Kind != fault.Internal || got.Code != "internal" || got.Message != "Something went wrong on our side." || got.Err != nil {
			t.Errorf("%s: %+v", how, got)
		}
	}
	if log := f.log.String(); !strings.Contains(log, "hunter2") || !strings.Contains(log, "a handler panicked") {
		t.Errorf("the log says only %q", log)
	}
}

// TestNobodyThere: the caller hears at once that nobody answers.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	client := rpc.NewClient(natstest.Start(t, natstest.Options{}).Connect())
	begun := time.Now()
	f := fault.As(client.Call(t.Context(), contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: orderID}, new(approvalv1.ApproveResponse), rpc.Meta{Caller: john}))
	if f.Kind != fault.Unavailable || f.Code != "service_unreachable" || f.RetryAfter <= 0 || !errors.Is(f, nats.ErrNoResponders) {
		t.Errorf("%+v", f)
	}
	if took := time.Since(begun); took > rpc.DefaultTimeout/2 {
		t.Errorf("it took %v", took)
	}
}

// TestReadyMeansReady: an endpoint answers as soon as Serve has returned.
func TestReadyMeansReady(t *testing.T) {
	t.Parallel()
	broker := natstest.Start(t, natstest.Options{})
	client := rpc.NewClient(broker.Connect())
	for range 20 {
		nc := broker.Connect()
		srv, err := rpc.Serve(t.Context(), nc, contract.Approval, handlers(nil), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Call(t.Context(), contract.ListRules, &approvalv1.ListRulesRequest{}, new(approvalv1.ListRulesResponse), rpc.Meta{Caller: john}); err != nil {
			t.Error(err)
		}
		if err := srv.Stop(); err != nil {
			t.Error(err)
		}
		if err := client.Call(t.Context(), contract.ListRules, &approvalv1.ListRulesRequest{}, new(approvalv1.ListRulesResponse), rpc.Meta{Caller: john}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a stopped service answers %v", err)
		}
	}
}

func TestHandlerMissing(t *testing.T) {
	t.Parallel()
	all := handlers(nil)
	delete(all, contract.SetRule.Name)
	nc := natstest.Start(t, natstest.Options{}).Connect()
	_, err := rpc.Serve(t.Context(), nc, contract.Approval, all, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), "seatflow.approval.v1.SetRule") {
		t.Errorf("it says %v", err)
	}
}
