package spree

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

const checkTimeout = 5 * time.Minute

var errCheck = errors.New("spree: check timeout")

// evidence is the vendor's ledger, from which each line takes what is its own. What is left at the end belongs to nobody.
type evidence struct {
	r         *run
	report    *Report
	purchases map[string]effect   // by subscription
	changes   map[string][]effect // by subscription
	cancelled map[string][]effect // by the vendor's order
	others    []effect
	moved     map[string]move // by shared subscription
}

// move is what fulfilled lines did to a shared subscription.
type move struct {
	seats int64
	times int
}

// check holds the last view of each order against the vendor's ledger.
func (r *run) check(ctx context.Context) (Report, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTimeout, errCheck)
	defer cancel()
	report := Report{
		Name: "chaos-vendor", Seed: r.cfg.Seed, Orders: len(r.orders), Lines: r.cfg.Lines, Retried: len(r.retried), Data: r.shape.Data(),
		Kinds: map[string]int{}, Ends: map[string]int{}, Statuses: map[string]int{}, Blows: r.note.blows,
	}
	effects, forgotten, err := r.vendor.ledger(ctx)
	if err != nil {
		return report, fmt.Errorf("read the vendor's ledger: %w", err)
	}
	if forgotten > 0 {
		return report, fmt.Errorf("the ledger has forgotten %d effects", forgotten)
	}
	views, err := r.views(ctx)
	if err != nil {
		return report, fmt.Errorf("read the stream: %w", err)
	}
	if report.Requests, err = r.vendor.requests(ctx); err != nil {
		return report, fmt.Errorf("read the vendor's counts: %w", err)
	}
	e := r.sort(&report, effects)
	for _, o := range r.orders {
		e.order(o, views[o.body.GetId()])
	}
	e.seats()
	e.rest()
	report.Findings = r.note.findings
	report.Seconds = time.Since(r.note.began).Seconds()
	return report, nil
}

// sort puts every effect where the line that it belongs to looks for it.
func (r *run) sort(report *Report, effects []effect) *evidence {
	e := &evidence{r: r, report: report, purchases: map[string]effect{}, changes: map[string][]effect{}, cancelled: map[string][]effect{}, moved: map[string]move{}}
	early := map[string]bool{} // suspended before the spree
	for _, h := range r.plan.halted {
		early[h.id] = true
	}
	for _, f := range effects {
		if early[f.Subscription] && f.Kind == "status" && f.Status == suspended {
			delete(early, f.Subscription) // once: what suspends it again is a change like any other
			continue
		}
		if f.Kind == "given" || f.Kind == "purchase" && f.FriendlyName == given {
			continue
		}
		report.Effects++
		switch {
		case f.Kind == "cancel":
			e.cancelled[f.Order] = append(e.cancelled[f.Order], f)
		case f.Kind == "purchase":
			e.purchases[f.Subscription] = f
		case f.Subscription != "":
			e.changes[f.Subscription] = append(e.changes[f.Subscription], f)
		default:
			e.others = append(e.others, f)
		}
	}
	return e
}

// order checks one order: its end fits its lines, and each line has what it says.
func (e *evidence) order(o order, v view) {
	status := word(v.GetStatus().String(), "STATUS_")
	e.report.Statuses[status]++
	if len(v.GetLines()) != len(o.kinds) {
		e.r.note.find("%s (%s) is %q and shows %d of %d lines", o.body.GetNumber(), o.body.GetId(), status, len(v.GetLines()), len(o.kinds))
		return
	}
	ends := map[string]int{}
	for i, l := range v.GetLines() {
		end := word(l.GetStatus().String(), "LINE_STATUS_")
		ends[end]++
		e.report.Ends[end]++
		e.report.Kinds[o.kinds[i]]++
		e.line(o, i, l, end)
	}
	if want := statusOf(ends); want != status {
		e.r.note.find("%s (%s) is %s and its lines are %v", o.body.GetNumber(), o.body.GetId(), status, ends)
	}
}

