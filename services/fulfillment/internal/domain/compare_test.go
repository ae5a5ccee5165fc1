package domain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

const (
	customerOne = "6d1f0a3e-8b1c-4f4e-9d0f-1a2b3c4d5e6f"
	lag         = 15 * time.Minute
)

var (
	noon     = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	lastWeek = noon.AddDate(0, 0, -7)
)

// booked is a record of a purchase that was made, and what the vendor has of it.
func booked(order, subscription string, seats int64) (Record, BookOrder, BookSubscription) {
	token := "SF-" + strings.ToUpper(order)
	name := "Microsoft 365 E5 [" + token + "]"
	return Record{
			Order: "ours-" + order, Change: NewSubscription, Status: LineFulfilled, Placed: lastWeek, VendorOrder: order,
			Subscription: subscription, Token: token, Quantity: seats,
		}, BookOrder{
			ID: order, Status: "completed", CreatedAt: lastWeek.Add(time.Hour), Transaction: "userpurchase",
			Lines: []BookLine{{Name: name, Subscription: subscription, Quantity: seats, Transaction: "new"}},
		}, BookSubscription{
			ID: subscription, Order: order, Name: name, Status: "active", Quantity: seats, CreatedAt: lastWeek.Add(time.Hour),
		}
}

// The vendor has one order of ours, o1, and one of somebody else's.
var (
	record, order, subscription = booked("o1", "s1", 10)
	_, foreign, foreignSub      = named("Power BI Pro")
	listed, listedSubs          = []BookOrder{order}, []BookSubscription{subscription}
)

func named(name string) (Record, BookOrder, BookSubscription) {
	r, o, s := booked("o2", "s2", 5)
	o.Lines[0].Name, s.Name = name, name
	return r, o, s
}

func as(r Record, change func(r *Record)) Record { change(&r); return r }

// later is a record of another change of the same subscription.
func later(change Change, status LineStatus) Record {
	return Record{Order: "later", Change: change, Status: status, Placed: lastWeek, Subscription: "S1"}
}

func reseated(base, target int64) Record {
	return as(later(AddSeats, LineFulfilled), func(r *Record) { r.Base, r.Quantity = base, target })
}

func sub(change func(s *BookSubscription)) []BookSubscription {
	s := subscription
	change(&s)
	return []BookSubscription{s}
}

func ord(o BookOrder, change func(o *BookOrder)) []BookOrder {
	o.Lines = slices.Clone(o.Lines)
	change(&o)
	return []BookOrder{o}
}

// plus is a list with more in it; the cases share their arrays.
func plus[T any](list []T, more ...T) []T { return slices.Concat(list, more) }

// comparing is what our books and theirs say, and what is found then.
type comparing struct {
	ours   []Record
	orders []BookOrder
	subs   []BookSubscription
	want   []FindingKind
	says   string
}

func (c comparing) check(t *testing.T) {
	t.Parallel()
	found := Compare(strings.ToUpper(customerOne), c.ours, Books{Orders: c.orders, Subscriptions: c.subs}, noon)
	kinds := make([]FindingKind, len(found))
	for i, d := range found {
		kinds[i] = d.Kind
		if d.Customer != customerOne || d.Detail == "" || d.Hint == "" || !strings.Contains(d.Detail, c.says) {
			t.Errorf("found %+v", d)
		}
	}
	if !slices.Equal(kinds, c.want) {
		t.Errorf("found %+v; want %v", found, c.want)
	}
}

func ended(s BookSubscription) BookSubscription {
	s.Status = "deleted"
	return s
}

// anew is a line that came to nothing at the vendor and is being bought anew.
func anew() []Record {
	o := &Order{ID: "x", Approved: &orderv1.Order{PlacedAt: timestamppb.New(lastWeek), Lines: []*orderv1.Line{
		{Number: 1, Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 10}}},
	}}, Lines: []Line{{Number: 1, Status: LineInFlight, Token: "SF-NEW", Intent: 1}}}
	records := o.Records()
	for i := range records {
		if records[i].Token == tokenOf("x", 1, 0) {
			records[i].Token = "SF-O1"
		}
	}
	return records
}

