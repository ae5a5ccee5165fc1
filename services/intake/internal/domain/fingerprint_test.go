package domain_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
)

const (
	contoso      = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"
	subscription = "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0001"
)

func price(amount, currency string) *orderv1.Money {
	return &orderv1.Money{Amount: amount, Currency: currency}
}

func buying(quantity int32, p *orderv1.Money) *orderv1.Line {
	return &orderv1.Line{Product: "Microsoft 365 E5", CatalogItem: "CFQ7TTC0LFLZ:0002:CFQ7TTC0XYZ1", UnitPrice: p, Change: &orderv1.Line_NewSubscription{
		NewSubscription: &orderv1.NewSubscription{Quantity: quantity, Term: "P1Y", BillingCycle: orderv1.BillingCycle_BILLING_CYCLE_ANNUAL},
	}}
}

func adding(quantity int32, p *orderv1.Money, id string) *orderv1.Line {
	return &orderv1.Line{Product: "Power BI Pro", UnitPrice: p, Change: &orderv1.Line_AddSeats{AddSeats: &orderv1.AddSeats{SubscriptionId: id, Quantity: quantity}}}
}

func removing(quantity int32, p *orderv1.Money, id string) *orderv1.Line {
	return &orderv1.Line{Product: "Visio", UnitPrice: p, Change: &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{SubscriptionId: id, Quantity: quantity}}}
}

func asking(lines ...*orderv1.Line) *orderv1.NewOrder {
	return &orderv1.NewOrder{Customer: &orderv1.Customer{TenantId: contoso, Name: "Contoso Corp"}, Lines: lines}
}

func full() *orderv1.NewOrder {
	n := asking(buying(25, price("570.00", "USD")), adding(10, price("100", "USD"), subscription), removing(3, nil, "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0002"))
	n.Lines[1].Number = 7
	n.Requester = &orderv1.Person{Issuer: "https://login.example", Subject: "emily", Name: "Emily Chen", Email: "emily@example.com"}
	n.Note, n.Reference = "before\nFriday", "PO-4711"
	n.ScheduledFor = timestamppb.New(noon)
	return n
}

