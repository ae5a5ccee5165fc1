package domain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Compare gives what our records of a customer and the vendor's books disagree about. What the vendor made before our first
// order for the customer is history that we never had. How young it may be does not matter, and is not asked, since the vendor's
// clock need not go like ours: one look proves nothing anyway, see [FindingStage].
func Compare(customer string, ours []Record, theirs Books, now time.Time) []Discrepancy {
	c := &comparison{customer: strings.ToLower(customer), ours: ours, theirs: theirs, now: now}
	c.index()
	c.purchases()
	for i := range ours {
		if r := &ours[i]; r.bought() && r.Status == LineFulfilled {
			c.kept(r)
		}
	}
	c.changes()
	for i := range c.found {
		c.explain(&c.found[i])
		c.found[i].clean()
	}
	slices.SortFunc(c.found, func(a, b Discrepancy) int { return cmp.Compare(a.ID(), b.ID()) })
	return slices.CompactFunc(c.found, func(a, b Discrepancy) bool { return a.ID() == b.ID() })
}

// comparison is a comparison in the making.
type comparison struct {
	customer string
	ours     []Record
	theirs   Books
	// since is when our records begin.
	since, now time.Time

	// by vendor order, subscription and token, in lower case
	orders, subscriptions, tokens map[string][]*Record
	bookOrders                    map[string]*BookOrder
	bookSubscriptions             map[string]*BookSubscription

	found []Discrepancy
}

func (c *comparison) index() {
	c.orders, c.subscriptions, c.tokens = map[string][]*Record{}, map[string][]*Record{}, map[string][]*Record{}
	note := func(in map[string][]*Record, key string, r *Record) {
		if key = strings.ToLower(key); key != "" {
			in[key] = append(in[key], r)
		}
	}
	for i := range c.ours {
		r := &c.ours[i]
		note(c.orders, r.VendorOrder, r)
		note(c.subscriptions, r.Subscription, r)
		note(c.subscriptions, r.Moved, r)
		note(c.tokens, r.Token, r)
		if !r.Placed.IsZero() && (c.since.IsZero() || r.Placed.Before(c.since)) {
			c.since = r.Placed
		}
	}
	c.bookOrders, c.bookSubscriptions = map[string]*BookOrder{}, map[string]*BookSubscription{}
	for i := range c.theirs.Orders {
		c.bookOrders[strings.ToLower(c.theirs.Orders[i].ID)] = &c.theirs.Orders[i]
	}
	for i := range c.theirs.Subscriptions {
		c.bookSubscriptions[strings.ToLower(c.theirs.Subscriptions[i].ID)] = &c.theirs.Subscriptions[i]
	}
}

// claims gives the records that a thing in the vendor's books may belong to.
func (c *comparison) claims(order, subscription, name string) []*Record {
	return slices.Concat(c.orders[strings.ToLower(order)], c.subscriptions[strings.ToLower(subscription)],
		c.tokens[strings.ToLower(tokenIn(name))])
}

// compared says whether what was made then is no history.
func (c *comparison) compared(made time.Time) bool {
	return !made.IsZero() && !c.since.IsZero() && !made.Before(c.since)
}

func (c *comparison) find(d Discrepancy) {
	d.Customer = c.customer
	c.found = append(c.found, d)
}

// clean has the vendor's words such as a database takes.
func (d *Discrepancy) clean() {
	for _, text := range []*string{&d.VendorOrder, &d.Subscription, &d.Essence, &d.Detail} {
		*text = strings.ReplaceAll(strings.ToValidUTF8(*text, "�"), "\x00", "")
	}
}

// purchases looks for what the vendor has sold that we do not have.
func (c *comparison) purchases() {
	explained := map[string]bool{} // orders in the list speak for their subscriptions, unless nothing should be left of them
	for i := range c.theirs.Orders {
		o := &c.theirs.Orders[i]
		explained[strings.ToLower(o.ID)] = !o.undone()
		if c.compared(o.CreatedAt) && o.purchase() {
			c.purchase(o)
		}
	}
	for i := range c.theirs.Subscriptions {
		s := &c.theirs.Subscriptions[i]
		if !s.live() || !c.compared(s.CreatedAt) || explained[strings.ToLower(s.Order)] {
			continue
		}
		switch records := c.claims(s.Order, s.ID, s.Name); {
		case len(records) > 0:
			c.bought(s.Order, &BookLine{Name: s.Name, Subscription: s.ID, Quantity: s.Quantity}, records)
		case !c.moved(s):
			c.find(Discrepancy{
				Kind: UnknownPurchase, VendorOrder: s.Order, Subscription: s.ID,
				Detail: fmt.Sprintf("Partner Center has the subscription %s (%s, %d seats) of %s, which Seatflow did not buy.",
					s.ID, s.Name, s.Quantity, day(s.CreatedAt)),
				Hint: whoBought,
			})
		}
	}
}

// moved says whether a change of product of ours may have begun the subscription: one whose target we do not know yet.
func (c *comparison) moved(s *BookSubscription) bool {
	return slices.ContainsFunc(c.ours, func(r Record) bool {
		return r.Change == ChangeProduct && r.Moved == "" && !r.Status.lost() && !s.CreatedAt.Before(r.Placed)
	})
}

