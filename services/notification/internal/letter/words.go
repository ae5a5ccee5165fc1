package letter

import "strings"

// Money is an amount as the contract carries it: a decimal number in text and a currency code.
type Money struct {
	Amount   string // "14250.00"
	Currency string // "USD"
}

// String is the amount for people, such as "USD 14,250.00". One digit behind the point becomes two; an amount that is
// not a decimal number stays as it is. Without an amount it is empty.
func (m Money) String() string {
	if m.Amount == "" {
		return ""
	}
	return strings.TrimSpace(m.Currency + " " + grouped(m.Amount))
}

// grouped sets commas between the thousands of a decimal number.
func grouped(decimal string) string {
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !isDigits(whole) || point && !isDigits(fraction) {
		return decimal
	}
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if point {
		b.WriteString("." + fraction)
		if len(fraction) == 1 {
			b.WriteByte('0')
		}
	}
	return b.String()
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
