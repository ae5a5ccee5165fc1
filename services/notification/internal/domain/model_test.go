package domain

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// model is a service around the domain: deliveries by id, attempts that are open, and the mail that has gone out.
type model struct {
	now        time.Time
	deliveries map[string]Delivery
	open       map[string]time.Time // attempts that are planned or under way, and when they are due
	ended      map[string]int       // how often a delivery came to its end
	told       map[string]string    // event or need, recipient and channel to the delivery's id
}

const orderID = "0190a6b2-9c1e-7c55-8b7a-1f1e1d1c1b1a"

// hear lets the service hear of an event, perhaps again. need is what it asks people for, if it does.
func (m *model) hear(t *rapid.T, cause, need string, h Happening, o *orderv1.Order, admins []string) {
	news := cause
	if h == NeedsAction {
		news = need
	}
	notices, _ := Notices(h, o, admins)
	for _, n := range notices {
		id, ok := ID(orderID, news, n.To.Address, Email)
		if !ok {
			t.Fatalf("no id for %v", n)
		}
		key := news + " " + strings.ToLower(n.To.Address)
		if before, known := m.told[key]; known && before != id {
			t.Fatalf("%s has two deliveries", key)
		}
		m.told[key] = id
		if _, known := m.deliveries[id]; known {
			continue
		}
		m.deliveries[id] = New(orderID, cause, n, Email, m.now)
		m.open[AttemptID(id, 1)] = m.now
	}
}

// conclude lets an outcome in.
func (m *model) conclude(t *rapid.T, attempt string, fate Fate, spread byte) {
	if attempt == "" {
		return
	}
	id, _, _ := strings.Cut(attempt, ".")
	prior := m.deliveries[id]
	next, step := prior.Conclude(Outcome{Attempt: AttemptOf(attempt), Fate: fate, Error: "It did not work."}, spread, m.now)
	delete(m.open, attempt)
	if step.Overtaken > 0 {
		delete(m.open, AttemptID(id, step.Overtaken))
	}
	if !step.Changed {
		if next != prior {
			t.Fatalf("an outcome that does not count changed %v to %v", prior, next)
		}
		return
	}
	if prior.State != Queued {
		t.Fatalf("%v moved on from its end to %v", prior, next)
	}
	m.deliveries[id] = next
	switch {
	case next.State == Queued:
		if !step.Again.After(m.now) || step.Again.After(next.QueuedAt.Add(Patience)) {
			t.Fatalf("tried again at %v, queued at %v, now %v", step.Again, next.QueuedAt, m.now)
		}
		m.open[AttemptID(id, next.Attempts+1)] = step.Again
	case !step.Again.IsZero():
		t.Fatalf("%v is tried again after its end", next)
	default:
		m.ended[id]++
	}
}

// check holds after every step.
func (m *model) check(t *rapid.T) {
	opened := map[string]int{}
	for attempt := range m.open {
		id, _, _ := strings.Cut(attempt, ".")
		opened[id]++
	}
	for id, d := range m.deliveries {
		switch d.State {
		case Queued:
			if opened[id] != 1 || m.ended[id] != 0 {
				t.Fatalf("queued with %d open attempts, ended %d times: %v", opened[id], m.ended[id], d)
			}
		case Sent, Failed:
			if opened[id] != 0 || m.ended[id] != 1 || d.Attempts < 1 || (d.State == Sent) != (d.Error == "") {
				t.Fatalf("at its end with %d open attempts, ended %d times: %v", opened[id], m.ended[id], d)
			}
		default:
			t.Fatalf("a delivery in state %v", d.State)
		}
	}
}

// TestModel plays events and outcomes in any order, with repeats, crashes and late answers.
func TestModel(t *testing.T) {
	t.Parallel()
	people := rapid.SampledFrom([]string{"", "emily@example.com", "EMILY@example.com", "john@example.com", "system@example.com"})
	rapid.Check(t, func(t *rapid.T) {
		m := &model{
			now: start, deliveries: map[string]Delivery{}, open: map[string]time.Time{},
			ended: map[string]int{}, told: map[string]string{},
		}
		admins := rapid.SampledFrom([][]string{nil, {"emily@example.com"}, {"john@example.com", "John@example.com", "ann@example.com"}}).Draw(t, "admins")
		o := &orderv1.Order{
			Id: orderID, Requester: &orderv1.Person{Email: people.Draw(t, "requester")}, OnBehalfOf: &orderv1.Person{Email: people.Draw(t, "beneficiary")},
		}
		happened := map[string]Happening{}
		var past []string // attempts whose answers may yet come, whatever was concluded meanwhile
		t.Repeat(map[string]func(*rapid.T){
			"": m.check,
			"event": func(t *rapid.T) {
				cause := fmt.Sprintf("%s.fulfillment.%d", orderID, rapid.IntRange(1, 4).Draw(t, "sequence"))
				h, known := happened[cause]
				if !known {
					h = Happening(rapid.IntRange(int(NeedsApproval), int(NeedsAction)).Draw(t, "happening"))
					happened[cause] = h
				}
				need := Need(viewOf(seen(unknown, "purchase_untold", rapid.IntRange(0, 2).Draw(t, "since"))))
				m.hear(t, cause, need, h, o, admins)
			},
			"outcome": func(t *rapid.T) {
				attempt := pick(t, keys(m.open))
				if due := m.open[attempt]; due.After(m.now) {
					m.now = due
				}
				past = append(past, attempt)
				m.conclude(t, attempt, Fates[rapid.IntRange(0, len(Fates)-1).Draw(t, "fate")], rapid.Byte().Draw(t, "spread"))
			},
			"late or repeated outcome": func(t *rapid.T) {
				m.conclude(t, pick(t, past), Fates[rapid.IntRange(0, len(Fates)-1).Draw(t, "fate")], 0)
			},
			"time passes": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute)
			},
		})
		m.finish(t)
	})
}

// finish makes what is open until all has come to its end.
func (m *model) finish(t *rapid.T) {
	for range 10_000 {
		if len(m.open) == 0 {
			return
		}
		attempt := keys(m.open)[0]
		if due := m.open[attempt]; due.After(m.now) {
			m.now = due
		}
		m.conclude(t, attempt, PutOff, 128)
	}
	m.check(t)
	t.Fatalf("%d deliveries never end", len(m.open))
}
