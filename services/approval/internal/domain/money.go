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
	// unpriced are the buying lines without a price.
	unpriced []*orderv1.Line
	// claimed: a line that buys has a price that does not count.
	claimed bool
}

// prices reports that what somebody says a seat costs counts: the partner's staff and the systems that publish orders
// know, a customer could write anything. Who asks is what the door saw; whom the order names inside does not matter.
func prices(p *orderv1.Person) bool {
	switch p.GetRole() {
	case orderv1.Role_ROLE_ADMIN, orderv1.Role_ROLE_TECHNICIAN, orderv1.Role_ROLE_SYSTEM:
		return true
	}
	return false
}

// worthOf adds up quantity × unit price of the lines that buy, before tax, as far as prices count.
// Lines that take seats away do not lower it.
func worthOf(o *orderv1.Order) (worth, error) {
	var w worth
	var price, part apd.Decimal
	counts := prices(o.GetRequester())
	for _, l := range o.GetLines() {
		n := added(l)
		if n == 0 {
			continue
		}
		p := l.GetUnitPrice()
		if p == nil {
			w.unpriced = append(w.unpriced, l)
			continue
		}
		if !counts {
			w.claimed = true
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
