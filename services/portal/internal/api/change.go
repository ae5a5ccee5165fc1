package api

import (
	"strconv"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Change is what a line asks for: exactly one of its members.
type Change struct {
	NewSubscription    *NewSubscription `json:"new_subscription,omitempty" doc:"Buys a subscription that does not exist yet."`
	AddSeats           *SeatChange      `json:"add_seats,omitempty" doc:"Raises a subscription's quantity by a difference."`
	RemoveSeats        *SeatChange      `json:"remove_seats,omitempty" doc:"Lowers a subscription's quantity by a difference."`
	Suspend            *Subscription    `json:"suspend,omitempty" doc:"Stops a subscription. New commerce goes on being billed, and its renewal is switched off."`
	Reactivate         *Subscription    `json:"reactivate,omitempty" doc:"Makes a suspended subscription usable again. Its renewal stays off until set_auto_renew."`
	CancelSubscription *Subscription    `json:"cancel_subscription,omitempty" doc:"Ends a subscription for good."`
	CancelPurchase     *CancelPurchase  `json:"cancel_purchase,omitempty" doc:"Cancels an order at the vendor or some of its lines: software, and reservations in the sandbox. Everything else is ended by cancel_subscription."`
	SetAutoRenew       *SetAutoRenew    `json:"set_auto_renew,omitempty" doc:"Switches a subscription's renewal on or off."`
	ChangeTerm         *ChangeTerm      `json:"change_term,omitempty" doc:"Changes term, billing cycle or both; it takes effect when the running term ends."`
	ChangeProduct      *ChangeProduct   `json:"change_product,omitempty" doc:"Moves seats of a subscription to the line's catalog_item."`
	AddOn              *AddOn           `json:"add_on,omitempty" doc:"Buys an add-on to a subscription."`
}

// NewSubscription is a subscription to buy.
type NewSubscription struct {
	Quantity     int32  `json:"quantity" minimum:"1" maximum:"100000" doc:"Seats." example:"25"`
	Term         string `json:"term,omitempty" enum:"P1M,P1Y,P3Y" doc:"The commitment, as an ISO 8601 duration; absent for what is sold without one, such as perpetual software." example:"P1Y"`
	BillingCycle string `json:"billing_cycle" enum:"monthly,annual,triennial,one_time" doc:"How often the vendor bills." example:"annual"`
}

// Subscription names the subscription that is changed.
type Subscription struct {
	SubscriptionID string `json:"subscription_id" pattern:"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$" patternDescription:"a UUID" doc:"The vendor's id of the subscription." example:"a4d1c5b2-5d0e-4a53-8f0b-0c6a5e0a7c21"`
}

// SeatChange is a difference in seats of a subscription that exists.
type SeatChange struct {
	Subscription
	Quantity int32 `json:"quantity" minimum:"1" maximum:"100000" doc:"Seats more, or seats less." example:"10"`
}

// CancelPurchase names what of a purchase is cancelled.
type CancelPurchase struct {
	VendorOrderID string  `json:"vendor_order_id" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" patternDescription:"the vendor's id of an order" doc:"As an order's lines show it." example:"Xq1vWvKtJ2xS"`
	VendorLines   []int32 `json:"vendor_lines,omitempty" maxItems:"50" uniqueItems:"true" nullable:"false" doc:"The vendor's numbers of the lines, from 0; absent cancels all of them."`
}

// SetAutoRenew is what becomes of a subscription at the end of its term.
type SetAutoRenew struct {
	Subscription
	Enabled bool `json:"enabled" doc:"Whether it renews."`
}

// ChangeTerm is what a subscription's next term will be.
type ChangeTerm struct {
	Subscription
	Term         string `json:"term,omitempty" enum:"P1M,P1Y,P3Y" doc:"Absent keeps the term." example:"P1Y"`
	BillingCycle string `json:"billing_cycle,omitempty" enum:"monthly,annual,triennial,one_time" doc:"Absent keeps the cycle." example:"annual"`
}

// ChangeProduct moves seats of a subscription to another product.
type ChangeProduct struct {
	Subscription
	Quantity     int32  `json:"quantity,omitempty" minimum:"0" maximum:"100000" doc:"How many seats move; absent moves all of them." example:"10"`
	Term         string `json:"term,omitempty" enum:"P1M,P1Y,P3Y" doc:"The new product's term; absent keeps the old one." example:"P1Y"`
	BillingCycle string `json:"billing_cycle,omitempty" enum:"monthly,annual,triennial,one_time" doc:"The new product's billing cycle; absent keeps the old one." example:"annual"`
}

// AddOn is an add-on to buy.
type AddOn struct {
	ParentSubscriptionID string `json:"parent_subscription_id" pattern:"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$" patternDescription:"a UUID" doc:"The vendor's id of the subscription that it is for." example:"a4d1c5b2-5d0e-4a53-8f0b-0c6a5e0a7c21"`
	NewSubscription
}

// requested puts the one change that is asked for into a line of the contract; ok is false if it is not exactly one.
func (c *Change) requested(line *orderv1.Line) (ok bool) {
	changes := 0
	count := func(there bool) bool {
		if there {
			changes++
		}
		return there
	}
	if n := c.NewSubscription; count(n != nil) {
		line.Change = &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{
			Quantity: n.Quantity, Term: n.Term, BillingCycle: cycleOf(n.BillingCycle),
		}}
	}
	if a := c.AddOn; count(a != nil) {
		line.Change = &orderv1.Line_AddOn{AddOn: &orderv1.AddOn{
			ParentSubscriptionId: a.ParentSubscriptionID, Quantity: a.Quantity, Term: a.Term, BillingCycle: cycleOf(a.BillingCycle),
		}}
	}
	if n := c.AddSeats; count(n != nil) {
		line.Change = &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: n.SubscriptionID, Quantity: n.Quantity}}
	}
	if n := c.RemoveSeats; count(n != nil) {
		line.Change = &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: n.SubscriptionID, Quantity: n.Quantity}}
	}
	c.requestedState(line, count)
	if t := c.ChangeTerm; count(t != nil) {
		line.Change = &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{
			SubscriptionId: t.SubscriptionID, Term: t.Term, BillingCycle: cycleOf(t.BillingCycle),
		}}
	}
	if p := c.ChangeProduct; count(p != nil) {
		line.Change = &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{
			SubscriptionId: p.SubscriptionID, Quantity: p.Quantity, Term: p.Term, BillingCycle: cycleOf(p.BillingCycle),
		}}
	}
	return changes == 1
}