func TestComparePurchases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]comparing{
		"both agree":                         {[]Record{record}, listed, listedSubs, nil, ""},
		"ids differ in case only":            {[]Record{as(record, func(r *Record) { r.VendorOrder, r.Subscription = "O1", "S1" })}, listed, listedSubs, nil, ""},
		"somebody bought by hand":            {[]Record{record}, plus(listed, foreign), plus(listedSubs, foreignSub), []FindingKind{UnknownPurchase}, "Power BI Pro × 5"},
		"only its subscription is listed":    {[]Record{record}, listed, plus(listedSubs, foreignSub), []FindingKind{UnknownPurchase}, "subscription s2"},
		"its clock is ahead of ours":         {[]Record{record}, plus(listed, ord(foreign, func(o *BookOrder) { o.CreatedAt = noon.AddDate(0, 1, 0) })...), listedSubs, []FindingKind{UnknownPurchase}, "Power BI Pro"},
		"by hand, its subscription ended":    {[]Record{record}, plus(listed, foreign), plus(listedSubs, ended(foreignSub)), nil, ""},
		"failed, bought, and ended there":    {[]Record{as(record, func(r *Record) { r.Status, r.VendorOrder, r.Subscription = LineFailed, "", "" })}, listed, []BookSubscription{ended(subscription)}, nil, ""},
		"an order that failed sold it":       {[]Record{as(record, func(r *Record) { r.Status = LineFailed })}, ord(order, func(o *BookOrder) { o.Status = "error" }), listedSubs, []FindingKind{UnknownPurchase}, "did not succeed"},
		"bought anew after it was cancelled": {anew(), ord(order, func(o *BookOrder) { o.Lines[0].Subscription = "" }), nil, nil, ""},
		"bought twice":                       {anew(), listed, listedSubs, []FindingKind{UnknownPurchase}, "did not succeed"},
		"it is history":                      {[]Record{record}, plus(listed, ord(foreign, func(o *BookOrder) { o.CreatedAt = lastWeek.Add(-time.Minute) })...), listedSubs, nil, ""},
		"it has no date":                     {[]Record{record}, plus(listed, ord(foreign, func(o *BookOrder) { o.CreatedAt = time.Time{} })...), listedSubs, nil, ""},
		"the vendor's own renewal":           {[]Record{record}, plus(listed, ord(foreign, func(o *BookOrder) { o.Transaction = "systempurchase" })...), listedSubs, nil, ""},
		"more seats, bought by hand":         {[]Record{record}, plus(listed, ord(foreign, func(o *BookOrder) { o.Lines = []BookLine{{Transaction: "addquantity"}} })...), listedSubs, nil, ""},
		"bought by hand, and cancelled":      {[]Record{record}, plus(listed, ord(foreign, func(o *BookOrder) { o.Status = "cancelled" })...), listedSubs, nil, ""},
		"a checkout without an answer":       {[]Record{as(record, func(r *Record) { r.Status, r.VendorOrder, r.Subscription = LineUnknown, "", "" })}, listed, listedSubs, nil, ""},
		"the line failed, they bought it":    {[]Record{as(record, func(r *Record) { r.Status, r.VendorOrder, r.Subscription = LineFailed, "", "" })}, listed, listedSubs, []FindingKind{UnknownPurchase}, "did not succeed"},
		"by hand, and a change of it failed": {[]Record{record, as(later(AddSeats, LineFailed), func(r *Record) { r.Subscription = "s2" })}, plus(listed, foreign), plus(listedSubs, foreignSub), nil, ""},
		"the line failed there too":          {[]Record{as(record, func(r *Record) { r.Status, r.Subscription = LineFailed, "" })}, ord(order, func(o *BookOrder) { o.Status, o.Lines[0].Subscription = "error", "" }), nil, nil, ""},
		"we think it is done":                {[]Record{record}, nil, nil, []FindingKind{MissingPurchase}, "neither the order nor a subscription"},
		"the list of orders lacks it":        {[]Record{record}, nil, listedSubs, nil, ""},
		"it is not done yet":                 {[]Record{as(record, func(r *Record) { r.Status = LineProvisioning })}, nil, nil, nil, ""},
		"a customer whom we do not know":     {nil, listed, listedSubs, nil, ""},
		"words that no database would take":  {[]Record{record}, plus(listed, ord(foreign, func(o *BookOrder) { o.Lines[0].Name = "a\x00b\xff" })...), listedSubs, []FindingKind{UnknownPurchase}, "ab� × 5"},
	} {
		t.Run(name, c.check)
	}
}

