package world

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seatflow/seatflow/services/partnersim/seed"
)

var began = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

// model is what must be true of a world, told as simply as can be.
type model struct {
	world     *World
	now       time.Time
	customers []ID
	items     []string
	carts     []*modelCart
	settings  Settings
	effects   int
}

type modelCart struct {
	id       ID
	customer ID
	made     time.Time
	lines    []LineRequest
	checked  []Order // as first answered; nil: not bought
	ready    time.Time
	seats    []int64  // of each line's subscription
	refunds  []Refund // of the first line's subscription
	gone     bool     // the first line's subscription was cancelled
}

func newModel(rt *rapid.T) *model {
	m := &model{now: began, settings: Settings{
		ProvisioningDelay: time.Duration(rapid.IntRange(0, 3).Draw(rt, "delay")) * time.Hour,
		ListLag:           time.Duration(rapid.IntRange(0, 2).Draw(rt, "lag")) * time.Hour,
		RefuseRecheckout:  rapid.Bool().Draw(rt, "refuse"),
	}}
	m.world = New(m.now, rapid.Uint64Range(1, 1<<60).Draw(rt, "key"), true, Limits{}, m.settings)
	m.effects = int(m.world.Tally().Effects)
	for _, text := range []string{seed.Contoso, seed.Fabrikam, seed.Northwind} {
		id, _ := ParseID(text)
		m.customers = append(m.customers, id)
	}
	m.items = []string{seed.Microsoft365E5, seed.PowerBIPro, seed.Microsoft365BusinessBasic}
	return m
}

func (m *model) create(rt *rapid.T) {
	c := &modelCart{customer: rapid.SampledFrom(m.customers).Draw(rt, "customer"), made: m.now}
	for range rapid.IntRange(1, 4).Draw(rt, "lines") {
		line := LineRequest{
			ItemID:       rapid.SampledFrom(m.items).Draw(rt, "item"),
			Quantity:     rapid.Int64Range(1, 200).Draw(rt, "quantity"),
			BillingCycle: rapid.SampledFrom([]string{"", "annual", "monthly"}).Draw(rt, "cycle"),
		}
		c.lines, c.seats = append(c.lines, line), append(c.seats, line.Quantity)
	}
	cart, refusal := m.world.CreateCart(m.now, c.customer, c.lines)
	if refusal != nil {
		rt.Fatalf("create: %v", refusal)
	}
	c.id = cart.ID
	m.carts = append(m.carts, c)
}

func (m *model) checkout(rt *rapid.T) {
	if len(m.carts) == 0 {
		return
	}
	c := rapid.SampledFrom(m.carts).Draw(rt, "cart")
	out, refusal := m.world.Checkout(m.now, c.customer, c.id, Request{ID: "r"})
	orders := out.Orders
	switch {
	case m.now.After(c.made.Add(cartLifetime)):
		if refusal != ErrCartNotFound {
			rt.Fatalf("an expired cart: %v", refusal)
		}
	case c.checked == nil:
		if refusal != nil {
			rt.Fatalf("first checkout: %v", refusal)
		}
		c.checked, c.ready = orders, m.now.Add(m.settings.ProvisioningDelay)
		c.refunds = []Refund{{c.lines[0].Quantity, c.ready.Add(refundWindow)}}
		m.effects += len(c.lines)
	case m.settings.RefuseRecheckout:
		if refusal != ErrCartSubmitted {
			rt.Fatalf("repeat: %v", refusal)
		}
	case refusal != nil || len(orders) != len(c.checked) || orders[0].ID != c.checked[0].ID:
		rt.Fatalf("repeat: %v %v, first %v", refusal, orders, c.checked)
	}
}

// change sets the seats of the first line's subscription, or cancels it.
func (m *model) change(rt *rapid.T) {
	if len(m.carts) == 0 {
		return
	}
	c := rapid.SampledFrom(m.carts).Draw(rt, "cart")
	id := m.world.ids.guid(kindSubscription, m.world.number(c.id)*linesPerOrder)
	change := Change{Quantity: new(rapid.Int64Range(-1, 400).Draw(rt, "seats")), AutoRenew: true}
	if rapid.IntRange(0, 9).Draw(rt, "cancel") == 0 {
		change = Change{Status: new(StatusDeleted), AutoRenew: true}
	}
	maximum := int64(10_000)
	if c.lines[0].ItemID == seed.Microsoft365BusinessBasic {
		maximum = 300
	}
	refundable := int64(0)
	for _, r := range c.refunds {
		if m.now.Before(r.Until) {
			refundable += r.Quantity
		}
	}
	_, refusal := m.world.Update(m.now, c.customer, id, change)
	var want *Refusal
	switch {
	case c.checked == nil || m.now.Before(c.ready):
		want = ErrSubscriptionNotFound
	case c.gone:
		want = ErrDeleted
	case change.Quantity == nil && !m.now.Before(c.ready.Add(refundWindow)):
		want = ErrCancellationWindow
	case change.Quantity == nil:
		c.gone = true
		m.effects++
	case *change.Quantity < 1 || *change.Quantity > maximum:
		want = ErrQuantity
	case c.seats[0]-*change.Quantity > refundable:
		want = ErrDecrease
	default:
		m.setSeats(c, *change.Quantity)
	}
	if refusal != want {
		rt.Fatalf("change to %v: got %v, want %v", change, refusal, want)
	}
}

// setSeats keeps the model's account of what may be given back: the newest seats go first.
func (m *model) setSeats(c *modelCart, seats int64) {
	less := c.seats[0] - seats
	switch {
	case less < 0:
		c.refunds = append(c.refunds, Refund{-less, m.now.Add(refundWindow)})
	case less == 0:
		return
	}
	for n := len(c.refunds) - 1; n >= 0 && less > 0; n-- {
		if r := &c.refunds[n]; m.now.Before(r.Until) {
			taken := min(less, r.Quantity)
			r.Quantity -= taken
			less -= taken
		}
	}
	c.seats[0] = seats
	m.effects++
}

