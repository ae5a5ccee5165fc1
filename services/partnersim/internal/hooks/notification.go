package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// notification is one thing to tell a partner.
type notification struct {
	tenant   string
	to       Registration
	body     []byte
	due      time.Time
	held     bool // until another has gone
	attempts int
	test     *Test
}

// Test is a notification that a partner has asked for.
type Test struct {
	ID      string
	URL     string
	Status  string // pending, completed, failed
	Results []Result
}

// Result is what a receiver answered.
type Result struct {
	Status  int // HTTP; 0: nothing was answered
	Message string
	At      time.Time
}

// message is the body, with the names that the vendor prints.
type message struct {
	EventName             string
	ResourceURI           string `json:"ResourceUri"`
	ResourceName          string
	AuditURI              *string `json:"AuditUri"` // always null here
	ResourceChangeUtcDate string
}

func (r *Registration) message(event, path, resource string, at time.Time) []byte {
	body, err := json.Marshal(message{
		EventName: event, ResourceURI: "http://" + r.Host + "/webhooks/v1/" + path, ResourceName: resource,
		ResourceChangeUtcDate: at.UTC().Format("2006-01-02T15:04:05.0000000+00:00"),
	})
	if err != nil { // cannot happen: texts only
		return nil
	}
	return body
}

// Changed tells a partner, if it wants to know, that a subscription has changed; shows is when the change does.
func (h *Hub) Changed(tenant string, customer, subscription world.ID, shows time.Time) {
	d := h.behave.Webhook(customer)
	h.mu.Lock()
	p := h.partners[tenant]
	if p != nil && slices.Contains(p.Events, EventUpdated) {
		body := p.message(EventUpdated, "customers/"+customer.String()+"/subscriptions/"+subscription.String(), "subscription", shows)
		for range max(d.Copies, 1) {
			h.push(&notification{
				tenant: tenant, to: p.Registration, body: body, due: shows.Add(d.Delay + d.HoldBack), held: d.HoldBack > 0,
			})
		}
	}
	h.mu.Unlock()
	h.stir()
}

// push queues a notification; the lock is held.
func (h *Hub) push(n *notification) {
	if len(h.queue) >= maxQueued {
		h.counts.Parked++
		return
	}
	h.queue = append(h.queue, n)
}

// Test sends a partner a test and gives its id. It is refused when there is no registration (false), and when two were asked
// for within a minute: then wait is how long.
func (h *Hub) Test(tenant string, now time.Time) (id string, wait time.Duration, ok bool) {
	defer h.stir()
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.partners[tenant]
	if p == nil {
		return "", 0, false
	}
	p.asked = slices.DeleteFunc(p.asked, func(t time.Time) bool { return now.Sub(t) >= testWindow })
	if len(p.asked) >= testsPerTime {
		return "", p.asked[0].Add(testWindow).Sub(now), true
	}
	p.asked = append(p.asked, now)
	t := &Test{ID: h.id(), URL: p.URL, Status: "pending"}
	if p.tests = append(p.tests, t); len(p.tests) > testsKept {
		p.tests = p.tests[1:]
	}
	h.push(&notification{
		tenant: tenant, to: p.Registration, due: now, test: t, body: p.message(EventTest, "registration/validationEvents/"+t.ID, "test", now),
	})
	return t.ID, 0, true
}

// Tested reads a test; false when there is none with this id.
func (h *Hub) Tested(tenant, id string) (Test, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.partners[tenant]
	if p == nil {
		return Test{}, false
	}
	for _, t := range p.tests {
		if t.ID == id {
			copied := *t
			copied.Results = slices.Clone(t.Results)
			return copied, true
		}
	}
	return Test{}, false
}

// send makes one attempt and notes what came of it.
func (h *Hub) send(ctx context.Context, n *notification) {
	r := h.attempt(ctx, n)
	defer h.stir()
	h.mu.Lock()
	defer h.mu.Unlock()
	n.attempts++
	h.counts.Attempts++
	good := r.Status >= http.StatusOK && r.Status < http.StatusMultipleChoices
	if n.test != nil {
		n.test.Results = append(n.test.Results, r)
	}
	switch {
	case good:
		h.counts.Delivered++
		n.finish("completed")
		h.release(n)
	case n.attempts >= maxAttempts:
		h.counts.Parked++
		n.finish("failed")
	case ctx.Err() == nil:
		n.due = r.At.Add(firstPause << (n.attempts - 1))
		h.push(n)
	}
}

func (n *notification) finish(status string) {
	if n.test != nil {
		n.test.Status = status
	}
}

// release lets go what was held back until another notification of the same partner has gone.
func (h *Hub) release(gone *notification) {
	if gone.held {
		return
	}
	for _, n := range h.queue {
		if n.held && n.tenant == gone.tenant {
			n.due, n.held = time.Time{}, false
		}
	}
}

// attempt sends a notification once.
func (h *Hub) attempt(ctx context.Context, n *notification) Result {
	result := func(status int, message string) Result { return Result{status, message, h.clock.Now()} }
	signature, err := h.signer.sign(n.body)
	if err != nil {
		return result(0, "The notification could not be signed.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.to.URL, bytes.NewReader(n.body))
	if err != nil {
		return result(0, "The address is not valid.")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("X-MS-Certificate-Url", "http://"+n.to.Host+CertificatePath)
	req.Header.Set("X-MS-Signature-Algorithm", "rsa-sha256")
	header := "Authorization"
	if n.to.OwnHeader {
		header = "x-ms-signature"
	}
	req.Header.Set(header, "Signature "+signature)
	resp, err := h.client.Do(req)
	if err != nil {
		return result(0, "The receiver could not be reached.")
	}
	_ = resp.Body.Close() // what it says beyond its status does not matter
	return result(resp.StatusCode, http.StatusText(resp.StatusCode))
}