// statusOf is the only end that fits the ends of the lines.
func statusOf(ends map[string]int) string {
	lost := ends["failed"] + ends["unfulfilled"]
	switch {
	case ends["fulfilled"]+ends["cancelled"]+lost < sum(ends):
		return "open"
	case lost > 0 && ends["fulfilled"] > 0:
		return "completed_with_errors"
	case lost > 0:
		return "failed"
	case ends["fulfilled"] > 0:
		return "completed"
	default:
		return "cancelled"
	}
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func word(name, prefix string) string { return strings.ToLower(strings.TrimPrefix(name, prefix)) }

// line takes a line's effects out of the ledger. Those that share a subscription are compared together, in seats.
func (e *evidence) line(o order, i int, l *orderv1.LineView, end string) {
	asked := o.body.GetLines()[i]
	told := fmt.Sprintf("%s line %d (%s, %s)", o.body.GetNumber(), l.GetNumber(), o.kinds[i], end)
	if id := ownSubscription(asked); id != "" {
		e.own(e.changes, told, id, end)
		return
	}
	if id := asked.GetCancelPurchase().GetVendorOrderId(); id != "" {
		e.own(e.cancelled, told, id, end)
		return
	}
	if end != "fulfilled" {
		return // what the vendor did for it all the same is left over
	}
	if id, seats := seatsOf(asked); id != "" {
		m := e.moved[id]
		e.moved[id] = move{m.seats + seats, m.times + 1}
		return
	}
	bought, found := e.purchases[l.GetVendorSubscriptionId()]
	quantity := int64(asked.GetNewSubscription().GetQuantity() + asked.GetAddOn().GetQuantity())
	switch {
	case !found:
		e.report.Lost++
		e.r.note.find("%s: the vendor sold nothing as %q", told, l.GetVendorSubscriptionId())
	case bought.After != quantity || !strings.EqualFold(bought.Customer, o.body.GetCustomer().GetTenantId()):
		e.r.note.find("%s: the vendor sold %d to %s", told, bought.After, bought.Customer)
	}
	delete(e.purchases, l.GetVendorSubscriptionId())
}

// own checks a line that alone changes its subscription, or cancels its purchase.
func (e *evidence) own(of map[string][]effect, told, id, end string) {
	want := 0
	if end == "fulfilled" {
		want = 1
	}
	have := len(of[id])
	if have > want {
		e.report.Twice += have - want
	} else {
		e.report.Lost += want - have
	}
	if have != want {
		e.r.note.find("%s: %d effects on %s", told, have, id)
	}
	delete(of, id)
}

// seats compares each shared subscription's quantity with the seats that fulfilled lines moved, and how often it changed.
func (e *evidence) seats() {
	for _, s := range e.r.plan.seats {
		at := s.base
		for _, c := range e.changes[s.id] {
			if c.Before != at {
				e.r.note.find("%s: changed from %d, it had %d", s.id, c.Before, at)
			}
			at = c.After
		}
		moved, times := e.moved[s.id].seats, e.moved[s.id].times
		if at != s.base+moved || len(e.changes[s.id]) != times {
			e.report.Twice += max(0, len(e.changes[s.id])-times)
			e.report.Lost += max(0, times-len(e.changes[s.id]))
			e.r.note.find("%s: began with %d, %d lines moved %+d, and it changed %d times to %d", s.id, s.base, times, moved, len(e.changes[s.id]), at)
		}
		delete(e.changes, s.id)
	}
}

// rest is what the vendor did and no fulfilled line explains.
func (e *evidence) rest() {
	for _, p := range e.purchases {
		e.report.Twice++
		e.r.note.find("the vendor sold %d seats as %q, cart %s, and no fulfilled line says so", p.After, p.FriendlyName, p.Cart)
	}
	for id, cs := range e.changes {
		e.report.Twice += len(cs)
		e.r.note.find("%s changed %d times and no line names it", id, len(cs))
	}
	for id, cs := range e.cancelled {
		e.report.Twice += len(cs)
		e.r.note.find("order %s was cancelled %d times and no line names it", id, len(cs))
	}
	for _, f := range e.others {
		e.report.Twice++
		e.r.note.find("effect %d (%s) of order %s belongs to no line", f.Number, f.Kind, f.Order)
	}
}

// seatsOf is how many seats a line moves, of which shared subscription.
func seatsOf(l *orderv1.Line) (subscription string, seats int64) {
	if c := l.GetAddSeats(); c != nil {
		return c.GetSubscriptionId(), int64(c.GetQuantity())
	}
	if c := l.GetRemoveSeats(); c != nil {
		return c.GetSubscriptionId(), -int64(c.GetQuantity())
	}
	return "", 0
}

// ownSubscription is the subscription that the line alone changes; empty for the other kinds.
func ownSubscription(l *orderv1.Line) string {
	for _, c := range []interface{ GetSubscriptionId() string }{
		l.GetSuspend(), l.GetReactivate(), l.GetCancelSubscription(), l.GetSetAutoRenew(), l.GetChangeTerm(), l.GetChangeProduct(),
	} {
		if id := c.GetSubscriptionId(); id != "" {
			return id
		}
	}
	return ""
}
