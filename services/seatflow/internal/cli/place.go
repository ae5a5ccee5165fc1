package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/seatflow/internal/client"
)

// maxOrderFile bounds a file with an order, in bytes; the portal takes less.
const maxOrderFile = 1 << 20

type placeOrder struct {
	Change string `arg:"" optional:"" help:"What to ask for: new_subscription, add_on, add_seats, remove_seats, suspend, reactivate, cancel_subscription, cancel_purchase, set_auto_renew, change_term or change_product. Nothing with --file."`
	File   string `name:"file" placeholder:"FILE" help:"A whole order in the API's JSON, of any number of lines; - reads the input."`
	Check  bool   `name:"validate-only" help:"Only check the order; nothing is stored."`
	Number bool   `name:"number" help:"Print the order's number and nothing else, for scripts."`
	Key    string `name:"key" placeholder:"TEXT" help:"Idempotency key: the same order under the same key is placed once."`

	Customer     string `name:"customer" placeholder:"TENANT" help:"The customer's tenant id."`
	CustomerName string `name:"customer-name" placeholder:"NAME" help:"The customer's name."`
	Note         string `name:"note" placeholder:"TEXT" help:"A note for who approves it."`
	Reference    string `name:"reference" placeholder:"TEXT" help:"Your own reference."`
	At           string `name:"at" placeholder:"TIME" help:"Submit it to the vendor not before this time, such as 2026-12-01T09:00:00Z."`

	Product      string  `name:"product" placeholder:"NAME" help:"The product's name; of the new one for change_product."`
	Item         string  `name:"item" placeholder:"ID" help:"Catalogue item, ProductId:SkuId:AvailabilityId; needed for new_subscription, add_on and change_product."`
	Price        string  `name:"price" placeholder:"AMOUNT" help:"Price of one seat for the billing term, such as 570.00."`
	Currency     string  `name:"currency" default:"USD" help:"The price's currency."`
	Subscription string  `name:"subscription" placeholder:"ID" help:"The vendor's id of the subscription to change, or that the add-on is for."`
	Quantity     int32   `name:"quantity" placeholder:"N" help:"Seats to buy, add, remove or move; change_product moves all of them without it."`
	Term         string  `name:"term" placeholder:"P1Y" help:"P1M, P1Y or P3Y; leave it out for what is sold without one, such as perpetual software."`
	Billing      string  `name:"billing" placeholder:"CYCLE" help:"Billing cycle: monthly, annual, triennial or one_time."`
	Renew        string  `name:"renew" placeholder:"on|off" help:"set_auto_renew: on or off."`
	VendorOrder  string  `name:"vendor-order" placeholder:"ID" help:"cancel_purchase: the vendor's id of the order."`
	VendorLines  []int32 `name:"vendor-lines" placeholder:"N,..." help:"cancel_purchase: the vendor's lines, from 0; all without it."`
}

// changes put what the flags say into a line, by the change's name.
var changes = map[string]func(*placeOrder, *client.NewLine){
	"new_subscription": func(p *placeOrder, l *client.NewLine) {
		l.NewSubscription = &client.NewSubscription{Quantity: p.Quantity, Term: p.Term, BillingCycle: p.Billing}
	},
	"add_on": func(p *placeOrder, l *client.NewLine) {
		l.AddOn = &client.AddOn{ParentSubscriptionID: p.Subscription, Quantity: p.Quantity, Term: p.Term, BillingCycle: p.Billing}
	},
	"add_seats": func(p *placeOrder, l *client.NewLine) {
		l.AddSeats = &client.SeatChange{SubscriptionID: p.Subscription, Quantity: p.Quantity}
	},
	"remove_seats": func(p *placeOrder, l *client.NewLine) {
		l.RemoveSeats = &client.SeatChange{SubscriptionID: p.Subscription, Quantity: p.Quantity}
	},
	"suspend": func(p *placeOrder, l *client.NewLine) {
		l.Suspend = &client.Subscription{SubscriptionID: p.Subscription}
	},
	"reactivate": func(p *placeOrder, l *client.NewLine) {
		l.Reactivate = &client.Subscription{SubscriptionID: p.Subscription}
	},
	"cancel_subscription": func(p *placeOrder, l *client.NewLine) {
		l.CancelSubscription = &client.Subscription{SubscriptionID: p.Subscription}
	},
	"cancel_purchase": func(p *placeOrder, l *client.NewLine) {
		l.CancelPurchase = &client.CancelPurchase{VendorOrderID: p.VendorOrder, VendorLines: p.VendorLines}
	},
	"set_auto_renew": func(p *placeOrder, l *client.NewLine) {
		l.SetAutoRenew = &client.SetAutoRenew{SubscriptionID: p.Subscription, Enabled: p.Renew == "on"}
	},
	"change_term": func(p *placeOrder, l *client.NewLine) {
		l.ChangeTerm = &client.ChangeTerm{SubscriptionID: p.Subscription, Term: p.Term, BillingCycle: p.Billing}
	},
	"change_product": func(p *placeOrder, l *client.NewLine) {
		l.ChangeProduct = &client.ChangeProduct{SubscriptionID: p.Subscription, Quantity: p.Quantity, Term: p.Term, BillingCycle: p.Billing}
	},
}

