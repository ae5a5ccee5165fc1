package world

import (
	"encoding/json"
	"strconv"
)

// Amount is money before tax in ten-thousandths of a currency unit, so it is exact: 14250.00 is Amount(142500000).
type Amount int64

const amountUnit = 10_000

// Times is the amount for a number of seats.
func (a Amount) Times(quantity int64) Amount { return a * Amount(quantity) }

// Append writes the amount as a JSON number without trailing zeros: 14250, 30.4, 8.3333.
func (a Amount) Append(b []byte) []byte {
	if a < 0 {
		b, a = append(b, '-'), -a
	}
	b = strconv.AppendInt(b, int64(a)/amountUnit, 10)
	rest := int64(a) % amountUnit
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for scale := int64(amountUnit / 10); rest > 0; scale /= 10 {
		b = append(b, byte('0'+rest/scale))
		rest %= scale
	}
	return b
}

// Number is the amount as encoding/json writes it.
func (a Amount) Number() json.Number { return json.Number(a.Append(nil)) }
