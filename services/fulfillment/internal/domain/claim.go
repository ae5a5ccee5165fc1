package domain

import (
	"fmt"
	"slices"
	"strings"
)

// claims begins the keys of the places that say which of our orders has taken a vendor's order on a person's word. They stand
// where the queues are, so that of two orders that name the same one only the first takes it, whoever decides on them.
const claims = "bought/"

func claimKey(vendorOrder string) string { return claims + strings.ToLower(vendorOrder) }

// Holds says whether a line of the order has bought what the vendor calls so.
func (o *Order) Holds(vendorOrder string) bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool {
		_, buys := purchaseOf(o.wish(l.Number))
		return buys && strings.EqualFold(l.VendorOrder, vendorOrder)
	})
}

// fits finds the line of the vendor's order that a line can be by everything that is known of both; against says why there is
// none.
func (w *work) fits(l *Line, a *OrderSeen) (v VendorLine, against string) {
	vo := &a.Order
	if holder := w.holder(l, a); holder != "" {
		return v, "It is what " + holder + " has bought."
	}
	if cameToNothing(vo.Status) || vo.Status == "cancelled" {
		return v, "Its status is " + strings.ReplaceAll(vo.Status, "_", " ") + ", so nothing was bought by it."
	}
	taken := w.takenOf(l, vo)
	old := !vo.CreatedAt.IsZero() && vo.CreatedAt.Before(w.o.Approved.GetPlacedAt().AsTime().Add(-skew))
	for i, v := range vo.Lines {
		known := l.Said.Subscription == "" || strings.EqualFold(l.Said.Subscription, v.Subscription)
		like := !old && !tagged(v.Name) && w.sameItem(l, v, 2) && w.sameTerms(l, *vo, v)
		if !taken[i] && known && (l.owns(v) || like) {
			return v, ""
		}
	}
	if old {
		return v, "It is of " + day(vo.CreatedAt) + ", so older than this order."
	}
	return v, fmt.Sprintf("It has no line for this one: wanted is %s, there is %s.", w.wanted(l), contents(vo))
}

// holder is who else of ours has the vendor's order; empty if nobody has.
func (w *work) holder(l *Line, a *OrderSeen) string {
	for _, p := range slices.Concat(w.at[claimKey(l.Said.Order)].Waiting, a.Holders) {
		if p.Order != w.o.ID {
			return p.said()
		}
	}
	return ""
}

// takenOf are the lines of the vendor's order that other lines of this order have.
func (w *work) takenOf(l *Line, vo *VendorOrder) map[int]bool {
	var others []*Line
	for i := range w.o.Lines {
		if other := &w.o.Lines[i]; other != l && strings.EqualFold(other.VendorOrder, l.Said.Order) {
			others = append(others, other)
		}
	}
	taken := map[int]bool{}
	for _, i := range w.match(vo.Lines, others) {
		taken[i] = true
	}
	return taken
}

// wanted is what a line buys, in the vendor's words.
func (w *work) wanted(l *Line) string {
	wish := w.o.wish(l.Number)
	p, _ := purchaseOf(wish)
	s := fmt.Sprintf("%d × %s %s %s", p.Quantity, firstParts(wish.GetCatalogItem(), 2), p.Term, p.Cycle)
	if l.Said.Subscription != "" {
		s += ", subscription " + l.Said.Subscription
	}
	return s
}

// contents is what a vendor's order has.
func contents(vo *VendorOrder) string {
	lines := make([]string, len(vo.Lines))
	for i, v := range vo.Lines {
		lines[i] = strings.Join(strings.Fields(fmt.Sprintf("%d × %s %s %s %s", v.Quantity, firstParts(v.Item, 2), v.Term, vo.Cycle, v.Name)), " ")
		if v.Subscription != "" {
			lines[i] += ", subscription " + v.Subscription
		}
	}
	if len(lines) == 0 {
		return "none"
	}
	return strings.Join(lines, "; ")
}
