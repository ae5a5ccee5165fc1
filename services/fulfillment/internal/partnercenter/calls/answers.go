package calls

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// alreadySubmitted is the vendor's code for a cart that has been checked out before.
const alreadySubmitted = "800065"

// running are the vendor's codes that say that another request is buying, so that this one did nothing.
var running = map[string]bool{"800060": true, "800064": true}

// cartMade maps the vendor's cart lines to the order's: they were numbered in the order in which they were sent.
func cartMade(common domain.Answer, sent []domain.CartLine, cart partnercenter.Cart) domain.CartMade {
	made := domain.CartMade{Answer: common, Cart: cart.ID}
	if slices.ContainsFunc(cart.Lines, func(l partnercenter.CartLine) bool { return l.OrderGroup != cart.Lines[0].OrderGroup }) {
		made.Groups = map[int32]string{} // else all lines become one order
	}
	for position, l := range cart.Lines {
		i, err := strconv.Atoi(l.ID)
		if err != nil {
			i = position
		}
		if i < 0 || i >= len(sent) {
			continue
		}
		number := sent[i].Number
		if made.Groups != nil {
			made.Groups[number] = l.OrderGroup
		}
		if l.Error != nil {
			if made.Faulty == nil {
				made.Faulty = map[int32]domain.Trouble{}
			}
			made.Faulty[number] = entryTrouble(partnercenter.DescribeLine(l.Error.Code), l.Error.Code, l.Error.Description, "")
		}
	}
	return made
}

func checkedOut(common domain.Answer, answer partnercenter.Answer, result partnercenter.Checkout) domain.CheckedOut {
	refused := answer.Outcome != partnercenter.Done
	out := domain.CheckedOut{Answer: common, Submitted: refused && answer.Code == alreadySubmitted, Running: refused && running[answer.Code]}
	for _, o := range result.Orders {
		out.Orders = append(out.Orders, vendorOrder(o, nil))
	}
	for _, e := range result.Errors {
		entry := partnercenter.Describe(0, e.Code)
		out.Errors = append(out.Errors, domain.GroupError{
			Group: e.GroupID, Trouble: entryTrouble(entry, e.Code, e.Description, answer.RequestID), Unclear: entry.Outcome != partnercenter.Refused,
		})
	}
	return out
}

func vendorOrder(o partnercenter.Order, provisioning []partnercenter.LineProvisioning) domain.VendorOrder {
	out := domain.VendorOrder{ID: o.ID, Status: o.Status, Lines: make([]domain.VendorLine, len(o.Lines))}
	for i, l := range o.Lines {
		out.Lines[i] = domain.VendorLine{
			Number: l.Number, Item: l.OfferID, Name: l.FriendlyName, Quantity: l.Quantity, Subscription: l.SubscriptionID,
		}
		if !l.QuantityTold {
			out.Lines[i].Quantity = domain.QuantityNotTold
		}
		for _, p := range provisioning {
			if p.LineNumber == l.Number {
				out.Lines[i].Provisioning = p.Status
				for _, q := range p.Quantities {
					if q.Status == partnercenter.LineFulfilled {
						out.Lines[i].Ready += q.Quantity
					}
				}
			}
		}
	}
	return out
}

// owners are who has to move, by the catalogue's words.
var owners = map[partnercenter.Actor]domain.Owner{
	partnercenter.Requester: domain.OwnerPartner, partnercenter.Admin: domain.OwnerPartner, partnercenter.Operator: domain.OwnerPartner,
	partnercenter.EndCustomer: domain.OwnerCustomer, partnercenter.Vendor: domain.OwnerVendor,
}

// trouble is what an answer other than Done means to people.
func trouble(a partnercenter.Answer) domain.Trouble {
	return entryTrouble(a.Entry, a.Code, a.Description, a.RequestID)
}

// entryTrouble tells an entry of the error catalogue in a sentence. Where the entry's hint sends people to the order's
// details, the vendor's own words and the request id are given too.
func entryTrouble(e partnercenter.Entry, code, words, request string) domain.Trouble {
	t := domain.Trouble{Code: e.Word, Detail: e.Message, Hint: e.Hint, Owner: owners[e.Actor]}
	if !strings.HasPrefix(t.Detail, "Partner Center") && t.Code != partnercenter.DryRun {
		t.Detail = "Partner Center: " + t.Detail
	}
	if (e.Known || t.Code == partnercenter.DryRun) && !strings.Contains(e.Hint, "details") {
		return t
	}
	var told []string
	if words != "" {
		told = append(told, fmt.Sprintf("Microsoft's words: %q", words))
	}
	if code != "" {
		told = append(told, "code "+code)
	}
	if request != "" {
		told = append(told, "request "+request)
	}
	if len(told) > 0 {
		t.Detail += " (" + strings.Join(told, ", ") + ")"
	}
	return t
}
