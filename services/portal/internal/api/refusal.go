package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/services/portal/internal/visit"
)

// teachHuma sets the package variables through which huma makes its errors; New calls it before the first API exists.
// Field names are compared exactly: encoding/json would take "Quantity" for "quantity", and of both together the last.
var teachHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return refusal(status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := refusal(status, msg, errs)
		if ctx != nil {
			if op := ctx.Operation(); status == http.StatusRequestEntityTooLarge && op != nil && op.MaxBodyBytes > 0 {
				p.Detail = fmt.Sprintf("The body is larger than %d KiB.", op.MaxBodyBytes>>10)
			}
			p.TraceID = visit.From(ctx.Context()).TraceID
		}
		return p
	}
})

// whole are huma's refusals of a request as a whole, by status.
var whole = map[int]Problem{
	http.StatusRequestTimeout:        {Title: "The request came too slowly", Detail: "The body did not arrive in time.", Code: "body_too_slow"},
	http.StatusRequestEntityTooLarge: {Title: "The request is too large", Detail: "The body is larger than 256 KiB.", Code: "body_too_large"},
	http.StatusUnsupportedMediaType:  {Title: "The body is not JSON", Detail: "The body must be JSON.", Code: "not_json", Hint: "Send the header Content-Type: application/json."},
}

// refusal turns huma's own errors into our shape.
func refusal(status int, msg string, errs []error) *Problem {
	if p, ok := whole[status]; ok {
		p.Type, p.Status = "/docs#problem-invalid", status
		return &p
	}
	if status >= http.StatusInternalServerError || status == 0 {
		return &Problem{Type: "/docs#problem-internal", Title: internalSentence, Status: max(status, http.StatusInternalServerError), Detail: internalSentence, Code: "internal"}
	}
	p := &Problem{
		Type: "/docs#problem-invalid", Title: "The request is not valid", Status: http.StatusBadRequest,
		Detail: "The request is not valid.", Code: "invalid_input",
	}
	if msg == "request body is required" {
		p.Errors = []FieldFault{{Code: "required", Message: "The request needs a JSON body."}}
	}
	for _, err := range errs {
		if f, ok := fieldFault(err); ok {
			p.Errors = append(p.Errors, f)
		}
	}
	slices.SortStableFunc(p.Errors, func(a, b FieldFault) int { return cmp.Compare(a.Field, b.Field) })
	if len(p.Errors) == 1 {
		p.Detail, p.Code = p.Errors[0].Message, p.Errors[0].Code
		if p.Errors[0].Field != "" {
			p.Detail = p.Errors[0].Field + ": " + p.Detail
		}
	}
	return p
}

// fieldFault says one of huma's details in our words. What a client sent is never echoed.
func fieldFault(err error) (FieldFault, bool) {
	if err == nil {
		return FieldFault{}, false
	}
	detail := &huma.ErrorDetail{Message: err.Error()}
	var d huma.ErrorDetailer
	if errors.As(err, &d) {
		detail = d.ErrorDetail()
	}
	f := FieldFault{Field: fieldOf(detail.Location)}
	for _, r := range rewrites {
		rest, ok := strings.CutPrefix(detail.Message, r.prefix)
		if !ok {
			continue
		}
		f.Code, f.Message, f.Hint = r.code, r.message, r.hint
		if strings.Contains(f.Message, "%s") {
			f.Message = fmt.Sprintf(f.Message, strings.Trim(rest, ` "`))
		}
		if name, missing := strings.CutSuffix(rest, " to be present"); r.code == "required" && missing {
			f.Field = strings.TrimPrefix(f.Field+"."+strings.TrimSpace(name), ".")
		}
		return f, true
	}
	f.Code, f.Message = "bad_value", "This value cannot be used."
	return f, true
}

// fieldOf is a field's path as the client knows it: without "body.", "query." and the like.
func fieldOf(location string) string {
	if location == "body" {
		return ""
	}
	for _, in := range []string{"body.", "query.", "path.", "header."} {
		if rest, ok := strings.CutPrefix(location, in); ok {
			return rest
		}
	}
	return strings.TrimPrefix(location, "body")
}

// rewrites are huma's messages by their beginning, and ours. The first that fits counts.
var rewrites = []struct{ prefix, code, message, hint string }{
	{malformed, "malformed_json", "The body is not valid JSON: %s.", ""},
	{notText, "malformed_json", "The body is not UTF-8 text.", ""},
	{outOfRange, "bad_number", "The body holds a number or value that cannot be read: %s.", ""},
	{"unexpected property", "unknown_field", "There is no such field.", "Check its spelling; names are in lower case with underscores."},
	{"unknown query parameter", "unknown_parameter", "There is no such parameter.", "Check its spelling."},
	{"expected required property ", "required", "This field is required.", ""},
	{"required ", "required", "This parameter is required.", ""},
	{"expected string to be RFC 3339 date-time", "bad_time", "Give a time such as 2026-11-21T09:00:00Z.", ""},
	{"expected string to match pattern ", "bad_format", "The value does not have the right form.", ""},
	{"expected string to be ", "bad_format", "Give %s.", ""},
	{"expected value to be one of ", "not_allowed", "Use one of: %s.", ""},
	{"expected array items to be unique", "not_unique", "Name each once.", ""},
	{"expected array length <= ", "too_many", "At most %s entries.", ""},
	{"expected array length >= ", "too_few", "At least %s entry.", ""},
	{"expected length <= ", "too_long", "At most %s characters.", ""},
	{"expected length >= ", "too_short", "At least %s character.", ""},
	{"expected number >= ", "too_small", "Give at least %s.", ""},
	{"expected number <= ", "too_large", "Give at most %s.", ""},
	{"expected integer", "wrong_type", "Give a whole number.", ""},
	{"invalid integer", "wrong_type", "Give a whole number.", ""},
	{"expected number", "wrong_type", "Give a number.", ""},
	{"expected string", "wrong_type", "Give a text.", ""},
	{"expected boolean", "wrong_type", "Give true or false.", ""},
	{"invalid boolean", "wrong_type", "Give true or false.", ""},
	{"expected array", "wrong_type", "Give a list.", ""},
	{"expected object", "wrong_type", "Give an object.", ""},
}

const (
	malformed  = "malformed JSON: "
	outOfRange = "unreadable JSON: "
	notText    = "not UTF-8"
)

// unmarshal reads JSON strictly and says where a mistake is, by line and column.
func unmarshal(data []byte, into any) error {
	if !utf8.Valid(data) {
		return errors.New(notText)
	}
	err := json.Unmarshal(data, into)
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at := data[:min(max(syntax.Offset-1, 0), int64(len(data)))]
		line := 1 + strings.Count(string(at), "\n")
		column := utf8.RuneCount(at[strings.LastIndex(string(at), "\n")+1:]) + 1
		return fmt.Errorf("%sline %d, column %d, %s", malformed, line, column, syntax.Error())
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%sa %s at position %d", outOfRange, strings.Fields(wrong.Value)[0], wrong.Offset)
	}
	return err
}
