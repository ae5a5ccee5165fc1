package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/seatflow/seatflow/proto/contract"
	approvalv1 "github.com/seatflow/seatflow/proto/gen/seatflow/approval/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
	"github.com/seatflow/seatflow/services/testkit"
	"github.com/seatflow/seatflow/services/testkit/natstest"
)

// TestDeadline: what the caller no longer waits for is ended at the service too.
func TestDeadline(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	f := open(t, natstest.Options{}, func(ctx context.Context, _ proto.Message, _ rpc.Meta) (proto.Message, error) {
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return nil, ctx.Err()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := f.client.Call(ctx, contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: orderID}, new(approvalv1.ApproveResponse), rpc.Meta{Caller: john})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the caller hears %v", err)
	}
	if cause := testkit.Wait(t, "the handler's end", ended); cause == nil || !strings.Contains(cause.Error(), "deadline") {
		t.Errorf("the handler ends by %v", cause)
	}
	if strings.Contains(f.log.String(), "a request failed") {
		t.Error("a caller's impatience is logged as our fault")
	}
}

// TestDeadlineOfAnother: a deadline beyond the default, or none, is cut to the default.
func TestDeadlineOfAnother(t *testing.T) {
	t.Parallel()
	until := make(chan time.Time, 1)
	f := open(t, natstest.Options{}, func(ctx context.Context, _ proto.Message, _ rpc.Meta) (proto.Message, error) {
		d, _ := ctx.Deadline()
		until <- d
		return &approvalv1.ApproveResponse{}, nil
	})
	for _, far := range []string{"", "9223372036854775807", "99999999999999999999", "-1x", "soon"} {
		r := f.raw(nats.Header{"Seatflow-Timeout": {far}}, nil)
		if r.Header.Get("Seatflow-Fault") != "" {
			t.Fatalf("%q: %v", far, r.Header)
		}
		if d := <-until; time.Until(d) > rpc.DefaultTimeout || time.Until(d) < rpc.DefaultTimeout/2 {
			t.Errorf("%q: %v", far, d)
		}
	}
}