// requestedState is the part of requested for changes that leave seats and terms alone.
func (c *Change) requestedState(line *orderv1.Line, count func(bool) bool) {
	if s := c.Suspend; count(s != nil) {
		line.Change = &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: s.SubscriptionID}}
	}
	if s := c.Reactivate; count(s != nil) {
		line.Change = &orderv1.Line_Reactivate{Reactivate: &orderv1.Reactivate{SubscriptionId: s.SubscriptionID}}
	}
	if s := c.CancelSubscription; count(s != nil) {
		line.Change = &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: s.SubscriptionID}}
	}
	if p := c.CancelPurchase; count(p != nil) {
		line.Change = &orderv1.Line_CancelPurchase{CancelPurchase: &orderv1.CancelPurchase{VendorOrderId: p.VendorOrderID, VendorLines: p.VendorLines}}
	}
	if r := c.SetAutoRenew; count(r != nil) {
		line.Change = &orderv1.Line_SetAutoRenew{SetAutoRenew: &orderv1.SetAutoRenew{SubscriptionId: r.SubscriptionID, Enabled: r.Enabled}}
	}
}

// describe says what a line asks for, in words and for programs. An order holds differences, so "+10 seats" is all
// there is to say about a subscription that exists.
func (l *Line) describe(a *orderv1.Line) {
	switch c := a.GetChange().(type) {
	case *orderv1.Line_NewSubscription:
		n := c.NewSubscription
		l.Kind, l.Quantity, l.Change = "new_subscription", n.GetQuantity(), "new subscription, "+seats(n.GetQuantity())
		l.Requested.NewSubscription = &NewSubscription{n.GetQuantity(), n.GetTerm(), cycleWord(n.GetBillingCycle())}
	case *orderv1.Line_AddOn:
		n := c.AddOn
		l.Kind, l.Quantity, l.Change = "add_on", n.GetQuantity(), "add-on, "+seats(n.GetQuantity())
		l.Requested.AddOn = &AddOn{n.GetParentSubscriptionId(), NewSubscription{n.GetQuantity(), n.GetTerm(), cycleWord(n.GetBillingCycle())}}
	case *orderv1.Line_AddSeats:
		l.Kind, l.Quantity, l.Change = "add_seats", c.AddSeats.GetQuantity(), "+"+seats(c.AddSeats.GetQuantity())
		l.Requested.AddSeats = &SeatChange{Subscription{c.AddSeats.GetSubscriptionId()}, c.AddSeats.GetQuantity()}
	case *orderv1.Line_RemoveSeats:
		l.Kind, l.Quantity, l.Change = "remove_seats", c.RemoveSeats.GetQuantity(), "-"+seats(c.RemoveSeats.GetQuantity())
		l.Requested.RemoveSeats = &SeatChange{Subscription{c.RemoveSeats.GetSubscriptionId()}, c.RemoveSeats.GetQuantity()}
	case *orderv1.Line_ChangeProduct:
		p := c.ChangeProduct
		l.Kind, l.Quantity, l.Change = "change_product", p.GetQuantity(), move(p, a.GetProduct())
		l.Requested.ChangeProduct = &ChangeProduct{Subscription{p.GetSubscriptionId()}, p.GetQuantity(), p.GetTerm(), cycleWord(p.GetBillingCycle())}
	case *orderv1.Line_ChangeTerm:
		t := c.ChangeTerm
		l.Kind, l.Change = "change_term", terms(t.GetTerm(), t.GetBillingCycle())
		l.Requested.ChangeTerm = &ChangeTerm{Subscription{t.GetSubscriptionId()}, t.GetTerm(), cycleWord(t.GetBillingCycle())}
	default:
		l.describeState(a)
	}
}

