package bus

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

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
	id := encode(h.ID)
	m := make(nats.Header, 10)
	m[hdrMsgID] = []string{id}
	m[hdrSpecVersion] = []string{"1.0"}
	m[hdrID] = []string{id}
	m[hdrSource] = []string{h.Source}
	m[hdrType] = []string{h.Type}
	m[hdrTime] = []string{h.Time.UTC().Format(time.RFC3339Nano)}
	m[hdrContentType] = []string{ContentTypeProtobuf}
	if h.Subject != "" {
		m[hdrSubject] = []string{encode(h.Subject)}
	}
	if h.Sequence > 0 {
		m[hdrSequence] = []string{Sequence(h.Sequence)}
	}
	if h.Traceparent != "" {
		m[hdrTrace] = []string{h.Traceparent}
	}
	return m
}

// Sequence pads a sequence so that sorting it as text sorts it as a number.
func Sequence(n int64) string { return fmt.Sprintf("%010d", n) }

// ParseHead reads the envelope of one of our own messages. Missing attributes stay empty.
func ParseHead(h nats.Header) Head {
	out := Head{
		ID: decode(first(h, hdrID)), Source: first(h, hdrSource), Type: first(h, hdrType),
		Subject: decode(first(h, hdrSubject)), Traceparent: first(h, hdrTrace),
	}
	out.Sequence, _ = strconv.ParseInt(first(h, hdrSequence), 10, 64)
	out.Time, _ = time.Parse(time.RFC3339Nano, first(h, hdrTime))
	return out
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

func decode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	if d, err := url.PathUnescape(s); err == nil {
		return d
	}
	return s
}
