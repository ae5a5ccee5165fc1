package handlers

import (
	"fmt"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// mostBytes is the largest order that is taken.
const mostBytes = 256 << 10

// decodeOrder reads an order as a publisher sent it: protobuf, or protobuf's JSON, by
// its content type. Without one, what begins with a brace is JSON: no protobuf order can
// begin so. The fault says what is wrong and where, as well as it can be told.
func decodeOrder(contentType string, data []byte) (*orderv1.NewOrder, *fault.Violation) {
	if len(data) > mostBytes {
		return nil, &fault.Violation{
			Code: "too_large", Message: fmt.Sprintf("The order has %d bytes; at most %d are taken.", len(data), mostBytes),
			Hint: "Split it into smaller orders.",
		}
	}
	if len(data) == 0 {
		return nil, &fault.Violation{Code: "empty", Message: "The message is empty.", Hint: "Send one NewOrder."}
	}
	switch json, known := isJSON(contentType, data); {
	case !known:
		return nil, &fault.Violation{
			Field: "Content-Type", Code: "unsupported_content_type", Message: "The content type is none that can be read.",
			Hint: "Send application/protobuf or application/json.",
		}
	case json:
		return decodeJSON(data)
	}
	return decodeProtobuf(data)
}

func isJSON(contentType string, data []byte) (json, known bool) {
	switch contentType {
	case "":
		return data[0] == '{', true
	case "application/protobuf":
		return false, true
	case "application/json":
		return true, true
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false, false
	}
	switch media {
	case "application/json":
		return true, true
	case "application/protobuf", "application/x-protobuf":
		return false, true
	}
	return false, false
}

func decodeProtobuf(data []byte) (*orderv1.NewOrder, *fault.Violation) {
	n := new(orderv1.NewOrder)
	if err := proto.Unmarshal(data, n); err != nil {
		return nil, &fault.Violation{
			Code: "malformed_protobuf", Message: "The message is not a protobuf NewOrder.",
			Hint: "Encode a seatflow.order.v1.NewOrder, or send JSON with the content type application/json.",
		}
	}
	if path, number, found := unknownField(n); found {
		return nil, &fault.Violation{
			Field: path, Code: "unknown_field", Message: fmt.Sprintf("The message has a field with the number %d that is not known here.", number),
			Hint: "Use the published schema; an unknown field is not silently left out of an order.",
		}
	}
	return n, nil
}

// unknownField finds the first field that this version does not know, in any part of the order.
func unknownField(n *orderv1.NewOrder) (path string, number protoreflect.FieldNumber, found bool) {
	if raw := unknown(n); raw != nil {
		return "", first(raw), true
	}
	if raw := unknown(n.GetCustomer()); raw != nil {
		return "customer", first(raw), true
	}
	if raw := unknown(n.GetRequester()); raw != nil {
		return "requester", first(raw), true
	}
	if raw := unknown(n.GetScheduledFor()); raw != nil {
		return "scheduled_for", first(raw), true
	}
	for i, l := range n.GetLines() {
		if raw := unknown(l); raw != nil {
			return fmt.Sprintf("lines[%d]", i), first(raw), true
		}
		if raw := unknown(l.GetUnitPrice()); raw != nil {
			return fmt.Sprintf("lines[%d].unit_price", i), first(raw), true
		}
		if name, raw := unknownOfChange(l); raw != nil {
			return fmt.Sprintf("lines[%d].%s", i, name), first(raw), true
		}
	}
	return "", 0, false
}

// unknown are the bytes of m that this version does not know; m may be a nil message.
func unknown(m proto.Message) []byte { return m.ProtoReflect().GetUnknown() }

func first(raw []byte) protoreflect.FieldNumber {
	number, _, _ := protowire.ConsumeTag(raw)
	return number
}

var changeField = (&orderv1.Line{}).ProtoReflect().Descriptor().Oneofs().ByName("change")

// unknownOfChange are the bytes of the line's change that this version does not know, and the change's name.
func unknownOfChange(l *orderv1.Line) (name string, raw []byte) {
	m := l.ProtoReflect()
	if !m.IsValid() {
		return "", nil
	}
	f := m.WhichOneof(changeField)
	if f == nil {
		return "", nil
	}
	return string(f.Name()), m.Get(f).Message().GetUnknown()
}

// decodeJSON reads protobuf's JSON. Unknown fields are refused.
func decodeJSON(data []byte) (*orderv1.NewOrder, *fault.Violation) {
	n := new(orderv1.NewOrder)
	err := protojson.Unmarshal(data, n)
	if err == nil {
		return n, nil
	}
	// The library's errors are texts only, with blanks that differ from build to build.
	text := strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "?"), "\u00a0", " ")
	if m := jsonUnknown.FindStringSubmatch(text); m != nil {
		return nil, &fault.Violation{
			Field: unquote(m[1]), Code: "unknown_field", Message: "There is no field " + m[1] + " in an order." + where(text),
			Hint: "Use the names of the published schema.",
		}
	}
	if strings.Contains(text, "google.protobuf.Timestamp") {
		return nil, &fault.Violation{
			Field: "scheduled_for", Code: "malformed_time", Message: "The time to order at is not a time." + where(text),
			Hint: "Write it like 2026-12-01T09:00:00Z.",
		}
	}
	if m := jsonValue.FindStringSubmatch(text); m != nil {
		name := snake(m[1])
		return nil, &fault.Violation{
			Field: name, Code: "wrong_type", Message: "The value of " + name + " has the wrong type or is out of its range." + where(text),
			Hint: "Write numbers without quotes and fractions, true and false without quotes, amounts and times as text.",
		}
	}
	if m := jsonTwice.FindStringSubmatch(text); m != nil {
		return nil, &fault.Violation{
			Field: unquote(m[1]), Code: "duplicate_field", Message: "The field " + m[1] + " is there twice." + where(text),
			Hint: "Send each field once, and one change for each line.",
		}
	}
	return nil, &fault.Violation{
		Code: "malformed_json", Message: "The message is not a JSON order." + where(text),
		Hint: "Send one JSON object as the published schema describes it.",
	}
}

var (
	jsonUnknown = regexp.MustCompile(`unknown field ("(?:[^"\\]|\\.)*")`)
	jsonValue   = regexp.MustCompile(`invalid value for \w+ field (\w+)`)
	jsonTwice   = regexp.MustCompile(`(?:duplicate field|error parsing) ("(?:[^"\\]|\\.)*")`)
	jsonPlace   = regexp.MustCompile(`\(line (\d+):(\d+)\)`)
)

// where is the place in the text that the library names, as a sentence.
func where(text string) string {
	m := jsonPlace.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return " Look at line " + m[1] + ", column " + m[2] + "."
}

// snake is a field's name in the schema for its name in JSON.
func snake(camel string) string {
	var b strings.Builder
	for _, r := range camel {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unquote takes the quotes off a name and shortens what is no name at all.
func unquote(s string) string {
	s = strings.Trim(s, `"`)
	if utf8.RuneCountInString(s) > 64 {
		s = string([]rune(s)[:64])
	}
	return s
}