func TestCompareStates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]comparing{
		"cancelled there":                 {[]Record{record}, listed, sub(func(s *BookSubscription) { s.Status = "deleted" }), []FindingKind{WrongState}, "cancelled in Partner Center"},
		"cancelled by us":                 {[]Record{record, later("cancel_subscription", LineFulfilled)}, listed, sub(func(s *BookSubscription) { s.Status = "deleted" }), nil, ""},
		"cancelled here, not there":       {[]Record{record, later("cancel_subscription", LineFulfilled)}, listed, listedSubs, []FindingKind{WrongState}, "billed"},
		"its time was over":               {[]Record{record}, listed, sub(func(s *BookSubscription) { s.Status, s.EndsAt = "deleted", noon.AddDate(0, -5, 0) }), nil, ""},
		"suspended there":                 {[]Record{record}, listed, sub(func(s *BookSubscription) { s.Status = "suspended" }), []FindingKind{WrongState}, "suspended in Partner Center"},
		"suspended by us":                 {[]Record{record, later("suspend", LineFulfilled)}, listed, sub(func(s *BookSubscription) { s.Status = "suspended" }), nil, ""},
		"suspended here, not there":       {[]Record{record, later("suspend", LineFulfilled)}, listed, listedSubs, []FindingKind{WrongState}, "is active"},
		"suspended, then resumed":         {[]Record{record, later("suspend", LineFulfilled), later("reactivate", LineFulfilled)}, listed, listedSubs, nil, ""},
		"the order was undone there":      {[]Record{as(record, func(r *Record) { r.Subscription = "" })}, ord(order, func(o *BookOrder) { o.Status = "cancelled" }), nil, []FindingKind{WrongState}, "is cancelled in"},
		"other seats":                     {[]Record{record}, listed, sub(func(s *BookSubscription) { s.Quantity = 12 }), []FindingKind{WrongState}, "has 12 seats"},
		"other seats, a change under way": {[]Record{record, later(AddSeats, LineUnknown)}, listed, sub(func(s *BookSubscription) { s.Quantity = 12 }), nil, ""},
		"seats as changed":                {[]Record{record, reseated(10, 25)}, listed, sub(func(s *BookSubscription) { s.Quantity = 25 }), nil, ""},
		"seats as before the change":      {[]Record{record, reseated(10, 25)}, listed, listedSubs, []FindingKind{WrongState}, "it should have 25"},
		"up and down again":               {[]Record{record, reseated(10, 25), reseated(25, 10)}, listed, listedSubs, nil, ""},
		"a purchase cancelled here only":  {[]Record{{Order: "x", Change: "cancel_purchase", Status: LineFulfilled, Placed: lastWeek, VendorOrder: "O1"}}, listed, nil, []FindingKind{WrongState}, "was cancelled by an order here"},
		"a purchase cancelled, and gone":  {[]Record{record, {Change: "cancel_purchase", Status: LineFulfilled, VendorOrder: "o1"}}, ord(order, func(o *BookOrder) { o.Status = "cancelled" }), nil, nil, ""},
	} {
		t.Run(name, c.check)
	}
}

