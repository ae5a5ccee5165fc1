package bus

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
)

// Header names of the CloudEvents NATS binding in binary mode, and NATS' own id.
// nats.Header is case-sensitive: these are written and read exactly so.
const (
	hdrSpecVersion = "ce-specversion"
	hdrID          = "ce-id"
	hdrSource      = "ce-source"
	hdrType        = "ce-type"
	hdrSubject     = "ce-subject"
	hdrSequence    = "ce-sequence"
	hdrTime        = "ce-time"
	hdrContentType = "content-type"
	hdrTrace       = "traceparent"
	hdrMsgID       = nats.MsgIdHdr
)

// ContentTypeProtobuf is the content type of every message of ours.
const ContentTypeProtobuf = "application/protobuf"

// Head is the envelope of one message.
type Head struct {
	// ID is also the broker's message id: each repeat of a message is identical.
	ID string
	// Source is the service that owns the event.
	Source string
	Type   string
	// Subject is the order's id, if the message is about one.
	Subject string
	// Sequence is the owner's number of the event for its order; 0 when it carries none.
	Sequence    int64
	Time        time.Time
	Traceparent string
}

// Header writes the envelope as message headers.
func (h Head) Header() nats.Header {
	const most = 10
	m := make(nats.Header, most)
	values := make([]string, 0, most) // one array for all: headers are made for each message
	set := func(name, value string) {
		values = append(values, value)
		m[name] = values[len(values)-1 : len(values) : len(values)]
	}
	id := MsgID(h.ID)
	set(hdrMsgID, id)
	set(hdrSpecVersion, "1.0")
	set(hdrID, id)
	set(hdrSource, h.Source)
	set(hdrType, h.Type)
	set(hdrTime, h.Time.UTC().Format(time.RFC3339Nano))
	set(hdrContentType, ContentTypeProtobuf)
	if h.Subject != "" {
		set(hdrSubject, encode(h.Subject))
	}
	if h.Sequence > 0 {
		set(hdrSequence, Sequence(h.Sequence))
	}
	if h.Traceparent != "" {
		set(hdrTrace, h.Traceparent)
	}
	return m
}

// Sequence pads a sequence so that sorting it as text sorts it as a number.
func Sequence(n int64) string {
	const width = 10
	digits := strconv.FormatInt(n, 10)
	return strings.Repeat("0", max(0, width-len(digits))) + digits
}

// MsgID is an id as the headers carry it, the broker's own too.
func MsgID(id string) string { return encode(id) }

// ParseHead reads the envelope of a message, whoever sent it: what is missing or
// makes no sense stays empty, and all that is given out can be stored as text.
func ParseHead(h nats.Header) Head {
	out := Head{
		ID: decode(first(h, hdrID)), Source: decode(first(h, hdrSource)), Type: decode(first(h, hdrType)),
		Subject: decode(first(h, hdrSubject)), Traceparent: Traceparent(first(h, hdrTrace)),
	}
	if n, err := strconv.ParseInt(first(h, hdrSequence), 10, 64); err == nil && n > 0 {
		out.Sequence = n
	}
	if t, err := time.Parse(time.RFC3339Nano, first(h, hdrTime)); err == nil {
		out.Time = t
	}
	return out
}

// Traceparent returns a W3C trace parent as it came, or nothing: it goes into every
// event that follows, so a sender's nonsense must not make those too large to publish.
func Traceparent(s string) string {
	const length = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if len(s) != length || s[2] != '-' || s[35] != '-' || s[52] != '-' || s[:2] == "ff" {
		return ""
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'f') || c == '-' && i != 2 && i != 35 && i != 52 {
			return ""
		}
	}
	return s
}

func first(h nats.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// encode percent-encodes what the binding forbids in a header: blanks, quotes,
// percent signs and everything outside printable ASCII.
func encode(s string) string {
	clean := true
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '%' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// decode is the reverse of encode. What could not be stored as text, or would do
// something to a terminal, is replaced.
func decode(s string) string {
	if strings.Contains(s, "%") {
		if d, err := url.PathUnescape(s); err == nil {
			s = d
		}
	}
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, s) // an invalid byte arrives as RuneError too
}
