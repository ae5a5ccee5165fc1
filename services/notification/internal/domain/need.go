package domain

import (
	"slices"
	"strconv"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// handed are the codes by which fulfillment hands a line to people while nothing has failed. A line may need somebody under any
// other code as well, and then says since when.
var handed = map[string]bool{
	"purchase_unclear": true, "purchase_untold": true, "state_unreadable": true, "vendor_slow": true, "purchase_order_needed": true,
}

// NeedsPerson says whether a person has to act before a line of an order can go on.
func NeedsPerson(l *orderv1.LineView) bool {
	switch l.GetStatus() {
	case orderv1.LineStatus_LINE_STATUS_FULFILLED, orderv1.LineStatus_LINE_STATUS_UNFULFILLED,
		orderv1.LineStatus_LINE_STATUS_FAILED, orderv1.LineStatus_LINE_STATUS_CANCELLED:
		return false
	default:
		return handed[l.GetCode()] || l.GetNeedsPersonSince() != nil
	}
}

// Commands are those by which people say what became of the lines that they had to find that out of, such as
// "settle --line 1,2 --not-bought …". After anything else that people do, fulfillment goes on by itself.
func Commands(o *orderv1.Order, v *orderv1.View) (commands []string) {
	var bought, changed []string
	for _, l := range v.GetLines() {
		if !NeedsPerson(l) || l.GetStatus() != orderv1.LineStatus_LINE_STATUS_UNKNOWN {
			continue
		}
		number := strconv.Itoa(int(l.GetNumber()))
		for _, asked := range o.GetLines() {
			switch {
			case asked.GetNumber() != l.GetNumber():
			case asked.GetNewSubscription() != nil || asked.GetAddOn() != nil:
				bought = append(bought, number)
			default:
				changed = append(changed, number)
			}
		}
	}
	say := func(lines []string, words ...string) {
		for _, word := range words {
			if len(lines) > 0 {
				commands = append(commands, "settle --line "+strings.Join(lines, ",")+" "+word+` --note "<who says so, and from what>"`)
			}
		}
	}
	say(bought, "--bought <Partner Center's order>", "--not-bought")
	say(changed, "--changed", "--not-changed")
	return commands
}

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