// gone says whether the vendor shows that a subscription has ended.
func (c *comparison) gone(subscription string) bool {
	s, there := c.bookSubscriptions[strings.ToLower(subscription)]
	return there && !s.live() && s.Status != statusSuspended
}

const whoBought = "Find out in Partner Center's activity log who bought it. Cancel it there if nobody wants it, else close this with a note."

// purchase compares one purchase at the vendor.
func (c *comparison) purchase(o *BookOrder) {
	claimed := len(c.orders[strings.ToLower(o.ID)]) > 0
	for i := range o.Lines {
		l := &o.Lines[i]
		records := c.claims("", l.Subscription, l.Name)
		claimed = claimed || len(records) > 0
		c.bought(o.ID, l, records)
	}
	if claimed || !slices.ContainsFunc(o.Lines, func(l BookLine) bool { return !c.gone(l.Subscription) }) {
		return
	}
	what := make([]string, len(o.Lines))
	for i := range o.Lines {
		what[i] = o.Lines[i].Name + " × " + strconv.FormatInt(o.Lines[i].Quantity, 10)
	}
	c.find(Discrepancy{
		Kind: UnknownPurchase, VendorOrder: o.ID,
		Detail: fmt.Sprintf("Partner Center has order %s of %s (%s), which Seatflow did not place.", o.ID, day(o.CreatedAt), strings.Join(what, ", ")),
		Hint:   whoBought,
	})
}

// bought tells of a subscription whose line, by all our records of it, came to nothing.
func (c *comparison) bought(order string, l *BookLine, records []*Record) {
	i := slices.IndexFunc(records, (*Record).bought)
	if l.Subscription == "" || i < 0 || c.gone(l.Subscription) ||
		slices.ContainsFunc(records, func(r *Record) bool { return !r.Status.lost() && r.Status != LineCancelled }) {
		return // nothing was bought, or it is over, or known to be ours, or may become so
	}
	if _, there := c.bookSubscriptions[strings.ToLower(l.Subscription)]; !there && records[i].Status == LineUnfulfilled {
		return // bought once, then cancelled there
	}
	c.find(Discrepancy{
		Kind: UnknownPurchase, VendorOrder: order, Subscription: l.Subscription, Order: records[i].Order,
		Detail: fmt.Sprintf("Partner Center has bought %s (%d seats) in order %s, though the line, or that try of it, did not succeed in Seatflow.",
			l.Name, l.Quantity, order),
		Hint: "Do not retry the line. Cancel the subscription in Partner Center if nobody wants it, else close this with a note.",
	})
}

// kept compares what we have bought with what the vendor has of it.
func (c *comparison) kept(r *Record) {
	order, sold := c.bookOrders[strings.ToLower(r.VendorOrder)]
	subscription, there := c.bookSubscriptions[strings.ToLower(r.Subscription)]
	switch {
	case r.VendorOrder == "" && r.Subscription == "", c.cancelled(r):
	case !sold && !there:
		c.find(Discrepancy{
			Kind: MissingPurchase, VendorOrder: r.VendorOrder, Subscription: r.Subscription, Order: r.Order,
			Detail: fmt.Sprintf("Seatflow has bought this in order %s, but Partner Center shows neither the order nor a subscription of it.", r.VendorOrder),
			Hint:   "Look for the order in Partner Center. If it is not there, have the purchase cleared with Microsoft before anything is ordered again.",
		})
	case there && (subscription.live() || subscription.ended(c.now)):
	case there && subscription.Status == statusSuspended:
		if !c.changed(r, Suspend) {
			c.wrong(r, "suspended", "The subscription "+r.Subscription+" is suspended in Partner Center; nobody here has ordered that.")
		}
	case there && subscription.Status == statusDeleted:
		c.wrong(r, "deleted", "The subscription "+r.Subscription+" is cancelled in Partner Center; nobody here has ordered that.")
	case !there && sold && order.undone():
		c.wrong(r, order.Status, "Order "+r.VendorOrder+" is "+strings.ReplaceAll(order.Status, "_", " ")+" in Partner Center, but bought in Seatflow.")
	}
}

func (c *comparison) wrong(r *Record, essence, detail string) {
	c.find(Discrepancy{
		Kind: WrongState, VendorOrder: r.VendorOrder, Subscription: r.Subscription, Order: r.Order, Essence: essence, Detail: detail,
		Hint: "Find out in Partner Center's activity log who changed it. Put it right there or by an order, else close this with a note.",
	})
}

// cancelled says whether somebody here has ended what the record bought, or is about to.
func (c *comparison) cancelled(r *Record) bool {
	return c.changed(r, CancelSubscription) || c.changed(r, CancelPurchase) || c.changed(r, ChangeProduct)
}

// changed says whether a line of ours, done or under way, makes that change of what the record is about.
func (c *comparison) changed(r *Record, change Change) bool {
	about := slices.Concat(c.subscriptions[strings.ToLower(r.Subscription)], c.orders[strings.ToLower(r.VendorOrder)])
	return slices.ContainsFunc(about, func(o *Record) bool {
		return o.Change == change && (o.Status == LineFulfilled || !o.Status.Settled())
	})
}

