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
	// uncounted are lines with a price for seats whose number only the vendor knows.
	uncounted []*orderv1.Line
	// claimed: a line that buys or moves seats has a price that does not count.
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

// worthOf adds up quantity × unit price of the lines that buy, before tax, as far as prices count, and of those that move
// seats to another product or term where they have one. Lines that take seats away do not lower it.
func worthOf(o *orderv1.Order) (worth, error) {
	var w worth
	var price, part apd.Decimal
	counts := prices(o.GetRequester())
	for _, l := range o.GetLines() {
		n, how := priced(l)
		if how == free || how == buys && n == 0 {
			continue
		}
		p := l.GetUnitPrice()
		if p == nil {
			if how == buys {
				w.unpriced = append(w.unpriced, l)
			}
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
		if n == 0 {
			if !price.IsZero() {
				w.uncounted = append(w.uncounted, l)
			}
			continue
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

// cost is what a line's price means.
type cost uint8

const (
	free    cost = iota // nothing: the change costs nothing
	counted             // it counts if it is there
	buys                // it has to be there
)

// priced is for how many seats a line's price counts; 0 where a line that changes seats does not say how many there are.
func priced(l *orderv1.Line) (seats int32, how cost) {
	switch c := l.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		return c.NewSubscription.GetQuantity(), buys
	case *orderv1.Line_AddSeats:
		return c.AddSeats.GetQuantity(), buys
	case *orderv1.Line_AddOn:
		return c.AddOn.GetQuantity(), buys
	case *orderv1.Line_ChangeProduct:
		return c.ChangeProduct.GetQuantity(), counted
	case *orderv1.Line_ChangeTerm:
		return 0, counted
	}
	return 0, free
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
