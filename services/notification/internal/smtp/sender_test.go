package smtp_test

import (
	"context"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

func TestMailArrivesAsWritten(t *testing.T) {
	t.Parallel()
	srv := &server{}
	m := sample()
	if r := sender(t, srv.start(t, ""), nil).Send(t.Context(), m); r.Outcome != smtp.Sent || r.Code != 250 || r.Err != nil {
		t.Fatalf("result: %+v", r)
	}
	mails := srv.all()
	if len(mails) != 1 || mails[0].from != m.From.Address || mails[0].to != m.To.Address {
		t.Fatalf("envelopes: %+v", mails)
	}
	got := parsed(t, mails[0].data)
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<" + m.ID + ">", "Date": "Sun, 01 Mar 2026 09:30:00 +0000",
		"Auto-Submitted": "auto-generated", "X-Seatflow-Order": m.Order, "Mime-Version": "1.0",
	} {
		if have := got.Header.Get(name); have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	for name, want := range map[string]string{"From": m.From.String(), "To": m.To.String(), "Reply-To": m.ReplyTo.String()} {
		list, err := got.Header.AddressList(name)
		if err != nil || len(list) != 1 || list[0].String() != want {
			t.Errorf("%s: %v, %v, want %s", name, list, err, want)
		}
	}
	text, err := io.ReadAll(quotedprintable.NewReader(got.Body))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Text, strings.ReplaceAll(string(text), "\r\n", "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestHTMLIsOfferedBesideText(t *testing.T) {
	t.Parallel()
	srv := &server{}
	m := sample()
	m.HTML = "<p>25 × Microsoft 365 E5</p>"
	if r := sender(t, srv.start(t, ""), nil).Send(t.Context(), m); r.Outcome != smtp.Sent {
		t.Fatalf("result: %+v", r)
	}
	got := parsed(t, srv.all()[0].data)
	kind, parameters, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	var kinds []string
	for parts := multipart.NewReader(got.Body, parameters["boundary"]); ; {
		p, err := parts.NextPart()
		if err != nil {
			break
		}
		kinds = append(kinds, p.Header.Get("Content-Type"))
	}
	if diff := cmp.Diff([]string{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionIsKept(t *testing.T) {
	t.Parallel()
	srv := &server{}
	s := sender(t, srv.start(t, ""), nil)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
			t.Fatalf("result: %+v", r)
		}
	}
	if n := srv.opened(); n != 1 {
		t.Errorf("%d connections for 20 mails one after the other, want 1", n)
	}
}

func TestManyAtOnceShareTheConnections(t *testing.T) {
	t.Parallel()
	srv := &server{}
	s := sender(t, srv.start(t, ""), func(c *smtp.Config) { c.Connections = 3 })
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
				t.Errorf("result: %+v", r)
			}
		})
	}
	wg.Wait()
	if n := len(srv.all()); n != 100 {
		t.Errorf("%d mails arrived, want 100", n)
	}
	if n := srv.opened(); n > 3 {
		t.Errorf("%d connections, want 3 at most", n)
	}
}

func TestUnusedConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	srv := &server{}
	s := sender(t, srv.start(t, ""), func(c *smtp.Config) { c.IdleTimeout = time.Nanosecond })
	for range 3 {
		if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
			t.Fatalf("result: %+v", r)
		}
	}
	if n := srv.opened(); n != 3 {
		t.Errorf("%d connections, want a new one for each of 3 mails", n)
	}
}

func TestServerRestartBetweenMails(t *testing.T) {
	t.Parallel()
	first, second := &server{}, &server{}
	address := first.start(t, "")
	s := sender(t, address, nil)
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Fatalf("before the restart: %+v", r)
	}
	first.stop(t)
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Retry || r.Code != 0 {
		t.Fatalf("while the server is down: %+v", r)
	}
	third := &server{}
	second.start(t, address)
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Fatalf("after the restart: %+v", r)
	}
	second.stop(t)
	third.start(t, address)
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Fatalf("on a kept connection that had died: %+v", r)
	}
	if n := len(third.all()); n != 1 {
		t.Errorf("%d mails after the second restart, want 1", n)
	}
}

