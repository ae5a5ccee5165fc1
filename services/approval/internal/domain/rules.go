package domain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/apd/v3"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// The rules' names, and the reasons that are no rules: they always hold.
const (
	AmountOver        = "amount_over"
	FirstOrder        = "first_order"
	RequesterNotAdmin = "requester_not_admin"
	PriceMissing      = "price_missing"
	PriceByCustomer   = "price_by_customer"
	SeatsUnknown      = "seats_unknown"
)

// Rule is one stored rule. Threshold belongs to AmountOver alone and is in the
// order's own currency, a decimal such as "10000.00".
type Rule struct {
	Name      string
	Active    bool
	Threshold string
}

// Sentence says what the rule holds back.
func (r Rule) Sentence() string {
	switch r.Name {
	case AmountOver:
		if d, _, err := apd.NewFromString(r.Threshold); err == nil {
			return "Orders over " + grouped(d) + " in their own currency need an admin's approval."
		}
		return "Orders over a threshold need an admin's approval."
	case FirstOrder:
		return "A customer's first order needs an admin's approval."
	default:
		return "Orders that were not placed by an admin need an admin's approval."
	}
}

// Amount is the threshold for programs, such as "10000.00"; empty if the rule has none.
func (r Rule) Amount() string {
	d, _, err := apd.NewFromString(r.Threshold)
	if err != nil {
		return ""
	}
	return decimals(d)
}

// Version tells the rule's content from any other: a change there and back is none.
func (r Rule) Version() string {
	word := "off"
	if r.Active {
		word = "on"
	}
	if amount := r.Amount(); amount != "" {
		word += "-" + amount
	}
	return word
}

// Expect refuses a change whose author saw the rule in none of these versions as it is now. No versions mean whatever it is.
func (r Rule) Expect(versions []string) error {
	if len(versions) == 0 || slices.Contains(versions, r.Version()) {
		return nil
	}
	return fault.New(fault.Conflict, "changed_meanwhile", "The rule was changed meanwhile.").Hinted("Read the rule again and decide anew.")
}

// Set changes the rule: an empty threshold keeps the one there is.
func (r Rule) Set(active bool, threshold string) (Rule, error) {
	r.Active = active
	if threshold == "" {
		return r, nil
	}
	if r.Name != AmountOver {
		return r, fault.New(fault.Invalid, "no_threshold", "Only the rule amount_over has a threshold.").
			At("rule.threshold").Hinted("Leave the threshold out.")
	}
	if d, _, err := apd.NewFromString(threshold); err != nil || d.Form != apd.Finite || d.Negative {
		return r, fault.New(fault.Invalid, "malformed_amount", "The threshold is not a decimal number.").
			At("rule.threshold").Hinted("Write it like 10000.00.")
	}
	r.Threshold = threshold
	return r, nil
}

// Rules are the active rules, ready to be asked. The zero value holds nothing back
// but lines without a price that counts.
type Rules struct {
	over     *apd.Decimal
	first    bool
	notAdmin bool
}

// NewRules prepares stored rules. A rule it does not know, of a newer version, is passed over.
func NewRules(stored []Rule) (Rules, error) {
	var rs Rules
	for _, r := range stored {
		if !r.Active {
			continue
		}
		switch r.Name {
		case AmountOver:
			d, _, err := apd.NewFromString(r.Threshold)
			if err != nil {
				return rs, fault.New(fault.Internal, "malformed_rule", "A stored rule cannot be read.").On("rule " + r.Name).Because(err)
			}
			rs.over = d
		case FirstOrder:
			rs.first = true
		case RequesterNotAdmin:
			rs.notAdmin = true
		}
	}
	return rs, nil
}

// Reason is why an order waits.
type Reason struct{ Rule, Sentence string }

// Match returns every reason to hold the order; none means that it is granted at once.
// known says that the customer has a granted order. An order whose amount cannot be
// computed is an error: intake takes none.
func (rs Rules) Match(o *orderv1.Order, known bool) ([]Reason, error) {
	w, err := worthOf(o)
	if err != nil {
		return nil, err
	}
	var out []Reason
	if rs.over != nil && w.total.Cmp(rs.over) > 0 {
		out = append(out, Reason{AmountOver, fmt.Sprintf("Order exceeds %s %s threshold requiring admin approval.", w.currency, grouped(rs.over))})
	}
	if rs.first && !known {
		out = append(out, Reason{FirstOrder, "First order for " + o.GetCustomer().GetName() + " requires review."})
	}
	if rs.notAdmin && o.GetRequester().GetRole() != orderv1.Role_ROLE_ADMIN {
		out = append(out, Reason{RequesterNotAdmin, fmt.Sprintf("Requested by %s (%s); orders not placed by an admin require approval.",
			nameOf(o.GetRequester()), roleWord(o.GetRequester().GetRole()))})
	}
	if w.claimed {
		out = append(out, Reason{PriceByCustomer, fmt.Sprintf("The prices were given by %s (%s) and not by the partner, so the amount must be reviewed by an admin.",
			nameOf(o.GetRequester()), roleWord(o.GetRequester().GetRole()))})
	}
	for _, l := range w.unpriced {
		out = append(out, Reason{PriceMissing, fmt.Sprintf("Line %d (%s) has no price, so the amount must be reviewed by an admin.", l.GetNumber(), l.GetProduct())})
	}
	for _, l := range w.uncounted {
		out = append(out, Reason{SeatsUnknown, fmt.Sprintf("Line %d (%s) has a price for all seats of a subscription, however many there are, so the amount must be reviewed by an admin.",
			l.GetNumber(), l.GetProduct())})
	}
	return out, nil
}

func roleWord(r orderv1.Role) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(r.String(), "ROLE_")), "_", " ")
}

// nameOf is how a sentence calls somebody. Customers read it too, and are not to learn the addresses of the partner's staff.
func nameOf(p *orderv1.Person) string {
	switch {
	case p.GetName() != "":
		return p.GetName()
	case p.GetRole() == orderv1.Role_ROLE_ADMIN:
		return "an admin"
	case p.GetRole() == orderv1.Role_ROLE_TECHNICIAN:
		return "a technician"
	case p.GetEmail() != "":
		return p.GetEmail()
	case p.GetSubject() != "":
		return p.GetSubject()
	}
	return "somebody"
}
