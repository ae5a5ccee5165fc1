package demo

import (
	"context"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/partnersim/seed"
	"github.com/seatflow/seatflow/services/seatflow/internal/cli"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// The statuses that the story speaks of.
const (
	awaiting   = "awaiting_approval"
	scheduled  = "scheduled"
	processing = "processing"
	failed     = "failed"
	completed  = "completed"
)

var (
	contoso   = client.Customer{TenantID: seed.Contoso, Name: seed.ContosoName}
	fabrikam  = client.Customer{TenantID: seed.Fabrikam, Name: seed.FabrikamName}
	northwind = client.Customer{TenantID: seed.Northwind, Name: seed.NorthwindName}
)

// story is the whole script.
func (p *play) story(ctx context.Context) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if err := p.firstOrders(ctx); err != nil {
		return err
	}
	held, err := p.holdContoso(ctx)
	if err != nil {
		return err
	}
	if err := p.fabrikamFails(ctx); err != nil {
		return err
	}
	if err := p.northwind(ctx); err != nil {
		return err
	}
	if err := p.approveContoso(ctx, held); err != nil {
		return err
	}
	if err := p.nothingTwice(ctx); err != nil {
		return err
	}
	if err := p.mails(ctx); err != nil {
		return err
	}
	return p.final(ctx)
}

// prepare makes sure that Fabrikam's subscription does not exist yet.
func (p *play) prepare(ctx context.Context) error {
	given, err := p.vendor.Ledger(ctx, map[string]string{"kind": "given", "subscription_id": seed.FabrikamPowerBIPro})
	if err != nil || len(given) == 0 {
		return err
	}
	p.say("The vendor's double has Fabrikam's Power BI Pro subscription already, from an earlier demo. It is reset, so that")
	p.say("the order can fail once more; it forgets what was bought there before.")
	p.say("")
	return p.vendor.Reset(ctx)
}

// firstOrders brings each customer past its first order, which has to be looked at by an admin.
func (p *play) firstOrders(ctx context.Context) error {
	p.say("1. Each customer's small first order: placed by one, approved by another")
	var small []*act
	for _, c := range []struct {
		customer client.Customer
		by       person
	}{{contoso, emily}, {fabrikam, john}, {northwind, john}} {
		a, err := p.place(ctx, c.by, c.customer, buy("Microsoft 365 Business Basic", seed.Microsoft365BusinessBasic, "72.00", 1))
		if err != nil {
			return err
		}
		small = append(small, a)
	}
	for _, a := range small {
		now, err := p.until(ctx, a, awaiting, processing, completed)
		if err != nil {
			return err
		}
		if now.Status != awaiting {
			p.say("              %s has ordered before, so nobody needs to look at this order.", a.customer)
			continue
		}
		if !strings.Contains(now.Sentence, "First order") {
			return otherwise(now, "be held as the customer's first order")
		}
		if err := p.approve(ctx, a, dana, "Welcome."); err != nil {
			return err
		}
	}
	for _, a := range small {
		if _, err := p.until(ctx, a, completed); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) holdContoso(ctx context.Context) (*act, error) {
	p.say("")
	p.say("2. Contoso: 25 × Microsoft 365 E5, which is over the threshold")
	a, err := p.place(ctx, emily, contoso, buy("Microsoft 365 E5", seed.Microsoft365E5, "570.00", 25))
	if err != nil {
		return nil, err
	}
	now, err := p.until(ctx, a, awaiting)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(now.Sentence, "exceeds") || !strings.Contains(now.Sentence, "10,000") {
		return nil, otherwise(now, "be held because it exceeds 10,000")
	}
	return a, nil
}

func (p *play) fabrikamFails(ctx context.Context) error {
	p.say("")
	p.say("3. Fabrikam: 10 more seats of a subscription that the vendor does not know")
	a, err := p.place(ctx, john, fabrikam, client.NewLine{
		Product: "Power BI Pro", CatalogItem: seed.PowerBIPro, UnitPrice: &client.Money{Amount: "100.00", Currency: "USD"},
		AddSeats: &client.SeatChange{SubscriptionID: seed.FabrikamPowerBIPro, Quantity: 10},
	})
	if err != nil {
		return err
	}
	now, err := p.until(ctx, a, failed)
	if err != nil {
		return err
	}
	if !strings.Contains(now.Sentence, "Subscription not found") {
		return otherwise(now, `fail with "Subscription not found"`)
	}
	a.failed = true
	if now.Hint != "" {
		p.say("              Next: %s", now.Hint)
	}
	if err := p.vendor.CreateSubscription(ctx, seed.Fabrikam, seed.FabrikamPowerBIPro, seed.PowerBIPro, seed.FabrikamPowerBIProSeats); err != nil {
		return err
	}
	p.say("              The subscription is created at the vendor, and John Smith tries again.")
	after, err := p.as(john).Retry(ctx, a.id)
	if err != nil {
		return err
	}
	a.position = after.Position
	_, err = p.until(ctx, a, completed)
	return err
}

func (p *play) northwind(ctx context.Context) error {
	p.say("")
	p.say("4. Northwind: 3 × Microsoft 365 Business Premium, which nobody has to look at")
	a, err := p.place(ctx, john, northwind, buy("Microsoft 365 Business Premium", seed.Microsoft365BusinessPremium, "220.00", 3))
	if err != nil {
		return err
	}
	_, err = p.until(ctx, a, completed)
	return err
}

func (p *play) approveContoso(ctx context.Context, held *act) error {
	p.say("")
	p.say("5. John Smith approves Contoso's order")
	if err := p.approve(ctx, held, john, "Budget confirmed."); err != nil {
		return err
	}
	_, err := p.until(ctx, held, completed)
	return err
}

// nothingTwice looks into the vendor's ledger.
func (p *play) nothingTwice(ctx context.Context) error {
	doubles, err := p.vendor.Doubles(ctx)
	if err != nil {
		return err
	}
	if doubles > 0 {
		return fault.New(fault.Internal, "bought_twice", "The vendor's ledger shows purchases that happened twice.")
	}
	p.say("")
	p.say("The vendor's ledger shows nothing that was bought twice.")
	return nil
}

// final prints how all orders stand.
func (p *play) final(ctx context.Context) error {
	orders := make([]client.Order, len(p.acts))
	for i, a := range p.acts {
		o, err := p.as(john).Get(ctx, a.id, a.position)
		if err != nil {
			return err
		}
		if o.Status != completed {
			return otherwise(o, "be completed")
		}
		orders[i] = o
	}
	p.say("")
	return cli.Table(p.out, orders)
}

// buy is a line that buys seats for a year, paid at once.
func buy(product, item, price string, seats int32) client.NewLine {
	return client.NewLine{
		Product: product, CatalogItem: item, UnitPrice: &client.Money{Amount: price, Currency: "USD"},
		NewSubscription: &client.NewSubscription{Quantity: seats, Term: "P1Y", BillingCycle: "annual"},
	}
}
