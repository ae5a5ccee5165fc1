package client

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// problem is RFC 9457 problem details as the portal writes them.
type problem struct {
	Title   string            `json:"title"`
	Detail  string            `json:"detail"`
	Code    string            `json:"code"`
	Hint    string            `json:"hint"`
	Owner   string            `json:"owner"`
	Errors  []fault.Violation `json:"errors"`
	TraceID string            `json:"trace_id"`
}

// kinds is the error table read backwards. What is not in it is the server's own fault.
var kinds = map[int]fault.Kind{
	http.StatusBadRequest: fault.Invalid, http.StatusRequestTimeout: fault.Invalid, http.StatusRequestEntityTooLarge: fault.Invalid,
	http.StatusUnsupportedMediaType: fault.Invalid, http.StatusMethodNotAllowed: fault.Invalid,
	http.StatusUnauthorized: fault.Unauthenticated, http.StatusForbidden: fault.Forbidden, http.StatusNotFound: fault.NotFound,
	http.StatusConflict: fault.Conflict, http.StatusTooManyRequests: fault.TooMany,
	http.StatusBadGateway: fault.Unavailable, http.StatusServiceUnavailable: fault.Unavailable, http.StatusGatewayTimeout: fault.Unavailable,
}

// refusal turns an error's answer into a fault.
func refusal(res *http.Response, raw []byte) *fault.Error {
	kind := kinds[res.StatusCode] // Internal where there is none
	var p problem
	if err := json.Unmarshal(raw, &p); err != nil || p.Code == "" {
		return fault.New(kind, "http_"+strconv.Itoa(res.StatusCode), "The server answered "+res.Status+".").In(res.Request.URL.Path)
	}
	message := p.Detail
	if message == "" {
		message = p.Title
	}
	f := fault.New(kind, p.Code, message).Hinted(p.Hint).Owned(p.Owner).With(p.Errors...).In(res.Request.URL.Path)
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		f = f.After(time.Duration(seconds) * time.Second)
	}
	if kind == fault.Internal && p.TraceID != "" {
		f = f.Hinted("Tell those who run the server this trace id: " + p.TraceID)
	}
	return f
}

// Explain tells a person at a terminal what went wrong: the sentence, each field at fault, the hint. An error that is no
// fault is told as it is. The text holds no control characters, whatever an order or a server says.
func Explain(err error) string {
	f := fault.As(err)
	if f == nil {
		return ""
	}
	if f.Code == "internal" && f.Err != nil { // not a fault of ours
		return Printable(f.Err.Error())
	}
	lines, hint := []string{f.Message}, f.Hint
	if len(f.Violations) == 1 && strings.HasSuffix(f.Message, f.Violations[0].Message) { // told once is enough
		lines[0], hint = f.Violations[0].String(), cmp.Or(f.Violations[0].Hint, f.Hint)
	} else {
		for _, v := range f.Violations {
			lines = append(lines, "  "+strings.TrimSpace(v.String()+" "+v.Hint))
		}
	}
	if hint != "" {
		lines = append(lines, hint)
	}
	for i := range lines {
		lines[i] = Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// Printable is text that may be shown at a terminal: what would steer it is left out, so that no order can.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsPrint(r) || unicode.IsGraphic(r):
			return r
		default:
			return -1
		}
	}, s)
}
