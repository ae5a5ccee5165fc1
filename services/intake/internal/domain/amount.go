package domain

import (
	"bytes"
	"fmt"

	"github.com/cockroachdb/apd/v3"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// exact never rounds what 50 lines can hold.
var exact = apd.BaseContext.WithPrecision(40)

// most is the first amount that no longer fits the contract's money.
var most = apd.New(1, 12)

// sum computes the order's amount: Σ added quantity × unit price, before tax. It stays
// absent when a line that buys has no price. One currency per order holds for every price,
// also where it does not count.
func (a *Asked) sum() {
	var total, price, part, seats apd.Decimal
	currency, whole, buys := "", true, false
	first := 0
	for i, l := range a.order.GetLines() {
		p, n := l.GetUnitPrice(), added(l)
		if p == nil {
			whole = whole && n == 0
			continue
		}
		switch {
		case currency == "":
			currency, first = p.GetCurrency(), i
		case p.GetCurrency() != currency:
			a.fault(fmt.Sprintf("lines[%d].unit_price.currency", i), "mixed_currency",
				fmt.Sprintf("Line %d is priced in %q and line %d in %q; an order has one currency.", i+1, p.GetCurrency(), first+1, currency),
				"Place one order for each currency.")
			whole = false
			continue
		}
		if n <= 0 {
			continue
		}
		buys = true
		if _, _, err := price.SetString(p.GetAmount()); err != nil || price.Form != apd.Finite || price.Negative {
			whole = false // the schema's pattern has told
			continue
		}
		if _, err := exact.Mul(&part, &price, seats.SetInt64(int64(n))); err != nil {
			whole = false
			continue
		}
		if _, err := exact.Add(&total, &total, &part); err != nil {
			whole = false
		}
	}
	if !whole || !buys {
		return
	}
	if total.Cmp(most) >= 0 {
		a.fault("lines", "amount_too_large", "The order's amount is beyond 999,999,999,999.99.", "Check quantities and prices, or split the order.")
		return
	}
	a.amount = &orderv1.Money{Amount: money(&total), Currency: currency}
}

// added is how many seats a line buys.
func added(l *orderv1.Line) int32 {
	if n := l.GetNewSubscription(); n != nil {
		return n.GetQuantity()
	}
	return l.GetAddSeats().GetQuantity()
}

// money writes an amount with two to four decimals.
func money(d *apd.Decimal) string {
	var room [32]byte
	b := d.Append(room[:0], 'f')
	point := bytes.IndexByte(b, '.')
	if point < 0 {
		point = len(b)
		b = append(b, '.')
	}
	for len(b) < point+3 {
		b = append(b, '0')
	}
	for len(b) > point+3 && b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return string(b)
}
