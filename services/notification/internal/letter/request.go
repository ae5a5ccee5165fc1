package letter

import (
	"cmp"
	"strconv"
	"strings"
)

// Request is what a line asks for, in the contract's words. What the kind is not about is empty.
type Request struct {
	// Kind is the contract's word, such as "add_seats".
	Kind    string
	Product string
	// Quantity is the number of licences that are bought, added, removed or moved.
	Quantity int64
	// Term is an ISO 8601 duration such as "P1Y", BillingCycle a word such as "annual", Renewal "on" or "off".
	Term, BillingCycle, Renewal string
	// Purchase is the vendor's order to cancel, PurchaseLines some of its lines: "0, 2".
	Purchase, PurchaseLines string
}

// String puts the request into words. A kind that this version does not know is shown with its underscores as spaces.
func (r Request) String() string {
	n := strconv.FormatInt(r.Quantity, 10)
	switch r.Kind {
	case "new_subscription":
		return n + " × " + r.Product + " (new)"
	case "add_seats":
		return r.Product + ": +" + n + " " + seats(r.Quantity)
	case "remove_seats":
		return r.Product + ": −" + n + " " + seats(r.Quantity)
	case "add_on":
		return n + " × " + r.Product + " (add-on)"
	case "suspend":
		return r.Product + ": suspend the subscription"
	case "reactivate":
		return r.Product + ": reactivate the subscription"
	case "cancel_subscription":
		return r.Product + ": cancel the subscription"
	case "cancel_purchase":
		return r.Product + ": cancel " + r.purchase()
	case "set_auto_renew":
		if r.Renewal == "" {
			return r.Product + ": change automatic renewal"
		}
		return r.Product + ": switch automatic renewal " + r.Renewal
	case "change_term":
		return r.Product + ": change the " + cmp.Or(r.terms(), "term or billing cycle")
	case "change_product":
		return r.move()
	case "change_markup":
		return r.Product + ": change the price"
	default:
		return r.Product + ": " + strings.ReplaceAll(r.Kind, "_", " ")
	}
}

func (r Request) purchase() string {
	s := "the purchase"
	if r.Purchase != "" {
		s += " " + r.Purchase
	}
	if r.PurchaseLines != "" {
		s += ", its lines " + r.PurchaseLines
	}
	return s
}

// move tells of seats that go to another product, the one that the line names.
func (r Request) move() string {
	s := "all seats to " + r.Product
	if r.Quantity != 0 {
		s = strconv.FormatInt(r.Quantity, 10) + " " + seats(r.Quantity) + " to " + r.Product
	}
	if terms := r.terms(); terms != "" {
		s += ", with the " + terms
	}
	return s
}

var termWords = map[string]string{"P1M": "one month", "P1Y": "one year", "P3Y": "three years"}

// terms says what term and billing cycle become: "term to one year and the billing to monthly".
func (r Request) terms() string {
	var parts []string
	if r.Term != "" {
		parts = append(parts, "term to "+cmp.Or(termWords[r.Term], r.Term))
	}
	if r.BillingCycle != "" {
		parts = append(parts, "billing to "+strings.ReplaceAll(r.BillingCycle, "_", " "))
	}
	return strings.Join(parts, " and the ")
}

func seats(n int64) string {
	if n == 1 {
		return "seat"
	}
	return "seats"
}
