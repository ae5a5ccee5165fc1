package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
)

// model is what a request must be, kept in the plainest way.
type model struct {
	state   domain.State
	arrived bool
	due     time.Time
}

// TestRequestModel plays any row of submissions, decisions, cancels, timers and repeats on
// one request and compares it with the model after each.
func TestRequestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.Bool().Draw(t, "held")
		price := "1.00"
		if held {
			price = ""
		}
		sub := domain.Submission{Order: order(emily, buying(1, price, "USD")), Tenant: contoso, Patience: patience, KnownCustomer: true}
		var r domain.Request
		m, now, ends := model{}, noon, 0
		step := func(next domain.Request, worked bool) {
			if !worked {
				return
			}
			if r.State != domain.Awaiting && r.State != domain.None && r.State != next.State {
				t.Fatalf("%v was left for %v", r.State, next.State)
			}
			if next.State != r.State && next.State != domain.Awaiting {
				ends++
			}
			r = next
		}
		actors := map[string]domain.Actor{
			"admin": {Person: john}, "asked admin": {Person: jane, Asked: true}, "technician": {Person: emily},
			"customer": customer(orderv1.Role_ROLE_CUSTOMER, contoso), "stranger": customer(orderv1.Role_ROLE_CUSTOMER_ADMIN, fabrikam),
		}
		t.Repeat(map[string]func(*rapid.T){
			"submit": func(t *rapid.T) {
				next, changed, err := r.Submit(sub, domain.Rules{}, now)
				if err != nil || changed != !m.arrived {
					t.Fatalf("Submit: changed %v, %v", changed, err)
				}
				if !m.arrived && m.state == domain.None {
					m.state = domain.Granted
					if held {
						m.state, m.due = domain.Awaiting, now.Add(patience)
					}
				}
				m.arrived = true
				step(next, changed)
			},
			"approve": func(t *rapid.T) {
				who := rapid.SampledFrom([]string{"admin", "asked admin", "technician", "customer", "stranger"}).Draw(t, "who")
				next, err := r.Approve(actors[who], "", now)
				allowed := m.state == domain.Awaiting && now.Before(m.due) && who == "admin"
				if (err == nil) != allowed {
					t.Fatalf("Approve by %s in %v: %v", who, m.state, err)
				}
				if allowed {
					m.state = domain.Granted
				}
				step(next, err == nil)
			},
			"reject": func(t *rapid.T) {
				who := rapid.SampledFrom([]string{"admin", "asked admin", "technician"}).Draw(t, "who")
				next, err := r.Reject(actors[who], "no", now)
				allowed := m.state == domain.Awaiting && now.Before(m.due) && who == "admin"
				if (err == nil) != allowed {
					t.Fatalf("Reject by %s in %v: %v", who, m.state, err)
				}
				if allowed {
					m.state = domain.Rejected
				}
				step(next, err == nil)
			},
			"cancel": func(t *rapid.T) {
				who := rapid.SampledFrom([]string{"admin", "technician", "customer", "stranger"}).Draw(t, "who")
				next, err := r.Withdraw(actors[who], "", now)
				staff := who == "admin" || who == "technician"
				allowed := staff && (m.state == domain.None || m.state == domain.Awaiting && now.Before(m.due))
				if (err == nil) != allowed {
					t.Fatalf("Withdraw by %s in %v: %v", who, m.state, err)
				}
				if allowed {
					m.state = domain.Withdrawn
				}
				step(next, err == nil)
			},
			"timer": func(t *rapid.T) {
				next, changed := r.Expire(now)
				fires := m.state == domain.Awaiting && !now.Before(m.due)
				if changed != fires {
					t.Fatalf("Expire in %v: %v", m.state, changed)
				}
				if fires {
					m.state = domain.Expired
				}
				step(next, changed)
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(patience)).Draw(t, "passed")))
			},
			"": func(t *rapid.T) {
				if r.State != m.state || r.Arrived != m.arrived || ends > 1 {
					t.Fatalf("state %v arrived %v ended %d times, want %v %v", r.State, r.Arrived, ends, m.state, m.arrived)
				}
				if r.State == domain.Awaiting && (len(r.Reasons) == 0 || !r.ExpiresAt.Equal(m.due)) {
					t.Fatalf("waits without reason or until %v, want %v", r.ExpiresAt, m.due)
				}
				if r.State != domain.None && r.Sentence(now) == "" {
					t.Fatalf("%v has no sentence", r.State)
				}
			},
		})
	})
}
