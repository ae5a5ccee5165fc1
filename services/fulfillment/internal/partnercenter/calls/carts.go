package calls

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/partnercenter"
)

// maxChecks is how long the questions before a cart may take together; what is not known by then stands in nobody's way.
const maxChecks = 20 * time.Second

// createCart makes a cart of the lines that can be bought: the customer's standing and the catalogue are asked before, if what
// is known of them is not fresh. A catalogue item that is no longer sold under its id is looked up once more.
func (v *Vendor) createCart(ctx context.Context, a *attempt) (partnercenter.Answer, answered) {
	checked := v.check(ctx, a)
	if len(checked.lines) == 0 {
		return partnercenter.Answer{Outcome: partnercenter.Done}, checked.form(partnercenter.Cart{})
	}
	made, answer := v.postCart(ctx, a, a.exchange, checked.lines)
	if answer.Outcome == partnercenter.Refused {
		v.forget(checked.market, a)
		if itemCodes[answer.Code] {
			if checked = v.check(ctx, a); len(checked.lines) > 0 {
				made, answer = v.postCart(ctx, a, a.further(), checked.lines)
			} else {
				answer = partnercenter.Answer{Outcome: partnercenter.Done}
			}
		}
	}
	return answer, checked.form(made)
}

func (v *Vendor) postCart(ctx context.Context, a *attempt, ex partnercenter.Exchange, lines []domain.CartLine) (partnercenter.Cart, partnercenter.Answer) {
	cart := partnercenter.NewCart{Lines: make([]partnercenter.NewCartLine, len(lines))}
	for i, l := range lines {
		cart.Lines[i] = partnercenter.NewCartLine{
			ID: i, CatalogItemID: l.Item, FriendlyName: l.Name, Quantity: l.Quantity, TermDuration: l.Term, BillingCycle: l.Cycle,
		}
		// An add-on of new commerce is a line like any other; one of the old kind names what it is for.
		if l.Parent != "" && !strings.Contains(l.Item, ":") {
			cart.Lines[i].ProvisioningContext = map[string]string{"ParentSubscriptionId": l.Parent}
		}
	}
	made, answer, _ := v.Client.CreateCart(ctx, ex, a.Customer, cart)
	return made, answer
}

// checks is what the questions before a cart have shown.
type checks struct {
	market  partnercenter.Market
	lines   []domain.CartLine // that can be bought, with the catalogue items of today
	refused map[int32]domain.Trouble
	// activates names the lines whose product has to be activated.
	activates map[int32]bool
	waits     domain.Trouble // why nothing can be bought yet
	wait      time.Duration  // for how long at least
}

var errChecks = errors.New("calls: checks timeout")

func (v *Vendor) check(ctx context.Context, a *attempt) (c checks) {
	// Half of the time in which the cart's first byte may leave, so that slow questions do not keep it back for ever.
	within := min(maxChecks, time.Until(a.exchange.SendBefore)/2)
	ctx, cancel := context.WithTimeoutCause(ctx, within, errChecks)
	defer cancel()
	s := v.standingOf(ctx, a)
	if s.waits {
		return checks{waits: s.trouble, wait: reviewWait}
	}
	c = checks{market: partnercenter.Market{Country: s.country}, refused: map[int32]domain.Trouble{}, activates: map[int32]bool{}}
	if s.country == "" {
		c.market = partnercenter.Market{Customer: a.Customer}
	}
	for _, l := range a.Lines {
		why := s.trouble
		if why == (domain.Trouble{}) {
			var activates bool
			if why, activates = v.resolve(ctx, a, c.market, &l); activates {
				c.activates[l.Number] = true
			}
		}
		if why.Code == catalogueUnread {
			return checks{waits: why}
		}
		if why != (domain.Trouble{}) {
			c.refused[l.Number] = why
			continue
		}
		c.lines = append(c.lines, l)
	}
	return c
}

// forget drops what was believed when a cart was refused.
func (v *Vendor) forget(m partnercenter.Market, a *attempt) {
	v.customers.forget(a.Customer)
	for _, l := range a.Lines {
		if parts := strings.Split(l.Item, ":"); len(parts) > 1 {
			v.items.forget(itemKey(m, parts[0], parts[1]))
		}
	}
}

// form is the domain's answer.
func (c *checks) form(cart partnercenter.Cart) answered {
	found := *c
	return func(common domain.Answer) any {
		if found.waits != (domain.Trouble{}) {
			common.Verdict, common.Trouble, common.Wait = domain.Conflict, found.waits, found.wait
			return domain.CartMade{Answer: common}
		}
		made := cartMade(common, found.lines, cart)
		made.Refused, made.Activates = found.refused, found.activates
		return made
	}
}
