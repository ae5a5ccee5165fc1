package smtp_test

import (
	"bufio"
	"bytes"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/notification/internal/smtp"
)

// The tests here hold the ways that most mails take to the longer ones that they spare.

func TestMailsAreWrittenAsDotWriterDoes(t *testing.T) {
	t.Parallel()
	pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"a", ".", "..", "\r\n", "\r\n.", "=\r\n.\r\n", "\n", "\r", "\r.", "\n.", " "}), 1, 40)
	rapid.Check(t, func(rt *rapid.T) {
		mail := []byte(strings.Join(pieces.Draw(rt, "mail"), ""))
		var got, want bytes.Buffer
		if err := smtp.WriteMail(textproto.NewWriter(bufio.NewWriter(&got)), mail); err != nil {
			rt.Fatal(err)
		}
		w := textproto.NewWriter(bufio.NewWriter(&want)).DotWriter()
		if _, err := w.Write(mail); err != nil {
			rt.Fatal(err)
		}
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		if got.String() != want.String() {
			rt.Fatalf("%q is written as %q, want %q", mail, got.String(), want.String())
		}
	})
}

func TestPlainAddressesAreAddresses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9._+-]{1,8}@[a-zA-Z0-9._+-]{1,8}`), rapid.StringMatching(`[a@. "\\(<é]{1,8}`)).Draw(rt, "address")
		if a, err := netmail.ParseAddress(s); smtp.IsPlainAddress(s) && (err != nil || a.Address != s || a.Name != "") {
			rt.Fatalf("%q passes as a plain address and reads as %v, %v", s, a, err)
		}
	})
	for s, want := range map[string]bool{"zoe@example.com": true, "a.b+c@d-e.example": true, "": false, "@": false, strings.Repeat("a", 400) + "@b": false} {
		if smtp.IsPlainAddress(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestAnswersAreOneLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[a-z .]{0,20}`), rapid.StringMatching("[a \r\n\té]{0,20}"), rapid.StringN(250, 350, -1)).Draw(rt, "answer")
		got := smtp.OneLine(s)
		want := strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
		if len(got) > 300 || !strings.HasPrefix(want, got) || len(want) <= 300 && got != want {
			rt.Fatalf("%q becomes %q", s, got)
		}
	})
}

// TestMailsAtOnceDoNotMix: the room of a mail is used again, and only when nobody needs it any more.
func TestMailsAtOnceDoNotMix(t *testing.T) {
	t.Parallel()
	srv := &server{}
	s := sender(t, srv.start(t, ""), nil)
	var wg sync.WaitGroup
	for n := range 200 {
		m := sample()
		m.To.Address, m.Text = fmt.Sprintf("to-%d@example.com", n), strings.Repeat(fmt.Sprintf("text-%d\n", n), 1+n)
		wg.Go(func() {
			if r := s.Send(t.Context(), m); r.Outcome != smtp.Sent {
				t.Errorf("result: %+v", r)
			}
		})
	}
	wg.Wait()
	mails := srv.all()
	if len(mails) != 200 {
		t.Fatalf("%d mails arrived, want 200", len(mails))
	}
	for _, m := range mails {
		var n int
		if _, err := fmt.Sscanf(m.to, "to-%d@example.com", &n); err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(string(m.data), "\r\n\r\n")
		if want := strings.Repeat(fmt.Sprintf("text-%d\r\n", n), 1+n); text != want {
			t.Errorf("to %s: %q", m.to, text)
		}
	}
}
