// Package hooks tells partners by HTTP what has changed, as the vendor's webhooks do.
//
// Model: a partner tenant has at most one [Registration]. A change of a subscription, or a test, becomes a notification that
// waits in a queue for its simulated time and is then sent, with the signature over its raw body in a header and the address
// of the certificate in another. The certificate is of a certificate authority made up at the first need, whose own
// certificate a receiver has to trust; see [Hub.ServeHTTP].
//
//	queued ──(its time)──► sent ──► delivered (2xx)
//	   ▲                     └────► failed ──(10 times)──► parked
//	   └──(twice as late)───────────┘
//
// Guarantees: nothing is promised to a receiver, as at the vendor: no order, not once only, and after 10 attempts no more.
// Behaviours may double, delay and reorder notifications. The queue is bounded; what does not fit is parked at once.
// Whoever runs [Hub.Run] owns all goroutines: none is left when it returns.
//
// Failures: none are told to those who cause notifications. What receivers answered is counted, see [Hub.Counts].
package hooks

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/clock"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// The events that are sent here.
const (
	EventUpdated = "subscription-updated"
	EventTest    = "test-created"
)

// Events lists what a partner can register for; only the first and the last are ever sent.
func Events() []string {
	return []string{EventUpdated, "subscription-active", "invoice-ready", "usagerecords-thresholdExceeded", "azure-fraud-event-detected", EventTest}
}

// Known says whether all events are, and at least one is named.
func Known(events []string) bool {
	return len(events) > 0 && !slices.ContainsFunc(events, func(e string) bool { return !slices.Contains(Events(), e) })
}

const (
	sendTimeout  = 10 * time.Second
	maxAttempts  = 10
	firstPause   = time.Second // simulated; doubled after each attempt
	maxQueued    = 10_000
	maxSending   = 8
	testsPerTime = 2
	testWindow   = time.Minute
	testsKept    = 100
)

// Registration is where a partner wants to be told of what.
type Registration struct {
	ID        string
	URL       string
	Events    []string
	OwnHeader bool   // the signature goes into x-ms-signature
	Host      string // where the partner found this simulator; certificates are there too
	At        time.Time
}

// Hub keeps registrations and sends notifications. Make it with New; nothing is sent before Run.
type Hub struct {
	clock   *clock.Clock
	behave  *behaviours.Set
	client  *http.Client
	signer  signer
	sending sync.WaitGroup
	any     atomic.Bool // somebody is registered

	mu       sync.Mutex
	made     uint64
	partners map[string]*partner
	queue    []*notification
	wake     chan struct{} // closed when the queue has changed
	counts   Counts
}

// partner is one tenant's registration and tests.
type partner struct {
	Registration
	tests []*Test
	asked []time.Time // when the newest tests were
}

// Counts is what became of the notifications.
type Counts struct {
	Queued    int    `json:"queued"`
	Attempts  uint64 `json:"attempts"`
	Delivered uint64 `json:"delivered"`
	Parked    uint64 `json:"parked"`
}

// New makes a hub.
func New(c *clock.Clock, behave *behaviours.Set) *Hub {
	return &Hub{
		clock: c, behave: behave, client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: maxSending}, Timeout: sendTimeout},
		partners: map[string]*partner{}, wake: make(chan struct{}),
	}
}

// Wanted says whether a partner is to be told of changes.
func (h *Hub) Wanted(tenant string) bool {
	if h == nil || !h.any.Load() {
		return false
	}
	r, ok := h.Registered(tenant)
	return ok && slices.Contains(r.Events, EventUpdated)
}

// Registered reads a partner's registration; false when there is none.
func (h *Hub) Registered(tenant string) (Registration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.partners[tenant]
	if p == nil {
		return Registration{}, false
	}
	return p.Registration, true
}

// Register keeps a registration, or changes the one that is there, which keeps its id.
func (h *Hub) Register(tenant string, r Registration) Registration {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.partners[tenant]
	if p == nil {
		p = &partner{}
		h.partners[tenant] = p
		r.ID = h.id()
	} else {
		r.ID = p.ID
	}
	p.Registration = r
	h.any.Store(true)
	return r
}

func (h *Hub) id() string {
	h.made++
	return world.NewID(uint64(h.clock.Machine().UnixNano()), h.made).String()
}

// Counts tells what became of the notifications since the start or the last reset.
func (h *Hub) Counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.counts
	c.Queued = len(h.queue)
	return c
}

// Reset forgets registrations, tests and what is queued.
func (h *Hub) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.partners, h.queue, h.counts = map[string]*partner{}, nil, Counts{}
	h.any.Store(false)
}

// Run sends notifications until ctx ends, and returns when none is being sent any more.
func (h *Hub) Run(ctx context.Context) {
	defer h.client.CloseIdleConnections()
	defer h.sending.Wait()
	stop := context.AfterFunc(ctx, h.stir)
	defer stop()
	slots := make(chan struct{}, maxSending)
	for ctx.Err() == nil {
		due, next, wake := h.due()
		for _, n := range due {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			h.sending.Go(func() {
				defer func() { <-slots }()
				h.send(ctx, n)
			})
		}
		switch {
		case len(due) > 0:
		case next.IsZero():
			<-wake
		default:
			h.clock.Until(next, wake)
		}
	}
}

// stir wakes the one who runs.
func (h *Hub) stir() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.wake)
	h.wake = make(chan struct{})
}

// due takes out what is to be sent now, and tells when the next is (zero: none) and what closes when that changes.
func (h *Hub) due() (due []*notification, next time.Time, wake <-chan struct{}) {
	now := h.clock.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queue = slices.DeleteFunc(h.queue, func(n *notification) bool {
		switch {
		case !now.Before(n.due):
			due = append(due, n)
			return true
		case next.IsZero() || n.due.Before(next):
			next = n.due
		}
		return false
	})
	return due, next, h.wake
}