func (o *Orders) place(ctx context.Context, c *client.Client, out io.Writer) error {
	raw, err := o.Place.order()
	if err != nil {
		return err
	}
	if o.Place.Check {
		checked, err := c.Check(ctx, raw)
		return tell(o.JSON, out, checked, o.Place.inFlags(err), func(out io.Writer, c client.Checked) error {
			_, err := fmt.Fprintln(out, client.Printable(c.Sentence))
			return err
		})
	}
	after, err := c.PlaceRaw(ctx, raw, o.Place.Key)
	if err != nil {
		return o.Place.inFlags(err)
	}
	if o.Place.Number {
		_, err = fmt.Fprintln(out, after.Number)
		return err
	}
	return o.told(out, after)
}

// order is the order as the API takes it: that of the file, or one of a single line as the flags say.
func (p *placeOrder) order() ([]byte, error) {
	if p.File != "" {
		if p.Change != "" {
			return nil, fault.New(fault.Invalid, "two_orders", "Give a change or a file, not both.")
		}
		return readOrder(p.File)
	}
	word := strings.ReplaceAll(p.Change, "-", "_")
	set := changes[word]
	if set == nil {
		what := p.Change + " is no change that can be ordered."
		if p.Change == "" {
			what = "Say which change to order."
		}
		known := make([]string, 0, len(changes))
		for name := range changes {
			known = append(known, name)
		}
		slices.Sort(known)
		return nil, fault.New(fault.Invalid, "unknown_change", what).
			Hinted("Give one of " + strings.Join(known, ", ") + ", or an order with --file.")
	}
	if word == "set_auto_renew" && p.Renew != "on" && p.Renew != "off" {
		return nil, fault.New(fault.Invalid, "no_renewal", "Say what the renewal is to be: --renew on or --renew off.")
	}
	order := client.NewOrder{
		Customer: client.Customer{TenantID: p.Customer, Name: p.CustomerName}, Note: p.Note, Reference: p.Reference,
		Lines: []client.NewLine{{Product: p.Product, CatalogItem: p.Item}},
	}
	if p.Price != "" {
		order.Lines[0].UnitPrice = &client.Money{Amount: p.Price, Currency: p.Currency}
	}
	if p.At != "" {
		at, err := time.Parse(time.RFC3339, p.At)
		if err != nil {
			return nil, fault.New(fault.Invalid, "bad_time", "The time is none: "+p.At+".").Hinted("Give one such as 2026-12-01T09:00:00Z.")
		}
		order.ScheduledFor = &at
	}
	set(p, &order.Lines[0])
	return json.Marshal(order)
}

// flagOf is the flag that a part of the order comes from, by the last word of the API's name for it.
var flagOf = map[string]string{
	"tenant_id": "--customer", "name": "--customer-name", "note": "--note", "reference": "--reference", "scheduled_for": "--at",
	"product": "--product", "catalog_item": "--item", "amount": "--price", "currency": "--currency", "subscription_id": "--subscription",
	"parent_subscription_id": "--subscription", "quantity": "--quantity", "term": "--term", "billing_cycle": "--billing",
	"vendor_order_id": "--vendor-order", "vendor_lines": "--vendor-lines",
}

// inFlags names the flags that a refusal of an order of flags is about.
func (p *placeOrder) inFlags(err error) error {
	f := fault.As(err)
	if err == nil || p.File != "" || len(f.Violations) == 0 {
		return err
	}
	violations := slices.Clone(f.Violations)
	for i, v := range violations {
		if flag := flagOf[v.Field[strings.LastIndexByte(v.Field, '.')+1:]]; flag != "" {
			violations[i].Field = flag
		}
	}
	told := *f
	told.Violations = violations
	return &told
}

func readOrder(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read the order: %w", err)
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxOrderFile))
	if err != nil {
		return nil, fmt.Errorf("read the order: %w", err)
	}
	return raw, nil
}