// describeState is the part of describe for changes that leave seats and terms alone.
func (l *Line) describeState(a *orderv1.Line) {
	switch c := a.GetChange().(type) {
	case *orderv1.Line_Suspend:
		l.Kind, l.Change = "suspend", "suspend"
		l.Requested.Suspend = &Subscription{c.Suspend.GetSubscriptionId()}
	case *orderv1.Line_Reactivate:
		l.Kind, l.Change = "reactivate", "reactivate"
		l.Requested.Reactivate = &Subscription{c.Reactivate.GetSubscriptionId()}
	case *orderv1.Line_CancelSubscription:
		l.Kind, l.Change = "cancel_subscription", "cancel the subscription"
		l.Requested.CancelSubscription = &Subscription{c.CancelSubscription.GetSubscriptionId()}
	case *orderv1.Line_CancelPurchase:
		p := c.CancelPurchase
		l.Kind, l.Change = "cancel_purchase", "cancel the purchase "+p.GetVendorOrderId()
		if of := p.GetVendorLines(); len(of) > 0 {
			l.Change += ", its lines " + listed(of)
		}
		l.Requested.CancelPurchase = &CancelPurchase{p.GetVendorOrderId(), p.GetVendorLines()}
	case *orderv1.Line_SetAutoRenew:
		l.Kind, l.Change = "set_auto_renew", "renewal off"
		if c.SetAutoRenew.GetEnabled() {
			l.Change = "renewal on"
		}
		l.Requested.SetAutoRenew = &SetAutoRenew{Subscription{c.SetAutoRenew.GetSubscriptionId()}, c.SetAutoRenew.GetEnabled()}
	default: // of a newer intake
		l.Kind, l.Change = "other", "another change"
	}
}

func move(p *orderv1.ChangeProduct, to string) string {
	what := "all seats"
	if p.GetQuantity() != 0 {
		what = seats(p.GetQuantity())
	}
	what += " to " + to
	if t := terms(p.GetTerm(), p.GetBillingCycle()); t != "" {
		what += ", " + t
	}
	return what
}

// terms says what term and billing cycle become. What they are now is the vendor's to know.
func terms(term string, cycle orderv1.BillingCycle) string {
	var parts []string
	if term != "" {
		parts = append(parts, "term → "+term)
	}
	if word := cycleWord(cycle); word != "" {
		parts = append(parts, "billing → "+word)
	}
	return strings.Join(parts, ", ")
}

func listed(numbers []int32) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(int(n))
	}
	return strings.Join(texts, ", ")
}
