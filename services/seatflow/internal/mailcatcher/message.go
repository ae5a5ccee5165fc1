package mailcatcher

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Message is a mail as the pages and the API show it.
type Message struct {
	ID        uint64    `json:"id"` // 1 for the first mail caught
	Received  time.Time `json:"received_at"`
	From      string    `json:"from"`       // the header's, else the envelope's
	To        []string  `json:"to"`         // the envelope's
	Subject   string    `json:"subject"`    // decoded
	MessageID string    `json:"message_id"` // without angle brackets
	Date      string    `json:"date"`       // the header, RFC 3339 where it can be read
	Order     string    `json:"order"`      // X-Seatflow-Order
	Text      string    `json:"text"`       // the plain text, else whatever body there is
}

// read makes sense of a mail. What cannot be read is shown as it came.
func (m raw) read() Message {
	out := Message{ID: m.id, Received: m.at.UTC(), From: m.from, To: m.to}
	parsed, err := mail.ReadMessage(bytes.NewReader(m.data))
	if err != nil {
		out.Text = strings.ToValidUTF8(string(m.data), "\uFFFD")
		return out
	}
	h := parsed.Header
	if from := words(h.Get("From")); from != "" {
		out.From = from
	}
	out.Subject, out.Order = words(h.Get("Subject")), words(h.Get("X-Seatflow-Order"))
	out.MessageID = strings.Trim(h.Get("Message-Id"), "<> ")
	out.Date = h.Get("Date")
	if at, err := h.Date(); err == nil {
		out.Date = at.UTC().Format(time.RFC3339)
	}
	text, _ := plain(textproto.MIMEHeader(h), parsed.Body)
	out.Text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return out
}

// words decodes a header field, or leaves it as it is.
func words(field string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(field)
	if err != nil {
		decoded = field
	}
	return strings.ToValidUTF8(decoded, "\uFFFD")
}

// plain gives the text of a part, and whether it is plain text: of several parts the first plain one, else the first.
func plain(h textproto.MIMEHeader, body io.Reader) (text string, isPlain bool) {
	kind, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if !strings.HasPrefix(kind, "multipart/") {
		switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		data, _ := io.ReadAll(body) // a mail that was cut short is shown as far as it goes
		return string(data), kind == "text/plain"
	}
	parts := multipart.NewReader(body, parameters["boundary"])
	for first := true; ; first = false {
		part, err := parts.NextRawPart()
		if err != nil {
			return text, false
		}
		// A part within a part is not looked into: nobody who sends here nests them.
		if strings.HasPrefix(part.Header.Get("Content-Type"), "multipart/") {
			continue
		}
		t, ok := plain(part.Header, part)
		if ok {
			return t, true
		}
		if first {
			text = t
		}
	}
}