// Golden fingerprints stay for ever: stored keys are compared with them.
func TestFingerprintIsGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order *orderv1.NewOrder
		want  string
	}{
		"nothing":    {&orderv1.NewOrder{}, "5d0228e2b86ea466a836ed49907b0df54e13eb56d0743fabf63e94d256c1405b"},
		"one line":   {asking(buying(25, price("570.00", "USD"))), "c817ab88ae13b8818e246e938dd24700dad37116a4cb1eef2002128bed6ef242"},
		"full":       {full(), "ba049bc8a5ebfdae0a3e61f567481e2a9e2dd1133ee9001fe2ff2370fc8a13ea"},
		"every kind": {asking(every()...), "a5d44ced6ca34e92acd20767c2378247306a8aec29d64d691cde34be068454c4"},
	} {
		sum := domain.Fingerprint(c.order)
		if got := domain.Hex(sum[:]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestFingerprintSeesValuesNotSpelling(t *testing.T) {
	t.Parallel()
	base := domain.Fingerprint(full())
	for name, change := range map[string]func(*orderv1.NewOrder){
		"tenant in capitals":      func(n *orderv1.NewOrder) { n.Customer.TenantId = "0B0F3CBE-4D9A-4A24-9D2C-6A1C1F5F0001" },
		"zeros after the point":   func(n *orderv1.NewOrder) { n.Lines[0].UnitPrice.Amount = "570" },
		"zeros before the number": func(n *orderv1.NewOrder) { n.Lines[0].UnitPrice.Amount = "0570.0000" },
		"e-mail in capitals":      func(n *orderv1.NewOrder) { n.Requester.Email = "EMILY@example.com" },
		"subscription in capitals": func(n *orderv1.NewOrder) {
			n.Lines[1].GetAddSeats().SubscriptionId = "5D0C8A52-7A31-4D8E-8F6E-2F6F3F0A0001"
		},
		"a role nobody asked about": func(n *orderv1.NewOrder) { n.Requester.Role = orderv1.Role_ROLE_ADMIN },
	} {
		n := full()
		change(n)
		if domain.Fingerprint(n) != base {
			t.Errorf("%s changes the fingerprint", name)
		}
	}
	for name, change := range map[string]func(*orderv1.NewOrder){
		"customer":            func(n *orderv1.NewOrder) { n.Customer.Name = "Contoso" },
		"quantity":            func(n *orderv1.NewOrder) { n.Lines[0].GetNewSubscription().Quantity++ },
		"term":                func(n *orderv1.NewOrder) { n.Lines[0].GetNewSubscription().Term = "P3Y" },
		"billing":             func(n *orderv1.NewOrder) { n.Lines[0].GetNewSubscription().BillingCycle++ },
		"price":               func(n *orderv1.NewOrder) { n.Lines[0].UnitPrice.Amount = "570.01" },
		"currency":            func(n *orderv1.NewOrder) { n.Lines[0].UnitPrice.Currency = "EUR" },
		"line number":         func(n *orderv1.NewOrder) { n.Lines[1].Number = 8 },
		"order of lines":      func(n *orderv1.NewOrder) { n.Lines[0], n.Lines[1] = n.Lines[1], n.Lines[0] },
		"one line less":       func(n *orderv1.NewOrder) { n.Lines = n.Lines[:2] },
		"kind of change":      func(n *orderv1.NewOrder) { n.Lines[2] = adding(3, nil, "5d0c8a52-7a31-4d8e-8f6e-2f6f3f0a0002") },
		"note":                func(n *orderv1.NewOrder) { n.Note += "." },
		"text moves field":    func(n *orderv1.NewOrder) { n.Note, n.Reference = n.Note+n.Reference, "" },
		"reference":           func(n *orderv1.NewOrder) { n.Reference = "" },
		"schedule":            func(n *orderv1.NewOrder) { n.ScheduledFor.Nanos++ },
		"no schedule":         func(n *orderv1.NewOrder) { n.ScheduledFor = nil },
		"requester":           func(n *orderv1.NewOrder) { n.Requester = nil },
		"catalogue item":      func(n *orderv1.NewOrder) { n.Lines[0].CatalogItem = "CFQ7TTC0LFLZ:0003" },
		"subscription":        func(n *orderv1.NewOrder) { n.Lines[1].GetAddSeats().SubscriptionId = contoso },
		"product":             func(n *orderv1.NewOrder) { n.Lines[0].Product = "Microsoft 365 E3" },
		"requester's subject": func(n *orderv1.NewOrder) { n.Requester.Subject = "john" },
	} {
		n := full()
		change(n)
		if domain.Fingerprint(n) == base {
			t.Errorf("another %s leaves the fingerprint as it was", name)
		}
	}
}

// Check fills in numbers and spellings; the fingerprint and the message must not notice.
func TestCheckLeavesTheMessageAlone(t *testing.T) {
	t.Parallel()
	n := full()
	n.Lines[1].GetAddSeats().SubscriptionId = "5D0C8A52-7A31-4D8E-8F6E-2F6F3F0A0001"
	before := proto.Clone(n)
	a := domain.Check(n, nil)
	if len(a.Faults) > 0 {
		t.Fatalf("faults: %v", a.Faults)
	}
	o := a.Place(domain.Door{}, "id", "ORD-2026-00001")
	if !proto.Equal(before, n) {
		t.Error("Check or Place changed the message")
	}
	if a.Fingerprint != domain.Fingerprint(n) {
		t.Error("the fingerprint is not the message's")
	}
	got := []int32{o.GetLines()[0].GetNumber(), o.GetLines()[1].GetNumber(), o.GetLines()[2].GetNumber()}
	if got[0] != 1 || got[1] != 7 || got[2] != 2 {
		t.Errorf("line numbers %v, want 1 7 2", got)
	}
	if id := o.GetLines()[1].GetAddSeats().GetSubscriptionId(); id != subscription {
		t.Errorf("subscription id %s", id)
	}
}

func TestCheckSpellsEverySubscriptionAlike(t *testing.T) {
	t.Parallel()
	for i, l := range every() {
		spelt := proto.CloneOf(l)
		spell(spelt, strings.ToUpper)
		before := proto.CloneOf(spelt)
		a := domain.Check(asking(spelt), nil)
		if len(a.Faults) > 0 || a.Fingerprint != domain.Fingerprint(asking(l)) {
			t.Errorf("line %d: %v, or another fingerprint", i, a.Faults)
			continue
		}
		want := proto.CloneOf(l)
		want.Number = 1
		if got := a.Place(domain.Door{}, "id", "n").GetLines()[0]; !proto.Equal(got, want) || !proto.Equal(spelt, before) {
			t.Errorf("placed as %v, want %v; the message is %v", got, want, spelt)
		}
	}
}

// Every field of every change is part of the fingerprint, and no two changes have the same one.
func TestFingerprintSeesEveryField(t *testing.T) {
	t.Parallel()
	seen := map[[32]byte]string{}
	note := func(what string, l *orderv1.Line) {
		sum := domain.Fingerprint(asking(l))
		if was, again := seen[sum]; again {
			t.Errorf("%s has the fingerprint of %s", what, was)
		}
		seen[sum] = what
	}
	for _, l := range every() {
		kind := l.ProtoReflect().WhichOneof(l.ProtoReflect().Descriptor().Oneofs().ByName("change"))
		note(string(kind.Name()), l)
		fields := kind.Message().Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			other := proto.CloneOf(l)
			m := other.ProtoReflect().Mutable(kind).Message()
			switch {
			case f.IsList():
				m.Mutable(f).List().Append(protoreflect.ValueOfInt32(7))
			case f.Kind() == protoreflect.BoolKind:
				m.Set(f, protoreflect.ValueOfBool(!m.Get(f).Bool()))
			case f.Kind() == protoreflect.StringKind:
				m.Set(f, protoreflect.ValueOfString(m.Get(f).String()+"x"))
			case f.Kind() == protoreflect.EnumKind:
				m.Set(f, protoreflect.ValueOfEnum(m.Get(f).Enum()+1))
			default:
				m.Set(f, protoreflect.ValueOfInt32(int32(m.Get(f).Int())+1))
			}
			note(string(kind.Name())+" with another "+string(f.Name()), other)
		}
	}
	a, b := domain.Fingerprint(asking(undo("A-1", 2, 0))), domain.Fingerprint(asking(undo("A-1", 0, 2)))
	if a != b {
		t.Error("the order of a purchase's lines changes the fingerprint")
	}
}

// spell changes the spelling of the subscription's id in place.
func spell(l *orderv1.Line, as func(string) string) {
	m := l.ProtoReflect()
	change := m.Mutable(m.WhichOneof(m.Descriptor().Oneofs().ByName("change"))).Message()
	for _, name := range []protoreflect.Name{"subscription_id", "parent_subscription_id"} {
		if f := change.Descriptor().Fields().ByName(name); f != nil {
			change.Set(f, protoreflect.ValueOfString(as(change.Get(f).String())))
		}
	}
}
