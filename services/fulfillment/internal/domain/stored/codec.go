package stored

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// codec walks over a value's fields, which the functions in stored.go name in their stored order, and either writes or reads
// each of them. A field at its zero value is left out. Reading knows the very form that is written here; at anything else it
// stops as broken, and the text is left to encoding/json.
type codec struct {
	out     []byte // what has been written
	in      string // what is left to be read; texts are parts of it
	reading bool
	later   bool // a field of the same object stands before
	broken  bool
}

// named opens a field: it writes the name if the field is to be kept, or says whether the field comes next.
func (c *codec) named(name byte, keep bool) bool {
	switch {
	case c.reading:
		return c.comes(name)
	case !keep:
		return false
	case c.later:
		c.out = append(c.out, ',')
	}
	c.out = append(c.out, '"', name, '"', ':')
	c.later = true
	return true
}

func (c *codec) comes(name byte) bool {
	in := c.in
	if c.later {
		if in == "" || in[0] != ',' {
			return false
		}
		in = in[1:]
	}
	if len(in) < 4 || in[0] != '"' || in[1] != name || in[2] != '"' || in[3] != ':' {
		return false
	}
	c.in, c.later = in[4:], true
	return true
}

// token writes or reads what stands between values.
func (c *codec) token(t string) {
	if !c.reading {
		c.out = append(c.out, t...)
		return
	}
	rest, ok := strings.CutPrefix(c.in, t)
	c.in, c.broken = rest, c.broken || !ok
}

// begin opens an object; what it returns is for the end.
func (c *codec) begin() (later bool) {
	c.token("{")
	later, c.later = c.later, false
	return later
}

func (c *codec) end(later bool) {
	c.token("}")
	c.later = later
}

// field is one that is left out when it is zero.
func field[T comparable](c *codec, name byte, v *T, form func(*codec, *T)) {
	var zero T
	if c.named(name, *v != zero) {
		form(c, v)
	}
}

// object is a field that is left out when it has no fields itself.
func object[T any](c *codec, name byte, v *T, form func(*codec, *T)) {
	before, later := len(c.out), c.later
	if !c.named(name, true) {
		return
	}
	from := len(c.out)
	form(c, v)
	if !c.reading && string(c.out[from:]) == "{}" {
		c.out, c.later = c.out[:before], later
	}
}

// list is a field of many values, left out when there are none.
func list[T any](c *codec, name byte, v *[]T, form func(*codec, *T)) {
	if !c.named(name, len(*v) > 0) {
		return
	}
	c.token("[")
	for i := 0; c.another(i, len(*v)); i++ {
		if c.reading {
			*v = append(*v, *new(T))
		}
		form(c, &(*v)[i])
	}
	c.token("]")
}

// another says whether the list has an i-th value, and passes what separates it from the one before.
func (c *codec) another(i, length int) bool {
	switch {
	case c.broken, !c.reading && i == length, c.reading && i > 0 && !strings.HasPrefix(c.in, ","):
		return false
	case i > 0:
		c.token(",")
	}
	return true
}

// number is a whole number.
func number[T ~int | ~int32 | ~int64 | ~uint8](c *codec, v *T) {
	if !c.reading {
		c.out = strconv.AppendInt(c.out, int64(*v), 10)
		return
	}
	digits := 0
	for digits < len(c.in) && (c.in[digits] == '-' || '0' <= c.in[digits] && c.in[digits] <= '9') {
		digits++
	}
	n, err := strconv.ParseInt(c.in[:digits], 10, 64)
	*v = T(n)
	amount := strings.TrimPrefix(c.in[:digits], "-")
	c.broken = c.broken || err != nil || int64(*v) != n || len(amount) > 1 && amount[0] == '0'
	c.in = c.in[digits:]
}

// yes is a truth value, which is stored only when it is true.
func yes(c *codec, v *bool) {
	c.token("true")
	*v = true
}

// text is a string. One that needs escapes or is not ASCII is written, and the whole then read, by encoding/json.
func text[T ~string](c *codec, v *T) {
	if !c.reading {
		c.out = appendText(c.out, string(*v))
		return
	}
	c.token(`"`)
	i := 0
	for i < len(c.in) && plain[c.in[i]] {
		i++
	}
	*v, c.in = T(c.in[:i]), c.in[i:]
	c.token(`"`)
}

func appendText(out []byte, s string) []byte {
	for i := range len(s) {
		if !plain[s[i]] {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string cannot fail
			}
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), s...), '"')
}

// plain says of each byte whether encoding/json writes it as it is.
var plain = func() (as [256]bool) {
	for b := byte(' '); b < 0x80; b++ {
		as[b] = !strings.ContainsRune(`"\<>&`, rune(b))
	}
	return as
}()

// moment is a time.
func moment(c *codec, v *time.Time) {
	if !c.reading {
		c.out = v.AppendFormat(append(c.out, '"'), time.RFC3339Nano)
		c.out = append(c.out, '"')
		return
	}
	var s string
	text(c, &s)
	t, err := time.Parse(time.RFC3339Nano, s)
	*v, c.broken = t, c.broken || err != nil
}
