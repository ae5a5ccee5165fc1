package api

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// FieldFault is one fault of the input.
type FieldFault struct {
	Field   string `json:"field,omitempty" doc:"Where: a path in the body, or a parameter's name." example:"lines[0].new_subscription.quantity"`
	Code    string `json:"code" doc:"A stable word for programs." example:"too_small"`
	Message string `json:"message" doc:"A plain sentence." example:"Give at least 1."`
	Hint    string `json:"hint,omitempty" doc:"What to do about it."`
}

// Problem is every error's answer (RFC 9457).
type Problem struct { //nolint:errname // the API calls it so
	Type    string       `json:"type" doc:"Where the kind of problem is explained, relative to this server." example:"/docs#problem-invalid"`
	Title   string       `json:"title" doc:"The kind of problem." example:"The request is not valid"`
	Status  int          `json:"status" doc:"The HTTP status." example:"400"`
	Detail  string       `json:"detail" doc:"What happened, in a plain sentence." example:"The order is not valid."`
	Code    string       `json:"code" doc:"A stable word for programs." example:"invalid_input"`
	Hint    string       `json:"hint,omitempty" doc:"What to do next."`
	Owner   string       `json:"owner,omitempty" doc:"The service that holds the order now, if that is the matter."`
	Errors  []FieldFault `json:"errors,omitempty" doc:"Every fault of the input."`
	TraceID string       `json:"trace_id,omitempty" doc:"Names this request to the people who run the server." example:"4bf92f3577b34da6a3ce929d0e0e4736"`

	headers http.Header
}

// Error makes a Problem an error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is what huma answers with.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the problem, such as Retry-After.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is problem+json whatever was negotiated.
func (p *Problem) ContentType(string) string { return problemType }

// titles say what a kind means to a stranger.
var titles = map[fault.Kind]string{
	fault.Internal:        "Something went wrong on our side",
	fault.Invalid:         "The request is not valid",
	fault.Unauthenticated: "We do not know who you are",
	fault.Forbidden:       "You may not do this",
	fault.NotFound:        "There is no such thing",
	fault.Conflict:        "It cannot be done as things stand",
	fault.MovedOn:         "The order has moved on",
	fault.TooMany:         "Too many requests",
	fault.Unavailable:     "Not possible right now",
}

const internalSentence = "Something went wrong on our side."

// problem is the edge where a kind becomes a status. Faults on our side are logged with their cause here.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	v := visit.From(ctx)
	if p := (*Problem)(nil); errors.As(err, &p) { // made by an operation for a status that no kind has
		p.TraceID = v.TraceID
		return p
	}
	f := fault.As(err)
	s.note(ctx, f, v)
	p := &Problem{
		Type: "/docs#problem-" + f.Kind.String(), Title: titles[f.Kind], Status: fault.HTTPStatus(f.Kind),
		Detail: f.Message, Code: f.Code, Hint: f.Hint, Owner: f.Owner, Errors: fieldFaults(f), TraceID: v.TraceID, headers: http.Header{},
	}
	if f.Kind == fault.Internal { // whatever it says was not meant for strangers
		p.Detail, p.Hint, p.Errors = "", "", nil
	}
	if p.Detail == "" {
		p.Detail = titles[f.Kind] + "."
	}
	if p.Code == "" {
		p.Code = f.Kind.String()
	}
	switch f.Kind {
	case fault.Unauthenticated:
		p.headers.Set("WWW-Authenticate", challenge(f))
	case fault.Unavailable, fault.TooMany:
		p.headers.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(f.RetryAfter.Seconds())))))
	}
	return p
}

func fieldFaults(f *fault.Error) []FieldFault {
	var out []FieldFault
	for _, v := range f.Violations {
		out = append(out, FieldFault{Field: v.Field, Code: v.Code, Message: v.Message, Hint: v.Hint})
	}
	if len(out) == 0 && f.Field != "" {
		out = append(out, FieldFault{Field: f.Field, Code: f.Code, Message: f.Message, Hint: f.Hint})
	}
	return out
}

// challenge tells a client how to authenticate (RFC 6750): without an error if it did not try.
func challenge(f *fault.Error) string {
	if f.Code == "missing_token" {
		return `Bearer realm="seatflow"`
	}
	return `Bearer realm="seatflow", error="invalid_token", error_description="` + strings.ReplaceAll(f.Message, `"`, `'`) + `"`
}

// note logs by kind: our faults loudly, the world's as a warning, the caller's for those who look.
func (s *Server) note(ctx context.Context, f *fault.Error, v *visit.Visit) {
	level := slog.LevelDebug
	switch f.Kind {
	case fault.Internal:
		level = slog.LevelError
	case fault.Unavailable:
		level = slog.LevelWarn
	}
	if ctx.Err() != nil && f.Kind == fault.Unavailable { // the client left, which ended the question
		level = slog.LevelDebug
	}
	if !s.log.Enabled(ctx, level) {
		return
	}
	s.log.LogAttrs(ctx, level, "request refused", slog.String("kind", f.Kind.String()), slog.String("op", f.Op),
		slog.String("subject", f.Subject), slog.Any("error", f), slog.String("trace_id", v.TraceID), slog.String("request_id", v.RequestID))
}
