package smtp

import (
	"bytes"
	"io"
	netmail "net/mail"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Bounds of a mail, in bytes.
const (
	maxField   = 900     // a header field; a line of a mail has at most 998
	maxAddress = 320     // RFC 5321: 64 before the @, 255 after it
	maxBody    = 1 << 20 // text and HTML each
	maxKept    = 1 << 16 // room that is kept for a later mail
)

const headerOrder mail.Header = "X-Seatflow-Order"

// Message is a mail that is ready to go.
type Message struct {
	// ID is the Message-ID without angle brackets, such as "0190…@seatflow.example.com". The same delivery keeps it for
	// every attempt, so that a mail delivered twice can be recognised.
	ID string
	// Date is the mail's date; zero means now.
	Date time.Time
	// From is the sender, To the one recipient; each needs an address and may have a name in any language.
	From, To netmail.Address
	// ReplyTo is where answers go; without an address there is no such header.
	ReplyTo netmail.Address
	Subject string
	// Text is the body. HTML, when not empty, is offered beside it.
	Text, HTML string
	// Order is the order number for the X-Seatflow-Order header; empty for none.
	Order string
	// SendBefore is the last moment to begin the transaction; later the mail is not sent and the outcome is Retry. Zero
	// means any time.
	SendBefore time.Time
}

// letter is a mail as it goes over the wire.
type letter struct {
	from, to string
	utf8     bool // an address needs SMTPUTF8
	body     bytes.Buffer
	text     []byte
}

// letters are letters that were sent, whose room is used again.
var letters = sync.Pool{New: func() any { return new(letter) }}

// free gives the letter's room to a later mail. One large mail does not hold its room for ever.
func (l *letter) free() {
	if l.body.Cap() <= maxKept {
		letters.Put(l)
	}
}

// check refuses what could not be delivered or would change the mail's headers. All faults are reported together.
func (m *Message) check() error {
	var found []fault.Violation
	bad := func(field, code, message string) {
		found = append(found, fault.Violation{Field: field, Code: code, Message: message})
	}
	for _, f := range []struct{ name, value string }{
		{"id", m.ID}, {"subject", m.Subject}, {"order", m.Order},
		{"from", m.From.Name}, {"to", m.To.Name}, {"reply_to", m.ReplyTo.Name},
	} {
		switch {
		case hasControl(f.value):
			bad(f.name, "control_character", "must not hold line breaks or other control characters")
		case len(f.value) > maxField:
			bad(f.name, "too_long", "is longer than a header field may be")
		}
	}
	if at := strings.IndexByte(m.ID, '@'); at < 1 || at == len(m.ID)-1 || strings.ContainsAny(m.ID, "<> ") || !isASCII(m.ID) {
		bad("id", "not_a_message_id", "must look like unique-part@domain")
	}
	addresses := []struct{ name, value string }{{"from", m.From.Address}, {"to", m.To.Address}, {"reply_to", m.ReplyTo.Address}}
	for _, a := range addresses {
		if (a.name != "reply_to" || m.ReplyTo != netmail.Address{}) && !isAddress(a.value) {
			bad(a.name, "not_an_address", "is not an e-mail address that mail can be sent to")
		}
	}
	if m.Text == "" || len(m.Text) > maxBody || len(m.HTML) > maxBody {
		bad("text", "size", "must not be empty or longer than 1 MiB")
	}
	if len(found) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "mail_not_sendable", "The mail cannot be sent as it is.").In("smtp.send").On("mail " + m.ID).With(found...)
}

// write makes the bytes of the mail. Whoever gets the letter frees it.
func (m *Message) write() (*letter, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.SetMessageIDWithValue(m.ID)
	if !m.Date.IsZero() {
		msg.SetDateWithValue(m.Date)
	}
	msg.SetAddrHeaderFromMailAddress(mail.HeaderFrom, readable(m.From))
	msg.SetAddrHeaderFromMailAddress(mail.HeaderTo, readable(m.To))
	if m.ReplyTo.Address != "" {
		msg.SetAddrHeaderFromMailAddress(mail.HeaderReplyTo, readable(m.ReplyTo))
	}
	msg.Subject(m.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Order != "" {
		msg.SetGenHeader(headerOrder, m.Order)
	}
	l := letters.Get().(*letter)
	l.body.Reset()
	l.text = append(l.text[:0], m.Text...)
	msg.SetBodyWriter(mail.TypeTextPlain, func(w io.Writer) (int64, error) {
		n, err := w.Write(l.text)
		return int64(n), err
	})
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	l.from, l.to = m.From.Address, m.To.Address
	l.utf8 = !isASCII(m.From.Address) || !isASCII(m.To.Address) || !isASCII(m.ReplyTo.Address)
	l.body.Grow(1024 + len(m.Text)*9/8 + len(m.HTML)*9/8)
	if _, err := msg.WriteTo(&l.body); err != nil {
		l.free()
		return nil, fault.New(fault.Internal, "mail_not_written", "The mail could not be put together.").In("smtp.write").Because(err)
	}
	return l, nil
}

// readable spares a reader the one name that net/mail writes and cannot read: an encoded one with a backslash in it.
func readable(a netmail.Address) *netmail.Address {
	if !isASCII(a.Name) {
		a.Name = strings.ReplaceAll(a.Name, "\\", "/")
	}
	return &a
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isAddress accepts a plain address, the only form that reads the same in a header and in a command.
func isAddress(s string) bool {
	if isPlainAddress(s) {
		return true
	}
	if len(s) > maxAddress || hasControl(s) || strings.ContainsAny(s, " <>\"(),;:\\") {
		return false
	}
	a, err := netmail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == ""
}

// isPlainAddress knows the form that nearly every address has, without the work of reading it by the book.
func isPlainAddress(s string) bool {
	at, dot := 0, true // dot: the last byte was one, or a part has just begun
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '+':
			dot = false
		case c == '.' && !dot:
			dot = true
		case c == '@' && !dot && at == 0:
			at, dot = i, true
		default:
			return false
		}
	}
	return at > 0 && !dot && len(s) <= maxAddress
}
