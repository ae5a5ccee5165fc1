package partnercenter

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// What the vendor's answers are known to do, and what is made of it:
//
//	a byte order mark before the document, once degraded to "?"   dropped
//	names in camelCase, PascalCase or both                        compared in lower case
//	numbers as strings, strings as numbers (code, id, amounts)    read as what is asked for
//	enum values in snake_case, PascalCase or with blanks          brought to snake_case; unknown words kept
//	dates without zone, with 0 to 9 fraction digits, with blanks  UTC unless they say otherwise
//	0001-01-01 for "no date"                                      the zero time
//	one object where a list is documented                         a list of one
//	properties that nobody knows                                  ignored

// clean drops what may stand before a document.
func clean(body string) string {
	body = strings.TrimPrefix(body, "\xef\xbb\xbf")
	if rest := strings.TrimLeft(body, " \t\r\n"); len(rest) > 1 && rest[0] == '?' && (rest[1] == '{' || rest[1] == '[') {
		return rest[1:]
	}
	return body
}

// text reads a string, or a number or truth value as it is written. Null and anything else is "".
func (r *reader) text() string {
	raw, isString, plain := r.scalar()
	switch {
	case r.err != nil:
		return ""
	case !isString:
		return raw
	case plain:
		return raw[1 : len(raw)-1]
	}
	return unescape(raw)
}

// word gives a short scalar without its quotes.
func (r *reader) word() string {
	raw, isString, _ := r.scalar()
	if isString && len(raw) >= 2 {
		return strings.TrimSpace(raw[1 : len(raw)-1])
	}
	return raw
}

// integer reads a whole number as whole does. Anything else is 0.
func (r *reader) integer() int64 {
	n, _ := r.whole()
	return n
}

// whole reads a whole number, quoted or not, also one written as 25.0. ok is false for anything else.
func (r *reader) whole() (n int64, ok bool) {
	w := r.word()
	if point := strings.IndexByte(w, '.'); point >= 0 && strings.Trim(w[point+1:], "0") == "" {
		w = w[:point]
	}
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil {
		return 0, false
	}
	return n, true
}

// number reads a whole number into one that may have been told under another name already; what is none changes nothing.
func (r *reader) number(into *int) {
	if n, ok := r.whole(); ok {
		*into = int(n)
	}
}

// decimal reads an amount as the decimal text that was sent, quoted or not. Anything else is "".
func (r *reader) decimal() json.Number {
	w := r.word()
	if w == "" || numberLength(w) != len(w) {
		return ""
	}
	return json.Number(w)
}

// flag reads a truth value, quoted or not, in any case. Anything else is false.
func (r *reader) flag() bool {
	w := r.word()
	return len(w) == 1 && w[0] == '1' || len(w) == 4 && strings.EqualFold(w, "true")
}

// enum reads a word of a set that may grow, in snake_case: "oneTime", "OneTime" and "one_time" are one word.
func (r *reader) enum() string { return snake(strings.TrimSpace(r.text())) }

// texts reads a list of texts; what is no text in it is left out.
func (r *reader) texts() (all []string) {
	for range r.array {
		if t := r.text(); t != "" {
			all = append(all, t)
		}
	}
	return all
}

// pairs reads an object of texts, names as they are written.
func (r *reader) pairs() map[string]string {
	var all map[string]string
	for range r.object {
		if all == nil {
			all = map[string]string{}
		}
		name := r.written
		all[name] = r.text()
	}
	return all
}

// enums reads a list of words as enum does.
func (r *reader) enums() []string {
	all := r.texts()
	for i := range all {
		all[i] = snake(strings.TrimSpace(all[i]))
	}
	return all
}

func snake(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' || c == ' ' || c == '-' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	var last byte
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ' ' || c == '-':
			c = '_'
		case 'A' <= c && c <= 'Z':
			if 'a' <= last && last <= 'z' || '0' <= last && last <= '9' {
				b.WriteByte('_')
			}
			last = c
			b.WriteByte(c + 'a' - 'A')
			continue
		}
		last = c
		b.WriteByte(c)
	}
	return b.String()
}

// moment reads a date. What is no date, and year 1, is the zero time.
func (r *reader) moment() time.Time { return parseTime(r.text()) }

var layouts = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02", "01/02/2006 15:04:05"}

func parseTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return known(t)
	}
	tidy := s
	if strings.ContainsRune(s, 'T') {
		tidy = strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "TT", "T")
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, tidy); err == nil {
			return known(t)
		}
	}
	return time.Time{}
}

// known turns the vendor's ways of saying "no date" into the zero time.
func known(t time.Time) time.Time {
	if t.Year() <= 1 {
		return time.Time{}
	}
	return t.UTC()
}

// answerBody is an answer that a method hopes for.
type answerBody interface {
	// read takes what it knows from the document.
	read(r *reader)
	// complete says whether the answer has what its kind must have; without it a 2xx does not count as read.
	complete() bool
}

// decodeInto reads a whole body. It returns an error if the body is not one complete document.
func decodeInto(body []byte, into answerBody) error {
	r := reader{data: clean(string(body))}
	into.read(&r)
	return r.end()
}

// problem is an error body in any of its shapes: the normal one (code, description, source), that of some customer
// services (message, errorName), the throttling gateway's (statusCode, message) and the sign-in's (error).
type problem struct {
	code        string
	description string
	word        string // the sign-in's error word
}

func (p *problem) read(r *reader) {
	message := ""
	for name := range r.object {
		switch string(name) {
		case "code":
			p.code = r.text()
		case "description":
			p.description = r.text()
		case "message":
			message = r.text()
		case "error":
			p.word = r.text()
		}
	}
	if p.description == "" {
		p.description = message
	}
	p.description = shortened(p.description, 1024)
	p.code = shortened(p.code, 32)
}

func (p *problem) complete() bool { return p.code != "" || p.description != "" }

// shortened cuts a text to at most n bytes, between two characters.
func shortened(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// readProblem reads an error body. A body that is none, such as a proxy's page, gives the zero problem.
func readProblem(body []byte) problem {
	var p problem
	if decodeInto(body, &p) != nil {
		return problem{}
	}
	return p
}