// A change of product ends a subscription, or takes seats from it, and begins another one. Nobody has done that by hand.
func TestCompareMoved(t *testing.T) {
	t.Parallel()
	const seats = 10
	moved := func(status LineStatus, to string, now int64) []Record {
		o := &Order{ID: "x", Approved: &orderv1.Order{PlacedAt: timestamppb.New(lastWeek), Lines: []*orderv1.Line{
			{Number: 1, Change: &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{SubscriptionId: "S1"}}},
		}}, Lines: []Line{{Number: 1, Status: status, Subscription: to, Base: seats, Target: now}}}
		return append([]Record{record}, o.Records()...)
	}
	target := subscription
	target.ID, target.Order, target.Name, target.CreatedAt = "s9", "", "Microsoft 365 E5", noon
	fewer := subscription
	fewer.Quantity = 6
	for name, c := range map[string]comparing{
		"all of it":             {moved(LineFulfilled, "s9", seats), listed, []BookSubscription{ended(subscription), target}, nil, ""},
		"a part":                {moved(LineFulfilled, "s9", 4), listed, []BookSubscription{fewer, target}, nil, ""},
		"nobody says where to":  {moved(LineFulfilled, "S1", seats), listed, []BookSubscription{ended(subscription), target}, nil, ""},
		"under way":             {moved(LineProvisioning, "S1", seats), listed, []BookSubscription{subscription, target}, nil, ""},
		"one more, bought then": {moved(LineFulfilled, "s9", seats), listed, []BookSubscription{ended(subscription), target, foreignSub}, []FindingKind{UnknownPurchase}, "s2"},
	} {
		t.Run(name, c.check)
	}
}

// Who did it is told when the vendor's activity log tells; that Seatflow did it too. It is the same finding.
func TestCompareDeeds(t *testing.T) {
	t.Parallel()
	const ours = "0190d2c4-0000-7000-8000-00000000002a"
	bought := Deed{VendorOrder: "O2", Created: true, By: "jane@partner.example", At: noon}
	for name, c := range map[string]struct {
		deeds      []Deed
		says, hint string
	}{
		"nobody knows":           {[]Deed{{VendorOrder: "o3", Created: true, By: "x"}, {VendorOrder: "o2", By: "x"}}, "did not place.", "Find out"},
		"a person":               {[]Deed{bought}, "did not place. By Partner Center's activity log jane@partner.example bought it on 2026-11-28.", "Ask them why. Cancel it"},
		"Seatflow itself":        {[]Deed{by(bought, "0190D2C4-0000-7000-9abc-def012345678")}, "Seatflow itself bought it on 2026-11-28, for order " + ours, "Find out"},
		"another program's call": {[]Deed{by(bought, "0190d2c4-0000-7001-9abc-def012345678")}, "jane@partner.example", "Ask them"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := as(record, func(r *Record) { r.Order = ours })
			found := Compare(customerOne, []Record{r}, Books{Orders: plus(listed, foreign), Subscriptions: plus(listedSubs, foreignSub), Deeds: c.deeds}, noon)
			if len(found) != 1 || !strings.Contains(found[0].Detail, c.says) || !strings.HasPrefix(found[0].Hint, c.hint) {
				t.Fatalf("%+v", found)
			}
			plain := Compare(customerOne, []Record{record}, Books{Orders: plus(listed, foreign), Subscriptions: plus(listedSubs, foreignSub)}, noon)
			if found[0].ID() != plain[0].ID() {
				t.Errorf("%s is not %s", found[0].ID(), plain[0].ID())
			}
		})
	}
	changed := []Deed{{Subscription: "s1", By: "jim", At: noon.Add(-time.Hour)}, {Subscription: "s1", By: "jane", At: noon}, {Subscription: "s1", Created: true, By: "x", At: noon}}
	found := Compare(customerOne, []Record{record}, Books{Orders: listed, Subscriptions: []BookSubscription{ended(subscription)}, Deeds: changed}, noon)
	if len(found) != 1 || !strings.Contains(found[0].Detail, "jane changed it") || !strings.HasPrefix(found[0].Hint, "Ask them why. Put it right") {
		t.Errorf("%+v", found)
	}
	r := as(record, func(r *Record) { r.Order = ours })
	changed = append(changed, by(Deed{Subscription: "s1", By: "seatflow", At: noon.Add(time.Minute)}, ours))
	found = Compare(customerOne, []Record{r}, Books{Orders: listed, Subscriptions: []BookSubscription{ended(subscription)}, Deeds: changed}, noon)
	if len(found) != 1 || strings.Contains(found[0].Detail, "log") {
		t.Errorf("what is known of us explains nothing: %+v", found)
	}
}