// raw sends what no client of ours would.
func (f *office) raw(h nats.Header, body []byte) *nats.Msg {
	f.t.Helper()
	if body == nil {
		body, _ = proto.Marshal(&approvalv1.ApproveRequest{OrderId: orderID})
	}
	m := &nats.Msg{Subject: contract.ApproveOrder.Subject(), Header: nats.Header{"Seatflow-Caller": {`{"iss":"i","sub":"s"}`}}, Data: body}
	for k, v := range h {
		m.Header[k] = v
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), 20*time.Second)
	defer cancel()
	r, err := f.nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func TestRefused(t *testing.T) {
	t.Parallel()
	f := open(t, natstest.Options{}, func(context.Context, proto.Message, rpc.Meta) (proto.Message, error) {
		t.Error("the handler is asked")
		return nil, nil
	})
	for name, c := range map[string]struct {
		h    nats.Header
		body []byte
		kind fault.Kind
		code string
	}{
		"no caller":          {h: nats.Header{"Seatflow-Caller": {}}, kind: fault.Unauthenticated, code: "no_caller"},
		"a caller unnamed":   {h: nats.Header{"Seatflow-Caller": {`{"iss":"i"}`}}, kind: fault.Unauthenticated, code: "no_caller"},
		"a broken caller":    {h: nats.Header{"Seatflow-Caller": {`{"sub":`}}, kind: fault.Unauthenticated, code: "no_caller"},
		"a caller in a list": {h: nats.Header{"Seatflow-Caller": {`[]`}}, kind: fault.Unauthenticated, code: "no_caller"},
		"a long key":         {h: nats.Header{"Seatflow-Key": {strings.Repeat("k", 129)}}, kind: fault.Invalid, code: "bad_key"},
		"a key in umlauts":   {h: nats.Header{"Seatflow-Key": {"ä"}}, kind: fault.Invalid, code: "bad_key"},
		"no protobuf":        {body: []byte("{}"), kind: fault.Invalid, code: "malformed_request"},
		"broken text":        {body: []byte("\x0a\x01\xff"), kind: fault.Invalid, code: "malformed_request"},
		"broken rules":       {body: []byte("\x0a\x01x"), kind: fault.Invalid, code: "invalid_request"},
		"nothing at all":     {body: []byte{}, kind: fault.Invalid, code: "invalid_request"},
	} {
		got := fault.Unmarshal([]byte(f.raw(c.h, c.body).Header.Get("Seatflow-Fault")))
		if got.Kind != c.kind || got.Code != c.code || got.Message == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestClientRefusesBadKeys: on the way a key would lose what a header cannot hold, and two keys would become one.
func TestClientRefusesBadKeys(t *testing.T) {
	t.Parallel()
	client := rpc.NewClient(natstest.Start(t, natstest.Options{}).Connect())
	for _, key := range []string{" k", "k ", " ", "a\r\nSeatflow-Caller: {}", "a\x00", "ü", strings.Repeat("k", 129)} {
		err := client.Call(t.Context(), contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: orderID}, new(approvalv1.ApproveResponse), rpc.Meta{Caller: john, Key: key})
		if f := fault.As(err); f.Kind != fault.Invalid || f.Code != "bad_key" {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// TestNamesCannotForge: whatever a token calls a person, it stays a name.
func TestNamesCannotForge(t *testing.T) {
	t.Parallel()
	got := make(chan rpc.Meta, 1)
	f := open(t, natstest.Options{}, func(_ context.Context, _ proto.Message, m rpc.Meta) (proto.Message, error) {
		got <- m
		return &approvalv1.ApproveResponse{}, nil
	})
	for _, name := range []string{
		"Zoë Müller", "陳大文", "😀", "<b>&\"'\\", "a\r\nSeatflow-Caller: {\"sub\":\"john\",\"role\":1}\r\n\r\nbody", "a\nb", "\u2028\u2029", "  blanks  ", "\x00\x1f\x7f",
		strings.Repeat("n", 10_000),
	} {
		c := rpc.Caller{Issuer: "i", Subject: "emily", Name: name, Email: name, Role: orderv1.Role_ROLE_CUSTOMER, Tenant: name}
		err := f.client.Call(t.Context(), contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: orderID}, new(approvalv1.ApproveResponse),
			rpc.Meta{Caller: c, Traceparent: "00\r\nSeatflow-Key: forged"})
		if err != nil {
			t.Fatalf("%.40q: %v", name, err)
		}
		if m := <-got; m.Caller != c || m.Key != "" || m.Traceparent != "" {
			t.Errorf("%.40q arrives as %.200v", name, m)
		}
	}
}

// TestTooMany: beyond the limit a request is turned away at once, and when others are done there is room again.
func TestTooMany(t *testing.T) {
	t.Parallel()
	const limit = 1024
	hold, running := make(chan struct{}), make(chan struct{}, 2*limit)
	f := open(t, natstest.Options{}, func(context.Context, proto.Message, rpc.Meta) (proto.Message, error) {
		running <- struct{}{}
		<-hold
		return &approvalv1.ApproveResponse{}, nil
	})
	var all sync.WaitGroup
	var answered atomic.Int32
	for range limit {
		all.Go(func() {
			if _, err := f.approve(""); err == nil {
				answered.Add(1)
			}
		})
	}
	for range limit {
		testkit.Wait(t, "the limit's worth of requests", running)
	}
	_, got := f.approve("")
	if got == nil || got.Kind != fault.TooMany || got.Code != "busy" || got.RetryAfter <= 0 {
		t.Errorf("one more: %+v", got)
	}
	if err := f.client.Call(t.Context(), contract.ListRules, &approvalv1.ListRulesRequest{}, new(approvalv1.ListRulesResponse), rpc.Meta{Caller: john}); err != nil {
		t.Errorf("another endpoint: %v", err)
	}
	close(hold)
	all.Wait()
	if answered.Load() != limit {
		t.Errorf("%d of %d are answered", answered.Load(), limit)
	}
	if _, err := f.approve(""); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// flood sends requests at once, and returns where their answers come.
func (f *office) flood(requests int) *nats.Subscription {
	f.t.Helper()
	asker := f.broker.Connect()
	answers, err := asker.SubscribeSync(asker.NewInbox())
	if err != nil {
		f.t.Fatal(err)
	}
	body, err := proto.Marshal(&approvalv1.ApproveRequest{OrderId: orderID})
	if err != nil {
		f.t.Fatal(err)
	}
	for range requests {
		m := &nats.Msg{Subject: contract.ApproveOrder.Subject(), Reply: answers.Subject, Header: nats.Header{"Seatflow-Caller": {`{"sub":"s"}`}}, Data: body}
		if err := asker.PublishMsg(m); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := asker.FlushTimeout(10 * time.Second); err != nil {
		f.t.Fatal(err)
	}
	return answers
}

// TestStopWaits: each request that the broker has handed over is answered before Stop returns.
func TestStopWaits(t *testing.T) {
	t.Parallel()
	hold, first := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var handled atomic.Int32
	f := open(t, natstest.Options{}, func(context.Context, proto.Message, rpc.Meta) (proto.Message, error) {
		once.Do(func() { close(first) })
		<-hold
		handled.Add(1)
		return &approvalv1.ApproveResponse{}, nil
	})
	const requests = 500
	answers := f.flood(requests)
	testkit.Wait(t, "the first request", first)
	stopped := make(chan error, 1)
	go func() { stopped <- f.srv.Stop() }()
	for { // until it takes no more
		err := f.client.Call(t.Context(), contract.ListRules, &approvalv1.ListRulesRequest{}, new(approvalv1.ListRulesResponse), rpc.Meta{Caller: john})
		if fault.KindOf(err) == fault.Unavailable && err != nil {
			break
		}
	}
	select {
	case err := <-stopped:
		t.Fatalf("it stops over running requests: %v", err)
	default:
	}
	close(hold)
	if err := testkit.Wait(t, "the stop", stopped); err != nil {
		t.Error(err)
	}
	if n := handled.Load(); n != requests {
		t.Errorf("%d of %d requests are handled before it has stopped", n, requests)
	}
	if err := f.nc.FlushTimeout(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	wantAnswers(t, answers, requests)
}

func wantAnswers(t *testing.T, answers *nats.Subscription, n int) {
	t.Helper()
	for i := range n {
		if _, err := answers.NextMsg(10 * time.Second); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
	}
}

// TestTooLarge: what the broker cannot carry is told, at once, instead of a timeout.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	f := open(t, natstest.Options{MaxPayload: 100_000}, func(_ context.Context, req proto.Message, _ rpc.Meta) (proto.Message, error) {
		switch req.(*approvalv1.ApproveRequest).GetNote() {
		case "reply":
			return &approvalv1.ApproveResponse{View: &orderv1.View{Sentence: strings.Repeat("x", 100_000)}}, nil
		case "message":
			return nil, fault.New(fault.Conflict, "wordy", strings.Repeat("ä", 200_000))
		default:
			f := fault.New(fault.Invalid, "many", "Many faults.")
			for i := range 5000 {
				f.Violations = append(f.Violations, fault.Violation{Field: fmt.Sprintf("lines[%d]", i), Message: "It is wrong in a way that takes some words."})
			}
			return nil, f
		}
	})
	for what, want := range map[string]struct {
		kind fault.Kind
		code string
	}{"reply": {fault.Invalid, "answer_too_large"}, "message": {fault.Conflict, "wordy"}, "faults": {fault.Invalid, "many"}} {
		_, got := f.approve(what)
		if got == nil || got.Kind != want.kind || got.Code != want.code {
			t.Errorf("%s: %.300v", what, got)
		}
		if what == "faults" && (len(got.Violations) < 100 || got.Violations[0].Field != "lines[0]") {
			t.Errorf("of many faults %d are told", len(got.Violations))
		}
	}
	err := f.client.Call(t.Context(), contract.ApproveOrder, &approvalv1.ApproveRequest{OrderId: orderID, Note: strings.Repeat("x", 100_001)}, new(approvalv1.ApproveResponse), rpc.Meta{Caller: john})
	if got := fault.As(err); got.Kind != fault.Invalid || got.Code != "request_too_large" || !errors.Is(err, nats.ErrMaxPayload) {
		t.Errorf("request: %v", err)
	}
}
