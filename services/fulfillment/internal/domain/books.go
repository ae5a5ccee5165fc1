package domain

import (
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Books is what the vendor has of one customer, as far as it is compared.
type Books struct {
	Orders        []BookOrder
	Subscriptions []BookSubscription
	// Deeds are who did what, as far as that was asked.
	Deeds []Deed
}

// BookOrder is an order in the vendor's books.
type BookOrder struct {
	ID        string
	Status    string // the vendor's word, in snake_case
	CreatedAt time.Time
	// Transaction is who made it, the vendor's word in lower case; empty if it does not say.
	Transaction string
	Lines       []BookLine
}

// BookLine is a line of it.
type BookLine struct {
	Name         string
	Subscription string
	Quantity     int64
	// Transaction is what the line does, the vendor's word in lower case: "new", "renew", …; empty if it does not say.
	Transaction string
}

// BookSubscription is a subscription in the vendor's books.
type BookSubscription struct {
	ID        string
	Order     string // the one that began it
	Name      string
	Status    string // the vendor's word, in snake_case
	Quantity  int64
	CreatedAt time.Time
	// EndsAt is when the commitment ends; zero if the vendor does not say.
	EndsAt time.Time
}

// Record is what our own books say about one line.
type Record struct {
	Order  string
	Change Change
	Status LineStatus
	// Placed is when the order was placed; zero if it does not say.
	Placed time.Time
	// VendorOrder and Subscription are what the line bought or is about; empty if nothing is known.
	VendorOrder, Subscription, Token string
	// Moved is the subscription that a change of product has begun, or joined; empty if that is not known.
	Moved string
	// Quantity is what the subscription has after the line, if the line is about that; else 0.
	Quantity int64
	// Base is what it had before; 0 if the line does not build on it.
	Base int64
	// Part says that a cancelled purchase was cancelled in part only.
	Part bool
}

// Records is what the order has to say in a comparison with the vendor's books.
func (o *Order) Records() []Record {
	var placed time.Time
	if at := o.Approved.GetPlacedAt(); at != nil {
		placed = at.AsTime()
	}
	records := make([]Record, 0, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		w := o.wish(l.Number)
		r := Record{
			Order: o.ID, Change: bookChange(w), Status: l.Status, Placed: placed,
			VendorOrder: l.VendorOrder, Subscription: l.Subscription, Token: l.Token, Quantity: l.Target, Base: l.Base,
		}
		if l.Trouble.Code == endsThen.Code {
			r.Change = SetAutoRenew // that is what it came to
		}
		switch c := w.GetChange().(type) {
		case *orderv1.Line_NewSubscription:
			r.Quantity = int64(c.NewSubscription.GetQuantity())
		case *orderv1.Line_AddOn:
			r.Quantity = int64(c.AddOn.GetQuantity())
		case *orderv1.Line_ChangeProduct:
			if r.Subscription = c.ChangeProduct.GetSubscriptionId(); !strings.EqualFold(l.Subscription, r.Subscription) {
				r.Moved = l.Subscription
			}
		case *orderv1.Line_CancelPurchase:
			r.VendorOrder, r.Part = c.CancelPurchase.GetVendorOrderId(), len(c.CancelPurchase.GetVendorLines()) > 0
		default:
			if s := subscriptionOf(w); r.Subscription == "" {
				r.Subscription = s
			}
		}
		records = append(records, r)
		for try := range l.Intent { // what the vendor may still have of tries that came to nothing
			records = append(records, Record{
				Order: o.ID, Change: r.Change, Status: LineFailed, Placed: placed, Token: tokenOf(o.ID, l.Number, try),
			})
		}
	}
	return records
}

// bookChange is the contract's own word for what a line asks for: here all changes are told apart.
func bookChange(w *orderv1.Line) Change {
	m := w.ProtoReflect()
	f := m.WhichOneof(m.Descriptor().Oneofs().ByName("change"))
	if f == nil {
		return OtherChange
	}
	return Change(f.Name())
}

// bought says whether the record is of something that the vendor has in its books as a purchase.
func (r *Record) bought() bool {
	return r.Change == NewSubscription || r.Change == AddOn
}

// tokenIn is the token at the end of a friendly name; empty if there is none.
func tokenIn(name string) string {
	_, rest, found := strings.Cut(name, "[SF-")
	token, _, closed := strings.Cut(rest, "]")
	if !found || !closed {
		return ""
	}
	return "SF-" + token
}
