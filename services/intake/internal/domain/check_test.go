package domain_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestCheckFindsEveryFault(t *testing.T) {
	t.Parallel()
	const other = "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0009"
	with := func(n *orderv1.NewOrder, change func(*orderv1.NewOrder)) *orderv1.NewOrder { change(n); return n }
	one := func() *orderv1.NewOrder { return asking(buying(1, price("1", "USD"))) }
	for name, c := range map[string]struct {
		order *orderv1.NewOrder
		want  []string // field and code
	}{
		"nothing wrong":            {full(), nil},
		"mixed currencies":         {asking(buying(1, price("1", "USD")), buying(1, price("1", "EUR"))), []string{"lines[1].unit_price.currency mixed_currency"}},
		"also where seats go away": {asking(buying(1, price("1", "USD")), removing(1, price("1", "EUR"), other)), []string{"lines[1].unit_price.currency mixed_currency"}},
		"no catalogue item":        {with(one(), func(n *orderv1.NewOrder) { n.Lines[0].CatalogItem = "" }), []string{"lines[0].catalog_item required"}},
		"two lines, one number": {with(asking(buying(1, nil), buying(1, nil)), func(n *orderv1.NewOrder) { n.Lines[0].Number, n.Lines[1].Number = 3, 3 }),
			[]string{"lines[1].number duplicate_number"}},
		"two lines, one subscription": {asking(adding(1, nil, other), removing(1, nil, "5D0C8A52-7A31-4D8E-8F6E-2F6F3F0A0009")),
			[]string{"lines[1].remove_seats.subscription_id same_subscription"}},
		"an add-on and a new product without catalogue item": {asking(withoutItem(addOn(1, nil, subscription)), withoutItem(moveTo(1, nil, other))),
			[]string{"lines[0].catalog_item required", "lines[1].catalog_item required"}},
		"one purchase cancelled twice":     {asking(undo("A-1"), undo("A-1", 2)), []string{"lines[1].cancel_purchase.vendor_order_id same_purchase"}},
		"one line of it twice":             {asking(undo("A-1", 0, 1), undo("A-1", 1)), []string{"lines[1].cancel_purchase.vendor_order_id same_purchase"}},
		"two lines, two purchases, or ids": {asking(undo("A-1", 0), undo("A-1", 1), undo("a-1")), nil},
		"an amount beyond all":             {asking(buying(100000, price("999999999999.99", "USD"))), []string{"lines amount_too_large"}},
		"control characters": {with(one(), func(n *orderv1.NewOrder) {
			n.Customer.Name, n.Lines[0].Product, n.Note, n.Reference = "Con\x00toso", "Micro\x1bsoft", "a\u202eb", "PO\n1"
			n.Requester = &orderv1.Person{Name: "E\u0085", Issuer: "a\tb", Subject: "\x7f"}
		}), []string{"customer.name control_character", "note control_character", "reference control_character", "requester.name control_character",
			"requester.issuer control_character", "requester.subject control_character", "lines[0].product control_character"}},
		"blanks for names": {with(one(), func(n *orderv1.NewOrder) { n.Customer.Name, n.Lines[0].Product = "  ", "\u00a0" }),
			[]string{"lines[0].product required", "customer.name required"}},
		"a note may have lines": {with(one(), func(n *orderv1.NewOrder) { n.Note = "a\r\n\tb – ü 漢字 🚀" }), nil},
		"several at once": {with(asking(buying(1, price("1", "USD")), buying(1, price("1", "EUR"))), func(n *orderv1.NewOrder) { n.Note = "\x00"; n.Lines[0].CatalogItem = "" }),
			[]string{"note control_character", "lines[0].catalog_item required", "lines[1].unit_price.currency mixed_currency"}},
		"empty parts do no harm": {&orderv1.NewOrder{Lines: []*orderv1.Line{{}, nil, {UnitPrice: &orderv1.Money{}}, {UnitPrice: price("x", "y")}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := domain.Check(c.order, nil)
			var got []string
			for _, f := range a.Faults {
				got = append(got, f.Field+" "+f.Code)
				if f.Message == "" || f.Hint == "" {
					t.Errorf("%s %s has no sentence or no hint", f.Field, f.Code)
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("faults %q, want %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("fault %q, want %q", got[i], c.want[i])
				}
			}
		})
	}
}

// Each pair of changes of one subscription is either one that can be meant, in either order of the lines, or refused.
func TestPairsOfChanges(t *testing.T) {
	t.Parallel()
	p := price("1", "USD")
	kinds := map[string]func() *orderv1.Line{
		"add_seats": func() *orderv1.Line { return adding(1, p, subscription) }, "remove_seats": func() *orderv1.Line { return removing(1, nil, subscription) },
		"suspend": func() *orderv1.Line { return suspend(subscription) }, "reactivate": func() *orderv1.Line { return reactivate(subscription) },
		"cancel": func() *orderv1.Line { return cancel(subscription) },
		"renew":  func() *orderv1.Line { return renew(subscription, true) }, "lapse": func() *orderv1.Line { return renew(subscription, false) },
		"term": func() *orderv1.Line { return term(subscription, "P1Y", 0, nil) }, "product": func() *orderv1.Line { return moveTo(1, p, subscription) },
		"add_on": func() *orderv1.Line { return addOn(1, p, subscription) },
	}
	together := map[string]bool{
		"add_on add_on": true, "add_on add_seats": true, "add_on remove_seats": true, "add_on reactivate": true, "add_on renew": true,
		"add_on lapse": true, "add_on term": true, "add_seats reactivate": true, "add_seats renew": true, "add_seats lapse": true,
		"add_seats term": true, "reactivate remove_seats": true, "remove_seats renew": true, "lapse remove_seats": true,
		"remove_seats term": true, "lapse suspend": true, "reactivate renew": true, "lapse reactivate": true, "reactivate term": true, "renew term": true,
	}
	for a, first := range kinds {
		for b, second := range kinds {
			want := together[a+" "+b] || together[b+" "+a]
			faults := domain.Check(asking(first(), second()), nil).Faults
			if want && len(faults) > 0 || !want && (len(faults) != 1 || faults[0].Code != "same_subscription" || faults[0].Hint == "") {
				t.Errorf("%s, then %s: %v; together is %v", a, b, faults, want)
			}
		}
	}
}

func TestRefusalsOfTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   *timestamppb.Timestamp
		want string
	}{
		"at once":             {nil, ""},
		"now":                 {timestamppb.New(noon), ""},
		"a moment ago":        {timestamppb.New(noon.Add(-5 * time.Minute)), ""},
		"too long ago":        {timestamppb.New(noon.Add(-5*time.Minute - time.Second)), "out_of_range"},
		"in a year":           {timestamppb.New(noon.Add(365 * 24 * time.Hour)), ""},
		"later than that":     {timestamppb.New(noon.Add(365*24*time.Hour + time.Second)), "out_of_range"},
		"no time at all":      {&timestamppb.Timestamp{Seconds: 1 << 62}, "malformed_time"},
		"a time out of joint": {&timestamppb.Timestamp{Seconds: noon.Unix(), Nanos: -1}, "malformed_time"},
	} {
		n := asking(buying(1, price("1", "USD")))
		n.ScheduledFor = c.at
		got := domain.Check(n, nil).Refusals(noon)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0].Code != c.want || got[0].Field != "scheduled_for") {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}

