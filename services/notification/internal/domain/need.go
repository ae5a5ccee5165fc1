package domain

import (
	"slices"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// handed are the codes by which fulfillment hands a line to people while nothing has failed. Of each: the commands that go on
// with the order once they have looked; without one fulfillment goes on by itself. A line may need somebody under any other
// code as well, and then says since when.
var handed = map[string][]string{
	"purchase_unclear":      nil,
	"purchase_untold":       {"retry"},
	"state_unreadable":      nil,
	"vendor_slow":           nil,
	"purchase_order_needed": nil,
}

// NeedsPerson says whether a person has to act before a line of an order can go on.
func NeedsPerson(l *orderv1.LineView) bool {
	switch l.GetStatus() {
	case orderv1.LineStatus_LINE_STATUS_FULFILLED, orderv1.LineStatus_LINE_STATUS_UNFULFILLED,
		orderv1.LineStatus_LINE_STATUS_FAILED, orderv1.LineStatus_LINE_STATUS_CANCELLED:
		return false
	default:
		_, known := handed[l.GetCode()]
		return known || l.GetNeedsPersonSince() != nil
	}
}

// CommandsFor are the words of the commands that go on with a line of that code, such as "retry".
func CommandsFor(code string) []string { return handed[code] }

// Need names what people have to do about an order, and is empty while nobody has to. Two views of one order have the same
// name if they ask for the same: what codes there are, and since when, but not what else is told of them.
func Need(v *orderv1.View) string {
	var needs []string
	for _, l := range v.GetLines() {
		if !NeedsPerson(l) {
			continue
		}
		need := l.GetCode()
		if since := l.GetNeedsPersonSince(); since != nil {
			need += "@" + since.AsTime().Format(time.RFC3339Nano)
		}
		needs = append(needs, need)
	}
	if len(needs) == 0 {
		return ""
	}
	slices.Sort(needs)
	return "need " + strings.Join(slices.Compact(needs), " ")
}
