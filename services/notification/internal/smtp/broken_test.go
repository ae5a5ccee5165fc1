package smtp_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

// TestBrokenConversations plays servers that hang up, fall silent or talk nonsense at each step.
func TestBrokenConversations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers map[string]string
		want    smtp.Outcome
		code    int
	}{
		"greets with a refusal":                    {but(map[string]string{"greet": "554 no service"}), smtp.Retry, 554},
		"greets with nonsense":                     {but(map[string]string{"greet": "hello"}), smtp.Retry, 0},
		"hangs up after the greeting":              {but(map[string]string{"EHLO": "", "HELO": ""}), smtp.Retry, 0},
		"hangs up at the sender":                   {but(map[string]string{"MAIL": ""}), smtp.Retry, 0},
		"hangs up at the recipient":                {but(map[string]string{"RCPT": ""}), smtp.Retry, 0},
		"hangs up before the text":                 {but(map[string]string{"DATA": ""}), smtp.Retry, 0},
		"hangs up instead of the last answer":      {but(map[string]string{".": ""}), smtp.Unknown, 0},
		"answers nonsense to the whole mail":       {but(map[string]string{".": "what?"}), smtp.Unknown, 0},
		"answers out of turn to the whole mail":    {but(map[string]string{".": "354 more"}), smtp.Unknown, 354},
		"shuts down at the sender":                 {but(map[string]string{"MAIL": "421 closing"}), smtp.Retry, 421},
		"shuts down at the whole mail":             {but(map[string]string{".": "421 closing"}), smtp.Retry, 421},
		"takes the text for a refused recipient":   {but(map[string]string{"RCPT": "550 nobody"}), smtp.Refused, 550},
		"does not pipeline":                        {but(map[string]string{"EHLO": "250 script"}), smtp.Sent, 250},
		"does not pipeline, refuses the recipient": {but(map[string]string{"EHLO": "250 script", "RCPT": "550 nobody"}), smtp.Refused, 550},
		"knows HELO only":                          {but(map[string]string{"EHLO": "502 what", "HELO": "250 script"}), smtp.Sent, 250},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := &script{answers: c.answers}
			r := sender(t, srv.start(t), nil).Send(t.Context(), sample())
			if r.Outcome != c.want || r.Code != c.code || (r.Err == nil) != (c.want == smtp.Sent) {
				t.Errorf("result: %+v", r)
			}
			if commands, _ := srv.seen(); slices.Contains(commands, ".") && c.want == smtp.Refused {
				t.Errorf("a mail to nobody was completed: %q", commands)
			}
		})
	}
}

func TestSilenceIsNamed(t *testing.T) {
	t.Parallel()
	for silent, c := range map[string]struct {
		want    smtp.Outcome
		timeout string
	}{
		"greet": {smtp.Retry, "smtp: connect timeout"},
		"EHLO":  {smtp.Retry, "smtp: connect timeout"},
		"DATA":  {smtp.Retry, "smtp: send timeout"},
		".":     {smtp.Unknown, "smtp: answer timeout"},
	} {
		t.Run(silent, func(t *testing.T) {
			t.Parallel()
			srv := &script{answers: polite, silent: silent}
			s := sender(t, srv.start(t), func(c *smtp.Config) {
				c.ConnectTimeout, c.SendTimeout, c.AnswerTimeout = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
			})
			r := s.Send(t.Context(), sample())
			if r.Outcome != c.want || r.Err == nil || !strings.Contains(r.Err.Error(), c.timeout) {
				t.Errorf("result: %+v", r)
			}
		})
	}
}

var errStop = errors.New("test: stop")

func TestEndOfContextEndsTheAttempt(t *testing.T) {
	t.Parallel()
	srv := &script{answers: polite, silent: "DATA"}
	s := sender(t, srv.start(t), func(c *smtp.Config) { c.Connections, c.SendTimeout = 1, time.Hour })
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errStop)
	defer cancel()
	second := make(chan smtp.Result, 1)
	go func() { second <- s.Send(ctx, sample()) }()
	for _, r := range []smtp.Result{s.Send(ctx, sample()), <-second} { // one on the connection, one waiting for it
		if r.Outcome != smtp.Retry || !errors.Is(r.Err, errStop) {
			t.Errorf("result: %+v", r)
		}
	}
}

// TestShutdownCodeOnKeptConnection: a server that ends an idle connection may say so in answer to the next command.
func TestShutdownCodeOnKeptConnection(t *testing.T) {
	t.Parallel()
	srv := &script{answers: polite, once: map[string]string{"MAIL": "421 idle for too long"}}
	s := sender(t, srv.start(t), nil)
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Fatalf("the first mail: %+v", r)
	}
	srv.arm()
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Errorf("the second mail: %+v", r)
	}
	if _, n := srv.seen(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}