func (m *model) pass(rt *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "hours")) * time.Hour)
}

// check compares all that can be read with the model.
func (m *model) check(rt *rapid.T) {
	bought, listed := 0, map[ID]int{}
	for _, c := range m.carts {
		if count, _ := m.world.CartCount(c.id); c.checked == nil && count != 0 || c.checked != nil && count != 1 {
			rt.Fatalf("cart %v: bought %d times", c.id, count)
		}
		if c.checked == nil {
			continue
		}
		bought += len(c.lines)
		if !m.now.Before(c.ready.Add(m.settings.ListLag - m.settings.ProvisioningDelay)) {
			listed[c.customer] += len(c.checked)
		}
		lines := 0
		for _, o := range c.checked {
			lines += m.checkOrder(rt, c, o)
		}
		if lines != len(c.lines) {
			rt.Fatalf("cart of %d lines became orders of %d", len(c.lines), lines)
		}
	}
	t := m.world.Tally()
	if int(t.ByKind[EffectPurchase]) != bought || int(t.Effects) != m.effects || t.BoughtTwice != 0 || int(t.Carts) != len(m.carts) {
		rt.Fatalf("ledger %+v, want %d purchases of %d effects", t, bought, m.effects)
	}
	for _, c := range m.customers {
		if orders, _ := m.world.Orders(m.now, c, ""); len(orders) != listed[c] {
			rt.Fatalf("%d orders listed, want %d", len(orders), listed[c])
		}
	}
}

func (m *model) checkOrder(rt *rapid.T, c *modelCart, first Order) (lines int) {
	o, refusal := m.world.Order(m.now, c.customer, first.ID)
	if refusal != nil {
		rt.Fatalf("order: %v", refusal)
	}
	subs, _ := m.world.Subscriptions(m.now, c.customer, o.ID)
	if m.now.Before(c.ready) {
		if o.Status != OrderPending || len(subs) != 0 {
			rt.Fatalf("before its time: %v, %d subscriptions", o.Status, len(subs))
		}
		return len(o.Lines)
	}
	if o.Status == OrderPending || len(subs) != len(o.Lines) {
		rt.Fatalf("after its time: %v, %d subscriptions", o.Status, len(subs))
	}
	for n, s := range subs {
		line, _ := m.world.ids.number(kindSubscription, s.ID)
		if want := c.seats[line%linesPerOrder]; s.Quantity != want || s.ID != o.Lines[n].Subscription {
			rt.Fatalf("subscription %v has %d seats, want %d", s.ID, s.Quantity, want)
		}
	}
	return len(o.Lines)
}

func (w *World) number(cart ID) uint64 {
	n, _ := w.ids.number(kindCart, cart)
	return n
}

func TestWorldIsAsItsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"create": m.create, "checkout": m.checkout, "again": m.checkout, "change": m.change, "pass": m.pass, "": m.check,
		})
	})
}

func TestIdsCanBeTurnedBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m, other := minter{rapid.Uint64().Draw(rt, "key")}, minter{rapid.Uint64().Draw(rt, "other")}
		n := rapid.Uint64().Draw(rt, "n")
		id := m.guid(kindCart, n)
		if back, ok := m.number(kindCart, id); !ok || back != n {
			rt.Fatalf("%d became %v became %d", n, id, back)
		}
		if _, ok := m.number(kindSubscription, id); ok {
			rt.Fatalf("a cart's id passes for a subscription's")
		}
		if _, ok := other.number(kindCart, id); ok && m != other {
			rt.Fatalf("another world takes the id for its own")
		}
		if parsed, ok := ParseID(id.String()); !ok || parsed != id {
			rt.Fatalf("%v does not read back", id)
		}
		short := n & orderMask
		order := m.order(short)
		if back, ok := m.orderNumber(order); !ok || back != short || len(order) != 12 {
			rt.Fatalf("%d became %q became %d", short, order, back)
		}
	})
}

func TestParseIDRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", seed.Contoso[:35], seed.Contoso + "0", "0d5c4b3a-1f2e-4d6c-8b7a_c0a7050c0401", "gd5c4b3a-1f2e-4d6c-8b7a-c0a7050c0401"} {
		if _, ok := ParseID(text); ok {
			t.Errorf("%q was taken for a GUID", text)
		}
	}
}

func TestAmountsAreExact(t *testing.T) {
	t.Parallel()
	for amount, want := range map[Amount]string{
		0: "0", 57_00_00: "57", 47_50_00: "47.5", 1: "0.0001", 83_333: "8.3333", -30_40_00: "-30.4", Amount(570_00_00).Times(25): "14250",
	} {
		if got := amount.Number().String(); got != want {
			t.Errorf("%d: got %s, want %s", int64(amount), got, want)
		}
	}
}

// BenchmarkPurchase is the way of a benchmark's order through the world: a cart and its checkout.
func BenchmarkPurchase(b *testing.B) {
	w := New(began, rand.Uint64(), true, Limits{}, Settings{})
	contoso, _ := ParseID(seed.Contoso)
	lines := []LineRequest{{ItemID: seed.Microsoft365BusinessBasic, Quantity: 1, FriendlyName: "a token of an order"}}
	b.ReportAllocs()
	for b.Loop() {
		cart, _ := w.CreateCart(began, contoso, lines)
		if _, refusal := w.Checkout(began, contoso, cart.ID, Request{ID: "request"}); refusal != nil {
			b.Fatal(refusal)
		}
	}
}