func TestAnswersBecomeOutcomes(t *testing.T) {
	t.Parallel()
	answer := func(code int) error {
		return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{code / 100, 1, 1}, Message: "because"}
	}
	for name, c := range map[string]struct {
		set     func(*server)
		outcome smtp.Outcome
		kind    fault.Kind
		code    int
	}{
		"sender put off":       {func(s *server) { s.mail = answer(451) }, smtp.Retry, fault.Unavailable, 451},
		"sender refused":       {func(s *server) { s.mail = answer(550) }, smtp.Refused, fault.Conflict, 550},
		"sign-in wanted":       {func(s *server) { s.mail = answer(530) }, smtp.Retry, fault.Unavailable, 530},
		"recipient put off":    {func(s *server) { s.rcpt = answer(450) }, smtp.Retry, fault.Unavailable, 450},
		"recipient refused":    {func(s *server) { s.rcpt = answer(550) }, smtp.Refused, fault.Conflict, 550},
		"mail put off":         {func(s *server) { s.data = answer(452) }, smtp.Retry, fault.Unavailable, 452},
		"mail refused":         {func(s *server) { s.data = answer(554) }, smtp.Refused, fault.Conflict, 554},
		"mail over the limits": {func(s *server) { s.data = answer(552) }, smtp.Refused, fault.Conflict, 552},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := &server{}
			s := sender(t, srv.start(t, ""), nil)
			srv.refuse(c.set)
			r := s.Send(t.Context(), sample())
			if r.Outcome != c.outcome || r.Code != c.code || fault.KindOf(r.Err) != c.kind || !strings.Contains(r.Answer, "because") {
				t.Errorf("result: %+v", r)
			}
			srv.refuse(func(s *server) { s.mail, s.rcpt, s.data = nil, nil, nil })
			if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
				t.Errorf("the next mail: %+v", r)
			}
			if n := srv.opened(); n != 1 {
				t.Errorf("%d connections, want the first to be kept", n)
			}
		})
	}
}

func TestClosedSenderPutsMailsOff(t *testing.T) {
	t.Parallel()
	srv := &server{}
	s := sender(t, srv.start(t, ""), nil)
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Fatalf("result: %+v", r)
	}
	s.Close()
	s.Close()
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Retry {
		t.Errorf("result: %+v", r)
	}
}

func TestLateMailIsNotSent(t *testing.T) {
	t.Parallel()
	srv := &server{}
	s := sender(t, srv.start(t, ""), nil)
	m := sample()
	m.SendBefore = time.Now().Add(-time.Second)
	if r := s.Send(t.Context(), m); r.Outcome != smtp.Retry || fault.As(r.Err).Code != "mail_too_late" {
		t.Errorf("result: %+v", r)
	}
	m.SendBefore = time.Now().Add(time.Hour)
	if r := s.Send(t.Context(), m); r.Outcome != smtp.Sent {
		t.Errorf("result: %+v", r)
	}
	if n := len(srv.all()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	srv := &server{}
	reg := prometheus.NewRegistry()
	s, err := smtp.New(smtp.Config{Address: srv.start(t, "")}, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.Send(t.Context(), sample())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	s.Send(gone, smtp.Message{})
	want := `
# HELP seatflow_mail_sends_total Attempts to hand a mail to the mail server, by outcome.
# TYPE seatflow_mail_sends_total counter
seatflow_mail_sends_total{outcome="refused"} 1
seatflow_mail_sends_total{outcome="retry"} 0
seatflow_mail_sends_total{outcome="sent"} 1
seatflow_mail_sends_total{outcome="unknown"} 0
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "seatflow_mail_sends_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}
