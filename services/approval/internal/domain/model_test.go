package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
)

// machine plays inputs on one request and keeps, in the plainest way, what it must be.
type machine struct {
	sub  domain.Submission
	held bool
	r    domain.Request
	now  time.Time

	state   domain.State
	arrived bool
	due     time.Time
	ends    int
}

// TestRequestModel plays any row of submissions, decisions, cancels, timers and repeats, and
// compares the request with the model after each.
func TestRequestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{held: rapid.Bool().Draw(t, "held"), now: noon}
		price := "1.00"
		if m.held {
			price = ""
		}
		m.sub = domain.Submission{Order: order(emily, buying(1, price, "USD")), Tenant: contoso, Patience: patience, KnownCustomer: true}
		t.Repeat(rapid.StateMachineActions(m))
	})
}

// actors are everybody who may try something.
var actors = map[string]domain.Actor{
	"admin": {Person: john}, "asked admin": {Person: jane, Asked: true}, "technician": {Person: emily},
	"customer": customer(orderv1.Role_ROLE_CUSTOMER, contoso), "stranger": customer(orderv1.Role_ROLE_CUSTOMER_ADMIN, fabrikam),
}

func someone(t *rapid.T) string {
	return rapid.SampledFrom([]string{"admin", "asked admin", "technician", "customer", "stranger"}).Draw(t, "who")
}

// open: the request waits and its time has not passed.
func (m *machine) open() bool { return m.state == domain.Awaiting && m.now.Before(m.due) }

// step takes the next request if the input was taken, and counts how often an end was reached.
func (m *machine) step(next domain.Request, taken bool, to domain.State) {
	if !taken {
		return
	}
	if to != m.state && to != domain.Awaiting {
		m.ends++
	}
	m.r, m.state = next, to
}

func (m *machine) Submit(t *rapid.T) {
	next, changed, err := m.r.Submit(m.sub, domain.Rules{}, m.now)
	if err != nil || changed == m.arrived {
		t.Fatalf("Submit: changed %v, %v", changed, err)
	}
	to := m.state
	if !m.arrived && to == domain.None {
		to = domain.Granted
		if m.held {
			to, m.due = domain.Awaiting, m.now.Add(patience)
		}
	}
	m.arrived = true
	m.step(next, changed, to)
}

func (m *machine) Approve(t *rapid.T) {
	who := someone(t)
	next, err := m.r.Approve(actors[who], "", m.now)
	allowed := m.open() && who == "admin"
	if (err == nil) != allowed {
		t.Fatalf("Approve by %s in %v: %v", who, m.state, err)
	}
	m.step(next, allowed, domain.Granted)
}

func (m *machine) Reject(t *rapid.T) {
	who := someone(t)
	next, err := m.r.Reject(actors[who], "no", m.now)
	allowed := m.open() && who == "admin"
	if (err == nil) != allowed {
		t.Fatalf("Reject by %s in %v: %v", who, m.state, err)
	}
	m.step(next, allowed, domain.Rejected)
}

func (m *machine) Withdraw(t *rapid.T) {
	who := someone(t)
	next, err := m.r.Withdraw(actors[who], "", m.now)
	staff := who == "admin" || who == "asked admin" || who == "technician"
	allowed := staff && (m.state == domain.None || m.open())
	if (err == nil) != allowed {
		t.Fatalf("Withdraw by %s in %v: %v", who, m.state, err)
	}
	m.step(next, allowed, domain.Withdrawn)
}

func (m *machine) Timer(t *rapid.T) {
	next, changed := m.r.Expire(m.now)
	fires := m.state == domain.Awaiting && !m.open()
	if changed != fires {
		t.Fatalf("Expire in %v: %v", m.state, changed)
	}
	m.step(next, fires, domain.Expired)
}

func (m *machine) TimePasses(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.Int64Range(0, int64(patience)).Draw(t, "passed")))
}

// Check holds the request against the model.
func (m *machine) Check(t *rapid.T) {
	if m.r.State != m.state || m.r.Arrived != m.arrived || m.ends > 1 {
		t.Fatalf("state %v, arrived %v, ended %d times; want %v, %v", m.r.State, m.r.Arrived, m.ends, m.state, m.arrived)
	}
	if m.r.State == domain.Awaiting && (len(m.r.Reasons) == 0 || !m.r.ExpiresAt.Equal(m.due)) {
		t.Fatalf("waits without reason or until %v, want %v", m.r.ExpiresAt, m.due)
	}
	if m.r.State != domain.None && m.r.Sentence(m.now) == "" {
		t.Fatalf("%v has no sentence", m.r.State)
	}
}