func TestAmount(t *testing.T) {
	t.Parallel()
	const other = "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0009"
	for name, c := range map[string]struct {
		lines []*orderv1.Line
		want  string
	}{
		"one line":                {[]*orderv1.Line{buying(25, price("570.00", "USD"))}, "14250.00"},
		"two lines":               {[]*orderv1.Line{buying(3, price("220", "USD")), adding(10, price("100.5", "USD"), subscription)}, "1665.00"},
		"four decimals":           {[]*orderv1.Line{buying(3, price("0.0001", "USD"))}, "0.0003"},
		"nothing of it rounds":    {[]*orderv1.Line{buying(7, price("142857142857.1428", "USD"))}, "999999999999.9996"},
		"seats that go away":      {[]*orderv1.Line{buying(1, price("5", "USD")), removing(9, price("5", "USD"), other)}, "5.00"},
		"an add-on":               {[]*orderv1.Line{addOn(3, price("5", "USD"), other)}, "15.00"},
		"seats that move":         {[]*orderv1.Line{moveTo(3, price("5", "USD"), other)}, "15.00"},
		"without a price too":     {[]*orderv1.Line{buying(1, price("5", "USD")), moveTo(3, nil, other), term(subscription, "P1Y", 0, nil)}, "5.00"},
		"all seats, how many":     {[]*orderv1.Line{buying(1, price("5", "USD")), moveTo(0, price("5", "USD"), other)}, ""},
		"a term for all seats":    {[]*orderv1.Line{buying(1, price("5", "USD")), term(other, "P1Y", 0, price("5", "USD"))}, ""},
		"all of them for nothing": {[]*orderv1.Line{buying(1, price("5", "USD")), term(other, "P1Y", 0, price("0.0", "USD"))}, "5.00"},
		"what costs nothing":      {[]*orderv1.Line{buying(1, price("5", "USD")), priced(suspend(other), price("7", "USD")), priced(undo("x"), price("7", "USD"))}, "5.00"},
		"nothing but that":        {[]*orderv1.Line{priced(cancel(other), price("7", "USD"))}, ""},
		"free":                    {[]*orderv1.Line{buying(1, price("0", "USD"))}, "0.00"},
		"a price is missing":      {[]*orderv1.Line{buying(1, price("5", "USD")), buying(1, nil)}, ""},
		"nothing is bought":       {[]*orderv1.Line{removing(9, nil, other)}, ""},
		"no price is needed here": {[]*orderv1.Line{buying(1, price("5", "USD")), removing(9, nil, other)}, "5.00"},
	} {
		o := domain.Check(asking(c.lines...), nil).Place(domain.Door{}, "", "")
		if got := o.GetAmount().GetAmount(); got != c.want || got != "" && o.GetAmount().GetCurrency() != "USD" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	n := full()
	n.Customer.TenantId = "0B0F3CBE-4D9A-4A24-9D2C-6A1C1F5F0001"
	who, whom := &orderv1.Person{Name: "erp"}, domain.Named(n.GetRequester(), true)
	o := domain.Check(n, nil).Place(domain.Door{Requester: who, OnBehalfOf: whom, Source: "erp"}, "an-id", domain.Number(2026, 148))
	if o.GetId() != "an-id" || o.GetNumber() != "ORD-2026-00148" || o.GetCustomer().GetTenantId() != contoso || o.GetRequester() != who ||
		o.GetOnBehalfOf().GetSubject() != "emily" || o.GetSource() != "erp" ||
		o.GetNote() != n.GetNote() || o.GetReference() != n.GetReference() || !o.GetScheduledFor().AsTime().Equal(noon) {
		t.Errorf("placed: %v", o)
	}
	if p := domain.Named(n.GetRequester(), false); p.GetSubject() != "" || p.GetIssuer() != "" || p.GetName() != "Emily Chen" || p.GetEmail() == "" {
		t.Errorf("at a door that knows who asks: %v", p)
	}
	if p := domain.Named(&orderv1.Person{Role: orderv1.Role_ROLE_ADMIN}, true); p != nil {
		t.Errorf("nobody is named, yet %v", p)
	}
	if got := domain.Number(2026, 1234567); got != "ORD-2026-1234567" {
		t.Errorf("a big number: %s", got)
	}
}
