package domain

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// exact never rounds what an order can hold: 50 lines of 100,000 seats at a price
// of 12 digits and 4 decimals.
var exact = apd.BaseContext.WithPrecision(40)

// worth is what an order adds, recomputed from its lines.
type worth struct {
	total    apd.Decimal
	currency string
	// unpriced are the numbers and products of the buying lines without a price.
	unpriced []*orderv1.Line
}

// worthOf adds up quantity × unit price of the lines that buy, before tax.
// Lines that take seats away do not lower it.
func worthOf(lines []*orderv1.Line) (worth, error) {
	var w worth
	var price, part apd.Decimal
	for _, l := range lines {
		n := added(l)
		if n == 0 {
			continue
		}
		p := l.GetUnitPrice()
		if p == nil {
			w.unpriced = append(w.unpriced, l)
			continue
		}
		if w.currency == "" {
			w.currency = p.GetCurrency()
		}
		if p.GetCurrency() != w.currency {
			return w, fault.New(fault.Invalid, "mixed_currency", "An order has one currency.").At("order.lines")
		}
		if _, _, err := price.SetString(p.GetAmount()); err != nil || price.Form != apd.Finite {
			return w, fault.New(fault.Invalid, "malformed_amount", "A unit price is not a decimal number.").At("order.lines").Because(err)
		}
		if _, err := exact.Mul(&part, &price, apd.New(int64(n), 0)); err != nil {
			return w, fault.New(fault.Invalid, "malformed_amount", "A line's amount cannot be computed.").At("order.lines").Because(err)
		}
		if _, err := exact.Add(&w.total, &w.total, &part); err != nil {
			return w, fault.New(fault.Invalid, "malformed_amount", "The order's amount cannot be computed.").At("order.lines").Because(err)
		}
	}
	return w, nil
}

// added is how many seats a line buys.
func added(l *orderv1.Line) int32 {
	if n := l.GetNewSubscription(); n != nil {
		return n.GetQuantity()
	}
	return l.GetAddSeats().GetQuantity()
}

// decimals writes an amount for programs: "10000.00", with two to four decimals.
func decimals(d *apd.Decimal) string {
	whole, frac, _ := strings.Cut(d.Text('f'), ".")
	for len(frac) < 2 {
		frac += "0"
	}
	for len(frac) > 2 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	return whole + "." + frac
}

// grouped writes an amount for people: "10,000.00".
func grouped(d *apd.Decimal) string {
	whole, frac, _ := strings.Cut(decimals(d), ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String() + "." + frac
}
