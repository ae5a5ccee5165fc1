package vendorapi

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/faults"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// plan says what goes wrong with a call: a planned fault, else one of the behaviours that are faults.
func (s *Server) plan(c *call) (faults.Rule, bool) {
	if rule, struck := s.Plan.Next(c.op, c.customer); struck {
		c.behave.Met("fault:" + string(rule.Action))
		return rule, true
	}
	if c.behave.Quiet() {
		return faults.Rule{}, false
	}
	for _, b := range []struct {
		name behaviours.Name
		rule faults.Rule
	}{
		{behaviours.Throttled, faults.Rule{Action: faults.Fail, Status: http.StatusTooManyRequests}},
		{behaviours.FailsBefore, faults.Rule{Action: faults.Fail, Status: http.StatusInternalServerError, Code: 800005, Description: "Create order was not successful."}},
		{behaviours.GatewayTimeout, faults.Rule{Action: faults.FailAfter, Status: http.StatusGatewayTimeout}},
		{behaviours.AnswerLost, faults.Rule{Action: faults.Swallow}},
	} {
		if r, struck := c.behave.Ask(b.name); struck {
			b.rule.RetryAfter = r.For
			return b.rule, true
		}
	}
	return faults.Rule{}, false
}

// disguise gives an order the status that the behaviours want shown.
func (c *call) disguise(o *world.Order) *world.Order {
	if r, struck := c.behave.Ask(behaviours.UnknownStatus); struck {
		o.Status = r.Text
	}
	return o
}

// answered counts an answer and writes it into the log; status 0: closed without one.
func (s *Server) answered(c *call, status int) {
	s.Tally.Answered(c.op, status)
	s.Log.Add(&traffic.Request{
		At: c.arrived, Operation: c.op, Tenant: c.tenant, Customer: c.customer, Target: c.id, RequestID: c.header[0],
		CorrelationID: c.header[1], Status: status, Code: c.code, FirstEffect: c.made.First, LastEffect: c.made.Last,
		Met: c.behave.Struck(),
	})
}

// handle does the operation, or gives the answer of an earlier call with the same request id, where the vendor remembers.
func (s *Server) handle(c *call, handle handler) (int, *world.Refusal) {
	if c.request.Method == http.MethodGet || given(c.request, "Ms-Requestid") == "" || !c.behave.Could(behaviours.RequestIDReplay) {
		return handle(s, c)
	}
	key := strconv.FormatUint(c.behave.Era(), 10) + " " + c.request.Method + " " + c.request.URL.Path + " " + c.header[0]
	first, known := s.replays.begin(key, c.now)
	if known {
		if r, struck := c.behave.Ask(behaviours.RequestIDReplay); struck && c.now.Sub(first.at) < r.For {
			if !first.done {
				return 0, world.ErrOrderBusy
			}
			c.out, c.location = append(c.out[:0], first.out...), first.location
			return first.status, first.refusal
		}
	}
	status, refusal := handle(s, c)
	s.replays.finish(key, replay{
		at: c.now, done: true, status: status, refusal: refusal, out: append([]byte(nil), c.out...), location: c.location,
	})
	return status, refusal
}

// replaysKept bounds what is remembered; beyond it, all is forgotten.
const replaysKept = 10_000

// replays remembers answers by method, path and request id.
type replays struct {
	mu    sync.Mutex
	known map[string]replay
}

type replay struct {
	at       time.Time
	done     bool // else the call is still running
	status   int
	refusal  *world.Refusal
	out      []byte
	location string
}

func newReplays() *replays { return &replays{known: map[string]replay{}} }

// begin gives what is known of an earlier call, or notes that this one is the first.
func (r *replays) begin(key string, now time.Time) (replay, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, known := r.known[key]; known {
		return first, true
	}
	if len(r.known) >= replaysKept {
		clear(r.known)
	}
	r.known[key] = replay{at: now}
	return replay{}, false
}

func (r *replays) finish(key string, answer replay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[key] = answer
}
