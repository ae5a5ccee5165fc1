package calls

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// item is how a product and SKU are sold in a market at present.
type item struct {
	learnt, gone bool // gone says that the vendor does not sell it
	sku          partnercenter.SKU
	offers       []partnercenter.Availability
	activates    bool // it is used only once a link has been followed
}

// itemOf reads how a line's product is sold. What is not learnt stands in nobody's way.
func (v *Vendor) itemOf(ctx context.Context, a *attempt, m partnercenter.Market, product, sku string) item {
	return v.items.get(ctx, itemKey(m, product, sku), func() (it item, good time.Duration) {
		var answer partnercenter.Answer
		if it.sku, answer, _ = v.Client.GetSKU(ctx, a.further(), m, product, sku); answer.Outcome == partnercenter.Done {
			it.offers, answer, _ = v.Client.ListAvailabilities(ctx, a.further(), m, product, sku)
		}
		it.learnt = answer.Outcome == partnercenter.Done
		it.gone = answer.Outcome == partnercenter.Refused && itemCodes[answer.Code]
		if it.learnt {
			good = itemLasts
			it.activates = it.sku.ProvisioningID == "" && v.isSaaS(ctx, a, m, product, it.offers)
		}
		return it, good
	})
}

// isSaaS says whether a product is software as a service from the marketplace, which the customer activates by a link.
func (v *Vendor) isSaaS(ctx context.Context, a *attempt, m partnercenter.Market, product string, sold []partnercenter.Availability) bool {
	if len(sold) > 0 && sold[0].Type != "" && !strings.EqualFold(sold[0].Type, "Azure") {
		return false
	}
	p, answer, _ := v.Client.GetProduct(ctx, a.further(), m, product)
	return answer.Outcome == partnercenter.Done && strings.EqualFold(p.SubType, "SaaS")
}

func itemKey(m partnercenter.Market, product, sku string) string {
	return m.Country + "/" + m.Customer + "/" + strings.ToUpper(product+":"+sku)
}

// itemCodes are the vendor's codes for products, SKUs and offers that there are not.
var itemCodes = map[string]bool{"400013": true, "400018": true, "400019": true}

// catalogueUnread is the code of a line that must not be bought before the catalogue has been read.
const catalogueUnread = "catalogue_unread"

// resolve gives a line the catalogue item by which it is sold at present, or says why it cannot be bought. A line that cannot be
// checked stays as it is, but for one without a term, which waits.
func (v *Vendor) resolve(ctx context.Context, a *attempt, m partnercenter.Market, l *domain.CartLine) (why domain.Trouble, activates bool) {
	parts := strings.Split(l.Item, ":")
	if len(parts) < 2 {
		return why, false // an offer of the old kind
	}
	it := v.itemOf(ctx, a, m, parts[0], parts[1])
	switch least, most := it.sku.MinimumQuantity, it.sku.MaximumQuantity; {
	case it.gone:
		return notSold(), false
	case !it.learnt && l.Term == "": // the vendor may take a term of its own choice where none is named
		return domain.Trouble{
			Code: catalogueUnread, Owner: domain.OwnerPartner,
			Detail: "Partner Center does not tell how this product is sold, so it is not certain that it needs no term.",
		}, false
	case !it.learnt:
		return why, false
	case l.Quantity < least, most > 0 && l.Quantity > most:
		return wrong("quantity_out_of_range", fmt.Sprintf("The quantity %d is outside what Partner Center sells of this product: %s.", l.Quantity, span(least, most)),
			"Change the quantity and place the order again."), false
	}
	sold := slices.DeleteFunc(slices.Clone(it.offers), func(o partnercenter.Availability) bool { return !o.IsPurchasable })
	if len(sold) == 0 {
		return notSold(), false
	}
	fit := slices.DeleteFunc(slices.Clone(sold), func(o partnercenter.Availability) bool { return !offers(it.sku, o, l) })
	if len(fit) == 0 {
		term := "for " + l.Term
		if l.Term == "" {
			term = "without a term,"
		}
		return wrong("term_not_offered", fmt.Sprintf("Partner Center does not sell this product %s billed %s; it offers %s.",
			term, strings.ReplaceAll(l.Cycle, "_", " "), offered(it.sku, sold)), "Choose one of these and place the order again."), false
	}
	if id := choose(fit, l.Item); id != "" {
		l.Item = id
	}
	return why, it.activates
}

// offers says whether an offer has the line's term and billing cycle. What the vendor does not tell fits.
func offers(sku partnercenter.SKU, o partnercenter.Availability, l *domain.CartLine) bool {
	if len(o.Terms) == 0 {
		return cycleFits(sku, "", l.Cycle)
	}
	return slices.ContainsFunc(o.Terms, func(t partnercenter.Term) bool {
		return (t.Duration == "" || strings.EqualFold(t.Duration, l.Term)) && cycleFits(sku, t.BillingCycle, l.Cycle)
	})
}

func cycleFits(sku partnercenter.SKU, told, want string) bool {
	if told != "" {
		return told == want
	}
	return len(sku.BillingCycles) == 0 || slices.Contains(sku.BillingCycles, want)
}

// offered lists terms and billing cycles for people.
func offered(sku partnercenter.SKU, sold []partnercenter.Availability) string {
	var all []string
	for _, o := range sold {
		for _, t := range o.Terms {
			cycles := []string{t.BillingCycle}
			if t.BillingCycle == "" {
				cycles = sku.BillingCycles
			}
			for _, c := range cycles {
				if word := strings.TrimSpace(t.Duration + " " + strings.ReplaceAll(c, "_", " ")); word != "" && !slices.Contains(all, word) {
					all = append(all, word)
				}
			}
		}
	}
	if len(all) == 0 {
		return "other terms"
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// choose takes the offer that the order names if it still stands, else a commercial one, else the only one. Which of several
// others is meant nobody can tell.
func choose(fit []partnercenter.Availability, asked string) string {
	byID := func(o partnercenter.Availability) bool { return strings.EqualFold(o.CatalogItemID, asked) }
	commercial := func(o partnercenter.Availability) bool { return o.Segment == "" || o.Segment == "commercial" }
	for _, fits := range []func(partnercenter.Availability) bool{byID, commercial} {
		if i := slices.IndexFunc(fit, fits); i >= 0 {
			return fit[i].CatalogItemID
		}
	}
	if len(fit) == 1 {
		return fit[0].CatalogItemID
	}
	return ""
}

func notSold() domain.Trouble {
	return entryTrouble(partnercenter.Describe(404, "400018"), "", "", "")
}

// wrong is the trouble of a line that has to be ordered otherwise.
func wrong(code, detail, hint string) domain.Trouble {
	return domain.Trouble{Code: code, Owner: domain.OwnerPartner, Detail: "Partner Center: " + detail, Hint: hint}
}

func span(least, most int64) string {
	if most == 0 {
		return fmt.Sprintf("%d or more", least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
