package domain

import (
	"slices"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Order is all that fulfillment knows about an order. Treat it as a value that is never changed: decisions work on a copy.
// The names in its stored form are short because it is written three times on the shortest way through.
type Order struct {
	ID     string `json:"-"`
	Status Status `json:"-"`
	// Approved is the order exactly as approved, only read here; nil while all that is known is that it was cancelled.
	Approved *orderv1.Order `json:"-"`
	// Stored says that the row has Approved already, so that it is not written again.
	Stored bool `json:"-"`
	// Pace is the vendor's, for the deadline; not stored.
	Pace Pace `json:"-"`
	// UnknownSince is when the outcome became unknown; zero when it is not.
	UnknownSince time.Time `json:"-"`

	Lines []Line `json:"l,omitempty"`
	Cart  Cart   `json:"c,omitzero"`
	Polls []Poll `json:"p,omitempty"`
	// Upload is the customer's purchase order on its way to the vendor.
	Upload *Upload `json:"u,omitempty"`
	// FireAt is when a scheduled order is submitted.
	FireAt time.Time `json:"f,omitzero"`
	// Since is since when the order has its status; zero on its shortest way and once it has come to its end.
	Since time.Time `json:"b,omitzero"`
	// Calls counts the calls made for the order; their ids come from it.
	Calls        int           `json:"k,omitempty"`
	Cancellation *Cancellation `json:"x,omitempty"`
	// HintedAt is when a hint of the vendor's was last followed; zero if none was.
	HintedAt time.Time `json:"h,omitzero"`
}

// Line is one requested change and how far it has come.
type Line struct {
	Number int32      `json:"n,omitempty"`
	Status LineStatus `json:"s,omitempty"`
	// Attempt counts how often the line was driven: 1, and one more with each retry.
	Attempt int `json:"a,omitempty"`
	// Token is in the friendly name at the vendor, and finds the line again there. It is another one once the vendor has made an
	// order of the line that came to nothing: Intent counts them.
	Token  string `json:"k,omitempty"`
	Intent int    `json:"h,omitempty"`
	// Group is the vendor's word for which lines of the cart become one order; empty when all do.
	Group string `json:"g,omitempty"`
	// VendorOrder and Subscription are the vendor's ids, empty until known.
	VendorOrder  string `json:"o,omitempty"`
	Subscription string `json:"u,omitempty"`
	// Base and Target are the quantities before and after a change of seats, or the seats that are there and those that move
	// to another product; From and To are the words before and after any other change. The first read fixes them.
	Base   int64  `json:"b,omitempty"`
	Target int64  `json:"t,omitempty"`
	From   string `json:"m,omitempty"`
	To     string `json:"z,omitempty"`
	// Item is the whole catalogue item that a change of product leads to, Prior the vendor's ids of such changes that were
	// there before it, Move its own once that is known.
	Item  string   `json:"j,omitempty"`
	Prior []string `json:"p,omitempty"`
	Move  string   `json:"v,omitempty"`
	// Doubted says that an attempt of this very change once went unanswered.
	Doubted bool `json:"f,omitempty"`
	// Recorded says that the vendor's activity log has such an attempt as done.
	Recorded bool `json:"y,omitempty"`
	// Seats is how many of the ordered seats the vendor has made usable so far.
	Seats int64 `json:"q,omitempty"`
	// Activates says that the product is used only once a link has been followed; Links are these.
	Activates bool     `json:"r,omitempty"`
	Links     []string `json:"l,omitempty"`
	// Waiting says that the vendor, or a person there, has to move first; Trouble says why.
	Waiting bool `json:"w,omitempty"`
	// AskedSince is since when a person has had to act on Trouble; zero while nobody has to.
	AskedSince time.Time `json:"i,omitzero"`
	// Trouble is why the line failed or waits.
	Trouble Trouble `json:"e,omitzero"`
	// Said is what a person said became of the line, until it is tried again. It is replaced, never changed.
	Said *Said `json:"x,omitempty"`
	// Track drives a change of what exists, and has a person's word looked into.
	Track Track `json:"d,omitzero"`
}

// Trouble is a plain sentence about what is wrong, what to do next, and a word for programs.
type Trouble struct {
	Code   string `json:"c,omitempty"`
	Detail string `json:"d,omitempty"`
	Hint   string `json:"h,omitempty"`
	// Person says that somebody has to act: Seatflow cannot settle it by itself.
	Person bool `json:"p,omitempty"`
	// Owner is who has to move.
	Owner Owner `json:"o,omitempty"`
}

// Owner is who has to move before something goes on. The numbers are stored: they are never used again for anything else.
type Owner uint8

// The owners; 0 is Seatflow itself.
const (
	OwnerVendor Owner = iota + 1
	OwnerPartner
	OwnerCustomer
)

// Cart is the purchase of all new subscriptions of the order.
type Cart struct {
	// ID is the vendor's, committed before the cart is checked out.
	ID string `json:"i,omitempty"`
	// Keep names the lines in it if a retry may check it out again: it was not refused, the vendor was only never ready.
	Keep []int32 `json:"k,omitempty"`
	// Gone says that the vendor does not have the cart any more.
	Gone bool `json:"g,omitempty"`
	// Sealed says that a person has spoken about a line of it, so that it is never checked out again.
	Sealed bool  `json:"s,omitempty"`
	Track  Track `json:"t,omitzero"`
}

// Poll follows one vendor order.
type Poll struct {
	VendorOrder string `json:"o,omitempty"`
	Track       Track  `json:"t,omitzero"`
}

// Track is where a cart, a change or a poll stands.
type Track struct {
	Step Step `json:"s,omitempty"`
	// Call is the id of the current call; answers to any other are late.
	Call string `json:"c,omitempty"`
	// Tries counts the calls since the track last got on.
	Tries int `json:"t,omitempty"`
	// Refused counts the answers in a row that refused to say how things stand.
	Refused int `json:"x,omitempty"`
	// Request is the request id to use again because no answer to it has come; empty means a new one.
	Request string `json:"r,omitempty"`
	// Unanswered says that an attempt may or may not have taken effect, and no look-up has settled it.
	Unanswered bool `json:"u,omitempty"`
	// SettledAt is when the last unanswered attempt can have no more effect.
	SettledAt time.Time `json:"a,omitzero"`
	// Lagged says that the current look is made when the vendor's lists have had their time to catch up with the last unanswered
	// attempt, and not before.
	Lagged bool `json:"l,omitempty"`
	// Refusal is a later attempt's refusal, which counts once a look-up shows that the earlier ones did nothing.
	Refusal Trouble `json:"f,omitzero"`
	// Looks counts the complete looks into the vendor's lists.
	Looks int `json:"k,omitempty"`
	// Due is when the current call is made, if that is a while off; by this machine's clock once it is planned.
	Due time.Time `json:"d,omitzero"`
	// Open are calls without an answer that are to be closed when the track is settled.
	Open []string `json:"o,omitempty"`
}

// parked says that the track has stopped without having come to its end: a person has to look first.
func (t *Track) parked() bool { return t.Step != 0 && t.Call == "" }

// quiet says whether no earlier attempt can still take effect.
func (t *Track) quiet(now time.Time) bool { return !t.Unanswered || !now.Before(t.SettledAt) }

// Cancellation is who cancelled the order and why.
type Cancellation struct {
	By     Person `json:"b,omitzero"`
	Reason string `json:"r,omitempty"`
}

// Person is somebody who gave a command.
type Person struct {
	Issuer  string `json:"i,omitempty"`
	Subject string `json:"s,omitempty"`
	Name    string `json:"n,omitempty"`
	Email   string `json:"e,omitempty"`
	Role    int32  `json:"r,omitempty"`
	Tenant  string `json:"t,omitempty"`
}

// Arrived is false for a cancellation that came before its order.
func (o *Order) Arrived() bool { return o.Approved != nil }

// clone copies all that decisions change.
func (o *Order) clone() *Order {
	c := *o
	c.Lines = slices.Clone(o.Lines)
	for i := range c.Lines {
		c.Lines[i].Track.Open = slices.Clone(c.Lines[i].Track.Open)
	}
	c.Polls = slices.Clone(o.Polls)
	c.Cart.Track.Open = slices.Clone(o.Cart.Track.Open)
	if o.Upload != nil {
		u := *o.Upload
		u.Track.Open = slices.Clone(u.Track.Open)
		c.Upload = &u
	}
	return &c
}

// wish is what the approved order says about a line; nil if there is no such line.
func (o *Order) wish(number int32) *orderv1.Line {
	for _, l := range o.Approved.GetLines() {
		if l.GetNumber() == number {
			return l
		}
	}
	return nil
}

// line finds a line by its number; nil if there is none.
func (o *Order) line(number int32) *Line {
	for i := range o.Lines {
		if o.Lines[i].Number == number {
			return &o.Lines[i]
		}
	}
	return nil
}

// inCart says whether the line is bought by the order's cart, and has not been yet.
func (o *Order) inCart(l *Line) bool {
	_, buys := purchaseOf(o.wish(l.Number))
	return buys && (l.Status == LineInFlight || l.Status == LineUnknown)
}
