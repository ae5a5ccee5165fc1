package smtp_test

import (
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

func TestUnsendableMailsAreRefusedBeforeConnecting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		field string
		spoil func(*smtp.Message)
	}{
		"line break in subject":      {"subject", func(m *smtp.Message) { m.Subject = "hi\r\nBcc: all@example.com" }},
		"lone LF in subject":         {"subject", func(m *smtp.Message) { m.Subject = "hi\nBcc: all@example.com" }},
		"subject without end":        {"subject", func(m *smtp.Message) { m.Subject = strings.Repeat("x", 2000) }},
		"line break in order":        {"order", func(m *smtp.Message) { m.Order = "ORD\r\nX: y" }},
		"line break in name":         {"to", func(m *smtp.Message) { m.To.Name = "a\r\nX: y" }},
		"NUL in name":                {"from", func(m *smtp.Message) { m.From.Name = "a\x00" }},
		"line break in id":           {"id", func(m *smtp.Message) { m.ID = "a@b\r\nX: y" }},
		"no id":                      {"id", func(m *smtp.Message) { m.ID = "" }},
		"id with brackets":           {"id", func(m *smtp.Message) { m.ID = "<a@b>" }},
		"line break in address":      {"to", func(m *smtp.Message) { m.To.Address = "a@example.com>\r\nRCPT TO:<b@example.com" }},
		"second address":             {"to", func(m *smtp.Message) { m.To.Address = "a@example.com, b@example.com" }},
		"parameter in address":       {"from", func(m *smtp.Message) { m.From.Address = "a@example.com> SIZE=1 <" }},
		"no recipient":               {"to", func(m *smtp.Message) { m.To.Address = "" }},
		"reply address is a name":    {"reply_to", func(m *smtp.Message) { m.ReplyTo.Address = "desk" }},
		"reply name without address": {"reply_to", func(m *smtp.Message) { m.ReplyTo.Address = "" }},
		"address without end":        {"to", func(m *smtp.Message) { m.To.Address = strings.Repeat("x", 400) + "@example.com" }},
		"not UTF-8":                  {"subject", func(m *smtp.Message) { m.Subject = "\xff" }},
		"no text":                    {"text", func(m *smtp.Message) { m.Text = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := &server{}
			s := sender(t, srv.start(t, ""), nil)
			m := sample()
			c.spoil(&m)
			r := s.Send(t.Context(), m)
			fields := []string{}
			for _, v := range fault.As(r.Err).Violations {
				fields = append(fields, v.Field)
			}
			if r.Outcome != smtp.Refused || fault.KindOf(r.Err) != fault.Invalid || !slices.Contains(fields, c.field) {
				t.Errorf("result: %+v", r)
			}
			if n := srv.opened(); n != 0 {
				t.Errorf("%d connections for a mail that cannot be sent", n)
			}
		})
	}
}

// TestNoFieldCanAddAHeader: whatever stands in a field, the mail is refused or has exactly the known headers, and the
// fields read as they were given.
func TestNoFieldCanAddAHeader(t *testing.T) {
	t.Parallel()
	srv := &server{}
	s := sender(t, srv.start(t, ""), nil)
	known := []string{
		"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version",
		"Reply-To", "Subject", "To", "X-Seatflow-Order",
	}
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,120}`), rapid.StringMatching(`[a-zé =?"\\<>,@\r\n.]{0,60}`))
	rapid.Check(t, func(rt *rapid.T) {
		m := sample()
		m.Subject, m.To.Name, m.Text = text.Draw(rt, "subject"), text.Draw(rt, "name"), "x"+text.Draw(rt, "text")
		before := len(srv.all())
		r := s.Send(t.Context(), m)
		if r.Outcome == smtp.Refused && r.Code == 0 {
			return
		}
		if r.Outcome != smtp.Sent {
			rt.Fatalf("result: %+v", r)
		}
		got := parsed(t, srv.all()[before].data)
		names := []string{}
		for name := range got.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		if !slices.Equal(names, known) {
			rt.Fatalf("headers %q", names)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
		if err != nil || strings.Join(strings.Fields(subject), " ") != strings.Join(strings.Fields(m.Subject), " ") {
			rt.Fatalf("subject %q, %v, want %q", subject, err, m.Subject)
		}
		to, err := netmail.ParseAddress(got.Header.Get("To"))
		plain := func(name string) string {
			return strings.Join(strings.Fields(strings.ReplaceAll(name, "\\", "/")), " ")
		}
		if err != nil || to.Address != m.To.Address || plain(to.Name) != plain(m.To.Name) {
			rt.Fatalf("to %v, %v, want %v", to, err, m.To)
		}
	})
}

func TestAddressesOutsideASCII(t *testing.T) {
	t.Parallel()
	m := sample()
	m.To.Address = "zoë@example.com"
	able := &server{}
	if r := sender(t, able.start(t, ""), nil).Send(t.Context(), m); r.Outcome != smtp.Sent || able.all()[0].to != m.To.Address {
		t.Errorf("result: %+v", r)
	}
	unable := &script{answers: polite}
	s := sender(t, unable.start(t), nil)
	if r := s.Send(t.Context(), m); r.Outcome != smtp.Refused || fault.As(r.Err).Code != "mail_address_not_ascii" {
		t.Errorf("result: %+v", r)
	}
	if r := s.Send(t.Context(), sample()); r.Outcome != smtp.Sent {
		t.Errorf("the next mail: %+v", r)
	}
}
