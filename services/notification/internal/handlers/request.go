package handlers

import (
	"strconv"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/notification/internal/domain"
)

// request puts in what a line asks for. A change of a newer contract has no word.
func request(into *domain.Line, l *orderv1.Line) {
	switch c := l.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		into.Change, into.Quantity = "new_subscription", c.NewSubscription.GetQuantity()
	case *orderv1.Line_AddSeats:
		into.Change, into.Quantity = "add_seats", c.AddSeats.GetQuantity()
	case *orderv1.Line_RemoveSeats:
		into.Change, into.Quantity = "remove_seats", c.RemoveSeats.GetQuantity()
	case *orderv1.Line_AddOn:
		into.Change, into.Quantity = "add_on", c.AddOn.GetQuantity()
	case *orderv1.Line_Suspend:
		into.Change = "suspend"
	case *orderv1.Line_Reactivate:
		into.Change = "reactivate"
	case *orderv1.Line_CancelSubscription:
		into.Change = "cancel_subscription"
	case *orderv1.Line_CancelPurchase:
		into.Change, into.Purchase = "cancel_purchase", c.CancelPurchase.GetVendorOrderId()
		into.PurchaseLines = listed(c.CancelPurchase.GetVendorLines())
	case *orderv1.Line_SetAutoRenew:
		into.Change, into.Renewal = "set_auto_renew", "off"
		if c.SetAutoRenew.GetEnabled() {
			into.Renewal = "on"
		}
	case *orderv1.Line_ChangeTerm:
		into.Change = "change_term"
		into.Term, into.BillingCycle = c.ChangeTerm.GetTerm(), cycleWord(c.ChangeTerm.GetBillingCycle())
	case *orderv1.Line_ChangeProduct:
		into.Change, into.Quantity = "change_product", c.ChangeProduct.GetQuantity()
		into.Term, into.BillingCycle = c.ChangeProduct.GetTerm(), cycleWord(c.ChangeProduct.GetBillingCycle())
	}
}

func listed(numbers []int32) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(int(n))
	}
	return strings.Join(texts, ", ")
}

// cycleWord is a billing cycle as programs write it, such as "annual"; empty for none.
func cycleWord(c orderv1.BillingCycle) string {
	if c == orderv1.BillingCycle_BILLING_CYCLE_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(c.String(), "BILLING_CYCLE_"))
}
