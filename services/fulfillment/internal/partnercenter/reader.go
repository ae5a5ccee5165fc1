package partnercenter

import (
	"encoding/json"
	"errors"
	"strings"
)

// maxDepth is how deep values may nest, the same limit as encoding/json.
const maxDepth = 10000

var errNotJSON = errors.New("partnercenter: answer is not complete JSON")

// reader walks over one JSON document, once, front to back, without building a tree. Callers ask for the shape that they
// hope for; a value of another shape is skipped and reads as the zero value, because one odd property must not turn a
// purchase that worked into an unknown one. What is not JSON is never forgiven: the first such place ends the walk.
//
// The texts that it gives are parts of the document, which they keep in memory; nobody keeps them for long.
type reader struct {
	data  string
	pos   int
	depth int
	err   error
	key   [40]byte // the last name, in lower case

	written string // the last name, as it is written
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = errNotJSON
	}
}

// peek gives the next byte that is not a blank, 0 at the end or after a failure.
func (r *reader) peek() byte {
	if r.err != nil {
		return 0
	}
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.pos++
	return true
}

func (r *reader) descend() bool {
	if r.depth++; r.depth > maxDepth {
		r.fail()
	}
	return r.err == nil
}

// object walks over the properties of an object, names in lower case. The name is valid until the next read. A property
// that the loop does not read is skipped; so is the value if it is no object.
func (r *reader) object(yield func(name []byte) bool) {
	if r.peek() != '{' {
		r.skip()
		return
	}
	r.pos++
	if !r.descend() {
		return
	}
	defer func() { r.depth-- }()
	if r.take('}') {
		return
	}
	for wanted := true; ; {
		name := r.name()
		if !r.take(':') {
			r.fail()
		}
		if r.peek(); r.err != nil {
			return
		}
		if at := r.pos; !wanted {
			r.skip()
		} else if wanted = yield(name); r.pos == at {
			r.skip()
		}
		if r.take(',') {
			continue
		}
		if !r.take('}') {
			r.fail()
		}
		return
	}
}

// array walks over the elements of an array. A lone object where an array is documented counts as its one element.
func (r *reader) array(yield func(index int) bool) {
	switch r.peek() {
	case '[':
	case '{':
		if at := r.pos; !yield(0) || r.pos == at {
			r.skip()
		}
		return
	default:
		r.skip()
		return
	}
	r.pos++
	if !r.descend() {
		return
	}
	defer func() { r.depth-- }()
	if r.take(']') {
		return
	}
	wanted := true
	for i := 0; ; i++ {
		if r.peek(); r.err != nil {
			return
		}
		if at := r.pos; !wanted {
			r.skip()
		} else if wanted = yield(i); r.pos == at {
			r.skip()
		}
		if r.take(',') {
			continue
		}
		if !r.take(']') {
			r.fail()
		}
		return
	}
}

// name reads a property's name in lower case. A name longer than any that we know reads as its beginning.
func (r *reader) name() []byte {
	if r.peek() != '"' {
		r.fail()
		return nil
	}
	raw, plain := r.quoted()
	if r.err != nil {
		return nil
	}
	if !plain {
		raw = unescape(raw)
	} else {
		raw = raw[1 : len(raw)-1]
	}
	r.written = raw
	n := copy(r.key[:], raw)
	for i, c := range r.key[:n] {
		if 'A' <= c && c <= 'Z' {
			r.key[i] = c + 'a' - 'A'
		}
	}
	return r.key[:n]
}

// quoted reads a string with its quotes. plain says that it has neither escapes nor anything beyond ASCII.
func (r *reader) quoted() (raw string, plain bool) {
	start := r.pos
	plain = true
	for i := start + 1; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			return r.data[start:r.pos], plain
		case c == '\\':
			plain = false
			n := escapeLength(r.data[i:])
			if n == 0 {
				r.fail()
				return "", false
			}
			i += n - 1
		case c < ' ':
			r.fail()
			return "", false
		case c >= 0x80:
			plain = false
		}
	}
	r.fail()
	return "", false
}

// escapeLength is the length of the escape that b begins with, 0 if it is none.
func escapeLength(b string) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range []byte(b[2:6]) {
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// unescape gives the text of a quoted string. Broken UTF-8 becomes U+FFFD and NUL goes, since Postgres stores neither.
func unescape(raw string) string {
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return ""
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

// scalar reads the next value if it is no object or array: its bytes, and whether they are a string.
func (r *reader) scalar() (raw string, isString, plain bool) {
	switch c := r.peek(); {
	case c == '"':
		raw, plain = r.quoted()
		return raw, true, plain
	case c == '-' || '0' <= c && c <= '9':
		n := numberLength(r.data[r.pos:])
		if n == 0 {
			r.fail()
			return "", false, false
		}
		raw = r.data[r.pos : r.pos+n]
		r.pos += n
		return raw, false, true
	case c == 't':
		return r.literal("true"), false, true
	case c == 'f':
		return r.literal("false"), false, true
	case c == 'n':
		r.literal("null")
		return "", false, true
	case c == '{' || c == '[':
		r.skip()
		return "", false, true
	}
	r.fail()
	return "", false, false
}

func (r *reader) literal(word string) string {
	if !strings.HasPrefix(r.data[r.pos:], word) {
		r.fail()
		return ""
	}
	r.pos += len(word)
	return word
}

// numberLength is the length of the JSON number that b begins with, 0 if there is none.
func numberLength(b string) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(b) && '0' <= b[i] && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// skip passes over the next value, whatever it is.
func (r *reader) skip() {
	switch r.peek() {
	case '{':
		for range r.object {
		}
	case '[':
		for range r.array {
		}
	default:
		r.scalar()
	}
}

// end says whether the document was complete and nothing follows it.
func (r *reader) end() error {
	if r.peek() != 0 || r.pos < len(r.data) {
		r.fail()
	}
	return r.err
}