// changes compares the subscriptions that our lines have changed. While a line of ours is under way, or may be, nothing is
// said about its subscription.
func (c *comparison) changes() {
	for id, records := range c.subscriptions {
		s, there := c.bookSubscriptions[id]
		if !there || slices.ContainsFunc(records, func(r *Record) bool { return !r.Status.Settled() }) {
			continue
		}
		c.quantity(s, records)
		c.state(s, records)
	}
	for id, records := range c.orders {
		if o, there := c.bookOrders[id]; there {
			c.cancelledOrder(o, records)
		}
	}
}

// Judged are the ids of the findings that a comparison with these records says something about, be it that it is no longer so.
func Judged(ours []Record, standing []Standing) []string {
	ids := make([]string, 0, len(standing))
	for _, f := range standing {
		under := f.Kind == WrongState && f.Subscription != "" && slices.ContainsFunc(ours, func(r Record) bool {
			return !r.Status.Settled() && (strings.EqualFold(r.Subscription, f.Subscription) || strings.EqualFold(r.Moved, f.Subscription))
		})
		if !under {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// quantity compares the seats. A quantity that a later change has built on does not count any more, unless each of them has
// been built on: then they went up and down, and any will do.
func (c *comparison) quantity(s *BookSubscription, records []*Record) {
	if s.Status != statusActive || slices.ContainsFunc(records, func(r *Record) bool { return r.Change == ChangeProduct && r.Status == LineFulfilled }) {
		return
	}
	left, last := map[int64]*Record{}, map[int64]*Record{}
	for _, r := range records {
		if r.Status == LineFulfilled && r.Quantity > 0 {
			left[r.Quantity], last[r.Quantity] = r, r
		}
	}
	for _, r := range records {
		if r.Status == LineFulfilled && r.Base > 0 {
			delete(last, r.Base)
		}
	}
	if len(last) == 0 {
		last = left
	}
	if len(last) == 0 || last[s.Quantity] != nil {
		return
	}
	should := slices.Max(slices.Collect(maps.Keys(last)))
	c.wrong(&Record{Order: last[should].Order, VendorOrder: s.Order, Subscription: s.ID}, fmt.Sprintf("seats %d not %d", s.Quantity, should),
		fmt.Sprintf("The subscription %s has %d seats in Partner Center; by the orders here it should have %d.", s.ID, s.Quantity, should))
}

// state compares whether the subscription is what it was made here.
func (c *comparison) state(s *BookSubscription, records []*Record) {
	var ended, suspended, resumed *Record
	for _, r := range records {
		switch {
		case r.Status != LineFulfilled:
		case r.Change == CancelSubscription:
			ended = r
		case r.Change == Suspend:
			suspended = r
		case r.Change == Reactivate:
			resumed = r
		}
	}
	about := Record{VendorOrder: s.Order, Subscription: s.ID}
	switch {
	case ended != nil && (s.Status == statusActive || s.Status == statusSuspended):
		about.Order = ended.Order
		c.wrong(&about, "not cancelled", "The subscription "+s.ID+" was cancelled by an order here, but is "+s.Status+" in Partner Center, and billed.")
	case ended == nil && suspended != nil && resumed == nil && s.Status == statusActive:
		about.Order = suspended.Order
		c.wrong(&about, "not suspended", "The subscription "+s.ID+" was suspended by an order here, but is active in Partner Center.")
	}
}

// cancelledOrder compares a purchase that was cancelled here.
func (c *comparison) cancelledOrder(o *BookOrder, records []*Record) {
	for _, r := range records {
		if r.Change == CancelPurchase && r.Status == LineFulfilled && !r.Part && !o.undone() {
			c.wrong(&Record{Order: r.Order, VendorOrder: o.ID}, "not cancelled",
				"Order "+o.ID+" was cancelled by an order here, but is "+strings.ReplaceAll(o.Status, "_", " ")+" in Partner Center.")
			return
		}
	}
}

// purchase says whether a person or a program has bought something new with the order.
func (o *BookOrder) purchase() bool {
	if strings.HasPrefix(o.Transaction, "system") || o.undone() {
		return false
	}
	return slices.ContainsFunc(o.Lines, func(l BookLine) bool { return l.Transaction == "" || l.Transaction == "new" })
}

// undone says whether nothing is left of the order.
func (o *BookOrder) undone() bool {
	switch o.Status {
	case "cancelled", "error", "po_review_rejected":
		return true
	default:
		return false
	}
}

// live says whether the subscription can be used, or will be.
func (s *BookSubscription) live() bool {
	return s.Status == statusActive || s.Status == "pending" || s.Status == ""
}

// ended says whether the subscription's time was simply over.
func (s *BookSubscription) ended(now time.Time) bool {
	switch s.Status {
	case "expired", "disabled":
		return true
	default:
		return !s.EndsAt.IsZero() && s.EndsAt.Before(now)
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