func by(d Deed, trace string) Deed {
	d.Trace = trace
	return d
}

// A cancellation that the vendor makes when the term ends leaves the subscription active until then.
func TestCompareEndsWithTerm(t *testing.T) {
	t.Parallel()
	o := &Order{ID: "x", Approved: &orderv1.Order{PlacedAt: timestamppb.New(lastWeek), Lines: []*orderv1.Line{
		{Number: 1, Change: &orderv1.Line_CancelSubscription{CancelSubscription: &orderv1.CancelSubscription{SubscriptionId: "s1"}}},
	}}, Lines: []Line{{Number: 1, Status: LineFulfilled, Trouble: endsThen}}}
	if found := Compare(customerOne, append([]Record{record}, o.Records()...), Books{Orders: listed, Subscriptions: listedSubs}, noon); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

// The same thing is the same finding in whatever order the lists come; another difference is another finding.
func TestDiscrepancyID(t *testing.T) {
	t.Parallel()
	d := Discrepancy{Kind: WrongState, Customer: customerOne, VendorOrder: "o1", Subscription: "s1", Essence: "deleted"}
	same, other := d, d
	same.Subscription, same.Detail, same.Order = "S1", "Other words.", "x"
	other.Essence = "suspended"
	if d.ID() != same.ID() || d.ID() == other.ID() {
		t.Errorf("%s, %s, %s", d.ID(), same.ID(), other.ID())
	}
}

// Each change of the contract is compared under its own word.
func TestRecords(t *testing.T) {
	t.Parallel()
	lines := []*orderv1.Line{
		{Number: 1, Change: &orderv1.Line_NewSubscription{NewSubscription: &orderv1.NewSubscription{Quantity: 3}}},
		{Number: 2, Change: &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: "s2"}}},
		{Number: 3, Change: &orderv1.Line_CancelPurchase{CancelPurchase: &orderv1.CancelPurchase{VendorOrderId: "o3", VendorLines: []int32{1}}}},
		{Number: 4, Change: &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{SubscriptionId: "s4"}}},
		{Number: 5},
	}
	o := &Order{ID: "x", Approved: &orderv1.Order{Lines: lines, PlacedAt: timestamppb.New(noon)}}
	for _, l := range lines {
		o.Lines = append(o.Lines, Line{Number: l.GetNumber(), Status: LineFulfilled, Token: "t", Base: 1, Target: 2})
	}
	got := o.Records()
	want := []Record{
		{Change: NewSubscription, Quantity: 3}, {Change: AddSeats, Subscription: "s2", Quantity: 2},
		{Change: "cancel_purchase", VendorOrder: "o3", Part: true, Quantity: 2}, {Change: "suspend", Subscription: "s4", Quantity: 2},
		{Change: OtherChange, Quantity: 2},
	}
	for i := range want {
		want[i].Order, want[i].Status, want[i].Token, want[i].Base, want[i].Placed = "x", LineFulfilled, "t", 1, noon
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// While a change is under way nothing is said about its subscription, so a finding of that neither stands nor ends by a look.
func TestJudged(t *testing.T) {
	t.Parallel()
	standing := []Standing{{"seats", WrongState, "S1"}, {"other", WrongState, "s2"}, {"bought", UnknownPurchase, "s1"}, {"order", WrongState, ""}}
	for status, want := range map[LineStatus][]string{
		LineUnknown: {"other", "bought", "order"}, LineFailed: {"seats", "other", "bought", "order"},
	} {
		if got := Judged([]Record{record, later(AddSeats, status)}, standing); !slices.Equal(got, want) {
			t.Errorf("status %d: %v", status, got)
		}
	}
}
