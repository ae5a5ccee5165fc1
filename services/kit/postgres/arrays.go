package postgres

import (
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// Every statement of the engine takes arrays of hundreds of texts and bytes. pgx encodes them element by element into a
// buffer that it grows as it goes, which was a fifth of all that a service allocates. These are written in one go; what
// the server gets is the same.

// fastArrays makes a connection encode []string, [][]byte and []int64 that way. A nil slice is a null, and so is a nil
// element of [][]byte.
func fastArrays(m *pgtype.Map) {
	for _, name := range []string{"text", "bytea", "int8"} {
		element, _ := m.TypeForName(name)
		array, _ := m.TypeForName("_" + name)
		m.RegisterType(&pgtype.Type{Name: array.Name, OID: array.OID, Codec: arrayCodec{array.Codec, element.OID}})
	}
}

// arrayCodec is pgx's own codec but for the slices that it knows better.
type arrayCodec struct {
	pgtype.Codec
	element uint32
}

// PlanEncode implements pgtype.Codec.
func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		switch value.(type) {
		case []string:
			return arrayPlan[string]{c.element, func(s string) int { return len(s) }, func(b []byte, s string) []byte { return append(b, s...) }}
		case [][]byte:
			return arrayPlan[[]byte]{c.element, sizeOfBytes, func(b, v []byte) []byte { return append(b, v...) }}
		case []int64:
			return arrayPlan[int64]{c.element, func(int64) int { return 8 }, func(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }}
		}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

// null is the size of an element that is one.
const null = -1

func sizeOfBytes(v []byte) int {
	if v == nil {
		return null
	}
	return len(v)
}

// arrayPlan writes a slice as a one-dimensional array: a header of five 32-bit numbers (dimensions, whether there are
// nulls, the elements' type, how many, the first index), then each element's size and bytes.
type arrayPlan[T any] struct {
	element uint32
	size    func(T) int
	add     func([]byte, T) []byte
}

// Encode implements pgtype.EncodePlan.
func (p arrayPlan[T]) Encode(value any, buf []byte) ([]byte, error) {
	values := value.([]T)
	if values == nil {
		return nil, nil
	}
	const header, each = 20, 4
	total, nulls := header, uint32(0)
	for _, v := range values {
		n := p.size(v)
		if n == null {
			nulls = 1
		}
		total += each + max(n, 0)
	}
	buf = slices.Grow(buf, total)
	for _, n := range [header / 4]uint32{1, nulls, p.element, uint32(len(values)), 1} {
		buf = binary.BigEndian.AppendUint32(buf, n)
	}
	for _, v := range values {
		n := p.size(v)
		buf = binary.BigEndian.AppendUint32(buf, uint32(int32(n)))
		if n != null {
			buf = p.add(buf, v)
		}
	}
	return buf, nil
}
