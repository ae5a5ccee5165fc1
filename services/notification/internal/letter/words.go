package letter

import (
	"strconv"
	"strings"
)

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

// Change puts a requested change into words: word is the contract's, such as "add_seats"; quantity is the number of
// licences that are bought, added or removed. A word that this version does not know is shown with its underscores as
// spaces.
func Change(word, product string, quantity int64) string {
	n := strconv.FormatInt(quantity, 10)
	switch word {
	case "new_subscription":
		return n + " × " + product + " (new)"
	case "add_seats":
		return product + ": +" + n + " " + seats(quantity)
	case "remove_seats":
		return product + ": −" + n + " " + seats(quantity)
	case "add_on":
		return n + " × " + product + " (add-on)"
	case "suspend":
		return product + ": suspend the subscription"
	case "reactivate":
		return product + ": reactivate the subscription"
	case "cancel_subscription":
		return product + ": cancel the subscription"
	case "cancel_purchase":
		return product + ": cancel the purchase"
	case "set_auto_renew":
		return product + ": change automatic renewal"
	case "change_term":
		return product + ": change the term or billing cycle"
	case "change_product":
		return product + ": upgrade"
	case "change_markup":
		return product + ": change the price"
	default:
		return product + ": " + strings.ReplaceAll(word, "_", " ")
	}
}

func seats(n int64) string {
	if n == 1 {
		return "seat"
	}
	return "seats"
}
