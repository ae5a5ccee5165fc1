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

// sum computes the order's amount: Σ added quantity × unit price, before tax. Seats that move to another product count
// where they have a price. It stays absent when a line that buys has no price, and when a price is for seats whose number
// only the vendor knows. One currency per order holds for every price, also where it does not count.
func (a *Asked) sum() {
	var total, price, part, seats apd.Decimal
	currency, whole, counts := "", true, false
	first := 0
	for i, l := range a.order.GetLines() {
		p := l.GetUnitPrice()
		n, how := priced(l)
		if p == nil {
			whole = whole && (how != buys || n == 0)
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
		if how == free || n < 0 || how == buys && n == 0 {
			continue
		}
		counts = true
		if _, _, err := price.SetString(p.GetAmount()); err != nil || price.Form != apd.Finite || price.Negative {
			whole = false // the schema's pattern has told
			continue
		}
		if n == 0 { // nobody here knows how many seats
			whole = whole && price.IsZero()
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
	if !whole || !counts {
		return
	}
	if total.Cmp(most) >= 0 {
		a.fault("lines", "amount_too_large", "The order's amount is beyond 999,999,999,999.99.", "Check quantities and prices, or split the order.")
		return
	}
	a.amount = &orderv1.Money{Amount: money(&total), Currency: currency}
}

// cost is what a line's price means.
type cost uint8

const (
	free    cost = iota // nothing: the change costs nothing, whatever is said
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
