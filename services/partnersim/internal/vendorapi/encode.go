package vendorapi

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, err := json.Marshal(s)
			if err != nil { // cannot happen: a string always marshals
				quoted = []byte(`""`)
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendTime writes a time as the vendor does: UTC with seven fraction digits, in quotes.
func appendTime(b []byte, t time.Time) []byte {
	b = append(appendClock(b, t), '.')
	b = appendDigits(b, t.Nanosecond()/100, 7)
	return append(b, 'Z', '"')
}

// appendSecond writes a time without fraction digits.
func appendSecond(b []byte, t time.Time) []byte { return append(appendClock(b, t), 'Z', '"') }

// appendDay writes the midnight that begins a day.
func appendDay(b []byte, t time.Time) []byte {
	return append(appendDate(b, t.UTC()), "T00:00:00Z\""...)
}

// appendClock begins a time, up to its seconds. By hand, since time's own way reads its layout anew each time.
func appendClock(b []byte, t time.Time) []byte {
	t = t.UTC()
	hour, minute, second := t.Clock()
	b = append(appendDate(b, t), 'T')
	b = append(appendDigits(b, hour, 2), ':')
	b = append(appendDigits(b, minute, 2), ':')
	return appendDigits(b, second, 2)
}

func appendDate(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	b = append(appendDigits(append(b, '"'), year, 4), '-')
	b = append(appendDigits(b, int(month), 2), '-')
	return appendDigits(b, day, 2)
}

// appendDigits writes a number with so many digits.
func appendDigits(b []byte, n, digits int) []byte {
	b = append(b, "0000000"[:digits]...)
	for at := range digits {
		b[len(b)-1-at] = byte('0' + n%10)
		n /= 10
	}
	return b
}

const (
	linkGet   = `","method":"GET","headers":[]}`
	linkPatch = `","method":"PATCH","headers":[]}`
)

// appendPath writes the path of something of a customer, without the leading /v1, as links have it.
func appendPath(b []byte, customer world.ID, collection string) []byte {
	b = append(b, `/customers/`...)
	b = customer.Append(b)
	return append(append(b, '/'), collection...)
}

// appendItemLinks writes the links to where an item stands in the catalogue, without braces around them.
func appendItemLinks(b []byte, item *world.Item, country string) []byte {
	if item.Kind == world.Legacy {
		b = append(append(b, `"offer":{"uri":"/offers/`...), item.ID...)
		return append(append(append(b, `?country=`...), country...), linkGet...)
	}
	product := func(b []byte) []byte { return append(append(b, `{"uri":"/products/`...), item.ProductID...) }
	ending := func(b []byte) []byte { return append(append(append(b, `?country=`...), country...), linkGet...) }
	b = ending(product(append(b, `"product":`...)))
	b = product(append(b, `,"sku":`...))
	b = ending(append(append(b, `/skus/`...), item.SKUID...))
	b = product(append(b, `,"availability":`...))
	b = append(append(b, `/skus/`...), item.SKUID...)
	return ending(append(append(b, `/availabilities/`...), item.Availability...))
}

// appendPricing writes what a line costs. There are no discounts and no proration here, so four of the five are equal.
func appendPricing(b []byte, line *world.Line) []byte {
	b = append(b, `,"pricing":{`...)
	for _, name := range [...]string{`"listPrice":`, `"discountedPrice":`, `"proratedPrice":`, `"price":`} {
		b = append(line.Term.Price.Append(append(b, name...)), ',')
	}
	b = line.Extended().Append(append(b, `"extendedPrice":`...))
	return append(b, '}')
}

// appendCollection writes the envelope of a list; element writes one item of it.
func appendCollection(b []byte, count int, self func([]byte) []byte, element func(b []byte, n int) []byte) []byte {
	b = strconv.AppendInt(append(b, `{"totalCount":`...), int64(count), 10)
	b = append(b, `,"items":[`...)
	for n := range count {
		if n > 0 {
			b = append(b, ',')
		}
		b = element(b, n)
	}
	b = append(b, ']')
	if self != nil {
		b = self(append(b, `,"links":{"self":{"uri":"`...))
		b = append(append(b, linkGet...), '}')
	}
	return append(b, `,"attributes":{"objectType":"Collection"}}`...)
}

// word brings an enumeration's value to the form that is kept: "OneTime", "oneTime" and "one_time" become "one_time".
func word(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && (s[i] < 'A' || s[i] > 'Z')
	}
	if plain {
		return s
	}
	b := make([]byte, 0, len(s)+2)
	for i := range len(s) {
		c := s[i]
		if c < 'A' || c > 'Z' {
			b = append(b, c)
			continue
		}
		if i > 0 && s[i-1] >= 'a' && s[i-1] <= 'z' {
			b = append(b, '_')
		}
		b = append(b, c+'a'-'A')
	}
	return string(b)
}

// decode reads a request body, names in any case. A byte order mark before it is dropped.
func decode(body []byte, into any) *world.Refusal {
	if len(body) >= 3 && body[0] == 0xef && body[1] == 0xbb && body[2] == 0xbf {
		body = body[3:]
	}
	if json.Unmarshal(body, into) != nil {
		return world.ErrInvalidInput
	}
	return nil
}
